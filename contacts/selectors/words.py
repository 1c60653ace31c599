"""Free text of visits as it may be shown: the one rule of whom to hide in it.

Hidden are, beside every number: those ever registered in the household, in its building of the
day of the visit and in the buildings it moved from, under every spelling; the guests of the visit;
and whoever of the community is named in full. Those near are hidden without their surname and
under a form of address as well (``portal.core.masking``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final

from django.db.models import Q

from contacts.models import HouseholdMove, Resident, Visit, VisitGuest
from portal.core.addressing import possible_names
from portal.core.masking import KnownNames, mask_text

_NOBODY: Final = KnownNames(())
#: Names looked up in one query.
_AT_ONCE: Final = 5_000
#: Parts of a visit whose texts are known when they were fetched along with it.
_PARTS: Final = ("matters", "promises", "amendments")


class VisitWords:
    """Masks the texts of some visits; at most four queries, whatever their number.

    ``texts`` are what will be shown, if it is not what the visits carry (their own columns, and
    matters, promises and amendments that were prefetched). A text nobody announced is masked too,
    but those who live elsewhere in the community are not known in it.
    """

    def __init__(self, visits: Iterable[Visit], *, texts: Iterable[str] | None = None) -> None:
        rows = list(visits)
        self._near = near_names(rows)
        spoken = chain.from_iterable(map(texts_of, rows)) if texts is None else texts
        self._around = _Around(rows, spoken)

    def masked(self, visit: Visit, text: str) -> str:
        if not text:
            return text
        near = self._near.get(visit.pk, _NOBODY)
        return mask_text(text, names=near, full_names=self._around.of(visit))


def texts_of(visit: Visit) -> Iterator[str]:
    """Every free text that was read with the visit; runs no query."""
    yield from (visit.text, visit.next_step, visit.void_reason, visit.place)
    fetched: Mapping[str, Iterable] = getattr(visit, "_prefetched_objects_cache", {})
    for part in _PARTS:
        for row in fetched.get(part, ()):
            yield getattr(row, "text", "") or getattr(row, "reason", "")
            yield from getattr(row, "before", {}).values()


def near_names(visits: Sequence[Visit]) -> dict[int, KnownNames]:
    """Those one expects in the texts of each visit, by the visit's id; at most three queries."""
    if not visits:
        return {}
    moved = _left_buildings({visit.household_id for visit in visits if visit.household_id})
    places = {
        visit.pk: (visit.household_id, frozenset({visit.building_id, *moved[visit.household_id]}))
        for visit in visits
    }
    by_home, by_building = _residents(places.values())
    guests = _guests([visit.pk for visit in visits if visit.kind != Visit.Kind.HOME])
    lists: dict[tuple, KnownNames] = {}
    found = {}
    for pk, (home, buildings) in places.items():
        key = (home, buildings, pk if pk in guests else None)
        if key not in lists:
            near = (by_building[building] for building in buildings if building)
            lists[key] = KnownNames(chain(by_home[home], guests.get(pk, ()), *near))
        found[pk] = lists[key]
    return found


def _left_buildings(households: set[int]) -> defaultdict[int | None, set[int]]:
    found: defaultdict[int | None, set[int]] = defaultdict(set)
    rows = HouseholdMove.objects.filter(household__in=households).order_by()
    for home, building in rows.values_list("household_id", "building_id") if households else ():
        found[home].add(building)
    return found


def _residents(
    places: Iterable[tuple[int | None, frozenset[int | None]]],
) -> tuple[defaultdict[int | None, set[str]], defaultdict[int | None, set[str]]]:
    """Everybody ever registered in these households and buildings, by either."""
    by_home: defaultdict[int | None, set[str]] = defaultdict(set)
    by_building: defaultdict[int | None, set[str]] = defaultdict(set)
    homes, buildings = set(), set()
    for home, around in places:
        homes.add(home)
        buildings |= around
    homes.discard(None)
    buildings.discard(None)
    if homes or buildings:
        rows = Resident.objects.filter(
            Q(household__in=homes) | Q(household__building__in=buildings)
        ).order_by()
        columns = ("household_id", "household__building_id", "name", "former_names")
        for home, building, name, former in rows.values_list(*columns):
            by_home[home].update((name, *former))
            by_building[building].update((name, *former))
    return by_home, by_building


def _guests(visits: Sequence[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    if visits:
        for guest in VisitGuest.objects.filter(visit__in=visits).only("visit_id", "name"):
            found.setdefault(guest.visit_id, set()).add(guest.name)
    return found


class _Around:
    """Who of the community (of the street, for a visit of the whole street) is named in full.

    The texts are asked for what may be a name, and the register for which of that is one: what it
    costs goes by the texts, not by how many live there, and nobody is known too late.
    """

    def __init__(self, visits: Sequence[Visit], texts: Iterable[str]) -> None:
        self._places: defaultdict[tuple[str, int | None], set[str]] = defaultdict(set)
        communities = {visit.community_id for visit in visits if visit.community_id}
        streets = {visit.street_id for visit in visits if not visit.community_id}
        spoken = set(chain.from_iterable(map(possible_names, texts))) if visits else set()
        around = Q(household__community__in=communities) | Q(household__street__in=streets)
        columns = ("name", "household__community_id", "household__street_id")
        asked = sorted(spoken)
        for start in range(0, len(asked), _AT_ONCE):
            names = asked[start : start + _AT_ONCE]
            rows = Resident.objects.filter(around, name__in=names).order_by()
            for name, community, street in rows.values_list(*columns):
                self._places["community", community].add(name)
                self._places["street", street].add(name)

    def of(self, visit: Visit) -> set[str]:
        if visit.community_id:
            return self._places["community", visit.community_id]
        return self._places["street", visit.street_id]
