"""What the words of the figures mean, as conditions: the one definition for units and persons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.expressions import Combinable

from contacts import workflow
from contacts.models import HouseholdCare, Visit

#: The columns that hold the unit of a row, by kind of unit.
COLUMNS: Final = {
    "DISTRICT": "district_id",
    "STREET": "street_id",
    "COMMUNITY": "community_id",
    "GRID": "grid_id",
    "BUILDING": "building_id",
}
LEAF: Final = ("district_id", "street_id", "community_id")
#: Days since the last meeting at which a household passes into another band.
EDGES: Final = tuple(rule.at_most for rule in workflow.BANDS if rule.at_most is not None)


def met_by(channel: Visit.Channel, prefix: str = "") -> Q:
    """Rows of valid visits (``VisitQuerySet.valid``) with contact made that way.

    ``prefix`` is the relation that leads to the visit.
    """
    return Q(**{f"{prefix}result": Visit.Result.MET, f"{prefix}channel": channel})


DOOR: Final = met_by(Visit.Channel.DOOR)
PHONE: Final = met_by(Visit.Channel.PHONE)
#: Written down later than 24 hours after it happened.
LATE: Final = Q(recorded_at__gt=F("occurred_at") + workflow.LATE_AFTER)


def hardship_on_the_day(household: str = "household_id", day: str = "occurred_on") -> Exists:
    """The household was in a hardship category on the day of the visit."""
    on: Combinable = OuterRef(day)
    return Exists(
        HouseholdCare.objects.filter(
            Q(until__isnull=True) | Q(until__gt=on),
            household_id=OuterRef(household),
            category__is_hardship=True,
            since__lte=on,
        )
    )


def in_band(band: workflow.Band, today: dt.date) -> Q:
    """Households that on ``today`` are in that band of time since they were last met."""
    return in_band_by(band, ago(today))


def ago(today: dt.date) -> dict[int, dt.date]:
    """The day so many days (``EDGES``) before ``today``."""
    return {days: today - dt.timedelta(days=days) for days in EDGES}


def in_band_by(band: workflow.Band, days_ago: Mapping[int, Any]) -> Q:
    """The same by the days that ``ago`` gives."""
    rule = next(rule for rule in workflow.BANDS if rule.band == band)
    if band == workflow.Band.NEVER:
        return Q(last_met_on__isnull=True)
    found = Q(last_met_on__isnull=False)
    if rule.more_than is not None:
        found &= Q(last_met_on__lt=days_ago[rule.more_than])
    if rule.at_most is not None:
        found &= Q(last_met_on__gte=days_ago[rule.at_most])
    return found
