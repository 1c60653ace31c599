"""Where a sign-in came from, as far as its owner needs it to know their own."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import models

from portal.accounts.models.people import User

#: Kept so long, then cleared by the hourly task.
KEPT: Final = dt.timedelta(days=180)


class SignInAddress(models.Model):
    """The network part of the address (10.20.*.*) of one sign-in, lock-out or refusal.

    Beside the trail and not in it: the trail holds no values.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    #: The event of the trail it belongs to.
    event_id = models.BigIntegerField(unique=True)
    network = models.CharField(max_length=40)
    at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ("-pk",)
        verbose_name = "登录来源"

    def __str__(self) -> str:
        return f"登录来源 {self.pk}"
