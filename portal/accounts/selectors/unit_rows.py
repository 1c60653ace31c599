"""Units as they are chosen from a list, read without models: a district has thousands."""

from __future__ import annotations

from typing import Final, NamedTuple

from portal.accounts.kinds import OrganisationKind, full_name
from portal.accounts.querysets import OrganisationQuerySet


class UnitRow(NamedTuple):
    """One unit with what its full name needs."""

    id: int
    kind: str
    name: str
    district_id: int | None
    street_id: int | None
    street: str | None
    community_id: int | None
    community: str | None

    @property
    def full_name(self) -> str:
        return full_name(self.kind, self.name, lambda level: getattr(self, level) or "")

    @property
    def in_street(self) -> int | None:
        """The street it lies in, itself included."""
        return self.id if self.kind == OrganisationKind.STREET else self.street_id


_COLUMNS: Final = (
    "pk", "kind", "name", "district_id", "street_id", "street__name", "community_id",
    "community__name",
)  # fmt: skip


def columns(prefix: str = "") -> tuple[str, ...]:
    """What a query reads for a ``UnitRow``; ``prefix`` is the relation that leads to the unit."""
    return tuple(f"{prefix}{name}" for name in _COLUMNS)


def unit_rows(units: OrganisationQuerySet) -> list[UnitRow]:
    """These units in the order of the tree; one query."""
    return [UnitRow(*row) for row in units.order_by("path").values_list(*_COLUMNS)]
