"""Asking for a message to somebody outside, and forgetting what it said."""

from __future__ import annotations

import datetime as dt
import uuid
from functools import partial
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils import timezone

from portal.core.encryption import normalise_phone
from portal.core.waking import wake
from portal.notices import mail, registry, sms
from portal.notices.kinds import Channel, State
from portal.notices.models import Outgoing

DELIVER: Final = "portal.notices.tasks.deliver"
#: How often beat looks for what is due, in seconds; a message to a worker lives as long.
SWEEP_EVERY: Final = 30.0
_MOBILE_DIGITS: Final = 11


def can_reach(channel: str, address: str) -> bool:
    """Whether ``address`` is a mobile number, or an e-mail address, and there is such a channel.

    Else somebody has to ring.
    """
    if channel == Channel.SMS:
        return sms.gateway() is not None and _is_mobile(address)
    return mail.is_on() and _is_mail(address)


def send_later(
    *,
    channel: str,
    address: str,
    text: str,
    about: tuple[str, int],
    uid: uuid.UUID,
    now: dt.datetime,
    subject: str = "",
) -> Outgoing | None:
    """Put a message into the caller's transaction; None where it ``can_reach`` nobody.

    ``about`` is a registered kind and an id: who is told of the end. The same ``uid`` is the same
    message. Text messages wait for the day (``SMS_FROM_HOUR``). Raises ``KeyError`` for an unknown
    kind.
    """
    registry.get(about[0])
    if (known := Outgoing.objects.filter(uid=uid).first()) is not None:
        return known
    if not can_reach(channel, address):
        return None
    row = Outgoing.objects.create(
        uid=uid,
        channel=channel,
        address=normalise_phone(address) if channel == Channel.SMS else address.strip(),
        subject=subject,
        text=text,
        next_try_at=awake(channel, now),
        about_kind=about[0],
        about_id=about[1],
        created_at=now,
    )
    if row.next_try_at <= now:
        transaction.on_commit(partial(publish, row.pk))
    return row


def publish(row_id: int) -> None:
    """Wake a worker for the message."""
    wake(DELIVER, row_id, expires=SWEEP_EVERY)


def awake(channel: str, moment: dt.datetime) -> dt.datetime:
    """The first moment from ``moment`` on at which the channel may disturb anybody."""
    if channel != Channel.SMS:
        return moment
    local = timezone.localtime(moment)
    opens = local.replace(hour=settings.SMS_FROM_HOUR, minute=0, second=0, microsecond=0)
    if local < opens:
        return opens
    return moment if local.hour < settings.SMS_UNTIL_HOUR else opens + dt.timedelta(days=1)


def forget_old(*, now: dt.datetime) -> int:
    """Erase address and words of what ended ``OUTGOING_KEPT_DAYS`` ago; of how many.

    That there was a message, when, and what became of it stays.
    """
    kept_since = now - dt.timedelta(days=settings.OUTGOING_KEPT_DAYS)
    old = Outgoing.objects.exclude(state=State.WAITING).filter(
        created_at__lt=kept_since, told_at__isnull=False
    )
    speaking = old.annotate(raw=Cast("address", TextField())).exclude(raw="")
    return speaking.update(address="", subject="", text="")


def _is_mobile(address: str) -> bool:
    digits = normalise_phone(address)
    return len(digits) == _MOBILE_DIGITS and digits.startswith("1")


def _is_mail(address: str) -> bool:
    try:
        validate_email(address.strip())
    except ValidationError:
        return False
    return True
