"""The households of a contact point in numbers: who was not met for long."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.db.models import Count, Exists, OuterRef, Q

from contacts.metrics import Among, hidden_parts
from contacts.models import Household, HouseholdCare
from contacts.selectors.sight import sees_cares
from contacts.workflow import YEAR
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post
from portal.accounts.querysets import SCOPE_COLUMNS
from portal.accounts.roles import UNIT_WIDE
from portal.core.periods import Quarter


def unmet(*, post: Post, unit: Organisation, today: dt.date) -> tuple[int | None, int | None]:
    """Not met for a year; hardship ones not met this quarter. A number, no list, of the latter.

    SECURITY: to who may not read care categories only where it does not tell which they are, nor
    together with the numbers of other contact points in the street.
    """
    if post.role not in UNIT_WIDE:
        return None, None
    ids = unit.scope_ids()
    place = (ids.community_id or 0, unit.pk if unit.kind == OrganisationKind.GRID else 0)
    around = (
        {SCOPE_COLUMNS[unit.kind]: unit.pk} if sees_cares(post) else {"street_id": ids.street_id}
    )
    counted = _counted(post, Q(**around), today)
    inside = _inside(counted, place)
    unvisited, among = sum(one.unvisited for one in inside), _together(inside)
    hides = not sees_cares(post) and (among.tells_who or _is_told_around(counted, place))
    return unvisited, None if hides else among.hard


class _Unmet(NamedTuple):
    """Households not met this quarter, those of them not met for a year and the hardship ones."""

    households: int
    unvisited: int
    hard: int


#: (community, grid), 0 for none; as a place 0 stands for all of them.
_Key = tuple[int, int]


def _counted(post: Post, where: Q, today: dt.date) -> dict[_Key, _Unmet]:
    in_force = Q(since__lte=today) & (Q(until__isnull=True) | Q(until__gt=today))
    cares = HouseholdCare.objects.filter(
        in_force, household=OuterRef("pk"), category__is_hardship=True
    )
    never = Q(last_met_on__isnull=True)
    rows = Household.objects.visible_to(post).in_use().filter(where)
    rows = rows.filter(never | Q(last_met_on__lt=Quarter.of(today).start))
    counts = rows.annotate(is_hard=Exists(cares)).order_by().values("community_id", "grid_id")
    found = counts.annotate(
        households=Count("pk"),
        unvisited=Count("pk", filter=never | Q(last_met_on__lt=today - YEAR)),
        hard=Count("pk", filter=Q(is_hard=True)),
    )
    columns = ("community_id", "grid_id", "households", "unvisited", "hard")
    return {
        (community or 0, grid or 0): _Unmet(*numbers)
        for community, grid, *numbers in found.values_list(*columns)
    }


def _lies(key: _Key, place: _Key) -> bool:
    return all(asked in (0, has) for has, asked in zip(key, place, strict=True))


def _together(some: Iterable[_Unmet]) -> Among:
    rows = list(some)
    return Among(sum(one.hard for one in rows), sum(one.households for one in rows))


def _is_told_around(counted: Mapping[_Key, _Unmet], place: _Key) -> bool:
    """Whether the community, or its grid, is one to hide in what it is a part of."""
    community, grid = place
    if not community:
        return False
    communities = {key[0] for key in counted}
    whole = _together(counted.values())
    parts = {one: _together(_inside(counted, (one, 0))) for one in communities}
    if community in hidden_parts(whole, parts):
        return True
    grids = {
        key[1]: _together([numbers]) for key, numbers in counted.items() if key[0] == community
    }
    return bool(grid) and grid in hidden_parts(parts[community], grids)


def _inside(counted: Mapping[_Key, _Unmet], place: _Key) -> list[_Unmet]:
    return [numbers for key, numbers in counted.items() if _lies(key, place)]
