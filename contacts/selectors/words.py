"""Free text of visits as it may be shown: the one rule of whom to hide in it.

Hidden are, beside every number: those ever registered in the household, in its building of the
day of the visit and in the buildings it moved from (whoever moved away from there included), under
every spelling; the guests of the visit;
and whoever of the community is named in full. Those near are hidden without their surname and
under a form of address as well (``portal.core.masking``).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

from django.db.models import (
    CharField,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.functions import Cast

from contacts.models import Household, HouseholdMove, Resident, Visit, VisitGuest
from portal.core.addressing import possible_names, surnames_called, surnames_of
from portal.core.db.bulk import SEPARATOR, Among, Joined
from portal.core.db.prepared import Numbers, Prepared, Texts
from portal.core.masking import KnownNames, PeopleOf, holds_number, is_compact, mask_found

#: Words that may be names, asked for in one query.
_AT_ONCE: Final = 5_000
#: Parts of a visit whose texts are known when they were fetched along with it.
_PARTS: Final = ("matters", "promises", "amendments")
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


class Spoken(NamedTuple):
    """A text of a visit, and whom the visit was from."""

    place: Place
    text: str
    guests: Collection[str] = ()


class VisitWords:
    """Masks the texts of some visits; at most three queries for a page of them.

    ``texts`` are what will be shown, if it is not what the visits carry (their own columns, and
    matters, promises and amendments that were prefetched). A text nobody announced is masked too,
    but those who live elsewhere in the community are not known in it. ``plain`` are names that
    stay as they are: a copy for a resident hides the others.
    """

    def __init__(
        self,
        visits: Iterable[Visit],
        *,
        texts: Iterable[str] | None = None,
        plain: frozenset[str] = _NOBODY,
    ) -> None:
        rows = list(visits)
        spoken = chain.from_iterable(map(texts_of, rows)) if texts is None else texts
        self._people = People(map(place_of, rows), spoken, plain=plain)
        self._guests = _guests([row.pk for row in rows if row.kind != Visit.Kind.HOME])

    def masked(self, visit: Visit, text: str) -> str:
        """``text`` of one of the visits, with the people hidden who may be meant in it."""
        return self._people.masked(
            Spoken(place_of(visit), text, self._guests.get(visit.pk, _NOBODY))
        )


def masked_texts(spoken: Sequence[Spoken]) -> list[str]:
    """Each of the texts with the people hidden who may be meant in it; at most two queries."""
    people = People((one.place for one in spoken), (one.text for one in spoken))
    return [people.masked(one) for one in spoken]


def place_of(visit: Visit) -> Place:
    return Place(visit.household_id, visit.building_id, visit.community_id, visit.street_id)


def texts_of(visit: Visit) -> Iterator[str]:
    """Every free text that was read with the visit; runs no query."""
    yield from (visit.text, visit.next_step, visit.void_reason, visit.place)
    fetched: Mapping[str, Iterable] = getattr(visit, "_prefetched_objects_cache", {})
    for part in _PARTS:
        for row in fetched.get(part, ()):
            yield getattr(row, "text", "") or getattr(row, "reason", "")
            yield from getattr(row, "before", {}).values()


class People:
    """Who may be meant in texts said at some places."""

    def __init__(
        self, places: Iterable[Place], texts: Iterable[str], *, plain: frozenset[str] = _NOBODY
    ) -> None:
        self._plain = plain
        self._homes: dict[int, PeopleOf] = {}
        self._buildings: dict[int, PeopleOf] = {}
        #: By household: the buildings it moved from. By building: the households that left it.
        self._came_from: defaultdict[int | None, set[int]] = defaultdict(set)
        self._left: defaultdict[int, set[int]] = defaultdict(set)
        self._communities: defaultdict[int | None, set[str]] = defaultdict(set)
        self._streets: defaultdict[int | None, set[str]] = defaultdict(set)
        known = set(places)
        if known:
            self._read(known, sorted(set(chain.from_iterable(map(possible_names, texts)))))

    def masked(self, spoken: Spoken) -> str:
        """The rule, asked only for those who may stand in this text."""
        place, text, _ = spoken
        if not text:
            return text
        packed = text if is_compact(text) else "".join(text.split())
        called = surnames_called(text)
        names: set[str] = set()
        surnames: set[str] = set()
        for people in self._near(place):
            names |= people.within(packed)
            surnames |= people.surnames_among(called)
        if guests := set(spoken.guests) - self._plain:
            names.update(KnownNames(guests).within(packed))
            surnames |= surnames_of(guests)
        far = self._around(place)
        if not (names or surnames or far or holds_number(text)):
            return text
        return mask_found(text, names=names, surnames=surnames, full_names=far)

    def _near(self, place: Place) -> Iterator[PeopleOf]:
        """Whose people one expects: the household, its buildings of the day and from before."""
        buildings = {place.building_id, *self._came_from.get(place.household_id, ())}
        left = chain.from_iterable(self._left.get(pk or 0, ()) for pk in buildings)
        for pk in {place.household_id, *left}:
            if pk in self._homes:
                yield self._homes[pk]
        for pk in buildings:
            if pk in self._buildings:
                yield self._buildings[pk]

    def _around(self, place: Place) -> set[str]:
        """Of its community; a visit of the whole street knows the street."""
        if place.community_id:
            return self._communities.get(place.community_id, set()) - self._plain
        return self._streets.get(place.street_id, set()) - self._plain

    def _read(self, places: Collection[Place], asked: Sequence[str]) -> None:
        """One query; one more where somebody has moved, and for hundreds of long texts.

        The texts are asked for what may be a name, and the register for which of that is one: what
        it costs goes by the texts, not by how many live in the community, and nobody is known too
        late.
        """
        buildings = {place.building_id for place in places if place.building_id}
        households = {place.household_id for place in places if place.household_id}
        # Who lives in the building of the day is read with it.
        apart = {
            place.household_id
            for place in places
            if place.household_id and (not place.lives_in or place.lives_in != place.building_id)
        }
        around = {_COMMUNITY if place.community_id else _STREET for place in places}
        moves = self._learn(
            homes=apart,
            buildings=buildings,
            households=households,
            around=around,
            names=asked[:_AT_ONCE],
        )
        for household, building in moves:
            if household in households:
                self._came_from[household].add(building)
            if building in buildings:
                self._left[building].add(household)
        if moves:
            left, before = self._left.values(), self._came_from.values()
            self._learn(
                homes=set().union(*left) - apart, buildings=set().union(*before) - buildings
            )
        for start in range(_AT_ONCE, len(asked), _AT_ONCE):
            self._learn(around=around, names=asked[start : start + _AT_ONCE])

    def _learn(
        self,
        *,
        homes: Collection[int] = (),
        buildings: Collection[int] = (),
        households: Collection[int] | None = None,
        around: Collection[str] = (),
        names: Collection[str] = (),
    ) -> list[tuple[int, int]]:
        """Who lives in homes and buildings and who bears names; the moves (household, from where).

        Of the ``households`` and away from the buildings; without any, moves are not asked for.
        """
        wanted = {
            _HOME: bool(homes),
            _FORMER_HOME: bool(homes),
            _BUILDING: bool(buildings),
            _FORMER_BUILDING: bool(buildings),
            _MOVE: households is not None and bool(households or buildings),
            _COMMUNITY: bool(names) and _COMMUNITY in around,
            _STREET: bool(names) and _STREET in around,
        }
        if not any(wanted.values()):
            return []
        rows = _PEOPLE.rows(
            tuple(part for part, is_wanted in wanted.items() if is_wanted),
            homes=homes,
            buildings=buildings,
            households=households or (),
            names=names,
        )
        return self._keep(rows)

    def _keep(self, rows: Iterable[tuple[str, int, str]]) -> list[tuple[int, int]]:
        """What was read of people and names; gives back the moves among it."""
        told: defaultdict[tuple[str, int], str] = defaultdict(str)
        moves = []
        for what, place, called in rows:
            if what == _COMMUNITY:
                self._communities[place].add(called)
            elif what == _STREET:
                self._streets[place].add(called)
            elif what == _MOVE:
                moves.append((place, int(called)))
            elif what in {_HOME, _BUILDING}:
                told[what, place] += called
            else:
                told[_HOME if what == _FORMER_HOME else _BUILDING, place] += _spelled(called)
        for (what, place), called in told.items():
            near = self._homes if what == _HOME else self._buildings
            near[place] = PeopleOf(self._without_plain(called))
        return moves

    def _without_plain(self, called: str) -> str:
        if not self._plain:
            return f"{SEPARATOR}{called}"
        return SEPARATOR.join(("", *set(called.split(SEPARATOR)) - self._plain - {""}, ""))


def _spelled(former: str) -> str:
    """Former spellings as ``Joined`` writes names."""
    return "".join(f"{name.replace(SEPARATOR, '')}{SEPARATOR}" for name in json.loads(former))


def _guests(visits: Sequence[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    if visits:
        for guest in VisitGuest.objects.filter(visit__in=visits).only("visit_id", "name"):
            found.setdefault(guest.visit_id, set()).add(guest.name)
    return found


def _people(
    parts: tuple[str, ...], *, homes: Any, buildings: Any, households: Any, names: Any
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
        _COMMUNITY: _named(_COMMUNITY, "community_id", names),
        _STREET: _named(_STREET, "street_id", names),
    }
    first, *others = [every[part] for part in parts]
    return first.union(*others, all=True)


_PEOPLE: Final = Prepared(
    _people, homes=Numbers, buildings=Numbers, households=Numbers, names=Texts
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
    rows: QuerySet[Any] = (
        Resident.objects.filter(Among("name", names))
        .order_by()
        .annotate(
            what=Value(what, CharField()),
            place=Subquery(home.order_by().values(column)),
            called=F("name"),
        )
        .values_list("what", "place", "called")
    )
    return rows


def _moves(households: Any, buildings: Any) -> QuerySet[Any]:
    """Where the households lived before, and who has moved away from the buildings."""
    moved = Q(Among("household_id", households)) | Q(Among("building_id", buildings))
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
