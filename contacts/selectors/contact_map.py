"""民情地图: a place by how long ago its households were last met, down to the own doors.

A schematic: units of the tree, buildings, unit by unit and floor by floor; no geometry, no care
categories, no persons. Doors are drawn only of households the acting post sees in full; all
others are counted with their building (domain §3).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from contacts.models import Household
from contacts.querysets import HouseholdQuerySet, unmet_since
from contacts.selectors import bands
from contacts.selectors.duties import responsible_names
from contacts.selectors.figures import band_counts
from contacts.selectors.sight import HouseholdLine, lines_of
from contacts.workflow import BANDS, YEAR, Band, band_of
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post
from portal.accounts.outline import Scoped
from portal.accounts.querysets import SCOPE_COLUMNS
from portal.core.db.bulk import Among
from portal.core.db.prepared import Day, Number, Numbers, Text

_KIND = OrganisationKind
#: Which places a place is drawn as, from the outside in.
PARTS: Final = {
    _KIND.DISTRICT: _KIND.STREET,
    _KIND.STREET: _KIND.COMMUNITY,
    _KIND.COMMUNITY: _KIND.BUILDING,
    _KIND.GRID: _KIND.BUILDING,
}
#: Places small enough to list households beside the picture.
_LISTED: Final = frozenset({_KIND.COMMUNITY, _KIND.GRID, _KIND.BUILDING})
#: Parts whose households are a figure already: a district has hundreds of thousands.
_OF_FIGURES: Final = frozenset({_KIND.STREET, _KIND.COMMUNITY})
#: How many of the longest unvisited are listed; the register has all.
LONGEST: Final = 20
NO_GRID: Final = "未划网格"


@dataclass(frozen=True, slots=True)
class Tally:
    """Households in use of a place, by band; every household is in exactly one."""

    counts: Mapping[Band, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def unmet_year(self) -> int:
        """未走访满12个月, the never visited included (domain §4)."""
        return self.counts.get(Band.NEVER, 0) + self.counts.get(Band.YEAR, 0)

    def without(self, other: Tally) -> Tally:
        return Tally({band: n - other.counts.get(band, 0) for band, n in self.counts.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A place inside the one that is drawn."""

    organisation_id: int
    code: str
    name: str
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Parts that belong together on the picture: the buildings of a grid."""

    name: str
    code: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One own door."""

    url: str
    room: str
    band: Band
    #: Days since the last meeting; None: never.
    days: int | None
    by_phone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    name: str
    doors: tuple[Door, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    name: str
    floors: tuple[Floor, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPage:
    """What the page draws of one place."""

    place: Organisation
    #: From the post's own place down to the place itself.
    way: tuple[Organisation, ...]
    tally: Tally
    part_kind: OrganisationKind | None
    groups: tuple[Group, ...]
    units: tuple[Unit, ...]
    #: Of a building: the households whose doors the post does not see.
    others: Tally
    longest: tuple[HouseholdLine, ...] = ()
    #: Whether ``longest`` holds the own households only.
    longest_own: bool = False
    #: Of a building: who answers for each of ``longest``; those nobody answers for are missing.
    answering: Mapping[int, str] = field(default_factory=dict)


def place_by_code(*, post: Post, code: str, today: dt.date) -> Organisation | None:
    """A place of the map inside the scope of the post; its own place for an empty code."""
    if not code:
        return post.organisation if post.organisation.kind in SCOPE_COLUMNS else None
    rows = Organisation.objects.visible_to(post).in_force(today)
    found: Organisation | None = rows.filter(code=code, kind__in=list(SCOPE_COLUMNS)).first()
    return found


def map_page(*, post: Post, place: Organisation, now: dt.datetime) -> MapPage:
    """The picture and the list of ``place``, in a fixed number of queries."""
    today = timezone.localdate(now)
    here = _in(post, place.kind, place.pk)
    part_kind = PARTS.get(_KIND(place.kind))
    groups = _groups(post, place, here, part_kind, today) if part_kind else ()
    tally = _tally(here, today) if part_kind is None else _sum(groups)
    doors = _DOORS.objects(post, place.kind, place=place.pk) if part_kind is None else []
    drawn = _tally_of(doors, today)
    longest, own = _longest(post, place, now) if place.kind in _LISTED else ((), False)
    return MapPage(
        place=place,
        way=_way(post, place),
        tally=tally,
        part_kind=part_kind,
        groups=groups,
        units=_units(doors, today),
        others=tally.without(drawn) if part_kind is None else Tally({}),
        longest=longest,
        longest_own=own,
        answering=_answering(longest) if part_kind is None else {},
    )


def _way(post: Post, place: Organisation) -> tuple[Organisation, ...]:
    own = post.organisation.path
    codes = [code for code in place.path.removeprefix(own).split("/") if code]
    above = Organisation.objects.visible_to(post).filter(code__in=codes[:-1])
    between = sorted(above, key=lambda unit: unit.path) if len(codes) > 1 else []
    return (post.organisation, *between, place) if codes else (place,)


def _tally(rows: HouseholdQuerySet, today: dt.date) -> Tally:
    return Tally(bands.counts_of(rows.aggregate(**bands.aggregates(today=today))))


def _sum(groups: Sequence[Group]) -> Tally:
    counts = dict.fromkeys((rule.band for rule in BANDS), 0)
    for group in groups:
        for part in group.parts:
            for band, number in part.tally.counts.items():
                counts[band] += number
    return Tally(counts)


def _groups(
    post: Post,
    place: Organisation,
    here: HouseholdQuerySet,
    kind: OrganisationKind,
    today: dt.date,
) -> tuple[Group, ...]:
    """Every part once, in the order of the tree, the empty ones too; buildings grid by grid."""
    found = _tallies(place, here, kind, today)
    empty = Tally(dict.fromkeys((rule.band for rule in BANDS), 0))
    grouped: dict[tuple[str, str], list[Part]] = defaultdict(list)
    rows = _PARTS.rows(post, kind, below=place.path, on=today, found=list(found))
    for pk, code, name, *above in rows:
        part = Part(organisation_id=pk, code=code, name=name, tally=found.get(pk, empty))
        grouped[_group_of(kind, place, *above)].append(part)
    return tuple(
        Group(name=name, code=code, parts=tuple(parts)) for (name, code), parts in grouped.items()
    )


def _parts(
    post: Post, kind: str, *, below: Any, on: Any, found: Any
) -> QuerySet[Organisation, Any]:
    """Those that stand, and whatever has households."""
    stands = Q(valid_from__lte=on) & (Q(valid_until__isnull=True) | Q(valid_until__gt=on))
    rows = Organisation.objects.visible_to(post).within(below).filter(kind=kind)
    rows = rows.filter(stands | Q(Among("pk", found))).order_by("path")
    return rows.values_list("pk", "code", "name", "parent__kind", "parent__name", "parent__code")


_PARTS: Final = Scoped(_parts, below=Text, on=Day, found=Numbers)


def _tallies(
    place: Organisation, here: HouseholdQuerySet, kind: OrganisationKind, today: dt.date
) -> dict[int, Tally]:
    """By part: the figures of communities and streets, a count of the few hundred doors below."""
    if kind in _OF_FIGURES:
        parts = band_counts(place, by=kind, today=today)[1]
        return {pk: Tally(counts) for pk, counts in parts.items()}
    column = SCOPE_COLUMNS[kind]
    rows = here.values(column).annotate(**bands.aggregates(today=today))
    return {row[column]: Tally(bands.counts_of(row)) for row in rows}


def _group_of(
    kind: str, place: Organisation, above: str | None, name: str, code: str
) -> tuple[str, str]:
    """The grid a building lies in, where the picture shows several grids."""
    if kind != _KIND.BUILDING or place.kind != _KIND.COMMUNITY or above is None:
        return "", ""
    return (name, code) if above == _KIND.GRID else (NO_GRID, "")


def _tally_of(doors: Sequence[Household], today: dt.date) -> Tally:
    counts = dict.fromkeys((rule.band for rule in BANDS), 0)
    for door in doors:
        counts[band_of(door.last_met_on, today=today)] += 1
    return Tally(counts)


def _units(doors: Sequence[Household], today: dt.date) -> tuple[Unit, ...]:
    """Unit by unit, the highest floor on top as one looks at the house."""
    stairs: dict[str, dict[int | None, list[Door]]] = defaultdict(lambda: defaultdict(list))
    names = {}
    for door in doors:
        names[door.unit] = f"{door.unit}单元" if door.unit.isascii() and door.unit else door.unit
        stairs[door.unit][door.floor].append(_door(door, today))
    return tuple(
        Unit(name=names[unit] or "各户", floors=_floors(floors)) for unit, floors in stairs.items()
    )


def _floors(floors: Mapping[int | None, list[Door]]) -> tuple[Floor, ...]:
    known = sorted((floor for floor in floors if floor is not None), reverse=True)
    found = [Floor(name=f"{floor}层", doors=tuple(floors[floor])) for floor in known]
    if None in floors:
        found.append(Floor(name="楼层未填", doors=tuple(floors[None])))
    return tuple(found)


def _door(household: Household, today: dt.date) -> Door:
    met = household.last_met_on
    return Door(
        url=household.get_absolute_url(),
        room=household.room,
        band=band_of(met, today=today),
        days=(today - met).days if met else None,
        by_phone=household.wishes_phone(today),
    )


def _longest(
    post: Post, place: Organisation, now: dt.datetime
) -> tuple[tuple[HouseholdLine, ...], bool]:
    """The never visited first, then the longest unvisited; the own ones of who answers for some."""
    given: dict[str, Any] = {"place": place.pk, "before": timezone.localdate(now) - YEAR}
    own = bool(_ANY_OWN.rows(post, place.kind, place=place.pk))
    ids = [pk for (pk,) in _UNMET.rows(post, place.kind, own, **given)]
    return tuple(lines_of(ids, post=post, now=now, cares=False).values()), own


def _answering(lines: Sequence[HouseholdLine]) -> dict[int, str]:
    masked = [line.id for line in lines if not line.is_full]
    return responsible_names(masked) if masked else {}


def _in(post: Post, kind: str, place: Any) -> HouseholdQuerySet:
    rows: HouseholdQuerySet = Household.objects.visible_to(post).in_use().order_by()
    return rows.filter(**{SCOPE_COLUMNS[kind]: place})


def _any_own(post: Post, kind: str, *, place: Any) -> QuerySet[Household, Any]:
    return _in(post, kind, place).own(post).values_list("pk")[:1]


def _unmet(
    post: Post,
    kind: str,
    own: bool,  # noqa: FBT001 -- part of a query's shape
    *,
    place: Any,
    before: Any,
) -> QuerySet[Household, Any]:
    rows = _in(post, kind, place).filter(unmet_since(before))
    rows = rows.own(post) if own else rows
    longest_first = rows.order_by(F("last_met_on").asc(nulls_first=True), "building__path", "pk")
    return longest_first.values_list("pk")[:LONGEST]


def _doors(post: Post, kind: str, *, place: Any) -> HouseholdQuerySet:
    """SECURITY: a drawn door tells who lives behind it; only own ones are."""
    rows: HouseholdQuerySet = _in(post, kind, place).own(post).order_by("door_order", "pk")
    return rows.only("unit", "floor", "room", "last_met_on", "door_wish", "door_wish_until")


_ANY_OWN: Final = Scoped(_any_own, place=Number)
_UNMET: Final = Scoped(_unmet, place=Number, before=Day)
_DOORS: Final = Scoped(_doors, place=Number)
