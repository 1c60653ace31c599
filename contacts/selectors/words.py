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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final, NamedTuple

from django.db.models import Case, CharField, F, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Coalesce

from contacts.models import HouseholdMove, Resident, Visit, VisitGuest
from portal.core.addressing import possible_names
from portal.core.db.bulk import SEPARATOR, Joined
from portal.core.masking import KnownNames, mask_text

_HOME: Final = "home"
_BUILDING: Final = "building"
#: Words that may be names, asked for in one query.
_AT_ONCE: Final = 5_000
#: Parts of a visit whose texts are known when they were fetched along with it.
_PARTS: Final = ("matters", "promises", "amendments")


class VisitWords:
    """Masks the texts of some visits; at most two queries for a page of them.

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
        plain: frozenset[str] = frozenset(),
    ) -> None:
        rows = list(visits)
        spoken = chain.from_iterable(map(texts_of, rows)) if texts is None else texts
        self._people = _people(rows, spoken) if rows else _People()
        self._guests = _guests([row.pk for row in rows if row.kind != Visit.Kind.HOME])
        self._near: dict[tuple, KnownNames] = {}
        self._plain = plain

    def masked(self, visit: Visit, text: str) -> str:
        """``text`` of one of the visits, with the people hidden who may be meant in it."""
        if not text:
            return text
        around = self._people.around(visit) - self._plain
        return mask_text(text, names=self._near_of(visit), full_names=around)

    def _near_of(self, visit: Visit) -> KnownNames:
        guests = self._guests.get(visit.pk)
        key = (visit.household_id, visit.building_id, visit.pk if guests else None)
        if key not in self._near:
            parts = [self._listed(kind, place) for kind, place in self._people.near(visit)]
            if guests:
                parts.append(KnownNames(guests - self._plain))
            self._near[key] = KnownNames.joined(parts)
        return self._near[key]

    def _listed(self, kind: str, place: int | None) -> KnownNames:
        """The people of one household or building, read once for all its visits."""
        key = (kind, place)
        if key not in self._near:
            names = self._people.homes if kind == _HOME else self._people.buildings
            self._near[key] = KnownNames(names[place] - self._plain)
        return self._near[key]


def texts_of(visit: Visit) -> Iterator[str]:
    """Every free text that was read with the visit; runs no query."""
    yield from (visit.text, visit.next_step, visit.void_reason, visit.place)
    fetched: Mapping[str, Iterable] = getattr(visit, "_prefetched_objects_cache", {})
    for part in _PARTS:
        for row in fetched.get(part, ()):
            yield getattr(row, "text", "") or getattr(row, "reason", "")
            yield from getattr(row, "before", {}).values()


class _Row(NamedTuple):
    """People of a household or building, somebody around (community, street), or a move."""

    what: str
    first: int | None
    second: int | None
    #: Of a household or building everybody, each ended by a separator.
    called: str
    #: Former spellings: lists as JSON.
    before: str


@dataclass(frozen=True, slots=True)
class _People:
    """Who is known where."""

    homes: defaultdict[int | None, set[str]] = field(default_factory=lambda: defaultdict(set))
    buildings: defaultdict[int | None, set[str]] = field(default_factory=lambda: defaultdict(set))
    left: defaultdict[int | None, set[int | None]] = field(default_factory=lambda: defaultdict(set))
    communities: defaultdict[int | None, set[str]] = field(default_factory=lambda: defaultdict(set))
    streets: defaultdict[int | None, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, row: _Row) -> None:
        if row.what == "move":
            self.left[row.first].add(row.second)
        elif row.what in {_HOME, _BUILDING}:
            names = set(row.called.split(SEPARATOR))
            for former in filter(None, row.before.split(SEPARATOR)):
                names.update(json.loads(former))
            found = self.homes if row.what == _HOME else self.buildings
            found[row.first] |= names - {""}
        else:
            self.communities[row.first].add(row.called)
            self.streets[row.second].add(row.called)

    def near(self, visit: Visit) -> Iterator[tuple[str, int | None]]:
        """Whose people one expects: the household, its buildings of the day and from before."""
        if visit.household_id:
            yield _HOME, visit.household_id
        for building in {visit.building_id, *self.left[visit.household_id]} - {None}:
            yield _BUILDING, building

    def around(self, visit: Visit) -> set[str]:
        """Of its community; a visit of the whole street knows the street."""
        if visit.community_id:
            return self.communities[visit.community_id]
        return self.streets[visit.street_id]


def _people(visits: Sequence[Visit], texts: Iterable[str]) -> _People:
    """One query, more only for hundreds of long texts.

    The texts are asked for what may be a name, and the register for which of that is one: what it
    costs goes by the texts, not by how many live in the community, and nobody is known too late.
    """
    asked = sorted(set(chain.from_iterable(map(possible_names, texts))))
    near, *others = _near_rows(visits)
    first, more = asked[:_AT_ONCE], range(_AT_ONCE, len(asked), _AT_ONCE)
    around = (_around_rows(visits, asked[start : start + _AT_ONCE]) for start in more)
    found = _People()
    for row in chain(near.union(*others, _around_rows(visits, first), all=True), *around):
        found.add(_Row(*row))
    return found


def _near_rows(visits: Sequence[Visit]) -> tuple[QuerySet[Any], ...]:
    """Everybody ever registered there, who has moved away, and where the households lived before."""
    homes = {visit.household_id for visit in visits if visit.household_id}
    buildings = {visit.building_id for visit in visits if visit.building_id}
    moves = HouseholdMove.objects.filter(household__in=homes).order_by()
    # One question each: over an OR of the three the register would be read from end to end.
    there = (
        (_HOME, "household_id", Q(household__in=homes)),
        (_BUILDING, "household__building_id", Q(household__building__in=buildings)),
        (
            _BUILDING,
            "household__building_id",
            Q(household__building__in=moves.values("building")),
        ),
        # Who has moved away from there.
        (_BUILDING, "household__moves__building_id", Q(household__moves__building__in=buildings)),
    )
    return (
        *(_joined(what, column, condition) for what, column, condition in there),
        _columns(moves, "move", "household_id", "building_id", called=""),
    )


def _joined(what: str, column: str, condition: Q) -> QuerySet[Any]:
    """The people of each place as one row, so that a page reads dozens and not thousands."""
    spelled = Case(When(~Q(former_names=[]), then=Cast("former_names", TextField())))
    places = Resident.objects.filter(condition).order_by().annotate(first=F(column)).values("first")
    rows: QuerySet[Any] = places.annotate(
        what=Value(what, CharField()),
        second=Value(0),
        called=Joined("name"),
        before=Coalesce(Joined(spelled), Value(""), output_field=TextField()),
    ).values_list("what", "first", "second", "called", "before")
    return rows


def _around_rows(visits: Sequence[Visit], names: Sequence[str]) -> QuerySet[Any]:
    communities = {visit.community_id for visit in visits if visit.community_id}
    streets = {visit.street_id for visit in visits if not visit.community_id}
    around = Q(household__community__in=communities) | Q(household__street__in=streets)
    rows = Resident.objects.filter(around, name__in=names).order_by()
    return _columns(rows, "around", "household__community_id", "household__street_id")


def _columns(
    rows: QuerySet[Any], what: str, first: str, second: str, *, called: str | None = None
) -> QuerySet[Any]:
    named: QuerySet[Any] = rows.annotate(
        what=Value(what, CharField()),
        first=F(first),
        second=F(second),
        called=F("name") if called is None else Value(called, CharField()),
        before=Value("", TextField()),
    ).values_list("what", "first", "second", "called", "before")
    return named


def _guests(visits: Sequence[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    if visits:
        for guest in VisitGuest.objects.filter(visit__in=visits).only("visit_id", "name"):
            found.setdefault(guest.visit_id, set()).add(guest.name)
    return found
