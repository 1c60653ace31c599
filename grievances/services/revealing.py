"""Seeing in full whom a grievance is from: by a stated reason, for half an hour, in the trail."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction

from grievances.models import Grievance
from grievances.parties import parties_of
from grievances.selectors.handlers import handlers_of
from grievances.selectors.sight import REVEAL_SUBJECT
from portal.accounts.models import Post, Reveal
from portal.accounts.permissions import Permission
from portal.audit.services import record
from portal.core.errors import DomainError

REVEAL_FOR: Final = dt.timedelta(minutes=30)
NOTE_LIMIT: Final = 200


@transaction.atomic
def reveal(*, actor: Post, number: str, reason: str, note: str, now: dt.datetime) -> Reveal:
    """State why; the post then sees this grievance in full for 30 minutes.

    Raises ``DoesNotExist`` outside the scope, ``PermissionDenied`` for who handles nothing,
    ``DomainError``.
    """
    actor.require(Permission.HANDLE_GRIEVANCES)
    grievance = Grievance.objects.visible_to(actor).get(number=number)
    check_may_reveal(actor, grievance, now=now)
    if reason not in Reveal.Reason:
        raise DomainError("请选择查看的理由。", field="reason")
    if len(note) > NOTE_LIMIT:
        raise DomainError(f"说明最多写{NOTE_LIMIT}字。", field="note")
    revealed = Reveal.objects.create(
        user_id=actor.user_id,
        post=actor,
        subject_kind=REVEAL_SUBJECT,
        subject_id=grievance.pk,
        reason=reason,
        note=note.strip(),
        at=now,
        until=now + REVEAL_FOR,
    )
    record(actor=actor, action="grievance.reveal", obj=grievance, reason=reason)
    return revealed


def check_may_reveal(actor: Post, grievance: Grievance, *, now: dt.datetime) -> None:
    """Raises ``PermissionDenied`` for who is nothing to this grievance."""
    if not parties_of(actor, grievance, handlers_of(grievance, now=now)):
        raise PermissionDenied("只有办理、回访这件诉求的人能查看诉求人的信息。")


def note_printed(*, actor: Post, grievance: Grievance, code: str = "") -> None:
    """Keep in the trail that the post opened this grievance as a paper; ``code`` says which."""
    record(actor=actor, action="grievance.print", obj=grievance, reason=code)


def note_opened(*, actor: Post, grievance: Grievance) -> None:
    """Keep in the trail that the post read this grievance in full (nobody is asked for it)."""
    record(actor=actor, action="grievance.open", obj=grievance)
