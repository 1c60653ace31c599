"""What the visit form offers: doors to choose from, people to have met, colleagues to come along."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, NamedTuple

from django.db.models import Q, QuerySet

from contacts.models import Household, Resident, Visit
from contacts.models.households import door_words, wish_holds
from portal.accounts.models import Post, User
from portal.accounts.outline import Scoped
from portal.accounts.querysets import PostQuerySet
from portal.accounts.roles import SEPARATED, Role
from portal.core.db.bulk import Among
from portal.core.db.prepared import Day, Number, Numbers, Prepared, Text

#: Colleagues offered with a box to tick; the others are written by name.
NEAR: Final = 20
#: 3号楼 of 北里小区3号楼, 601 of 2单元601室.
_HOUSE_NUMBER: Final = re.compile(r"\d+\s*号(?:楼|院)?")
_ROOM: Final = re.compile(r"\d+(?=\D*$)")
#: Doors on one page; a worker answers for about 250 households.
DOORS: Final = 600


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody offered with a box to tick."""

    user_id: int
    name: str


@dataclass(frozen=True, slots=True)
class MetChoice:
    """A person of the household, for the boxes of 见到了谁."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Door:
    """One own household to choose."""

    household_id: int
    building: str
    door: str
    #: The first of them, and how many live there.
    people: str
    #: Everybody who lives there, to be found by.
    names: tuple[str, ...]
    last_met_on: dt.date | None
    by_phone: bool


class _Row(NamedTuple):
    """An own household, as far as a door is written; the first three are its building."""

    community: str
    building: str
    building_id: int
    id: int
    unit: str
    room: str
    wish: str
    wish_until: dt.date | None
    last_met_on: dt.date | None


_COLUMNS: Final = (
    "community__name", "building__name", "building_id", "pk", "unit", "room",
    "door_wish", "door_wish_until", "last_met_on",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DoorsOfBuilding:
    """Own households of one building, in the order of the doors."""

    #: Led by the community when the households lie in several.
    name: str
    doors: tuple[Door, ...]


def colleagues(*, street_id: int, today: dt.date) -> PostQuerySet:
    """Posts in force in a street whose holders may come along on a visit."""
    here = Q(organisation_id=street_id) | Q(organisation__street_id=street_id)
    return _come_along(today).filter(here)


def _come_along(today: dt.date) -> PostQuerySet:
    posts: PostQuerySet = Post.objects.in_force(today)
    return posts.exclude(role__in=SEPARATED | {Role.INSPECTOR})


def posts_along(*, visit: Visit, user_ids: Iterable[int], today: dt.date) -> dict[int, int]:
    """Under which post each of ``user_ids`` came along: the nearest that holds the place.

    Without one, the first in the street.
    """
    place = (visit.building or visit.unit).path
    posts = colleagues(street_id=visit.street_id, today=today).filter(user_id__in=set(user_ids))
    found: dict[int, tuple[int, int]] = {}
    for pk, user_id, path in posts.order_by("pk").values_list(
        "pk", "user_id", "organisation__path"
    ):
        nearness = len(path) if place.startswith(path) else 0
        if user_id not in found or nearness > found[user_id][0]:
            found[user_id] = nearness, pk
    return {user_id: pk for user_id, (_, pk) in found.items()}


def companion_choices(
    *, post: Post, street_id: int, today: dt.date, always: Iterable[int] = ()
) -> list[Colleague]:
    """Who works in the same place, by name, unless they are many.

    ``always`` keeps who went along before.
    """
    is_here = post.organisation.scope_ids().street_id == street_id
    near = _near_by(post, today) if is_here else {}
    offered = near if len(near) <= NEAR else {}
    if missing := set(always) - {post.user_id} - offered.keys():
        offered |= dict(User.objects.filter(pk__in=missing).values_list("pk", "name"))
    found = [Colleague(pk, name) for pk, name in offered.items()]
    return sorted(found, key=lambda one: (one.name, one.user_id))


def _near_by(post: Post, today: dt.date) -> dict[int, str]:
    """Who works in the same community, else in the same unit; and one too many."""
    place = post.organisation
    in_community = place.scope_ids().community_id is not None
    under = ((place.community if in_community else None) or place).path
    rows: list[tuple[Any, ...]] = _NEAR.rows(post, in_community, under=under, on=today)
    return dict(rows)


def _near(post: Post, in_community: bool, *, under: Any, on: Any) -> QuerySet[Post, Any]:  # noqa: FBT001 -- a shape
    posts = _come_along(on).exclude(user_id=post.user_id)
    if in_community:
        posts = posts.filter(organisation__path__startswith=under)
    else:
        posts = posts.filter(organisation_id=post.organisation_id)
    return posts.order_by().values_list("user_id", "user__name").distinct()[: NEAR + 1]


_NEAR: Final = Scoped(_near, under=Text, on=Day)


def colleagues_named(
    names: Iterable[str], *, post: Post, street_id: int, today: dt.date
) -> dict[str, set[int]]:
    """User ids of those who may come along, by their names; who has none of that name is missing."""
    posts = colleagues(street_id=street_id, today=today).exclude(user_id=post.user_id)
    found: dict[str, set[int]] = {}
    for name, user_id in posts.filter(user__name__in=names).values_list("user__name", "user_id"):
        found.setdefault(name, set()).add(user_id)
    return found


def met_choices(*, household_id: int, always: Iterable[int] = ()) -> list[MetChoice]:
    """Who lives there now, and who was met before; only for who sees the household in full."""
    rows = _MET.rows(home=household_id, always=tuple(always))
    return [MetChoice(pk, name) for pk, name in rows]


def _met(*, home: Any, always: Any) -> QuerySet[Resident, Any]:
    rows = Resident.objects.filter(household_id=home)
    return rows.filter(Q(left_on__isnull=True) | Q(Among("pk", always))).values_list("pk", "name")


_MET: Final = Prepared(_met, home=Number, always=Numbers)


def own_doors(*, post: Post, today: dt.date) -> list[DoorsOfBuilding]:
    """The own households by building, as one walks; two queries whatever the number."""
    rows = [_Row(*row) for row in _OWN.rows(post)]
    people = _people([row.id for row in rows])
    several = len({row.community for row in rows}) > 1
    found = []
    for (community, building, _), inside in groupby(rows, key=lambda row: row[:3]):
        name = f"{community} {building}" if several else building
        doors = tuple(_door(row, name, people.get(row.id, ()), today) for row in inside)
        found.append(DoorsOfBuilding(name=name, doors=doors))
    return found


def _own(post: Post) -> QuerySet[Household, Any]:
    own = Household.objects.own(post).in_use()
    return own.order_by("building__path", "door_order", "pk").values_list(*_COLUMNS)[:DOORS]


_OWN: Final = Scoped(_own)


def door_example(buildings: Sequence[DoorsOfBuilding]) -> str:
    """How to look for a door of the list, such as 3号楼 601 或姓名."""
    if not buildings:
        return ""
    first = buildings[0]
    number = _HOUSE_NUMBER.search(first.name)
    room = _ROOM.search(first.doors[0].door)
    words = " ".join(found.group() for found in (number, room) if found)
    return f"{words or first.doors[0].door} 或姓名"


def _door(row: _Row, building: str, names: Sequence[str], today: dt.date) -> Door:
    return Door(
        household_id=row.id,
        building=building,
        door=door_words(row.unit, row.room),
        people=names[0] if len(names) == 1 else f"{names[0]}等{len(names)}人" if names else "",
        names=tuple(names),
        last_met_on=row.last_met_on,
        by_phone=wish_holds(row.wish, row.wish_until, today),
    )


def _people(household_ids: Sequence[int]) -> dict[int, list[str]]:
    """Who lives in each household, who to ring first in front."""
    names: dict[int, list[str]] = {}
    for household_id, name in _LIVING.rows(ids=household_ids) if household_ids else ():
        names.setdefault(household_id, []).append(name)
    return names


def _living(*, ids: Any) -> QuerySet[Resident, Any]:
    rows = Resident.objects.filter(Among("household_id", ids), left_on__isnull=True)
    return rows.values_list("household_id", "name")


_LIVING: Final = Prepared(_living, ids=Numbers)
