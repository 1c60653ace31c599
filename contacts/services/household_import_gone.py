"""Whom a list names behind a door and the register has seen go: what was decided by hand stays.

A list is older than what somebody ended, merged, moved or corrected since. Importing it again brings none of
that back; the row comes back and says what to do (decision 0103).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from contacts.models import Household, HouseholdMove, Resident
from contacts.services.household_import_places import Building, Key
from portal.accounts.models import Post
from portal.core.errors import DomainError

_ENDED: Final = "名册里{what}已于 {on} 停用，没有再登记。现在还有人住的，请在住户名册里登记这一户。"
_MERGED: Final = (
    "名册里{what}已于 {on} 并入另一条登记，没有再登记。请把名单里的地址改成那一条的，或删去这一行。"
)
_MOVED: Final = (
    "名册里{what}已于 {on} 从这个门牌迁出，没有再登记。请把名单里的地址改成现在的；"
    "搬回来的，请在住户页登记迁居。"
)
_CORRECTED: Final = (
    "名册里{what}的门牌已于 {on} 更正，没有再登记。请把名单里的门牌改成更正后的，或删去这一行。"
)
_NEW_PEOPLE: Final = "新住进来的人，请写上姓名。"


class OvertakenError(DomainError):
    """The register has moved on since the list was made, and the row does not turn it back."""


@dataclass(slots=True)
class Gone:
    """Who is registered behind a door no more, and why a row of theirs is not taken."""

    #: Of a row about the door alone.
    door: str = ""
    #: By name and former spelling.
    people: dict[str, str] = field(default_factory=dict)

    def check(self, name: str) -> None:
        """Raises ``OvertakenError`` for one of them; without a ``name``, for the door itself."""
        if words := self.people.get(name) if name else self.door:
            raise OvertakenError(words)


class _Trace(NamedTuple):
    """A household that was registered behind a door, and where its people are found now."""

    on: dt.date
    door: Key
    household_id: int
    words: str


def load_gone(wanted: Sequence[tuple[Building, str, str]], *, post: Post) -> dict[Key, Gone]:
    """For those of the doors that somebody has left; three queries.

    SECURITY: households the post may know of. That a name was registered behind a door is what
    the answer to any row tells (decision 0072); where the people are now is not said.
    """
    by_id = {one.organisation.pk: one for one, _, _ in wanted if not one.is_new}
    doors = {Key(id(one), unit, room) for one, unit, room in wanted}
    traces = [one for one in _traces(by_id, doors, post) if one.door in doors]
    names = _names(one.household_id for one in traces)
    found: dict[Key, Gone] = {}
    for trace in sorted(traces, key=lambda one: one.on, reverse=True):
        gone = found.setdefault(trace.door, Gone())
        gone.door = (
            gone.door or f"室：{trace.words.format(what='这个门牌', on=trace.on)}{_NEW_PEOPLE}"
        )
        for name in names.get(trace.household_id, ()):
            words = f"姓名：{trace.words.format(what='这个人登记的这一户', on=trace.on)}"
            gone.people.setdefault(name, words)
    return found


def _traces(by_id: dict[int, Building], doors: set[Key], post: Post) -> Iterator[_Trace]:
    rooms = {room for _, _, room in doors}
    at_doors = {"building_id__in": by_id, "room__in": rooms}
    ended = Household.objects.visible_to(post).filter(ended_on__isnull=False, **at_doors)
    for household in ended.only("building_id", "unit", "room", "ended_on", "merged_into_id"):
        if household.ended_on is not None:
            door = Key(id(by_id[household.building_id]), household.unit, household.room)
            now, words = household.merged_into_id, _MERGED if household.merged_into_id else _ENDED
            yield _Trace(household.ended_on, door, now or household.pk, words)
    for move in HouseholdMove.objects.filter(**at_doors):
        door = Key(id(by_id[move.building_id]), move.unit, move.room)
        words = _CORRECTED if move.was_wrong else _MOVED
        yield _Trace(move.moved_on, door, move.household_id, words)


def _names(household_ids: Iterable[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    rows = Resident.objects.filter(household_id__in=set(household_ids))
    for household_id, name, former in rows.values_list("household_id", "name", "former_names"):
        found.setdefault(household_id, []).extend([name, *former])
    return found
