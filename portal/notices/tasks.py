"""Sending: one message by its id, the sweep for those that no message told of, forgetting."""

from __future__ import annotations

import datetime as dt
from typing import Final

from celery import shared_task
from django.utils import timezone

from portal.notices import running, services
from portal.notices.models import Outgoing

#: A message younger than this has woken a worker itself.
_FRESH: Final = dt.timedelta(seconds=10)
#: Of one sweep; the rest is due at the next.
_MOST_AT_ONCE: Final = 1_000


@shared_task
def deliver(row_id: int) -> None:
    """Try to send the message unless somebody else does. Safe to deliver twice."""
    row = running.claim(row_id, now=timezone.now())
    if row is not None:
        running.work(row)


@shared_task
def deliver_due() -> None:
    """Wake workers for what is due or was dropped, end what is hopeless, tell of what ended."""
    now = timezone.now()
    running.give_up(now=now)
    running.tell_again(now=now)
    due = Outgoing.objects.due(now).filter(created_at__lte=now - _FRESH).order_by("next_try_at")
    for row_id in due.values_list("pk", flat=True)[:_MOST_AT_ONCE]:
        services.publish(row_id)


@shared_task
def forget_outgoing() -> int:
    """Every night: erase addresses and words whose time is over; of how many."""
    return services.forget_old(now=timezone.now())
