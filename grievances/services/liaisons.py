"""联络员 of a desk's book, and calls with them: the only place that writes either."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction

from contacts.services.household_entries import clean_phone
from grievances.models import Call, Liaison
from grievances.parties import runs_desk
from grievances.selectors.liaisons import book_of, choosable_units
from grievances.services.handler_links import held_by_desk
from portal.accounts.models import Post
from portal.accounts.permissions import Permission
from portal.audit.services import record
from portal.core.errors import DomainError
from portal.core.periods import day_of

NAME_LIMIT: Final = 40
NOTE_LIMIT: Final = 100
CALL_LIMIT: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class LiaisonEntry:
    """Whom to ring at a unit."""

    unit_id: int
    name: str
    phone: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEntry:
    """One call: with whom, when, and what was said."""

    unit_id: int
    words: str
    at: dt.datetime
    liaison_id: int | None = None


@transaction.atomic
def add_liaison(*, actor: Post, entry: LiaisonEntry, now: dt.datetime) -> Liaison:
    """Write somebody into the own book; who stands in it alike already is the same row.

    Raises ``PermissionDenied`` for who keeps no book, ``DomainError``.
    """
    check_keeps_book(actor)
    name, phone, note = _checked(actor, entry, now)
    for known in book_of(actor).filter(unit_id=entry.unit_id, ended_on__isnull=True):
        if (known.name, known.phone) == (name, phone):
            return known
    made: Liaison = Liaison.objects.create(
        unit_id=entry.unit_id, name=name, phone=phone, note=note, keeper=actor.organisation
    )
    record(actor=actor, action="liaison.add", obj=made)
    return made


@transaction.atomic
def edit_liaison(*, actor: Post, pk: int, entry: LiaisonEntry, now: dt.datetime) -> Liaison:
    """Correct a row of the own book. Raises ``DoesNotExist`` for another desk's."""
    check_keeps_book(actor)
    row: Liaison = book_of(actor).select_for_update(of=("self",)).get(pk=pk)
    name, phone, note = _checked(actor, entry, now)
    row.unit_id, row.name, row.phone, row.note = entry.unit_id, name, phone, note
    row.save(update_fields=["unit", "name", "phone", "note"])
    record(actor=actor, action="liaison.edit", obj=row)
    return row


@transaction.atomic
def end_liaison(*, actor: Post, pk: int, now: dt.datetime) -> None:
    """Nobody rings them any more. Raises ``DoesNotExist`` for another desk's."""
    check_keeps_book(actor)
    row: Liaison = book_of(actor).select_for_update(of=("self",)).get(pk=pk)
    if row.ended_on is None:
        row.ended_on = day_of(now)
        row.save(update_fields=["ended_on"])
        record(actor=actor, action="liaison.end", obj=row)


@transaction.atomic
def log_call(*, actor: Post, number: str, entry: CallEntry, now: dt.datetime) -> Call:
    """Keep what was said on the telephone. Raises ``DoesNotExist``, ``PermissionDenied``, ``DomainError``."""
    grievance = held_by_desk(actor, number, now=now)
    words = entry.words.strip()
    if not words:
        raise DomainError("请写下说了什么。", field="words")
    if len(words) > CALL_LIMIT:
        raise DomainError(f"最多写{CALL_LIMIT}字。", field="words")
    if entry.at > now or day_of(entry.at) < day_of(grievance.received_at):
        raise DomainError("时间要在收到诉求那天以后、现在以前。", field="at")
    if not grievance.assignments.filter(unit_id=entry.unit_id).exists():
        raise DomainError("请选办理这件诉求的单位。", field="unit")
    known = book_of(actor).filter(pk=entry.liaison_id or 0, unit_id=entry.unit_id).first()
    if entry.liaison_id is not None and known is None:
        raise DomainError("请选这个单位的联络员。", field="liaison")
    told = {"unit_id": entry.unit_id, "liaison": known, "at": entry.at, "by": actor}
    same = [row for row in grievance.calls.filter(**told) if row.words == words]
    if same:
        return same[0]
    made = Call.objects.create(grievance=grievance, words=words, **told)
    record(actor=actor, action="grievance.call", obj=grievance)
    return made


def check_keeps_book(post: Post) -> None:
    """Raises ``PermissionDenied`` for whose unit has no desk, or who does not work at it."""
    if runs_desk(post) is None or not post.may(Permission.HANDLE_GRIEVANCES):
        raise PermissionDenied("联络员和催办单由街道窗口、街道管理员或区管理员维护。")


def _checked(actor: Post, entry: LiaisonEntry, now: dt.datetime) -> tuple[str, str, str]:
    if entry.unit_id not in {unit.pk for unit in choosable_units(actor, on=day_of(now))}:
        raise DomainError("请从列出的单位里选。", field="unit")
    name, note = entry.name.strip(), entry.note.strip()
    if not name:
        raise DomainError("请填姓名。", field="name")
    for field, value, limit in (("name", name, NAME_LIMIT), ("note", note, NOTE_LIMIT)):
        if len(value) > limit:
            raise DomainError(f"最多写{limit}字。", field=field)
    phone = clean_phone(entry.phone)
    if not phone:
        raise DomainError("请填电话。", field="phone")
    return name, phone, note
