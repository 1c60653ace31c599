"""The week of a person and of a unit: whom was contact made with, counted from the visits."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from contacts.metrics import DOOR, PHONE, met_by
from contacts.models import Matter, Visit, VisitPerson
from contacts.selectors.figures import UnitBelow, unit_reading, units_below
from portal.accounts.models import Post
from portal.accounts.outline import Scoped
from portal.core.db.prepared import Day
from portal.core.periods import Week
from portal.metrics.registry import Values
from portal.metrics.selectors import Reading

#: 每周参考户数 (S0): shown beside the count, never chased, never judged (domain §4, §10).
REFERENCE: Final = 5


#: How many of the own visits are read with the week, and how far back they are looked for first.
_NEWEST: Final = 12
_RECENTLY: Final = dt.timedelta(days=60)


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
    #: 下访 and 接访 taken part in.
    field: int
    reception: int


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
    by_kind: tuple[tuple[Visit.Kind, int], ...]
    by_result: tuple[tuple[Visit.Result, int], ...]
    #: Matters of the week with the outcome 转为诉求.
    escalated: int
    #: The visits they were raised in: what the list behind the figure shows.
    escalated_visits: int
    parts: tuple[Part, ...]


#: A person's week is counted live, by the conditions the figures of units are counted by.
_COUNTS: Final = {
    "n_households": Count("household", distinct=True, filter=DOOR),
    "n_met": Count("pk", filter=DOOR),
    "n_phoned": Count("household", distinct=True, filter=PHONE),
    "n_field": Count("pk", filter=Q(kind=Visit.Kind.FIELD)),
    "n_reception": Count("pk", filter=Q(kind=Visit.Kind.RECEPTION)),
}


def person_week(*, post: Post, user_id: int, week: Week) -> PersonWeek:
    """The week of ``user_id``; the same rows as the visit list with who, week, result, channel."""
    visits = Visit.objects.visible_to(post).by_person(user_id, start=week.start, end=week.end)
    counts = visits.valid().aggregate(**_COUNTS)
    return PersonWeek(
        week=week,
        households=counts["n_households"],
        visits=counts["n_met"],
        phoned=counts["n_phoned"],
        field=counts["n_field"],
        reception=counts["n_reception"],
    )


class OwnVisit(NamedTuple):
    """A valid visit the person of a post took part in."""

    visit_id: int
    client_id: uuid.UUID
    kind: str
    household_id: int | None
    building_id: int | None
    community_id: int | None
    street_id: int
    #: Where it was, as far as everybody who reads it may know.
    unit: str
    occurred_on: dt.date
    occurred_at: dt.datetime
    channel: str
    result: str
    text: str
    matters: int
    #: What it counts as: met at the door, reached by telephone.
    at_door: bool
    by_phone: bool
    #: Written or led under the acting post.
    is_told: bool


def own_week(*, post: Post, week: Week, show: int) -> tuple[PersonWeek, list[OwnVisit]]:
    """``person_week`` of the post's own person and the ``show`` newest visits; mostly one query.

    SECURITY: a text is as it was written; where the visit is not ``is_told`` it is to be masked.
    """
    recent = _newest(post, week.start - _RECENTLY)
    if len(recent) < show:
        recent = _newest(post, dt.date.min)
    own = _counted(recent, week)
    if len(recent) == _NEWEST and recent[-1].occurred_on >= week.start:
        own = person_week(post=post, user_id=post.user_id, week=week)
    return own, recent[:show]


def _counted(visits: Iterable[OwnVisit], week: Week) -> PersonWeek:
    here = [one for one in visits if week.start <= one.occurred_on < week.end]
    met = [one.household_id for one in here if one.at_door]
    phoned = {one.household_id for one in here if one.by_phone}
    kinds = Counter(one.kind for one in here)
    return PersonWeek(
        week=week,
        households=len(set(met)),
        visits=len(met),
        phoned=len(phoned),
        field=kinds[Visit.Kind.FIELD],
        reception=kinds[Visit.Kind.RECEPTION],
    )


def _newest(post: Post, since: dt.date) -> list[OwnVisit]:
    return [OwnVisit(*row) for row in _OF_OWN.rows(post, since=since)]


def _of_own(post: Post, *, since: Any) -> QuerySet[VisitPerson, Any]:
    matters = Matter.objects.filter(visit=OuterRef("visit")).order_by().values("visit")
    led = ~Q(visit__kind=Visit.Kind.HOME) & Q(is_lead=True, post_id=post.pk)
    columns = {
        "unit": Coalesce("visit__community__name", "visit__street__name"),
        "raised": Coalesce(Subquery(matters.annotate(n=Count("pk")).values("n")), 0),
        "at_door": met_by(Visit.Channel.DOOR, "visit__"),
        "by_phone": met_by(Visit.Channel.PHONE, "visit__"),
        "is_told": Q(visit__post_id=post.pk) | led,
    }
    newest = ("-occurred_on", "-visit__occurred_at", "-visit_id")
    rows = VisitPerson.objects.of_own(post)
    rows = rows.filter(visit__voided_at__isnull=True, occurred_on__gte=since).order_by(*newest)
    # Chosen first: what is shown of a visit is joined to the few.
    chosen: Any = VisitPerson.objects.filter(pk__in=rows.values("pk")[:_NEWEST])
    named: QuerySet[VisitPerson, Any] = chosen.order_by(*newest).annotate(**columns).values_list(
        "visit_id", "visit__client_id", "visit__kind", "visit__household_id",
        "visit__building_id", "visit__community_id", "visit__street_id", "unit",
        "visit__occurred_on", "visit__occurred_at", "visit__channel", "visit__result",
        "visit__text", "raised", "at_door", "by_phone", "is_told",
    )  # fmt: skip
    return named


_OF_OWN: Final = Scoped(_of_own, since=Day)


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
        by_kind=tuple((kind, total.get(f"visits_{kind.lower()}", 0)) for kind in Visit.Kind),
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
