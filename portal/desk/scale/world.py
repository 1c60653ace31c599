"""Everything the rows are made of, decided before the first one is written: one seed, one world."""

from __future__ import annotations

import datetime as dt
from array import array
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from random import Random
from typing import Final, NamedTuple

from contacts.models import Visit
from portal.accounts.models import Organisation
from portal.accounts.roles import Role
from portal.desk.demo import rhythm
from portal.desk.demo.households import Home, make_home
from portal.desk.demo.places import Door
from portal.desk.scale.extras import Point
from portal.desk.scale.people import FORTY, Seat, Staff, by_place
from portal.desk.scale.places import DOORS, FLOORS, PER_BUILDING, Community
from portal.desk.scale.texts import Pool

MONTHS_BACK: Final = 730  # days: about 24 months
#: Rows of the first community, and of the one person in it, are the same whatever the size.
FIRST_HOUSEHOLDS: Final = 300
FORTY_HOUSEHOLDS, FORTY_VISITS_EACH = 20, 2
RARE_VISITS: Final = 12
#: How often a household is visited beside others, and how many are so.
_OFTEN: Final = ((0, 10), (1, 60), (2, 22), (4, 8))
_STAIR: Final = FLOORS * DOORS


class Shape(NamedTuple):
    """Kind, channel and result of a visit; ``weight`` as in the demo's year."""

    kind: str
    channel: str
    result: str
    weight: float

    @property
    def is_met(self) -> bool:
        return self.result == Visit.Result.MET


def _shapes() -> tuple[Shape, ...]:
    home, met = Visit.Kind.HOME, Visit.Result.MET
    channels, results = Visit.Channel, Visit.Result
    return (
        Shape(home, channels.DOOR, met, 66.0),
        Shape(home, channels.DOOR, results.NOT_HOME, 9.5),
        Shape(home, channels.DOOR, results.DECLINED, 3.1),
        Shape(home, channels.PHONE, met, 9.7),
        Shape(home, channels.PHONE, results.NOT_HOME, 0.5),
        Shape(home, channels.PHONE, results.DECLINED, 0.2),
        Shape(home, channels.OFFICE, met, 5.0),
        Shape(home, channels.VIDEO, met, 1.0),
        Shape(Visit.Kind.FIELD, channels.SITE, met, 2.0),
        Shape(Visit.Kind.RECEPTION, channels.OFFICE, met, 3.0),
    )


SHAPES: Final = _shapes()
VOIDED: Final = 1 << 7
_VOID_SHARE: Final = 0.012


class Place(NamedTuple):
    """Where a household is."""

    community: Community
    building: Organisation
    #: Index of the first household of the building, and of the one after its last.
    first: int
    end: int
    unit: str
    floor: int
    room: str


@dataclass(slots=True)
class World:
    """The plan; worker processes inherit it by fork."""

    seed: int
    now: dt.datetime
    today: dt.date
    communities: list[Community]
    staff: Staff
    categories: Mapping[str, int]
    pool: Pool
    households: int
    visits: int
    first_event: int
    #: By visit, in order of days: its household, its day (ordinal), shape and void mark.
    homes: array[int] = field(default_factory=lambda: array("i"))
    days: array[int] = field(default_factory=lambda: array("i"))
    shapes: bytearray = field(default_factory=bytearray)
    rare: frozenset[int] = frozenset()
    #: By household: ordinals of the days, 0 for never.
    met: array[int] = field(default_factory=lambda: array("i"))
    contacted: array[int] = field(default_factory=lambda: array("i"))
    #: By household: the names of those who live there.
    names: list[tuple[str, ...]] = field(default_factory=list)
    workers: dict[int, list[Seat]] = field(default_factory=dict)
    forty: Seat | None = None
    #: By street: who goes on 下访, who receives.
    leaders: dict[int, list[Seat]] = field(default_factory=dict)
    receivers: dict[int, list[Seat]] = field(default_factory=dict)
    #: By post of a leader.
    points: dict[int, Point] = field(default_factory=dict)
    _starts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        seats = self.staff.seats
        self.forty = next(seat for seat in seats if seat.username == FORTY)
        plain = [seat for seat in seats if seat is not self.forty]
        self.workers = by_place(plain, Role.COMMUNITY_WORKER)
        self.leaders = by_place(plain, Role.LEADER)
        self.receivers = by_place(plain, Role.CLERK, Role.DELEGATE)
        self._starts = [community.first for community in self.communities]

    def rng(self, *key: object) -> Random:
        """A generator of its own for each part, so that the order of the work changes nothing."""
        return Random(f"{self.seed}:{key}")

    def place(self, index: int) -> Place:
        community = self.communities[bisect_right(self._starts, index) - 1]
        offset = index - community.first
        number, within = divmod(offset, PER_BUILDING)
        first = community.first + number * PER_BUILDING
        floor = within % _STAIR // DOORS + 1
        return Place(
            community=community,
            building=community.buildings[number],
            first=first,
            end=min(first + PER_BUILDING, community.first + community.households),
            unit=str(within // _STAIR + 1),
            floor=floor,
            room=f"{floor}{within % DOORS + 1:02d}",
        )

    def responsible(self, index: int, place: Place) -> Seat:
        """The worker who answers for it: stair by stair."""
        if index < FORTY_HOUSEHOLDS and self.forty is not None:
            return self.forty
        team = self.workers[place.community.unit.pk]
        return team[(index - place.community.first) // _STAIR % len(team)]

    def home(self, index: int, place: Place) -> Home:
        """Who lives there."""
        door = Door(
            community=place.community.unit.code,
            estate=place.community.estate,
            built=1980 + place.building.pk % 40,
            grid=1,
            building=place.building.name,
            unit=place.unit,
            floor=place.floor,
            room=place.room,
            tower=False,
            top=place.floor == FLOORS,
            side=place.room.endswith("01"),
        )
        return make_home(self.rng("home", index), door, self.today)


def share_out(units: Sequence[Organisation], households: int) -> list[Community]:
    """Spread the households; the first community has its fixed number."""
    others = len(units) - 1
    first = min(FIRST_HOUSEHOLDS, households) if others else households
    rest = households - first
    counts = [first, *(rest * (n + 1) // others - rest * n // others for n in range(others))]
    starts = accumulate(counts, initial=0)
    return [
        Community(unit, first=start, households=count)
        for unit, start, count in zip(units, starts, counts, strict=False)
        if count
    ]


def plan_visits(world: World) -> None:
    """Draw whom, when and how for every visit, and what follows for the households' dates."""
    rng = world.rng("plan")
    reserved = [index for index in range(FORTY_HOUSEHOLDS) for _ in range(FORTY_VISITS_EACH)]
    free = world.visits - len(reserved)
    often = rng.choices(*zip(*_OFTEN, strict=True), k=world.households)
    often[:FORTY_HOUSEHOLDS] = [0] * FORTY_HOUSEHOLDS
    indexes = range(world.households)
    drawn = rng.choices(indexes, cum_weights=list(accumulate(often)), k=free)
    last = world.today - dt.timedelta(days=1)
    days = [last - dt.timedelta(days=n) for n in range(MONTHS_BACK)]
    weights = list(accumulate(map(rhythm.weight, days)))
    ordinals = [day.toordinal() for day in days]
    when = rng.choices(ordinals, cum_weights=weights, k=world.visits)
    plan = sorted(zip(when, (*drawn, *reserved), strict=True))
    world.days = array("i", (day for day, _ in plan))
    world.homes = array("i", (home for _, home in plan))
    kinds = rng.choices(range(len(SHAPES)), [s.weight for s in SHAPES], k=world.visits)
    world.shapes = bytearray(
        0 if home < FORTY_HOUSEHOLDS else kind | VOIDED * (rng.random() < _VOID_SHARE)
        for kind, home in zip(kinds, world.homes, strict=True)
    )
    _date_households(world)
    _plant_rare(world, rng)


def _date_households(world: World) -> None:
    """``last_met_on`` and ``last_contact_on`` as contacts.services.contact_dates says them."""
    world.met = array("i", bytes(4 * world.households))
    world.contacted = array("i", bytes(4 * world.households))
    for home, day, number in zip(world.homes, world.days, world.shapes, strict=True):
        shape = SHAPES[number & ~VOIDED]
        if number & VOIDED or not shape.is_met or shape.kind == Visit.Kind.FIELD:
            continue
        world.contacted[home] = day
        if shape.channel == Visit.Channel.DOOR:
            world.met[home] = day


def _plant_rare(world: World, rng: Random) -> None:
    """A dozen visits of the first street hold the rare word, two of them in the first community."""
    street = world.communities[0].unit.street_id
    ends = [one.first + one.households for one in world.communities if one.unit.street_id == street]
    near = [
        number
        for number, (home, shape) in enumerate(zip(world.homes, world.shapes, strict=True))
        if home < max(ends) and not shape & VOIDED and SHAPES[shape].is_met
    ]
    mine = [number for number in near if world.homes[number] < FORTY_HOUSEHOLDS]
    chosen = rng.sample(mine, 2) + rng.sample(near, min(RARE_VISITS - 2, len(near)))
    world.rare = frozenset(chosen)
