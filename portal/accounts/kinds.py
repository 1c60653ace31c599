"""The kinds of organisation, and which kind may lie under which."""

from typing import Final

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

#: The letter and the number of digits that follow the code of the place (110107003015B012).
SUFFIX: Final[dict[OrganisationKind, tuple[str, int]]] = {
    OrganisationKind.GRID: ("G", 2),
    OrganisationKind.BUILDING: ("B", 3),
    OrganisationKind.SECTION: ("S", 2),
    OrganisationKind.DEPARTMENT: ("D", 2),
    OrganisationKind.EXTERNAL: ("E", 3),
}
