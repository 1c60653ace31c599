"""The week of a person and of a unit: whom was contact made with, counted from the visits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import Count, Q

from contacts.models import Matter, Visit
from contacts.querysets import VisitQuerySet
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post
from portal.core.periods import Week

#: 每周参考户数 (S0): shown beside the count, never chased, never judged (domain §4, §10).
REFERENCE: Final = 5
#: Below which kind of unit a unit is broken down, and by which column of a visit.
_PARTS: Final = {
    OrganisationKind.DISTRICT: (OrganisationKind.STREET, "street_id"),
    OrganisationKind.STREET: (OrganisationKind.COMMUNITY, "community_id"),
    OrganisationKind.COMMUNITY: (OrganisationKind.GRID, "grid_id"),
}
NO_GRID: Final = "未划网格"


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


#: The same rows as ``met_at_door`` and ``contact_made`` of valid visits; a test holds them together.
_DOOR: Final = Q(result=Visit.Result.MET, channel=Visit.Channel.DOOR)
_PHONE: Final = Q(result=Visit.Result.MET, channel=Visit.Channel.PHONE)
_COUNTS: Final = {
    "n_visits": Count("pk"),
    "n_households": Count("household", distinct=True, filter=_DOOR),
    "n_phoned": Count("household", distinct=True, filter=_PHONE),
}


def person_week(*, post: Post, user_id: int, week: Week) -> PersonWeek:
    """The week of ``user_id``; the same rows as the visit list with who, week, result, channel."""
    counts = (
        _of_week(post, week)
        .by_person(user_id)
        .valid()
        .aggregate(**_COUNTS, n_met=Count("pk", filter=_DOOR))
    )
    return PersonWeek(
        week=week,
        households=counts["n_households"],
        visits=counts["n_met"],
        phoned=counts["n_phoned"],
    )


def unit_week(*, post: Post, week: Week) -> UnitWeek:
    """The week of the unit of ``post``, in four queries."""
    visits = _of_week(post, week).valid()
    total = visits.aggregate(
        **_COUNTS,
        **{f"n_{result}": Count("pk", filter=Q(result=result)) for result in Visit.Result.values},
    )
    escalated = Matter.objects.filter(
        visit__in=visits.order_by(), outcome=Matter.Outcome.ESCALATED
    ).aggregate(matters=Count("pk"), visits=Count("visit", distinct=True))
    return UnitWeek(
        week=week,
        visits=total["n_visits"],
        households=total["n_households"],
        phoned=total["n_phoned"],
        by_result=tuple((result, total[f"n_{result}"]) for result in Visit.Result),
        escalated=escalated["matters"],
        escalated_visits=escalated["visits"],
        parts=_parts(post, visits, week),
    )


def _parts(post: Post, visits: VisitQuerySet, week: Week) -> tuple[Part, ...]:
    """Every unit below once, in the order of the codes; nothing is left out because it is zero."""
    found = _PARTS.get(OrganisationKind(post.organisation.kind))
    if found is None:
        return ()
    kind, column = found
    counts = {row.pop(column): row for row in visits.order_by().values(column).annotate(**_COUNTS)}
    units = (
        Organisation.objects.visible_to(post)
        .filter(kind=kind)
        .filter(Q(valid_until__isnull=True) | Q(valid_until__gt=week.start) | Q(pk__in=counts))
        .filter(Q(valid_from__lt=week.end) | Q(pk__in=counts))
        .order_by("path")
        .values_list("pk", "name")
    )
    parts = [_part(pk, name, counts.get(pk)) for pk, name in units]
    if None in counts:
        parts.append(_part(None, NO_GRID, counts[None]))
    return tuple(parts)


def _part(pk: int | None, name: str, counts: dict[str, int] | None) -> Part:
    if counts is None:
        return Part(organisation_id=pk, name=name)
    return Part(
        organisation_id=pk,
        name=name,
        visits=counts["n_visits"],
        households=counts["n_households"],
        phoned=counts["n_phoned"],
    )
