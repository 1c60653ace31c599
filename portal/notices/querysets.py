"""Which messages are due, which cannot be sent any more, and of which nobody was told."""

from __future__ import annotations

import datetime as dt
from typing import Final, Self

from django.db import models
from django.db.models import Q

from portal.notices.kinds import Channel, State

#: Tries, counted when they begin.
MOST_ATTEMPTS: Final = 5
#: Tries after which it is not known whether a text message went out: the second may be a repeat,
#: a third is not made. A mail program knows a repeat by its Message-ID.
MOST_DOUBTS: Final = 2
#: What has waited longer is not sent any more: after an outage or a restored backup nobody is
#: told of the day before yesterday as if it were news.
OLDEST: Final = dt.timedelta(days=2)


class OutgoingQuerySet(models.QuerySet):
    def due(self, now: dt.datetime) -> Self:
        """Waiting, its time has come, and no worker has it or its lease has run out."""
        free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=now)
        return self.filter(free, state=State.WAITING, next_try_at__lte=now)

    def hopeless(self, now: dt.datetime) -> Self:
        return self.filter(_hopeless(now))

    def sendable(self, now: dt.datetime) -> Self:
        return self.exclude(_hopeless(now))

    def untold(self, now: dt.datetime) -> Self:
        """Over, but whoever asked has not been told, and it is time to try that again."""
        over = self.filter(state__in=(State.SENT, State.FAILED), told_at__isnull=True)
        return over.filter(next_try_at__lte=now)


def _hopeless(now: dt.datetime) -> Q:
    return (
        Q(attempts__gte=MOST_ATTEMPTS)
        | Q(channel=Channel.SMS, doubts__gte=MOST_DOUBTS)
        | Q(created_at__lt=now - OLDEST)
    )
