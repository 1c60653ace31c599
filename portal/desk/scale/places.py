"""The tree of the scale data: two whole districts, with grids and buildings in every community."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from portal.accounts.divisions import package_rows
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation
from portal.accounts.services.divisions import import_divisions
from portal.accounts.services.organisations import new_row
from portal.core.errors import DomainError
from portal.desk.demo.people import SECTIONS

#: 宝山区 first: the larger of the two.
DISTRICTS: Final = ("310113", "110107")
UNITS, FLOORS, DOORS = 4, 6, 3
PER_BUILDING: Final = UNITS * FLOORS * DOORS
BUILDINGS_PER_GRID: Final = 3
BATCH: Final = 500
_SECTIONS_USED: Final = SECTIONS[1:3]


@dataclass(slots=True)
class Community:
    """One community with its part of the households."""

    unit: Organisation
    #: Index of its first household, and how many it has.
    first: int = 0
    households: int = 0
    buildings: list[Organisation] = field(default_factory=list)

    @property
    def estate(self) -> str:
        return f"{self.unit.name.removesuffix('社区').removesuffix('居委会')}小区"


@dataclass(slots=True)
class Tree:
    """Units by kind; streets of the two districts take turns."""

    districts: list[Organisation]
    streets: list[Organisation]
    communities: dict[int, list[Organisation]]
    sections: dict[int, list[Organisation]] = field(default_factory=dict)


def plant(since: dt.date) -> Tree:
    """Import the divisions and make the sections of every street."""
    for code in DISTRICTS:
        done = import_divisions(rows=package_rows(code), under=code, on=since)
        if done.refused:
            raise DomainError(f"{code} 的区划名单有 {len(done.refused)} 行不能导入。")
    units = list(Organisation.objects.select_related("district", "street").order_by("path"))
    kinds = OrganisationKind
    by_district = {
        code: [u for u in units if u.kind == kinds.STREET and u.code.startswith(code)]
        for code in DISTRICTS
    }
    streets = list(_in_turns(list(by_district.values())))
    tree = Tree(
        districts=sorted(
            (u for u in units if u.kind == kinds.DISTRICT), key=lambda u: DISTRICTS.index(u.code)
        ),
        streets=streets,
        communities={
            street.pk: [u for u in units if u.kind == kinds.COMMUNITY and u.street_id == street.pk]
            for street in streets
        },
    )
    rows = [
        new_row(kinds.SECTION, f"{street.code}S{number:02d}", name, street, since)
        for street in streets
        for number, name in enumerate(_SECTIONS_USED, 1)
    ]
    for section in Organisation.objects.bulk_create(rows, batch_size=BATCH):
        tree.sections.setdefault(section.street_id or 0, []).append(section)
    return tree


def _in_turns(lists: Sequence[Sequence[Organisation]]) -> Iterator[Organisation]:
    for number in range(max(map(len, lists))):
        yield from (one[number] for one in lists if number < len(one))


def build(communities: Sequence[Community], since: dt.date) -> None:
    """Grids and buildings for the households of each."""
    grids: list[Organisation] = []
    wanted = [math.ceil(one.households / PER_BUILDING) for one in communities]
    for one, count in zip(communities, wanted, strict=True):
        for number in range(1, math.ceil(count / BUILDINGS_PER_GRID) + 1):
            code, name = f"{one.unit.code}G{number:02d}", f"第{number}网格"
            grids.append(new_row(OrganisationKind.GRID, code, name, one.unit, since))
    by_code = {g.code: g for g in Organisation.objects.bulk_create(grids, batch_size=BATCH)}
    houses: list[Organisation] = []
    for one, count in zip(communities, wanted, strict=True):
        for number in range(1, count + 1):
            grid = by_code[f"{one.unit.code}G{math.ceil(number / BUILDINGS_PER_GRID):02d}"]
            code, name = f"{one.unit.code}B{number:03d}", f"{one.estate}{number}号楼"
            houses.append(new_row(OrganisationKind.BUILDING, code, name, grid, since))
    made = iter(Organisation.objects.bulk_create(houses, batch_size=BATCH))
    for one, count in zip(communities, wanted, strict=True):
        one.buildings = [next(made) for _ in range(count)]
