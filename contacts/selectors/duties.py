"""走访责任人: who may be one, who is one, who was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.utils import timezone

from contacts.models import Household, HouseholdDuty
from contacts.querysets import MAY_ANSWER, HouseholdDutyQuerySet
from contacts.selectors.household_shapes import DutyLine
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Post
from portal.accounts.querysets import PostQuerySet
from portal.accounts.selectors.posts import holders, of_who_can_sign_in
from portal.accounts.selectors.unit_rows import UnitRow
from portal.core.db.bulk import Among
from portal.core.db.prepared import Day, Number, Numbers, Prepared


def candidates(household: Household, *, today: dt.date) -> PostQuerySet:
    """Posts in force that log home visits and whose place holds the household."""
    section = Q(
        organisation__kind=OrganisationKind.SECTION, organisation__street_id=household.street_id
    )
    department = Q(
        organisation__kind=OrganisationKind.DEPARTMENT,
        organisation__district_id=household.district_id,
    )
    posts: PostQuerySet = Post.objects.in_force(today)
    return posts.filter(role__in=MAY_ANSWER).filter(
        Q(organisation_id__in=_places(household)) | section | department
    )


def reaches(post: Post, household: Household) -> bool:
    """The place of the post holds the household: the rule of ``candidates``, asked of one post."""
    place = post.organisation
    if place.kind == OrganisationKind.SECTION:
        return place.street_id == household.street_id
    if place.kind == OrganisationKind.DEPARTMENT:
        return place.district_id == household.district_id
    return place.pk in _places(household)


def _places(household: Household) -> list[int]:
    above = ("building_id", "grid_id", "community_id", "street_id", "district_id")
    return [pk for name in above if (pk := getattr(household, name)) is not None]


def candidate_choices(household: Household, *, today: dt.date) -> list[tuple[int, str]]:
    """Whoever may be responsible for this household, the nearest of its community first."""
    posts = candidates(household, today=today)
    nearest = posts.order_by("-organisation__path", "user__name", "pk")
    return _offered(nearest, community_id=household.community_id)


def responsible_names(household_ids: Iterable[int]) -> dict[int, str]:
    """Who answers for each household now; those nobody answers for are missing."""
    return dict(_ANSWERING.rows("user__name", ids=household_ids, on=timezone.localdate()))


def responsible_users(household_ids: Iterable[int]) -> dict[int, int]:
    """The same by user id, for those who know the names."""
    return dict(_ANSWERING.rows("user_id", ids=household_ids, on=timezone.localdate()))


def _answering(column: str, *, ids: Any, on: Any) -> QuerySet[HouseholdDuty, Any]:
    rows = HouseholdDuty.objects.in_force(on).filter(Among("household_id", ids))
    return rows.values_list("household_id", column)


_ANSWERING: Final = Prepared(_answering, ids=Numbers, on=Day)


def history(household: Household, *, today: dt.date) -> tuple[DutyLine, ...]:
    """Who answers for it, did, or will; the latest first."""
    return tuple(
        DutyLine(
            user_id=duty.user_id,
            name=duty.user.name,
            since=duty.since,
            until=duty.until,
            is_now=duty.holds_on(today),
            is_planned=duty.since > today,
        )
        for duty in _EVERY.objects(home=household.pk)
    )


def _every(*, home: Any) -> HouseholdDutyQuerySet:
    rows: HouseholdDutyQuerySet = HouseholdDuty.objects.filter(household_id=home)
    return rows.select_related("user")


_EVERY: Final = Prepared(_every, home=Number)


def unit_choices(
    post: Post, *, today: dt.date, community_id: int | None = None
) -> list[tuple[int, str]]:
    """Whoever may be responsible for some household of the unit; the service checks which.

    In the order of the units, those of ``community_id`` before all others.
    """
    posts = Post.objects.visible_to(post).in_force(today).filter(role__in=MAY_ANSWER)
    return _offered(posts.order_by("organisation__path", "pk"), community_id=community_id)


def _offered(posts: PostQuerySet, *, community_id: int | None) -> list[tuple[int, str]]:
    """(user id, 王芳（八角北里社区 社区工作者）) of who can sign in, once each.

    Those of the community first.
    """
    found: dict[int, str] = {}
    able = holders(of_who_can_sign_in(posts))
    for each in sorted(able, key=lambda one: not _works_in(one.unit, community_id)):
        found.setdefault(each.user_id, str(each))
    return list(found.items())


def _works_in(unit: UnitRow, community_id: int | None) -> bool:
    return community_id is not None and community_id in {unit.id, unit.community_id}
