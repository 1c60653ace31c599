"""Units that a grievance can be given to, in groups, for a select."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from django.db import models
from django.db.models import Q

from grievances.models import Grievance
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation

Choices = list[tuple[str, list[tuple[str, str]]]]
_GROUPS: Final = {
    OrganisationKind.SECTION: "本街道科室",
    OrganisationKind.COMMUNITY: "社区",
    OrganisationKind.DEPARTMENT: "区级部门",
    OrganisationKind.EXTERNAL: "外部单位",
}


def handling_units(
    *, district_id: int | None, street_id: int | None, on: dt.date
) -> models.QuerySet[Organisation]:
    """Sections and communities of the street, bureaus and outside bodies of the district.

    Without a street: only those that lie in none.
    """
    rows: models.QuerySet[Organisation] = Organisation.objects.in_force(on)
    return (
        rows.filter(kind__in=list(_GROUPS), district_id=district_id)
        .filter(Q(street_id=street_id) | Q(street_id__isnull=True))
        .order_by("code")
    )


def in_groups(units: Iterable[Organisation]) -> Choices:
    """Units as choices, under the name of their kind."""
    groups: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for unit in units:
        groups[unit.kind].append((str(unit.pk), unit.name))
    return [(title, groups[kind]) for kind, title in _GROUPS.items() if groups[kind]]


def units_for(grievance: Grievance, *, on: dt.date) -> Choices:
    """Whom a grievance can be given to."""
    return in_groups(
        handling_units(district_id=grievance.district_id, street_id=grievance.street_id, on=on)
    )
