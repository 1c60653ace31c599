"""The places of the demo world in the organisation tree: real down to the community, invented below."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from portal.accounts.divisions import package_rows
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation
from portal.accounts.services.divisions import import_divisions
from portal.accounts.services.organisations import NewOrganisation, create_organisation
from portal.core.errors import DomainError
from portal.desk.demo.people import SECTIONS
from portal.desk.demo.places import CommunityPlan, StreetPlan, buildings

#: 石景山区, where the demo plays, and 宝山区, so that there is a second district.
DISTRICTS: Final = ("110107", "310113")
DEPARTMENTS: Final = (
    "区城市管理委员会",
    "区住房和城乡建设委员会",
    "区生态环境局",
    "区市场监督管理局",
    "区民政局",
    "区教育委员会",
)
#: Invented; they never sign in.
OUTSIDE: Final = ("热力公司", "供电公司", "自来水公司")
_ORDINALS: Final = "一二三四五六"


@dataclass
class Places:
    by_code: dict[str, Organisation]
    #: (community code, number)
    grids: dict[tuple[str, int], Organisation] = field(default_factory=dict)
    #: (community code, name)
    houses: dict[tuple[str, str], Organisation] = field(default_factory=dict)
    #: (street code, name)
    sections: dict[tuple[str, str], Organisation] = field(default_factory=dict)
    #: Departments of the district and companies that serve all of it, by name.
    outside: dict[str, Organisation] = field(default_factory=dict)
    #: Who runs the estate of a community, by its code.
    properties: dict[str, Organisation] = field(default_factory=dict)


def plant(streets: Sequence[StreetPlan], *, since: dt.date) -> Places:
    """Import the divisions and make grids, houses and sections of the demo's streets."""
    for code in DISTRICTS:
        done = import_divisions(rows=package_rows(code), under=code, on=since)
        if done.refused:
            raise DomainError(f"{code} 的区划名单有 {len(done.refused)} 行不能导入。")
    places = Places({unit.code: unit for unit in Organisation.objects.all()})
    district = places.by_code[DISTRICTS[0]]
    for kind, names in (
        (OrganisationKind.DEPARTMENT, DEPARTMENTS),
        (OrganisationKind.EXTERNAL, OUTSIDE),
    ):
        places.outside |= {name: _make(kind, name, district, since) for name in names}
    for street in streets:
        for name in SECTIONS:
            places.sections[street.code, name] = _make(
                OrganisationKind.SECTION, name, places.by_code[street.code], since
            )
        for community in street.communities:
            _build(places, community, since)
    return places


def _build(places: Places, plan: CommunityPlan, since: dt.date) -> None:
    community = places.by_code[plan.code]
    name = f"{plan.estate}物业服务中心"
    places.properties[plan.code] = _make(OrganisationKind.EXTERNAL, name, community, since)
    for number, name, _ in buildings(plan):
        grid = places.grids.get((plan.code, number))
        if grid is None:
            title = f"第{_ORDINALS[number - 1]}网格"
            grid = _make(OrganisationKind.GRID, title, community, since)
            places.grids[plan.code, number] = grid
        house = _make(OrganisationKind.BUILDING, f"{plan.estate}{name}", grid, since)
        places.houses[plan.code, name] = house


def _make(kind: OrganisationKind, name: str, parent: Organisation, since: dt.date) -> Organisation:
    entry = NewOrganisation(kind=kind, name=name, parent=parent, valid_from=since)
    return create_organisation(actor=None, entry=entry)
