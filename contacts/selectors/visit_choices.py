"""What the visit form offers: doors to choose from, people to have met, colleagues to come along."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from django.db.models import Q

from contacts.models import Household, Resident, Visit
from portal.accounts.models import Organisation, Post, User
from portal.accounts.querysets import PostQuerySet
from portal.accounts.roles import SEPARATED, Role

#: Colleagues offered with a box to tick; the others are written by name.
NEAR: Final = 20
#: 3号楼 of 北里小区3号楼, 601 of 2单元601室.
_HOUSE_NUMBER: Final = re.compile(r"\d+\s*号(?:楼|院)?")
_ROOM: Final = re.compile(r"\d+(?=\D*$)")
#: Doors on one page; a worker answers for about 250 households.
DOORS: Final = 600


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who may come along; ``is_near`` works in the same place as the acting post."""

    user_id: int
    name: str
    is_near: bool


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


@dataclass(frozen=True, slots=True)
class DoorsOfBuilding:
    """Own households of one building, in the order of the doors."""

    #: Led by the community when the households lie in several.
    name: str
    doors: tuple[Door, ...]


def colleagues(*, street_id: int, today: dt.date) -> PostQuerySet:
    """Posts in force in a street whose holders may come along on a visit."""
    posts: PostQuerySet = Post.objects.in_force(today)
    return posts.filter(
        Q(organisation_id=street_id) | Q(organisation__street_id=street_id)
    ).exclude(role__in=SEPARATED | {Role.INSPECTOR})


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
    """Who may come along: near ones first, by name; ``always`` keeps who went along before."""
    ids = post.organisation.scope_ids()
    near_by = {post.organisation_id, ids.community_id} - {None}
    posts = colleagues(street_id=street_id, today=today).exclude(user_id=post.user_id)
    names, near = {}, set()
    columns = ("user_id", "user__name", "organisation_id", "organisation__community_id")
    for user_id, name, place_id, community_id in posts.values_list(*columns):
        names[user_id] = name
        if not near_by.isdisjoint((place_id, community_id)):
            near.add(user_id)
    if len(near) > NEAR:
        near = set()
    before = set(always) - {post.user_id}
    if missing := before - names.keys():
        names |= dict(User.objects.filter(pk__in=missing).values_list("pk", "name"))
    near |= before
    found = [Colleague(pk, name, is_near=pk in near) for pk, name in names.items()]
    return sorted(found, key=lambda one: (not one.is_near, one.name, one.user_id))


def met_choices(*, household_id: int, always: Iterable[int] = ()) -> list[MetChoice]:
    """Who lives there now, and who was met before; only for who sees the household in full."""
    rows = Resident.objects.filter(household_id=household_id)
    rows = rows.filter(Q(left_on__isnull=True) | Q(pk__in=list(always)))
    return [MetChoice(pk, name) for pk, name in rows.values_list("pk", "name")]


def own_doors(*, post: Post, today: dt.date) -> list[DoorsOfBuilding]:
    """The own households by building, as one walks; four queries whatever the number."""
    own = Household.objects.own(post).in_use()
    households = list(own.order_by("building__path", "door_order", "pk")[:DOORS])
    people = _people([household.pk for household in households])
    places = {pk for row in households for pk in (row.building_id, row.community_id)}
    names = dict(Organisation.objects.filter(pk__in=places).values_list("pk", "name"))
    several = len({row.community_id for row in households}) > 1
    found = []
    for building_id, rows in groupby(households, key=lambda row: row.building_id):
        inside = list(rows)
        name = names[building_id]
        if several:
            name = f"{names[inside[0].community_id]} {name}"
        doors = tuple(_door(row, name, people, today) for row in inside)
        found.append(DoorsOfBuilding(name=name, doors=doors))
    return found


def door_example(buildings: Sequence[DoorsOfBuilding]) -> str:
    """How to look for a door of the list, such as 3号楼 601 或姓名."""
    if not buildings:
        return ""
    first = buildings[0]
    number = _HOUSE_NUMBER.search(first.name)
    room = _ROOM.search(first.doors[0].door)
    words = " ".join(found.group() for found in (number, room) if found)
    return f"{words or first.doors[0].door} 或姓名"


def _door(
    household: Household, building: str, people: Mapping[int, Sequence[str]], today: dt.date
) -> Door:
    names = tuple(people.get(household.pk, ()))
    return Door(
        household_id=household.pk,
        building=building,
        door=household.door,
        people=names[0] if len(names) == 1 else f"{names[0]}等{len(names)}人" if names else "",
        names=names,
        last_met_on=household.last_met_on,
        by_phone=household.wishes_phone(today),
    )


def _people(household_ids: Sequence[int]) -> dict[int, list[str]]:
    """Who lives in each household, who to ring first in front."""
    names: dict[int, list[str]] = {}
    rows = Resident.objects.filter(household_id__in=household_ids, left_on__isnull=True)
    for household_id, name in rows.values_list("household_id", "name"):
        names.setdefault(household_id, []).append(name)
    return names
