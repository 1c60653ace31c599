"""Who has a grievance in hand: what decides what a post may do with it."""

from __future__ import annotations

import datetime as dt

from grievances.kinds import Part
from grievances.models import Assignment, Grievance
from grievances.parties import HANDLES, Handlers
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Post
from portal.core.periods import day_of


def handlers_of(grievance: Grievance, *, now: dt.datetime) -> Handlers:
    """The units of one grievance; two queries.

    Of a merged one, whoever handles the other one has had it too: its resident is not asked by them.
    """
    cases = {grievance.pk, grievance.merged_into_id}
    rows = list(
        Assignment.objects.filter(grievance__in=cases - {None}).values_list(
            "unit_id", "part", "withdrawn_at", "unit__kind", "grievance_id"
        )
    )
    units = {
        unit: Part(part)
        for unit, part, gone, _, case in rows
        if gone is None and case == grievance.pk
    }
    signing = set(
        Post.objects.in_force(day_of(now))
        .filter(organisation__in=units, role__in=HANDLES)
        .values_list("organisation_id", flat=True)
    )
    outside = {unit for unit, _, _, kind, _ in rows if kind == OrganisationKind.EXTERNAL}
    return Handlers(
        units=units,
        ever=frozenset(unit for unit, *_ in rows),
        silent=frozenset(unit for unit in units if unit in outside or unit not in signing),
    )
