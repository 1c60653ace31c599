"""督查授权: what opens records to an inspector: one case, one unit, from one day to another."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from portal.accounts.models.people import Organisation, Post


class Inspection(models.Model):
    """A case an inspector may read into, asked for by one person and approved by another."""

    #: The inspector's post; what it opens lasts no longer than the post.
    post = models.ForeignKey(Post, models.PROTECT, related_name="inspections")
    title = models.CharField("督查事项", max_length=120)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name="督查单位"
    )
    since = models.DateField("自")
    until = models.DateField("至")
    asked_by = models.ForeignKey(Post, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    approved_by = models.ForeignKey(Post, models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    #: Refused or ended early.
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-asked_at", "-pk")
        verbose_name = "督查授权"
        constraints = (
            models.CheckConstraint(name="inspection_dates", condition=Q(until__gt=F("since"))),
            models.CheckConstraint(
                name="inspection_approved_by_another",
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("asked_by")),
            ),
        )

    def __str__(self) -> str:
        return f"督查授权 {self.pk}"
