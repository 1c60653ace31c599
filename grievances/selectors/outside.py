"""One grievance for its desk: whom to ring at each unit, its open link, and what was said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from grievances.models import Assignment, Call, Grievance, HandlerLink, Liaison, Raiser
from grievances.selectors.handler_links import due_on, open_links, step_due
from grievances.selectors.liaisons import liaisons_by_unit
from grievances.selectors.sight import RaisedBy, is_owner, raised_by, revealed_until
from grievances.selectors.words import GrievanceWords
from portal.accounts.models import Post


@dataclass(frozen=True, slots=True)
class OutsideUnit:
    """One unit that has it now."""

    assignment_id: int
    unit_id: int
    name: str
    part: str
    manner: str
    due_on: dt.date | None
    liaisons: tuple[Liaison, ...]
    #: What a link would be for now; "" where none can be made.
    step: str
    link: HandlerLink | None


@dataclass(frozen=True, slots=True)
class CallLine:
    """One call; nothing in here needs masking again."""

    at: dt.datetime
    unit: str
    whom: str
    by: str
    words: str


@dataclass(frozen=True, slots=True)
class OutsidePage:
    """For the desk alone; nothing in here needs masking again."""

    units: tuple[OutsideUnit, ...]
    calls: tuple[CallLine, ...]


def outside_page(*, post: Post, grievance: Grievance, now: dt.datetime) -> OutsidePage:
    """SECURITY: carries tokens and telephones; ``post`` is of the desk (``check_is_desk``)."""
    calls = list(grievance.calls.select_related("unit", "liaison", "by__user"))
    mask = _masker(post, grievance, calls, now=now)
    return OutsidePage(
        units=outside_units(post, grievance, now=now),
        calls=tuple(
            CallLine(
                at=call.at,
                unit=call.unit.name,
                whom=call.liaison.name if call.liaison else "",
                by=call.by.user.name,
                words=mask(call.words),
            )
            for call in calls[::-1]
        ),
    )


def outside_units(post: Post, grievance: Grievance, *, now: dt.datetime) -> tuple[OutsideUnit, ...]:
    """Units that have it now, the leading one first. SECURITY: as ``outside_page``."""
    rows = list(current(grievance))
    book = liaisons_by_unit(post, [row.unit_id for row in rows])
    links = open_links(grievance, now=now)
    return tuple(_unit(row, book, links) for row in rows)


def current(grievance: Grievance) -> list[Assignment]:
    """Assignments in force, with the grievance they are of."""
    rows = grievance.assignments.filter(withdrawn_at__isnull=True).order_by("-part", "pk")
    found = list(rows.select_related("unit", "unit__street", "unit__community"))
    for row in found:
        row.grievance = grievance
    return found


@dataclass(frozen=True, slots=True)
class ForwardPage:
    """转办单: one sheet for each unit; nothing in here needs masking again."""

    text: str
    place: str
    #: Only when it was asked to be named.
    raised_by: RaisedBy | None
    #: Whether the post sees it in full now, so that it may be named.
    may_name: bool
    units: tuple[OutsideUnit, ...]


def forward_page(*, post: Post, grievance: Grievance, named: bool, now: dt.datetime) -> ForwardPage:
    """``named`` counts only while the post sees in full whom it is from."""
    may_name = _sees_full(post, grievance, now=now)
    told = [grievance.words, grievance.place]
    mask: Callable[[str], str] = str
    if not (named and may_name):
        words = GrievanceWords([grievance], texts=told)
        mask = lambda text: words.masked(grievance, text)  # noqa: E731 -- one line
    raiser = Raiser.objects.filter(grievance=grievance).first() if named and may_name else None
    places = (grievance.street, grievance.community, grievance.building)
    return ForwardPage(
        text=mask(grievance.words),
        place=" ".join(filter(None, (*(one.name for one in places if one), mask(grievance.place)))),
        raised_by=raised_by(raiser, is_full=True) if raiser else None,
        may_name=may_name,
        units=outside_units(post, grievance, now=now),
    )


def _unit(
    row: Assignment, book: Mapping[int, list[Liaison]], links: Mapping[int, HandlerLink]
) -> OutsideUnit:
    step = step_due(row)
    return OutsideUnit(
        assignment_id=row.pk,
        unit_id=row.unit_id,
        name=row.unit.full_name,
        part=row.get_part_display(),
        manner=row.get_manner_display(),
        due_on=due_on(row),
        liaisons=tuple(book.get(row.unit_id, ())),
        step=step.label if step else "",
        link=links.get(row.pk),
    )


def _sees_full(post: Post, grievance: Grievance, *, now: dt.datetime) -> bool:
    return is_owner(grievance, post) or revealed_until(grievance, post=post, now=now) is not None


def _masker(
    post: Post, grievance: Grievance, calls: list[Call], *, now: dt.datetime
) -> Callable[[str], str]:
    if _sees_full(post, grievance, now=now):
        return str
    words = GrievanceWords([grievance], texts=[call.words for call in calls])
    return lambda text: words.masked(grievance, text)
