"""Where a ticket belongs: the street, the community its address names, the unit it is given to."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from django.db.models import QuerySet
from django.utils import timezone

from grievances.hotline.tickets import Ticket
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post
from portal.core.errors import DomainError

#: What a name may be written without.
_TAIL: Final = re.compile(r"(?:街道办事处|街道|镇|社区居委会|居委会|社区|地区办事处)$")
_SHORTEST: Final = 2


class Place(NamedTuple):
    """The most exact place known, and the unit of ours that 承办单位 names."""

    place: Organisation
    unit: Organisation | None


class Places:
    """The streets and communities of the post, by the names that people write."""

    def __init__(self, post: Post) -> None:
        today = timezone.localdate()
        rows = Organisation.objects.in_force(today).visible_to(post)
        #: A clerk's or administrator's own street: everything in the export is its own.
        self._street = post.organisation if post.organisation.kind == "STREET" else None
        self.district_id = post.district_id or 0
        kinds = OrganisationKind
        self._streets = _names(rows.filter(kind=kinds.STREET))
        self._communities = _names(rows.filter(kind=kinds.COMMUNITY))
        units = Organisation.objects.in_force(today).filter(
            kind__in=(kinds.SECTION, kinds.DEPARTMENT, kinds.COMMUNITY, kinds.EXTERNAL),
            district_id=self.district_id,
        )
        self._units = {unit.name: unit for unit in units.order_by("-pk")}

    def find(self, ticket: Ticket) -> Place:
        """Raises ``DomainError`` where no street of the post can be told."""
        words = f"{ticket.unit} {ticket.address}"
        community = _longest(self._communities, ticket.address) or _longest(
            self._communities, ticket.unit
        )
        if community is not None and self._street not in {None, community.street}:
            community = None
        street = self._street or (community.street if community else None)
        street = street or _longest(self._streets, words)
        if street is None:
            raise DomainError("地址、承办单位：看不出属于哪个街道，请补上街道或社区的名字。")
        return Place(community or street, self._unit(ticket, street))

    def _unit(self, ticket: Ticket, street: Organisation) -> Organisation | None:
        found = self._units.get(ticket.unit)
        return found if found and found.scope_ids().street_id in {None, street.pk} else None


def _names(rows: QuerySet[Organisation]) -> dict[str, Organisation]:
    """Full and short names; one that two places share is nobody's."""
    found: dict[str, Organisation | None] = {}
    for unit in rows.select_related("street"):
        short = _TAIL.sub("", unit.name)
        for name in {unit.name, short if len(short) >= _SHORTEST else unit.name}:
            found[name] = None if name in found else unit
    return {name: unit for name, unit in found.items() if unit is not None}


def _longest(names: dict[str, Organisation], words: str) -> Organisation | None:
    fitting = [name for name in names if name in words]
    return names[max(fitting, key=len)] if fitting else None
