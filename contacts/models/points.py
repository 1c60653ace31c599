"""联系点: which unit a cadre is the liaison of, dated."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import F, Q

from contacts.querysets import ContactPointQuerySet
from portal.core.paths import path_of


class ContactPoint(models.Model):
    """A cadre's 联系点 from ``since`` until ``until`` (first day outside)."""

    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="contact_points")
    organisation = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, related_name="+", verbose_name="联系点"
    )
    #: The scope columns follow ``organisation``.
    district = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")
    street = models.ForeignKey("accounts.Organisation", models.PROTECT, null=True, related_name="+")
    community = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, null=True, related_name="+"
    )
    since = models.DateField("自")
    until = models.DateField("至", null=True, blank=True)
    note = models.CharField("说明", max_length=100, blank=True)

    objects = ContactPointQuerySet.as_manager()

    class Meta:
        ordering = ("organisation__path", "since", "pk")
        verbose_name = "联系点"
        indexes = (models.Index(fields=("street", "until"), name="contact_point_street"),)
        constraints = (
            models.UniqueConstraint(
                name="contact_point_once",
                fields=("user", "organisation"),
                condition=Q(until__isnull=True),
                violation_error_message="这位同志已经联系这个单位了。",
            ),
            models.CheckConstraint(
                name="contact_point_dates",
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
            ),
        )

    def __str__(self) -> str:
        return f"联系点 {self.pk}"

    def get_absolute_url(self) -> str:
        return path_of("contacts:point", self.pk)

    def in_force(self, on: dt.date) -> bool:
        return self.since <= on and (self.until is None or on < self.until)
