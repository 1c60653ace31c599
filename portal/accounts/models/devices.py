"""外勤会话: a device that a person registered, and the hours it may log without signing in again."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import models
from django.db.models import F, Q

from portal.accounts.models.people import Post, User

#: How long an 外勤会话 lasts: a working day out of doors, counted from its start.
FIELD_SESSION: Final = dt.timedelta(hours=8)


class Device(models.Model):
    """A phone or tablet its owner registered; known by a cookie whose digest is kept here."""

    user = models.ForeignKey(User, models.CASCADE, related_name="devices")
    name = models.CharField("设备名称", max_length=40)
    #: SHA-256 of the secret in the device's cookie.
    token_digest = models.CharField(max_length=64, unique=True)
    registered_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-registered_at", "-pk")
        verbose_name = "登记设备"

    def __str__(self) -> str:
        return f"设备 {self.pk}"


class FieldSession(models.Model):
    """外勤会话: under one post, on one registered device, until ``until`` (first moment outside).

    It allows logging and the own households, nothing else, until the password is given.
    """

    device = models.ForeignKey(Device, models.PROTECT, related_name="sessions")
    post = models.ForeignKey(Post, models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-started_at", "-pk")
        verbose_name = "外勤会话"
        constraints = (
            models.CheckConstraint(
                name="field_session_length",
                condition=Q(until__gt=F("started_at"))
                & Q(until__lte=F("started_at") + FIELD_SESSION),
            ),
        )

    def __str__(self) -> str:
        return f"外勤会话 {self.pk}"
