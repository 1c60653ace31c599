"""扫楼: the buildings where a worker has doors, one building door by door, and what waits to be completed."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from django.utils import timezone

from contacts import workflow
from contacts.models import Household, Visit
from contacts.querysets import VisitQuerySet
from contacts.selectors.round_dues import dues_by_door
from contacts.selectors.sight import HouseholdLine, household_lines, sight
from portal.accounts.models import Organisation, Post
from portal.core.periods import Quarter

#: Visits to complete on one page; more than this waits below the fold of no evening.
TO_COMPLETE: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundBuilding:
    """One building of the own doors."""

    id: int
    #: Led by the community when the doors lie in several.
    name: str
    doors: int
    #: Households met at the door in this quarter.
    met: int
    never: int
    #: The day of the door that has waited longest, of those ever met.
    longest: dt.date | None
    #: Doors knocked at today.
    knocked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """What was written down at a door today."""

    client_id: uuid.UUID
    at: dt.datetime
    words: str
    met: bool
    to_complete: bool
    has_words: bool

    @property
    def note(self) -> str:
        """What stands beside the result: whether words were kept, and are to be written out."""
        said = ("已记要点" if self.has_words else "", "待补记" if self.to_complete else "")
        return "，".join(filter(None, said))


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundDoor:
    """One door as its worker sees it: the least that is needed to knock."""

    household_id: int
    #: Unit and room in one: 2单元301室; and the room alone, below the heading of its unit.
    door: str
    room: str
    #: The first name and how many live there.
    people: str
    last_met_on: dt.date | None
    #: 暂不上门，改电话, while that holds.
    wish: str
    knock: Knock | None
    #: Promises and due next steps, in a line each; only at the own doors.
    dues: tuple[str, ...]
    #: Of the next tap at this door.
    client_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundPage:
    """A building: the doors seen in full, in the order of the stairs."""

    building_id: int
    name: str
    units: tuple[tuple[str, tuple[RoundDoor, ...]], ...]
    #: Households of colleagues in this building that the post knows of, masked.
    others: int

    @property
    def doors(self) -> tuple[RoundDoor, ...]:
        return tuple(door for _, doors in self.units for door in doors)

    @property
    def to_knock(self) -> int:
        """Doors to knock at: without those that wish to be called, unless they were visited."""
        return sum(1 for door in self.doors if door.knock or not door.wish)

    @property
    def knocked(self) -> int:
        return sum(1 for door in self.doors if door.knock)

    @property
    def wished(self) -> int:
        return sum(1 for door in self.doors if door.wish and not door.knock)


def round_buildings(*, post: Post, today: dt.date) -> list[RoundBuilding]:
    """Buildings of the own doors, in the order in which one walks; three queries."""
    columns = ("pk", "building_id", "community_id", "last_met_on")
    rows = list(
        Household.objects.own(post).in_use().order_by("building__path").values_list(*columns)
    )
    places = {pk for row in rows for pk in (row[1], row[2])}
    names = dict(Organisation.objects.filter(pk__in=places).values_list("pk", "name"))
    several = len({row[2] for row in rows}) > 1
    knocked = _knocked_by_building(post, today)
    start = Quarter.of(today).start
    found = []
    for building_id, group in groupby(rows, key=lambda row: row[1]):
        inside = list(group)
        met = [on for *_, on in inside if on is not None]
        name = names[building_id]
        found.append(
            RoundBuilding(
                id=building_id,
                name=f"{names[inside[0][2]]} {name}" if several else name,
                doors=len(inside),
                met=sum(1 for on in met if on >= start),
                never=len(inside) - len(met),
                longest=min(met, default=None),
                knocked=len(knocked[building_id] & {pk for pk, *_ in inside}),
            )
        )
    return found


def _today(post: Post, today: dt.date) -> VisitQuerySet:
    """The own home visits of the day."""
    rows: VisitQuerySet = Visit.objects.visible_to(post).valid()
    return rows.filter(post=post, kind=Visit.Kind.HOME, occurred_on=today)


def _knocked_by_building(post: Post, today: dt.date) -> Mapping[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    columns = ("household__building_id", "household_id")
    for building_id, household_id in _today(post, today).order_by().values_list(*columns):
        if building_id is not None and household_id is not None:
            found[building_id].add(household_id)
    return found


def round_page(
    *, post: Post, building_id: int, now: dt.datetime, own_only: bool = False
) -> RoundPage | None:
    """The building door by door; None where the post knows of no household.

    SECURITY: only households seen in full stand behind a door here. Those of colleagues are a
    number: a masked row in the order of the stairs would tell who lives where. With ``own_only``
    those open by a stated reason are part of that number too.
    """
    rows = Household.objects.visible_to(post).in_use().filter(building_id=building_id)
    households = list(rows.select_related("building").order_by("door_order", "pk"))
    if not households:
        return None
    seen = sight(post=post, household_ids=[row.pk for row in households], now=now)
    shown = seen.own if own_only else seen.full
    mine = [row for row in households if row.pk in shown]
    lines = household_lines(post=post, households=mine, now=now, cares=False)
    today = timezone.localdate(now)
    knocks = _knocks(post, [row.pk for row in mine], today)
    dues = dues_by_door(post, [row.pk for row in mine if row.pk in seen.own], today=today)
    doors = [_door(row, lines[row.pk], knocks.get(row.pk), dues.get(row.pk, ())) for row in mine]
    return RoundPage(
        building_id=building_id,
        name=households[0].building.name,
        units=_by_unit(zip(mine, doors, strict=True)),
        others=len(households) - len(mine),
    )


def _by_unit(
    doors: Iterable[tuple[Household, RoundDoor]],
) -> tuple[tuple[str, tuple[RoundDoor, ...]], ...]:
    return tuple(
        (unit, tuple(door for _, door in group))
        for unit, group in groupby(doors, key=lambda pair: pair[1].door.removesuffix(pair[1].room))
    )


def _door(
    household: Household, line: HouseholdLine, knock: Knock | None, dues: tuple[str, ...]
) -> RoundDoor:
    people = ""
    if line.people:
        people = (
            line.people[0] if line.people_count == 1 else f"{line.people[0]}等{line.people_count}人"
        )
    door = household.door
    unit_length = len(Household(unit=household.unit, room="").door)
    return RoundDoor(
        household_id=household.pk,
        door=door,
        room=door[unit_length:],
        people=people,
        last_met_on=line.last_met_on,
        wish=line.door_wish,
        knock=knock,
        dues=dues,
        client_id=uuid.uuid4(),
    )


def _knocks(post: Post, household_ids: list[int], today: dt.date) -> dict[int, Knock]:
    """The newest own visit of today at each door."""
    found: dict[int, Knock] = {}
    rows = _today(post, today).filter(household__in=household_ids)
    for visit in rows.order_by("occurred_at", "pk"):
        if visit.household_id is not None:
            found[visit.household_id] = Knock(
                client_id=visit.client_id,
                at=visit.occurred_at,
                words=visit.result_words,
                met=visit.result == Visit.Result.MET,
                to_complete=visit.to_complete,
                has_words=bool(visit.text),
            )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ToComplete:
    """A visit whose author means to write more."""

    visit: Visit
    #: None when the household has moved out of sight, or there was none.
    line: HouseholdLine | None
    #: Within the days of free change: may be completed on the list itself.
    here: bool


def to_complete_count(post: Post, *, now: dt.datetime, own_only: bool = False) -> int:
    return _unfinished(post, now, own_only=own_only).count()


def to_complete(*, post: Post, now: dt.datetime, own_only: bool = False) -> list[ToComplete]:
    """The own visits to complete, in the order in which they happened; seven queries at most.

    With ``own_only`` (a limited 外勤会话) the home visits of one's own households that are still
    changed freely.
    """
    visits = list(
        _unfinished(post, now, own_only=own_only)
        .select_related("household", "community")
        .defer("household__avoid", "household__note")
        .order_by("occurred_at", "pk")[:TO_COMPLETE]
    )
    households = {visit.household.pk: visit.household for visit in visits if visit.household}
    lines = household_lines(post=post, households=list(households.values()), now=now, cares=False)
    return [
        ToComplete(
            visit=visit,
            line=lines.get(visit.household_id or 0),
            here=workflow.may_edit_freely(visit.recorded_at, now=now),
        )
        for visit in visits
    ]


def _unfinished(post: Post, now: dt.datetime, *, own_only: bool) -> VisitQuerySet:
    rows: VisitQuerySet = Visit.objects.visible_to(post).valid()
    rows = rows.filter(post=post, to_complete=True)
    if not own_only:
        return rows
    return rows.filter(
        kind=Visit.Kind.HOME,
        recorded_at__gt=now - workflow.EDIT_WINDOW,
        household__in=Household.objects.own(post).order_by(),
    )
