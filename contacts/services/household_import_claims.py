"""What a list says of one person in several rows: rows that contradict one another are given back.

SECURITY: decided within the list alone, before any row is held against the register. Ten thousand
rows that try every number for one person are a contradiction, not ten thousand questions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final, TypeAlias

from contacts.selectors.household_doors import bare_building, compact
from contacts.services.household_entries import MOST_RESIDENTS
from contacts.services.household_import_rows import Told
from portal.accounts.models import Organisation
from portal.core.errors import DomainError

_PERSON: Final = "同一人在名单里出现多次且不一致：{what}。请只留下对的一行。"
_DOOR: Final = "楼层：同一户在名单里写得不一致，请改成一样的。"
_CROWD: Final = f"姓名：名单里这一户写了超过 {MOST_RESIDENTS} 人，多出的退回。请核对门牌。"
_WORDS: Final[Mapping[str, str]] = {
    "relation": "与户主关系",
    "birth_year": "出生年份",
    "phone": "电话",
}

#: The building as registered, else as it is written; unit and room.
_Door: TypeAlias = tuple[object, str, str]


class Claims:
    """Every door and person of a list, with what was said of them first and what contradicts it."""

    def __init__(self) -> None:
        self._floors: dict[_Door, set[int]] = {}
        self._said: dict[_Door, dict[str, dict[str, Any]]] = {}
        #: Where a door, and each person behind it, is named first.
        self._first: dict[tuple[_Door, str], int] = {}
        self._contradicted: dict[tuple[_Door, str], set[str]] = {}

    def add(self, told: Told, building: Organisation | None) -> None:
        """Take note of a row."""
        door = _door(told, building)
        if told.floor is not None:
            self._floors.setdefault(door, set()).add(told.floor)
        self._first.setdefault((door, ""), told.row)
        if told.resident is None:
            return
        name = told.resident.name
        self._first.setdefault((door, name), told.row)
        known = self._said.setdefault(door, {}).setdefault(name, {})
        for what, value in _said(told):
            if known.setdefault(what, value) != value:
                self._contradicted.setdefault((door, name), set()).add(what)

    def first(self, told: Told, building: Organisation | None) -> int:
        """The number of the first row that names the same person, or (without one) the same door."""
        name = told.resident.name if told.resident else ""
        return self._first.get((_door(told, building), name), told.row)

    def check(self, told: Told, building: Organisation | None) -> None:
        """Raises ``DomainError`` for a row of a person or a door that the list contradicts."""
        door = _door(told, building)
        if told.resident is not None:
            if what := self._contradicted.get((door, told.resident.name)):
                raise DomainError(
                    _PERSON.format(what="、".join(_WORDS[one] for one in sorted(what)))
                )
            # SECURITY: a list of every name is no way to ask who lives behind a door.
            if told.resident.name not in islice(self._said.get(door, ()), MOST_RESIDENTS):
                raise DomainError(_CROWD)
        if told.floor is not None and len(self._floors.get(door, ())) > 1:
            raise DomainError(_DOOR)


def _door(told: Told, building: Organisation | None) -> _Door:
    where: object = building.pk if building else _written(told)
    return where, told.unit, told.room


def _written(told: Told) -> tuple[str, ...]:
    parts = (told.community, told.grid, told.estate)
    return (*map(compact, parts), bare_building(told.building))


def _said(told: Told) -> Iterator[tuple[str, Any]]:
    if (entry := told.resident) is None:
        return
    if told.relation_told:
        yield "relation", entry.relation
    if entry.birth_year is not None:
        yield "birth_year", entry.birth_year
    if entry.phone:
        yield "phone", entry.phone
