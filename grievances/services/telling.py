"""告知: told means somebody told, or a message was delivered; until then it is an open task."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction

from grievances.models import Grievance, Raiser, Told
from grievances.parties import TELLS, parties_of
from grievances.selectors.handlers import handlers_of
from grievances.services.events import add_event
from portal.accounts.models import Post
from portal.audit.services import record
from portal.core.errors import DomainError
from portal.notices.registry import Outcome
from portal.notices.services import send_later

NOTE_LIMIT: Final = 500
#: ``about_kind`` of a message that tells a resident.
ABOUT: Final = "grievance.told"
#: The key of the ask that the table of moves knows it by.
TELL: Final = "tell"
#: Ways a person tells by; the others are messages.
BY_PERSON: Final = (Told.Channel.PHONE, Told.Channel.DOOR, Told.Channel.SLIP)


def tell(
    grievance: Grievance,
    *,
    about: str,
    words: str,
    channel: str,
    actor: Post | None,
    now: dt.datetime,
) -> Told:
    """Keep that the resident was told by ``channel``, or, without one, that it is still to be done.

    A message counts when it was sent; one that cannot be sent is a task to ring.
    """
    was_told = channel in BY_PERSON
    told = Told.objects.create(
        grievance=grievance,
        about=about,
        round=grievance.round,
        words=words,
        channel=channel or Told.Channel.PHONE,
        asked_at=now,
        told_at=now if was_told else None,
        told_by=actor if was_told else None,
    )
    if channel in {Told.Channel.SMS, Told.Channel.EMAIL}:
        _send(told, now=now)
    return told


def _send(told: Told, *, now: dt.datetime) -> None:
    """Give the words to the sender of messages, or let somebody ring. Nothing restricted is sent."""
    grievance = told.grievance
    raiser = Raiser.objects.filter(grievance=grievance).first()
    # No page asks for an e-mail address, so only a telephone number is known.
    reaches = raiser is not None and told.channel == Told.Channel.SMS and bool(told.words)
    row = None
    if raiser is not None and reaches and not grievance.is_restricted:
        row = send_later(
            channel=told.channel,
            address=raiser.phone,
            text=f"您反映的事（{grievance.number}）：{told.words}",
            about=(ABOUT, told.pk),
            uid=uuid.uuid4(),
            now=now,
        )
    told.outgoing = row.uid if row else None
    told.channel = told.channel if row else Told.Channel.PHONE
    told.save(update_fields=["outgoing", "channel"])


@transaction.atomic
def heard_of(*, outcome: Outcome) -> None:
    """The end of a message: told when it was sent, else a task to ring."""
    told = Told.objects.select_for_update().filter(outgoing=outcome.uid).first()
    if told is None or told.told_at is not None:
        return
    if outcome.sent:
        told.told_at = outcome.at
    else:
        told.outgoing, told.channel = None, Told.Channel.PHONE
    told.save(update_fields=["told_at", "outgoing", "channel"])


@transaction.atomic
def done(*, actor: Post, told_id: int, channel: str, note: str, now: dt.datetime) -> Told:
    """Somebody told the resident. Raises ``DoesNotExist``, ``PermissionDenied``, ``DomainError``.

    Said twice, the first time counts.
    """
    seen = Told.objects.filter(grievance__in=Grievance.objects.visible_to(actor))
    pk = seen.only("pk").get(pk=told_id).pk
    told = Told.objects.select_for_update(of=("self",)).select_related("grievance").get(pk=pk)
    check_may_tell(actor, told.grievance, now=now)
    if told.told_at is not None:
        return told
    if told.outgoing is not None:
        raise DomainError("短信正在发送，发不出去时会回到这里。")
    if channel not in BY_PERSON:
        raise DomainError("请选怎样告知的。", field="channel")
    if len(note) > NOTE_LIMIT:
        raise DomainError(f"最多写{NOTE_LIMIT}字。", field="note")
    told.channel, told.told_at, told.told_by = channel, now, actor
    told.save(update_fields=["channel", "told_at", "told_by"])
    add_event(told.grievance, TELL, actor=actor, now=now, words=note.strip())
    record(actor=actor, action="grievance.tell", obj=told.grievance)
    return told


def check_may_tell(actor: Post, grievance: Grievance, *, now: dt.datetime) -> None:
    """Raises ``PermissionDenied`` for who is not desk, lead or 您的联系人 of it."""
    if not parties_of(actor, grievance, handlers_of(grievance, now=now)) & TELLS:
        raise PermissionDenied("由受理单位、主办单位或联系人告知居民。")
