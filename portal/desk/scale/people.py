"""Users of all thirteen roles with their posts, from the districts down to every community."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, NamedTuple

from django.contrib.auth.hashers import make_password

from portal.accounts.models import Organisation, Post, User
from portal.accounts.roles import DelegateKind, Role
from portal.desk.demo import names
from portal.desk.scale.places import Tree

PREFIX: Final = "scale."
#: Has forty visits whatever the size of the database: the small hand in a large house.
FORTY: Final = f"{PREFIX}forty"
BATCH: Final = 500
_MONTH: Final = 30
_DISTRICT: Final = (
    Role.DISTRICT_LEADER,
    Role.DISTRICT_LEADER,
    Role.DISTRICT_ADMIN,
    Role.INSPECTOR,
    Role.INSPECTOR,
    Role.SYSTEM_ADMIN,
    Role.SECURITY_ADMIN,
    Role.AUDITOR,
)
#: Role and whether it sits in a section of the street.
_STREET: Final = (
    *((Role.LEADER, False),) * 4,
    (Role.OFFICER, False),
    *((Role.OFFICER, True),) * 2,
    *((Role.HANDLER, True),) * 2,
    (Role.CLERK, False),
    (Role.STREET_ADMIN, False),
    *((Role.DELEGATE, False),) * 2,
)
_COMMUNITY: Final = (Role.LEADER, Role.COMMUNITY_WORKER, Role.COMMUNITY_WORKER)


class Seat(NamedTuple):
    """A post, as the rows need it; ``place`` is the unit it is held in."""

    user_id: int
    post_id: int
    username: str
    role: str
    place: int
    district: int
    street: int


@dataclass(frozen=True, slots=True)
class Staff:
    """Everybody, and the communities that have people of their own."""

    seats: tuple[Seat, ...]
    communities: tuple[Organisation, ...]


class _Plan(NamedTuple):
    place: Organisation
    role: Role
    username: str = ""


def appoint(rng: Random, tree: Tree, *, users: int, today: dt.date) -> Staff:
    """``users`` people, streets in turn; communities beyond that number stay without."""
    plans, communities = _plans(tree, users)
    people = User.objects.bulk_create(
        [_user(rng, plan, number) for number, plan in enumerate(plans)], batch_size=BATCH
    )
    posts = Post.objects.bulk_create(
        [_post(rng, user, plan, today) for user, plan in zip(people, plans, strict=True)],
        batch_size=BATCH,
    )
    return Staff(tuple(map(_seat, people, posts, plans)), tuple(communities))


def _plans(tree: Tree, users: int) -> tuple[list[_Plan], list[Organisation]]:
    plans = [_Plan(district, role) for district in tree.districts for role in _DISTRICT]
    communities: list[Organisation] = []
    for street in tree.streets:
        if communities and len(plans) + len(_STREET) + len(_COMMUNITY) > users:
            break
        sections = tree.sections[street.pk]
        plans += [
            _Plan(sections[number % len(sections)] if inside else street, role)
            for number, (role, inside) in enumerate(_STREET)
        ]
        for community in tree.communities[street.pk]:
            if communities and len(plans) + len(_COMMUNITY) > users:
                break
            if not communities:
                plans.append(_Plan(community, Role.COMMUNITY_WORKER, FORTY))
            plans += [_Plan(community, role) for role in _COMMUNITY]
            communities.append(community)
    return plans, communities


def _user(rng: Random, plan: _Plan, number: int) -> User:
    woman = rng.random() < 0.55  # noqa: PLR2004
    name = names.surname(rng) + names.given_name(rng, woman=woman, born=rng.randint(1970, 2000))
    return User(
        username=plan.username or f"{PREFIX}{number:05d}",
        name=name,
        must_change_password=False,
        password=make_password(None),
    )


def _post(rng: Random, user: User, plan: _Plan, today: dt.date) -> Post:
    return Post(
        user=user,
        organisation=plan.place,
        role=plan.role,
        delegate_kind=rng.choice(DelegateKind.values) if plan.role == Role.DELEGATE else "",
        since=today - dt.timedelta(days=_MONTH * rng.randint(26, 60)),
    )


def _seat(user: User, post: Post, plan: _Plan) -> Seat:
    ids = plan.place.scope_ids()
    return Seat(
        user_id=user.pk,
        post_id=post.pk,
        username=user.username,
        role=post.role,
        place=plan.place.pk,
        district=ids.district_id or 0,
        street=ids.street_id or 0,
    )


def by_place(seats: Sequence[Seat], *roles: str) -> dict[int, list[Seat]]:
    """Seats of these roles by the unit they are held in."""
    found: dict[int, list[Seat]] = {}
    for seat in seats:
        if seat.role in roles:
            found.setdefault(seat.place, []).append(seat)
    return found
