"""The week of a person and of a unit: whom was contact made with, counted from the visits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import Count

from contacts.metrics import DOOR, PHONE
from contacts.models import Visit
from contacts.querysets import VisitQuerySet
from contacts.selectors.figures import UnitBelow, unit_reading, units_below
from portal.accounts.models import Post
from portal.core.periods import Week
from portal.metrics.registry import Values
from portal.metrics.selectors import Reading

#: 每周参考户数 (S0): shown beside the count, never chased, never judged (domain §4, §10).
REFERENCE: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonWeek:
    """What one person did in one week, as far as the acting post may read it."""

    week: Week
    #: Distinct households met at the door: 本周已走访.
    households: int
    #: The visits behind them; more than ``households`` when a door was met twice.
    visits: int
    #: Distinct households reached by telephone, whether or not also met at the door.
    phoned: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One unit below, in the official order; with its zeros."""

    organisation_id: int | None
    code: str
    name: str
    visits: int = 0
    households: int = 0
    phoned: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitWeek:
    """What was done in a whole unit in one week; no persons in it."""

    week: Week
    visits: int
    households: int
    phoned: int
    by_result: tuple[tuple[Visit.Result, int], ...]
    #: Matters of the week with the outcome 转为诉求.
    escalated: int
    #: The visits they were raised in: what the list behind the figure shows.
    escalated_visits: int
    parts: tuple[Part, ...]


def _of_week(post: Post, week: Week) -> VisitQuerySet:
    visits: VisitQuerySet = Visit.objects.visible_to(post).filter(
        **week.date_lookups("occurred_on")
    )
    return visits


#: A person's week is counted live, by the conditions the figures of units are counted by.
_COUNTS: Final = {
    "n_households": Count("household", distinct=True, filter=DOOR),
    "n_met": Count("pk", filter=DOOR),
    "n_phoned": Count("household", distinct=True, filter=PHONE),
}


def person_week(*, post: Post, user_id: int, week: Week) -> PersonWeek:
    """The week of ``user_id``; the same rows as the visit list with who, week, result, channel."""
    counts = _of_week(post, week).by_person(user_id).valid().aggregate(**_COUNTS)
    return PersonWeek(
        week=week,
        households=counts["n_households"],
        visits=counts["n_met"],
        phoned=counts["n_phoned"],
    )


def unit_week(*, post: Post, week: Week, reading: Reading | None = None) -> UnitWeek:
    """The week of the unit of ``post``; ``reading`` if its numbers have been read already."""
    unit = post.organisation
    if reading is None:
        reading = unit_reading(unit, period=week, today=week.start, sources=("visits",))
    total = reading.total
    found = [pk for pk, values in reading.parts.items() if values.get("visits")]
    return UnitWeek(
        week=week,
        visits=total.get("visits", 0),
        households=total.get("door", 0),
        phoned=total.get("phone", 0),
        by_result=tuple((result, total.get(result.lower(), 0)) for result in Visit.Result),
        escalated=total.get("matters_escalated", 0),
        escalated_visits=total.get("raising_escalated", 0),
        parts=tuple(
            _part(below, reading.parts.get(below.pk, {}))
            for below in units_below(post=post, unit=unit, period=week, found=found)
        ),
    )


def _part(unit: UnitBelow, values: Values) -> Part:
    return Part(
        organisation_id=unit.pk or None,
        code=unit.code,
        name=unit.name,
        visits=values.get("visits", 0),
        households=values.get("door", 0),
        phoned=values.get("phone", 0),
    )
