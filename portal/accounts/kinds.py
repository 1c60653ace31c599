"""The kinds of organisation, which kind may lie under which, and the levels of a scope."""

from collections.abc import Callable
from typing import Final, NamedTuple

from django.db.models import TextChoices


class OrganisationKind(TextChoices):
    DISTRICT = "DISTRICT", "区"
    STREET = "STREET", "街道"
    COMMUNITY = "COMMUNITY", "社区"
    GRID = "GRID", "网格"
    BUILDING = "BUILDING", "楼栋"
    SECTION = "SECTION", "科室"
    DEPARTMENT = "DEPARTMENT", "职能部门"
    EXTERNAL = "EXTERNAL", "外部单位"


#: Units with a national code, by the length of the code; they come from the division import.
NATIONAL: Final = {
    6: OrganisationKind.DISTRICT,
    9: OrganisationKind.STREET,
    12: OrganisationKind.COMMUNITY,
}

_PLACES: Final = frozenset(NATIONAL.values())

#: Units of our own, and what they may lie under; made one by one, coded below their place.
UNDER: Final[dict[OrganisationKind, frozenset[OrganisationKind]]] = {
    OrganisationKind.GRID: frozenset({OrganisationKind.COMMUNITY}),
    OrganisationKind.BUILDING: frozenset({OrganisationKind.COMMUNITY, OrganisationKind.GRID}),
    OrganisationKind.SECTION: frozenset(
        {OrganisationKind.DISTRICT, OrganisationKind.STREET, OrganisationKind.DEPARTMENT}
    ),
    OrganisationKind.DEPARTMENT: frozenset({OrganisationKind.DISTRICT}),
    OrganisationKind.EXTERNAL: _PLACES,
}

#: Where it is named in full, the name of this one stands before the own.
_NAMED_AFTER: Final[dict[str, str]] = {
    OrganisationKind.GRID: "community",
    OrganisationKind.BUILDING: "community",
    OrganisationKind.SECTION: "street",
}

#: The letter and the number of digits that follow the code of the place (110107003015B012).
SUFFIX: Final[dict[OrganisationKind, tuple[str, int]]] = {
    OrganisationKind.GRID: ("G", 2),
    OrganisationKind.BUILDING: ("B", 3),
    OrganisationKind.SECTION: ("S", 2),
    OrganisationKind.DEPARTMENT: ("D", 2),
    OrganisationKind.EXTERNAL: ("E", 3),
}


def full_name(kind: str, name: str, above: Callable[[str], str]) -> str:
    """The name as people elsewhere know it: 八角南里社区第一网格, 八角街道综合办公室.

    ``above`` gives the name of its community or street, or nothing.
    """
    level = _NAMED_AFTER.get(kind)
    return f"{above(level)}{name}" if level else name


class ScopeIds(NamedTuple):
    """The scope columns that every large table carries."""

    district_id: int | None
    street_id: int | None
    community_id: int | None
