"""A message in the hands of one worker: claimed by a conditional UPDATE, held by a lease."""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from typing import Any, Final

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from portal.notices import mail, registry, sms
from portal.notices.kinds import Channel, Delivery, Failure, State
from portal.notices.models import Outgoing
from portal.notices.querysets import MOST_ATTEMPTS, MOST_DOUBTS
from portal.notices.services import awake

logger = logging.getLogger(__name__)

#: A worker that is silent for so long is taken for dead; a try takes seconds.
LEASE: Final = dt.timedelta(seconds=60)
#: Before the second try, the third, and so on.
PAUSES: Final = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 30, 120))
#: Before who asked is told again of the end, after telling failed.
_TELL_AGAIN: Final = dt.timedelta(minutes=5)
#: Not read to end a message: one whose key is gone must not hold up the others.
_WORDS: Final = ("address", "subject", "text")


def claim(row_id: int, *, now: dt.datetime) -> Outgoing | None:
    """Take the message if it is due and nobody has it; None for all others.

    The try counts as doubtful until it says what came of it: a worker that dies says nothing.
    """
    token = uuid.uuid4()
    free = Outgoing.objects.due(now).sendable(now).filter(pk=row_id)
    if _put_off(row_id, now=now) or not free.update(
        claim=token,
        claimed_until=now + LEASE,
        attempts=F("attempts") + 1,
        doubts=F("doubts") + 1,
    ):
        return None
    return Outgoing.objects.filter(pk=row_id, claim=token).first()


def work(row: Outgoing) -> None:
    """Try once, and write down what came of it."""
    done = _send(row)
    now = timezone.now()
    if done.accepted:
        _end(row, now=now, state=State.SENT, sent_at=now, reference=done.reference, failure="")
        return
    logger.warning("notices: message %s was not sent: %s", row.pk, done.reason)
    doubts = row.doubts if done.reason == Failure.UNCLEAR else row.doubts - 1
    given_up = row.attempts >= MOST_ATTEMPTS or (
        row.channel == Channel.SMS and doubts >= MOST_DOUBTS
    )
    if given_up:
        _end(row, now=now, state=State.FAILED, failure=_why(done.reason, doubts))
        return
    again = awake(row.channel, now + PAUSES[row.attempts - 1])
    _write(
        row, claim=None, claimed_until=None, doubts=doubts, failure=done.reason, next_try_at=again
    )


def give_up(*, now: dt.datetime) -> int:
    """End what was tried too often by workers that died, or has waited too long; how many."""
    found = list(Outgoing.objects.due(now).hopeless(now).defer(*_WORDS))
    for row in found:
        _end(row, now=now, state=State.FAILED, failure=_why(Failure.TOO_LATE, row.doubts))
    return len(found)


def tell_again(*, now: dt.datetime) -> None:
    """Tell of the ends of which telling failed."""
    for row in Outgoing.objects.untold(now).defer(*_WORDS):
        try:
            with transaction.atomic():
                mine = Outgoing.objects.filter(pk=row.pk, told_at__isnull=True)
                if mine.update(told_at=now):
                    _tell(row)
        except Exception:
            logger.exception("notices: nobody could be told of message %s", row.pk)
            Outgoing.objects.filter(pk=row.pk).update(next_try_at=now + _TELL_AGAIN)


def _put_off(row_id: int, *, now: dt.datetime) -> bool:
    """At night nothing is claimed: it waits for the day."""
    row = Outgoing.objects.due(now).filter(pk=row_id).only("channel").first()
    if row is None or (day := awake(row.channel, now)) <= now:
        return False
    Outgoing.objects.due(now).filter(pk=row_id).update(next_try_at=day)
    return True


def _send(row: Outgoing) -> Delivery:
    if row.channel == Channel.EMAIL:
        if not mail.is_on():
            return Delivery(accepted=False, reason=Failure.OFF)
        return mail.send(uid=row.uid, address=row.address, subject=row.subject, text=row.text)
    gateway = sms.gateway()
    if gateway is None:
        return Delivery(accepted=False, reason=Failure.OFF)
    return gateway.send(phone=row.address, text=row.text, uid=row.uid)


def _why(reason: str, doubts: int) -> str:
    """Once it may have gone out, nobody says that it did not."""
    return Failure.UNCLEAR if doubts else reason


def _end(row: Outgoing, *, now: dt.datetime, **values: Any) -> None:
    """The end, and in the same transaction whoever asked is told of it.

    If telling fails the end is kept alone: what went out must not go out again for that.
    """
    values |= {"claim": None, "claimed_until": None}
    try:
        with transaction.atomic():
            if _write(row, **values, told_at=now):
                _tell(row)
    except Exception:
        logger.exception("notices: nobody could be told of message %s", row.pk)
        _write(row, **values, told_at=None, next_try_at=now + _TELL_AGAIN)


def _write(row: Outgoing, **values: Any) -> bool:
    """Whether the message was still this worker's; a lost one is left to who has it."""
    mine = Outgoing.objects.filter(pk=row.pk, state=State.WAITING, claim=row.claim)
    return bool(mine.update(**values))


def _tell(row: Outgoing) -> None:
    row.refresh_from_db(fields=["state", "sent_at", "reference", "failure", "told_at"])
    registry.get(row.about_kind)(
        outcome=registry.Outcome(
            uid=row.uid,
            channel=row.channel,
            about_id=row.about_id,
            sent=row.state == State.SENT,
            at=row.sent_at or row.told_at or timezone.now(),
            reference=row.reference,
            failure=row.failure,
        )
    )
