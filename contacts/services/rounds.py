"""What a worker does on a round: a tap at a door, taking it back, the list taken along, the evening."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from contacts import workflow
from contacts.models import Household, Visit
from contacts.selectors.rounds import RoundPage, round_page
from contacts.services import visits
from contacts.services.visit_entries import VisitEntry, entry_of
from portal.accounts.models import Organisation, Post
from portal.accounts.permissions import Permission
from portal.audit.services import record
from portal.core.errors import DomainError

#: Why a tap is taken back; one of the usual reasons of a voided visit.
TAPPED_WRONG: Final = "误点，没有走访"
#: Why a limited 外勤会话 does not take it.
NOT_OWN: Final = "这一户现在不由您负责，外勤会话里不能记。请先输入密码恢复全部，再点重新发送。"
#: What a result of the round may be, in the order of the buttons.
RESULTS: Final = (Visit.Result.MET, Visit.Result.NOT_HOME, Visit.Result.DECLINED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """One tap at a door; ``client_id`` is made where it was tapped."""

    client_id: uuid.UUID
    household_id: int
    result: str
    at: dt.datetime
    note: str = ""
    to_complete: bool = False
    #: Of a tap that waited on a device: what its clock showed when it last heard the server's.
    heard: workflow.Clocks | None = None


def tap(*, actor: Post, tapped: Tap, now: dt.datetime) -> Visit:
    """Write a tap down as a visit at the door; told again, it is the visit that is there."""
    entry = VisitEntry(
        client_id=tapped.client_id,
        household_id=tapped.household_id,
        occurred_at=tapped.at,
        channel=Visit.Channel.DOOR,
        result=tapped.result,
        text=tapped.note,
        to_complete=tapped.to_complete,
    )
    return visits.log_visit(actor=actor, entry=entry, now=now)


def take_back(*, actor: Post, client_id: uuid.UUID, now: dt.datetime) -> Visit:
    """Void the own tap of today; a second tap on 撤销 changes nothing.

    Raises ``Visit.DoesNotExist`` and ``DomainError``.
    """
    visit = Visit.objects.visible_to(actor).get(client_id=client_id)
    if visit.post_id != actor.pk:
        raise PermissionDenied("只有记录人能撤销这一条。如有误，请联系记录人或街道管理员。")
    if visit.is_voided:
        return visit
    if visit.occurred_on != timezone.localdate(now):
        raise DomainError("只能在这里撤销今天记的。更早的请打开那次走访，再点作废。")
    return visits.void_visit(actor=actor, visit_id=visit.pk, reason=TAPPED_WRONG, now=now)


@transaction.atomic
def take_along(*, actor: Post, building_id: int, now: dt.datetime) -> RoundPage | None:
    """The list of a building for the device, with its row in the trail; None where there is none.

    SECURITY: the own duty only. A stated reason opens a household for half an hour, not for the
    day that a device keeps its list.
    """
    actor.require(Permission.LOG_HOME_VISIT)
    page = round_page(post=actor, building_id=building_id, now=now, own_only=True)
    if page is None:
        return None
    building = Organisation.objects.get(pk=building_id)
    record(actor=actor, action="round.take", obj=building, district_id=building.district_id)
    return page


def complete(*, actor: Post, client_id: uuid.UUID, text: str, now: dt.datetime) -> Visit:
    """补记: the words of the evening; when it happened and when it was written down stay apart.

    Raises ``Visit.DoesNotExist`` and ``DomainError``.
    """
    visit = Visit.objects.visible_to(actor).get(client_id=client_id)
    entry = replace(entry_of(visit), text=text, to_complete=False)
    return visits.edit_visit(actor=actor, visit_id=visit.pk, entry=entry, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """An entry of a batch that is no tap; ``reason`` says so in words."""

    client_id: str | int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one entry: ``visit`` when it is kept, else the ``reason`` why not."""

    client_id: str | int
    visit: Visit | None = None
    #: It was there before this sending.
    known: bool = False
    #: The device's clock was off and the time is the server's.
    corrected: bool = False
    reason: str = ""


def send(
    *,
    actor: Post,
    entries: Sequence[Tap | Unreadable],
    sent: dt.datetime,
    now: dt.datetime,
    own_only: bool = False,
) -> list[Outcome]:
    """Write down what a device has kept, each entry in a transaction of its own, in its order.

    One that is refused stops no other; one that was here before is not written again. With
    ``own_only`` (a limited 外勤会话) only households that are the own duty are written down for.
    """
    actor.require(Permission.LOG_HOME_VISIT)
    return [_send_one(actor, entry, sent, now, own_only=own_only) for entry in entries]


def _send_one(
    actor: Post, entry: Tap | Unreadable, sent: dt.datetime, now: dt.datetime, *, own_only: bool
) -> Outcome:
    if isinstance(entry, Unreadable):
        return Outcome(client_id=entry.client_id, reason=entry.reason)
    at, corrected = workflow.moment_of_tap(tapped=entry.at, sent=sent, now=now, heard=entry.heard)
    client_id = str(entry.client_id)
    if own_only and not Household.objects.own(actor).filter(pk=entry.household_id).exists():
        return Outcome(client_id=client_id, reason=NOT_OWN)
    try:
        visit = tap(actor=actor, tapped=replace(entry, at=at), now=now)
    except DomainError as error:
        return Outcome(client_id=client_id, reason=error.message)
    except PermissionDenied as error:
        return Outcome(client_id=client_id, reason=str(error))
    known = visit.recorded_at != now or visit.client_id != entry.client_id
    return Outcome(client_id=client_id, visit=visit, known=known, corrected=corrected and not known)
