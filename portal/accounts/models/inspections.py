"""督查授权: what opens records to an inspector: one case, one unit, from one day to another."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from portal.accounts.models.people import Organisation, Post
from portal.accounts.querysets import InspectionQuerySet

#: How far back the visits of a case are read, from the day it was asked for (decision 0082).
LOOKBACK: Final = dt.timedelta(days=365)


class State(models.TextChoices):
    """Derived from the dates of an inspection, never stored."""

    ASKED = "ASKED", "待批准"
    APPROVED = "APPROVED", "已批准，未开始"
    IN_FORCE = "IN_FORCE", "督查中"
    REFUSED = "REFUSED", "未批准"
    CLOSED = "CLOSED", "已提前结束"
    OVER = "OVER", "已到期"
    LAPSED = "LAPSED", "过期未批"


class Inspection(models.Model):
    """A case an inspector may read into, asked for by one person and approved by another."""

    #: The inspector's post; what it opens lasts no longer than the post.
    post = models.ForeignKey(Post, models.PROTECT, related_name="inspections")
    title = models.CharField("督查事项", max_length=120)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name="督查单位"
    )
    since = models.DateField("自")
    #: The first day outside.
    until = models.DateField("至")
    asked_by = models.ForeignKey(Post, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    approved_by = models.ForeignKey(Post, models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    #: Refused or ended early.
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = InspectionQuerySet.as_manager()

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

    @property
    def last_day(self) -> dt.date:
        return self.until - dt.timedelta(days=1)

    @property
    def reads_from(self) -> dt.date:
        """The first day whose visits it opens: a year before it was asked for."""
        return timezone.localdate(self.asked_at) - LOOKBACK

    def state(self, today: dt.date) -> State:
        """Where it stands on a day."""
        if self.closed_at is not None:
            return State.CLOSED if self.approved_at else State.REFUSED
        if today >= self.until:
            return State.OVER if self.approved_at else State.LAPSED
        if self.approved_at is None:
            return State.ASKED
        return State.IN_FORCE if self.since <= today else State.APPROVED
