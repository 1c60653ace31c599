"""Texts of grievances as they may be shown: whom to hide in them (the rule of ``contacts``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from contacts.selectors.name_book import Place
from contacts.selectors.words import People, Spoken
from grievances.models import Grievance, Raiser

_NOBODY: frozenset[str] = frozenset()


class GrievanceWords:
    """Masks texts of some grievances; at most three queries for a page of them.

    Hidden are those of the household and its building, whoever of the community is named in full,
    and who raised it with their proxy, under every spelling. ``texts`` are what will be shown.
    """

    def __init__(self, grievances: Iterable[Grievance], *, texts: Iterable[str]) -> None:
        rows = list(grievances)
        self._people = People()
        self._people.meet(set(map(place_of, rows)), texts)
        self._raisers = raisers_of([row.pk for row in rows])

    def masked(self, grievance: Grievance, text: str) -> str:
        """``text`` of one of the grievances, with the people hidden who may be meant in it."""
        told = self._raisers.get(grievance.pk, _NOBODY)
        return self._people.masked(Spoken(place_of(grievance), text, told))


def place_of(grievance: Grievance) -> Place:
    return Place(
        grievance.household_id,
        grievance.building_id,
        grievance.community_id,
        grievance.street_id,
    )


def raisers_of(grievances: Iterable[int]) -> Mapping[int, frozenset[str]]:
    """Names of who raised each, and of who spoke for them."""
    rows = Raiser.objects.filter(grievance__in=list(grievances)).only(
        "grievance_id", "name", "proxy_name"
    )
    return {
        row.grievance_id: frozenset(name for name in (row.name, row.proxy_name) if name)
        for row in rows
    }
