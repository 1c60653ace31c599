"""Units that a grievance can be given to, in groups, for a select."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Final

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


def units_for(grievance: Grievance, *, on: dt.date) -> Choices:
    """Sections and communities of its street, bureaus and outside bodies of its district."""
    street, district = grievance.street_id, grievance.district_id
    rows = (
        Organisation.objects.in_force(on)
        .filter(kind__in=list(_GROUPS), district_id=district)
        .filter(Q(street_id=street) | Q(street_id__isnull=True))
        .order_by("code")
    )
    groups: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for unit in rows:
        groups[unit.kind].append((str(unit.pk), unit.name))
    return [(title, groups[kind]) for kind, title in _GROUPS.items() if groups[kind]]
