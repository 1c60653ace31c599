"""办理链接: for which step one is due, whether it is in force, and what its page says."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from django.conf import settings

from grievances.clocks.kinds import Step as ClockStep
from grievances.kinds import RESULTS, Part, Regime, Result, State
from grievances.models import Assignment, Grievance, HandlerLink
from grievances.selectors import due
from grievances.selectors.beside import room_of, unit_word
from grievances.selectors.words import GrievanceWords
from portal.core.periods import day_of

Step = HandlerLink.Step
_ENDS: Final = re.compile(r"\d+(\*+)\d*")
_CO_STATES: Final = frozenset({State.ASSIGNED, State.IN_HAND})


def step_due(assignment: Assignment) -> Step | None:
    """What the unit of this assignment has to do now; None for nothing that a link can do.

    A restricted grievance leaves the portal by no link; a 处理意见书 is issued by the office.
    """
    grievance = assignment.grievance
    if grievance.is_restricted or assignment.withdrawn_at is not None:
        return None
    if assignment.part == Part.LEAD:
        if grievance.state == State.ASSIGNED:
            return Step.SIGN
        replies = grievance.state == State.IN_HAND and grievance.regime != Regime.PETITION
        return Step.REPLY if replies else None
    if grievance.state not in _CO_STATES or assignment.answered_at is not None:
        return None
    return Step.SIGN if assignment.signed_at is None else Step.REPLY


def is_in_force(link: HandlerLink, *, now: dt.datetime) -> bool:
    """Unused, not withdrawn or outlived, and its step is still the one that is due."""
    if link.used_at is not None or link.revoked_at is not None or now >= link.expires_at:
        return False
    assignment = link.assignment
    if step_due(assignment) != link.step:
        return False
    # A lead's step ends with the state it was made in, also when that state comes back.
    return assignment.part != Part.LEAD or link.made_at >= assignment.grievance.state_since


def open_links(grievance: Grievance, *, now: dt.datetime) -> dict[int, HandlerLink]:
    """Links in force, by assignment; one query.

    SECURITY: they carry the token; for the desk alone.
    """
    rows = HandlerLink.objects.filter(
        assignment__grievance=grievance, used_at__isnull=True, revoked_at__isnull=True
    ).select_related("assignment__grievance")
    return {row.assignment_id: row for row in rows if is_in_force(row, now=now)}


class Room(NamedTuple):
    """How much more time may be asked for."""

    most: int
    unit: str


def extension_room(assignment: Assignment, *, now: dt.datetime) -> Room | None:
    """None where no time may be asked for: no such rule, used up, asked already, or too late."""
    grievance = assignment.grievance
    if grievance.state != State.IN_HAND:
        return None
    is_asked = grievance.extensions.filter(decided_at__isnull=True).exists()
    limit = due.deadline_of(grievance, ClockStep.SETTLE)
    most = room_of(limit, is_asked=is_asked, now=now)
    return Room(most, unit_word(limit.policy)) if limit and most else None


@dataclass(frozen=True, slots=True)
class HandlerPage:
    """What somebody without an account needs to handle it; nothing in here needs masking again."""

    number: str
    unit: str
    part: str
    step: str
    text: str
    place: str
    due_on: dt.date | None
    contact: str
    contact_unit: str
    phone: str
    expires_on: dt.date
    results: tuple[tuple[str, str], ...]
    is_lead: bool
    room: Room | None


def handler_page(link: HandlerLink, *, now: dt.datetime) -> HandlerPage:
    """The page of a link in force: of who raised it neither name nor number."""
    assignment = link.assignment
    grievance, unit = assignment.grievance, assignment.unit
    words = GrievanceWords([grievance], texts=[grievance.words, grievance.place])
    owner = grievance.owner
    places = [place.name for place in (grievance.community, grievance.building) if place]
    said_place = _for_strangers(words.masked(grievance, grievance.place))
    regime = Regime(grievance.regime)
    return HandlerPage(
        number=grievance.number,
        unit=unit.name,
        part=assignment.get_part_display(),
        step=link.step,
        text=_for_strangers(words.masked(grievance, grievance.words)),
        place=" ".join(filter(None, (grievance.street.name, *places, said_place))),
        due_on=due_on(assignment),
        contact=owner.user.name if owner else "",
        contact_unit=owner.organisation.name if owner else grievance.street.name,
        phone=str(settings.PRIVACY_PHONE),
        expires_on=day_of(link.expires_at),
        results=tuple((one.value, Result(one).label) for one in RESULTS[regime]),
        is_lead=assignment.part == Part.LEAD,
        room=extension_room(assignment, now=now) if link.step == Step.REPLY else None,
    )


def _for_strangers(masked: str) -> str:
    """Of a number not even the ends, which staff tell two people apart by."""
    return _ENDS.sub(r"\1", masked)


def due_on(assignment: Assignment) -> dt.date | None:
    """Until when the unit has to answer: a co-handler's own day, else that of the grievance."""
    day: dt.date | None = assignment.due_on or assignment.grievance.due_on
    return day
