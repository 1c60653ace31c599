"""Where something is kept about a resident: the one list that the copy shows and erasing strikes.

Decision 0088 says what is not on it and why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db import models
from django.db.models import Q, QuerySet

from contacts.models import (
    ContactPoint,
    Household,
    Matter,
    Promise,
    Resident,
    ServiceEntry,
    ServiceSession,
    Visit,
    VisitAmendment,
    VisitGuest,
    VolunteerTeam,
)
from portal.core.encryption import blind_index, declared_indexes, normalise_phone
from portal.core.masking import FORENAME_CHARS

#: The texts that may speak of somebody, by the table they stand in.
TEXTS: Final[dict[type[models.Model], tuple[str, ...]]] = {
    Household: ("avoid", "note", "door_wish_reason"),
    Visit: ("text", "met_other", "next_step", "void_reason", "place"),
    Matter: ("text",),
    Promise: ("text",),
    VisitAmendment: ("reason", "before"),
    ServiceSession: ("place", "text", "void_reason"),
    ServiceEntry: ("served",),
    ContactPoint: ("note",),
    VolunteerTeam: ("purpose",),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as texts and rows may know them: every spelling, and the number in digits."""

    names: frozenset[str]
    phones: frozenset[str]

    @classmethod
    def of(cls, resident: Resident) -> Person:
        phones = {normalise_phone(resident.phone)} - {""}
        return cls(frozenset({resident.name, *resident.former_names}), frozenset(phones))

    @property
    def full_names(self) -> tuple[str, ...]:
        """Those by which somebody is meant wherever they stand; the longest first."""
        whole = (name for name in self.names if len(name) >= FORENAME_CHARS)
        return tuple(sorted(whole, key=lambda name: (-len(name), name)))

    def named_in(self, text: str) -> tuple[str, ...]:
        """The full names that stand in it."""
        return tuple(name for name in self.full_names if name in text)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept about one person of ``household``, apart from the register itself."""

    household: Household
    person: Person

    def guests(self, *, held: bool = False) -> list[VisitGuest]:
        """The person's rows as a guest; with ``held`` for this transaction.

        Of the household by name or number; of no household known, or another, by both.
        """
        _, purpose = declared_indexes(VisitGuest)["phone_index"]
        numbers = [blind_index(phone, purpose=purpose) for phone in self.person.phones]
        same = Q(phone_index__in=numbers, visit__district_id=self.household.district_id)
        rows = VisitGuest.objects.filter(
            Q(visit__household=self.household) | Q(household=self.household) | same
        )
        rows = rows.select_related("visit").order_by("pk")
        rows = rows.select_for_update(of=("self",)) if held else rows
        return [guest for guest in rows if self._is_person(guest)]

    def _is_person(self, guest: VisitGuest) -> bool:
        named = guest.name in self.person.names
        numbered = normalise_phone(guest.phone) in self.person.phones
        at_home = self.household.pk in {guest.household_id, guest.visit.household_id}
        return (named or numbered) if at_home else (named and numbered)

    def own_visits(self) -> QuerySet[Visit]:
        """Of the household, with the person as a guest, or with a promise to the household."""
        guests = [guest.pk for guest in self.guests()]
        own = Q(household=self.household) | Q(guests__in=guests)
        own |= Q(promises__household=self.household)
        return Visit.objects.filter(pk__in=Visit.objects.filter(own).order_by().values("pk"))

    def other_visits(self) -> QuerySet[Visit]:
        """The others of the places around in whose texts the person is named in full."""
        around = Visit.objects.filter(self._around()).exclude(
            pk__in=self.own_visits().order_by().values("pk")
        )
        said = self._names_in("matters__text", "promises__text", *TEXTS[Visit])
        amended = [row.visit_id for row in self._amendments_naming(around)]
        naming = around.filter(said | Q(pk__in=amended))
        return Visit.objects.filter(pk__in=naming.order_by().values("pk"))

    def _amendments_naming(self, visits: QuerySet[Visit]) -> Iterator[VisitAmendment]:
        """What stood there before is no text for the database: it is read."""
        ids = visits.order_by().values("pk")
        for row in VisitAmendment.objects.filter(visit__in=ids).order_by("pk"):
            if self.person.named_in("\n".join(texts_in(row))):
                yield row

    def sessions(self) -> QuerySet[ServiceSession]:
        """What volunteers wrote that names the person."""
        rows = ServiceSession.objects.filter(self._around())
        return rows.filter(self._names_in(*TEXTS[ServiceSession]))

    def entries(self) -> QuerySet[ServiceEntry]:
        """Whom they served is encrypted, so every line of the places around is read."""
        sessions = ServiceSession.objects.filter(self._around())
        rows = ServiceEntry.objects.filter(session__in=sessions.order_by().values("pk"))
        said = rows.order_by().only("served")
        return ServiceEntry.objects.filter(
            pk__in=[row.pk for row in said.iterator() if self.person.named_in(row.served)]
        )

    def points(self) -> QuerySet[ContactPoint]:
        rows = ContactPoint.objects.filter(self._around())
        return rows.filter(self._names_in(*TEXTS[ContactPoint]))

    def teams(self) -> QuerySet[VolunteerTeam]:
        rows = VolunteerTeam.objects.filter(self._around())
        return rows.filter(self._names_in(*TEXTS[VolunteerTeam]))

    def _around(self) -> Q:
        """Where others may have told of the household: its communities, and their streets whole."""
        lived = self.household.moves.values("building__community")
        visited = Visit.objects.filter(household=self.household).order_by()
        communities = Q(community_id=self.household.community_id) | Q(community__in=lived)
        communities |= Q(community__in=visited.values("community"))
        streets = Q(street_id=self.household.street_id)
        streets |= Q(street__in=visited.values("street"))
        streets |= Q(street__in=self.household.moves.values("building__street"))
        return communities | (streets & Q(community__isnull=True))

    def _names_in(self, *columns: str) -> Q:
        said = Q(pk__in=())
        for name in self.person.full_names:
            for column in columns:
                said |= Q(**{f"{column}__contains": name})
        return said


def texts_in(row: models.Model) -> list[str]:
    """The texts of one row of ``TEXTS``; of an amendment each value that stood there before."""
    return list(_spread(getattr(row, column) for column in TEXTS[type(row)]))


def _spread(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, dict):
            yield from map(str, value.values())
        elif value:
            yield str(value)
