"""The rows of the register as plain cells, at the pace of an export.

The same cells as ``household_lines`` gives (a test holds them together for every role): households
are read without models; places, colleagues and masked names are kept, since they come again.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from django.utils import timezone

from contacts.models import Resident
from contacts.models.households import door_words, wish_words
from contacts.querysets import HouseholdQuerySet
from contacts.selectors import duties
from contacts.selectors.sight import PEOPLE_SHOWN, shown_name
from portal.accounts.models import Organisation, Post, User
from portal.core.db.bulk import Among
from portal.core.sheets.listing import in_batches
from portal.core.sheets.writing import Cell

#: Rows read at once.
BATCH: Final = 2_000
#: Masked names kept.
_MOST_NAMES: Final = 50_000
_READ: Final = (
    "pk", "community_id", "building_id", "unit", "room",
    "door_wish", "door_wish_until", "last_met_on",
)  # fmt: skip


def household_cells(
    *, post: Post, households: HouseholdQuerySet, full: Collection[int], now: dt.datetime
) -> Iterator[tuple[Cell, ...]]:
    """Address, people, how many, wish, who answers for it, last visit; of ``full`` unmasked."""
    table = _Table(post, frozenset(full), timezone.localdate(now))
    for batch in in_batches(households.values_list(*_READ).iterator(chunk_size=BATCH), BATCH):
        yield from table.cells(batch)


class _Table:
    def __init__(self, post: Post, full: frozenset[int], today: dt.date) -> None:
        self.full, self.today = full, today
        self.community_id = post.organisation.scope_ids().community_id
        #: By community and building.
        self.places: dict[tuple[int, int], str] = {}
        self.users: dict[int, str] = {}
        self.masked = _Masked()

    def cells(self, batch: Sequence[tuple[Any, ...]]) -> Iterator[tuple[Cell, ...]]:
        self._name_places(batch)
        ids = [row[0] for row in batch]
        people, responsible = _people(ids), self._responsible(ids)
        places, masked = self.places, self.masked
        masked.make_room()
        for pk, community, building, unit, room, wish, until, met in batch:
            place, names = places[community, building], people.get(pk, ())
            if pk in self.full:
                place, shown = f"{place} {door_words(unit, room)}", names[:PEOPLE_SHOWN]
            else:
                shown = [masked[name] for name in names[:PEOPLE_SHOWN]]
            yield (
                place,
                "、".join(shown) + ("等" if len(names) > PEOPLE_SHOWN else ""),
                len(names),
                wish_words(wish, until, self.today),
                responsible.get(pk, ""),
                met,
            )

    def _responsible(self, ids: Collection[int]) -> dict[int, str]:
        found = duties.responsible_users(ids)
        if missing := set(found.values()) - self.users.keys():
            self.users |= dict(User.objects.filter(pk__in=missing).values_list("pk", "name"))
        return {pk: self.users[user] for pk, user in found.items()}

    def _name_places(self, batch: Sequence[tuple[Any, ...]]) -> None:
        missing = {(row[1], row[2]) for row in batch} - self.places.keys()
        if missing:
            ids = {pk for pair in missing for pk in pair}
            names = dict(Organisation.objects.filter(Among("pk", ids)).values_list("pk", "name"))
            for community, building in missing:
                above = "" if community == self.community_id else f"{names[community]} "
                self.places[community, building] = f"{above}{names[building]}"


class _Masked(dict[str, str]):
    """Names as they are shown masked."""

    def __missing__(self, name: str) -> str:
        self[name] = shown = shown_name(name, full=False)
        return shown

    def make_room(self) -> None:
        if len(self) > _MOST_NAMES:
            self.clear()


def _people(ids: Collection[int]) -> dict[int, list[str]]:
    """Names of those who live there now, who to ring first in front."""
    people: defaultdict[int, list[str]] = defaultdict(list)
    living = Resident.objects.filter(Among("household_id", ids), left_on__isnull=True)
    for pk, name in living.values_list("household_id", "name"):
        people[pk].append(name)
    return people
