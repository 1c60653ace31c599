"""扫楼: the buildings where a worker has doors, one building door by door, and what waits to be completed."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, NamedTuple

from django.db.models import QuerySet
from django.db.models.functions import Left
from django.utils import timezone

from contacts import workflow
from contacts.models import Household, Visit
from contacts.models.households import door_words
from contacts.models.visits import result_words
from contacts.querysets import VisitQuerySet
from contacts.selectors.round_dues import dues_by_door
from contacts.selectors.sight import HouseholdLine, household_lines, lines_of, sight
from portal.accounts.models import Post
from portal.accounts.outline import Scoped
from portal.core.db.bulk import Among
from portal.core.db.prepared import Day, Moment, Number, Numbers
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
        if self.to_complete:
            return "已记要点，待补记" if self.has_words else "待补记"
        return "有记录" if self.has_words else ""


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
    rows = [_OwnDoor(*row) for row in _OWN.rows(post)]
    several = len({row.community for row in rows}) > 1
    knocked = _knocked_by_building(post, today)
    start = Quarter.of(today).start
    found = []
    for building_id, group in groupby(rows, key=lambda row: row.building_id):
        inside = list(group)
        first = inside[0]
        met = [row.last_met_on for row in inside if row.last_met_on is not None]
        found.append(
            RoundBuilding(
                id=building_id,
                name=f"{first.community} {first.building}" if several else first.building,
                doors=len(inside),
                met=sum(1 for on in met if on >= start),
                never=len(inside) - len(met),
                longest=min(met, default=None),
                knocked=len(knocked[building_id] & {row.household_id for row in inside}),
            )
        )
    return found


class _OwnDoor(NamedTuple):
    household_id: int
    building_id: int
    building: str
    community: str
    last_met_on: dt.date | None


def _own(post: Post) -> QuerySet[Household, Any]:
    rows = Household.objects.own(post).in_use().order_by("building__path")
    return rows.values_list("pk", "building_id", "building__name", "community__name", "last_met_on")


_OWN: Final = Scoped(_own)


def _today(post: Post, on: Any) -> VisitQuerySet:
    """The own home visits of the day."""
    rows: VisitQuerySet = Visit.objects.visible_to(post).valid()
    return rows.filter(post_id=post.pk, kind=Visit.Kind.HOME, occurred_on=on)


def _knocked_by_building(post: Post, today: dt.date) -> Mapping[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for building_id, household_id in _KNOCKED.rows(post, on=today):
        if building_id is not None and household_id is not None:
            found[building_id].add(household_id)
    return found


def _knocked(post: Post, *, on: Any) -> QuerySet[Visit, Any]:
    return _today(post, on).order_by().values_list("household__building_id", "household_id")


_KNOCKED: Final = Scoped(_knocked, on=Day)


def round_page(
    *, post: Post, building_id: int, now: dt.datetime, own_only: bool = False
) -> RoundPage | None:
    """The building door by door; None where the post knows of no household.

    SECURITY: only households seen in full stand behind a door here. Those of colleagues are a
    number: a masked row in the order of the stairs would tell who lives where. With ``own_only``
    those open by a stated reason are part of that number too.
    """
    doors = [_Door(*row) for row in _DOORS.rows(post, building=building_id)]
    if not doors:
        return None
    seen = sight(post=post, household_ids=[row.household_id for row in doors], now=now)
    shown = seen.own if own_only else seen.full
    mine = [row for row in doors if row.household_id in shown]
    ids = [row.household_id for row in mine]
    lines = lines_of(ids, post=post, now=now, cares=False)
    today = timezone.localdate(now)
    knocks = _knocks(post, ids, today)
    dues = dues_by_door(post, [pk for pk in ids if pk in seen.own], today=today)
    drawn = [
        _door(row, lines[pk], knocks.get(pk), dues.get(pk, ()))
        for pk, row in zip(ids, mine, strict=True)
    ]
    return RoundPage(
        building_id=building_id,
        name=doors[0].building,
        units=_by_unit(drawn),
        others=len(doors) - len(mine),
    )


class _Door(NamedTuple):
    household_id: int
    building: str
    unit: str
    room: str


def _doors(post: Post, *, building: Any) -> QuerySet[Household, Any]:
    rows = Household.objects.visible_to(post).in_use().filter(building_id=building)
    rows = rows.order_by("door_order", "pk")
    return rows.values_list("pk", "building__name", "unit", "room")


_DOORS: Final = Scoped(_doors, building=Number)


def _by_unit(doors: Iterable[RoundDoor]) -> tuple[tuple[str, tuple[RoundDoor, ...]], ...]:
    return tuple(
        (unit, tuple(inside))
        for unit, inside in groupby(doors, key=lambda door: door.door.removesuffix(door.room))
    )


def _door(
    door: _Door, line: HouseholdLine, knock: Knock | None, dues: tuple[str, ...]
) -> RoundDoor:
    people = ""
    if line.people:
        people = (
            line.people[0] if line.people_count == 1 else f"{line.people[0]}等{line.people_count}人"
        )
    words = door_words(door.unit, door.room)
    return RoundDoor(
        household_id=door.household_id,
        door=words,
        room=words[len(door_words(door.unit, "")) :],
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
    for pk, client_id, at, result, channel, to_complete, text in _TODAY.rows(
        post, homes=household_ids, on=today
    ):
        found[pk] = Knock(
            client_id=client_id,
            at=at,
            words=result_words(result, channel),
            met=result == Visit.Result.MET,
            to_complete=to_complete,
            has_words=bool(text),
        )
    return found


def _at_doors(post: Post, *, homes: Any, on: Any) -> QuerySet[Visit, Any]:
    rows = _today(post, on).filter(Among("household_id", homes)).order_by("occurred_at", "pk")
    return rows.values_list(
        "household_id", "client_id", "occurred_at", "result", "channel", "to_complete",
        Left("text", 1),
    )  # fmt: skip


_TODAY: Final = Scoped(_at_doors, homes=Numbers, on=Day)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToComplete:
    """A visit whose author means to write more."""

    visit: Visit
    #: None when the household has moved out of sight, or there was none.
    line: HouseholdLine | None
    #: Within the days of free change: may be completed on the list itself.
    here: bool


def to_complete_count(post: Post, *, now: dt.datetime, own_only: bool = False) -> int:
    since = now - workflow.EDIT_WINDOW
    return len(_WAITING.rows(post, own_only, since=since))


def _waiting(
    post: Post,
    own_only: bool,  # noqa: FBT001 -- part of a query's shape
    *,
    since: Any,
) -> QuerySet[Visit, Any]:
    return _unfinished(post, since, own_only=own_only).order_by().values_list("pk")


_WAITING: Final = Scoped(_waiting, since=Moment)


def to_complete(*, post: Post, now: dt.datetime, own_only: bool = False) -> list[ToComplete]:
    """The own visits to complete, in the order in which they happened; seven queries at most.

    With ``own_only`` (a limited 外勤会话) the home visits of one's own households that are still
    changed freely.
    """
    visits = list(
        _unfinished(post, now - workflow.EDIT_WINDOW, own_only=own_only)
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


def _unfinished(post: Post, since: Any, *, own_only: bool) -> VisitQuerySet:
    rows: VisitQuerySet = Visit.objects.visible_to(post).valid()
    rows = rows.filter(post_id=post.pk, to_complete=True)
    if not own_only:
        return rows
    return rows.filter(
        kind=Visit.Kind.HOME,
        recorded_at__gt=since,
        household__in=Household.objects.own(post).order_by().values("pk"),
    )
