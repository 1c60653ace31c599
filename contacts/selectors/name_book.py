"""Who is and was registered where, by name: read joined, in few queries, and kept while there is room.

Of a building everybody is read, as one row; of a community or a street only who bears one of the
names asked for. What it costs goes by the texts, not by how many live in the community.
"""

from __future__ import annotations

import json
from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from typing import Any, Final, NamedTuple, TypeAlias

from django.db.models import CharField, F, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast

from contacts.models import Household, HouseholdMove, Resident
from portal.core.db.bulk import SEPARATOR, Among, Joined
from portal.core.db.prepared import Numbers, Prepared, Texts
from portal.core.masking import PeopleOf

#: Characters of names kept of buildings, and again of households: 16 MB each.
MOST_CHARACTERS: Final = 8_000_000
#: Names kept of communities and streets, those that nobody bears among them.
MOST_NAMES: Final = 200_000
#: Words that may be names, asked for in one query.
_AT_ONCE: Final = 5_000
_NOBODY: Final[frozenset[str]] = frozenset()
#: Whose people are asked for.
_HOME: Final = "home"
_BUILDING: Final = "building"
_COMMUNITY: Final = "community"
_STREET: Final = "street"
_MOVE: Final = "move"
#: Where somebody was spelled otherwise before.
_FORMER_HOME: Final = "former home"
_FORMER_BUILDING: Final = "former building"


class Place(NamedTuple):
    """Where a text was said: it decides who is near and who is around."""

    household_id: int | None
    #: Of the day.
    building_id: int | None
    community_id: int | None
    street_id: int | None
    #: Where the household lives now, if that is known.
    lives_in: int | None = None

    @property
    def around(self) -> tuple[str, int]:
        """Its community; a visit of the whole street knows the street."""
        if self.community_id:
            return _COMMUNITY, self.community_id
        return _STREET, self.street_id or 0

    @property
    def lives_apart(self) -> bool:
        """Not known to live where it lived that day: who does is read with the building."""
        return bool(self.household_id) and (not self.lives_in or self.lives_in != self.building_id)


#: The names of a place, each with a separator behind it.
_Told: TypeAlias = defaultdict[tuple[str, int], str]


class _Asked(NamedTuple):
    """What is asked for at once."""

    homes: Collection[int] = ()
    buildings: Collection[int] = ()
    #: None where moves are not asked for: those of the households, and those away from the
    #: buildings or from where these households lived before.
    households: Collection[int] | None = None
    names: Mapping[str, Sequence[str]] = {}

    def rows(self) -> list[tuple[Any, ...]]:
        """Each as (part, place, names); one query, if anything is asked."""
        moves = self.households is not None and (self.households or self.buildings)
        wanted = {
            _HOME: self.homes,
            _FORMER_HOME: self.homes,
            _BUILDING: self.buildings,
            _FORMER_BUILDING: self.buildings,
            _MOVE: moves,
            _COMMUNITY: _COMMUNITY in self.names,
            _STREET: _STREET in self.names,
        }
        if not any(wanted.values()):
            return []
        return _PEOPLE.rows(
            tuple(part for part, is_wanted in wanted.items() if is_wanted),
            homes=self.homes,
            buildings=self.buildings,
            households=self.households or (),
            communal=self.names.get(_COMMUNITY, ()),
            of_street=self.names.get(_STREET, ()),
        )


class NameBook:
    """The people near and around the places it was last asked for, and of others if there is room.

    ``plain`` are names that are left out.
    """

    def __init__(self, *, plain: frozenset[str] = _NOBODY) -> None:
        self._plain = plain
        self._homes, self._buildings = _Kept(), _Kept()
        #: By household, of the places asked for last: the buildings it moved from.
        self._came_from: dict[int | None, set[int]] = {}
        self._around: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
        #: The same, joined, of places nobody has asked for yet.
        self._told_of: _Told = defaultdict(str)
        self._asked: defaultdict[str, set[str]] = defaultdict(set)
        #: The first two characters of whoever is known around anywhere.
        self.heads: set[str] = set()

    def near(self, place: Place) -> list[PeopleOf]:
        """Whose people one expects: the household, its buildings of the day and from before.

        Of a building also those who have moved away from there.
        """
        buildings: Iterable[int] = (place.building_id,) if place.building_id else ()
        if before := self._came_from.get(place.household_id):
            buildings = {*buildings, *before}
        found = [one for pk in buildings if (one := self._buildings.get(pk)) is not None]
        if place.lives_apart and (home := self._homes.get(place.household_id or 0)) is not None:
            found.append(home)
        return found

    def around(self, place: Place) -> Set[str]:
        """Who there bears one of the names asked for."""
        return self._around.get(place.around, _NOBODY)

    def read(self, places: Collection[Place], names: Mapping[str, Set[str]]) -> list[PeopleOf]:
        """Learns of ``places`` what is not known, and who bears the ``names`` (by ``around``).

        One query; one more where somebody has moved, and for hundreds of long texts. Gives those
        near whom it has just read.
        """
        asked = self._not_asked(names)
        buildings = self._buildings.missing({one.building_id for one in places} - {None})
        homes = self._homes.missing({one.household_id for one in places if one.lives_apart})
        households = {one.household_id for one in places if one.household_id}
        moves: list[tuple[int, int]] = []
        first = {around: some[:_AT_ONCE] for around, some in asked.items()}
        told = self._told(_Asked(homes, buildings, households, first), moves)
        self._came_from = {}
        left: defaultdict[int, set[int]] = defaultdict(set)
        for household, building in moves:
            left[building].add(household)
            if household in households:
                self._came_from.setdefault(household, set()).add(building)
        before = self._buildings.missing(set().union(*self._came_from.values()))
        before = [pk for pk in before if pk not in buildings]
        new = [*buildings, *before]
        gone = set().union(*(left[pk] for pk in new if pk in left)).difference(homes)
        if before or gone:
            for what, people in self._told(_Asked(gone, before), moves).items():
                told[what] += people
        for pk in homes:
            self._homes.keep(pk, self._people_of(told[_HOME, pk]))
        for pk in new:
            here = (told[_BUILDING, pk], *(told[_HOME, household] for household in left[pk]))
            self._buildings.keep(pk, self._people_of("".join(here)))
        self._ask_more(asked)
        self._meet(places)
        self._make_room(places)
        return [*map(self._homes.of, homes), *map(self._buildings.of, new)]

    def _not_asked(self, names: Mapping[str, Set[str]]) -> dict[str, list[str]]:
        several = (*self._asked.values(), *self._around.values(), *self._told_of.values())
        if sum(map(len, several)) > MOST_NAMES:
            for known in (self._asked, self._around, self._told_of, self.heads):
                known.clear()
        found = {}
        for around, some in names.items():
            if fresh := some - self._asked[around]:
                self._asked[around] |= fresh
                found[around] = sorted(fresh)
        return found

    def _ask_more(self, asked: Mapping[str, Sequence[str]]) -> None:
        for around, names in asked.items():
            for start in range(_AT_ONCE, len(names), _AT_ONCE):
                self._told(_Asked(names={around: names[start : start + _AT_ONCE]}), [])

    def _make_room(self, places: Collection[Place]) -> None:
        self._homes.make_room({one.household_id for one in places})
        before = set().union(*self._came_from.values())
        self._buildings.make_room({one.building_id for one in places} | before)

    def _told(self, asked: _Asked, moves: list[tuple[int, int]]) -> _Told:
        """Who lives in homes and buildings; keeps who bears the names, adds to ``moves``."""
        told: _Told = defaultdict(str)
        for what, place, called in asked.rows():
            if what in asked.names:
                self._told_of[what, place] += called
            elif what == _MOVE:
                moves.append((place, int(called)))
            elif what in {_HOME, _BUILDING}:
                told[what, place] += called
            else:
                told[_HOME if what == _FORMER_HOME else _BUILDING, place] += _spelled(called)
        return told

    def _meet(self, places: Iterable[Place]) -> None:
        """Of the places asked for what was told of them is taken apart; of others when it is."""
        for around in {place.around for place in places} & self._told_of.keys():
            borne = set(self._told_of.pop(around).split(SEPARATOR)) - self._plain - {""}
            self._around[around] |= borne
            self.heads.update([name[:2] for name in borne])

    def _people_of(self, called: str) -> PeopleOf:
        if self._plain:
            shown = set(called.split(SEPARATOR)) - self._plain - {""}
            return PeopleOf(SEPARATOR.join(("", *shown, "")))
        return PeopleOf(f"{SEPARATOR}{called}")


class _Kept:
    """The people of places; those asked for longest ago make room."""

    def __init__(self) -> None:
        self._people: OrderedDict[int, PeopleOf] = OrderedDict()
        self._size = 0
        self.get = self._people.get
        self.of = self._people.__getitem__

    def missing(self, asked: Iterable[int | None]) -> list[int]:
        return [pk for pk in asked if pk is not None and pk not in self._people]

    def keep(self, pk: int, people: PeopleOf) -> None:
        self._people[pk] = people
        self._size += len(people.plain)

    def make_room(self, needed: Set[int | None]) -> None:
        """None of those needed now goes."""
        if self._size <= MOST_CHARACTERS:
            return
        for pk in self._people.keys() & needed:
            self._people.move_to_end(pk)
        while self._size > MOST_CHARACTERS and next(iter(self._people)) not in needed:
            _, people = self._people.popitem(last=False)
            self._size -= len(people.plain)


def _spelled(former: str) -> str:
    """Former spellings as ``Joined`` writes names."""
    return "".join(f"{name.replace(SEPARATOR, '')}{SEPARATOR}" for name in json.loads(former))


def _people(
    parts: tuple[str, ...],
    *,
    homes: Any,
    buildings: Any,
    households: Any,
    communal: Any,
    of_street: Any,
) -> QuerySet[Any]:
    """The people of homes and buildings as one row each, who bears one of the names, who moved.

    One question each: over an OR of them the register would be read from end to end.
    """
    every: dict[str, QuerySet[Any]] = {
        _HOME: _joined(_HOME, "household_id", homes),
        _FORMER_HOME: _respelled(_FORMER_HOME, "household_id", homes),
        _BUILDING: _joined(_BUILDING, "household__building_id", buildings),
        _FORMER_BUILDING: _respelled(_FORMER_BUILDING, "household__building_id", buildings),
        _MOVE: _moves(households, buildings),
        _COMMUNITY: _named(_COMMUNITY, "community_id", communal),
        _STREET: _named(_STREET, "street_id", of_street),
    }
    first, *others = [every[part] for part in parts]
    return first.union(*others, all=True)


_PEOPLE: Final = Prepared(
    _people,
    homes=Numbers,
    buildings=Numbers,
    households=Numbers,
    communal=Texts,
    of_street=Texts,
)


def _joined(what: str, column: str, places: Any) -> QuerySet[Any]:
    people = Resident.objects.filter(Among(column, places)).order_by()
    rows = people.annotate(what=Value(what, CharField()), place=F(column)).values("what", "place")
    joined: QuerySet[Any] = rows.annotate(called=Joined("name")).values_list(
        "what", "place", "called"
    )
    return joined


def _respelled(what: str, column: str, places: Any) -> QuerySet[Any]:
    """The few who were written otherwise before, apart: the index of the others has no room for it."""
    rows: QuerySet[Any] = (
        Resident.objects.filter(Among(column, places), ~Q(former_names=[]))
        .order_by()
        .annotate(
            what=Value(what, CharField()),
            place=F(column),
            called=Cast("former_names", TextField()),
        )
        .values_list("what", "place", "called")
    )
    return rows


def _named(what: str, column: str, names: Any) -> QuerySet[Any]:
    """Asked by the name alone: few bear one of those in a text, thousands live in the places."""
    home = Household.objects.filter(pk=OuterRef("household_id"))
    bearers = Resident.objects.filter(Among("name", names)).order_by()
    placed = bearers.annotate(
        what=Value(what, CharField()), place=Subquery(home.order_by().values(column))
    )
    rows: QuerySet[Any] = (
        placed.values("what", "place")
        .annotate(called=Joined("name"))
        .values_list("what", "place", "called")
    )
    return rows


def _moves(households: Any, buildings: Any) -> QuerySet[Any]:
    """Where the households lived before, and who has moved away from there or the buildings."""
    before = HouseholdMove.objects.filter(Among("household_id", households)).order_by()
    moved = Q(Among("building_id", buildings)) | Q(building_id__in=before.values("building_id"))
    rows: QuerySet[Any] = (
        HouseholdMove.objects.filter(moved)
        .order_by()
        .annotate(
            what=Value(_MOVE, CharField()),
            place=F("household_id"),
            called=Cast("building_id", CharField()),
        )
        .values_list("what", "place", "called")
    )
    return rows
