"""Accounts and posts of the demo's staff."""

import datetime as dt
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from django.contrib.auth.hashers import make_password

from portal.accounts.models import Organisation, Post, User
from portal.accounts.roles import Role
from portal.desk.demo.people import ACCOUNTS, PostPlan, Staff
from portal.desk.demo.tree import Places

_MONTH = 30
#: Invented colleagues who have an account and have never signed in.
WITHOUT_PASSWORD: Final = 5


@dataclass(frozen=True)
class Seat:
    """One post with what the plan of visits needs to know of it."""

    username: str
    name: str
    user_id: int
    post_id: int
    role: str
    #: Code of the community or street it belongs to, and the grid inside (0: all of it).
    place: str
    grid: int
    since: dt.date

    def covers(self, community: str, grid: int) -> bool:
        return self.place == community and self.grid in {0, grid}


def appoint(staff: Sequence[Staff], places: Places, *, today: dt.date, password: str) -> list[Seat]:
    """Make the users and their posts; the named accounts get the password.

    SECURITY: their invented colleagues get one that nobody knows, so that households can be given
    to them and nobody signs in as them. A few have not set any yet.
    """
    hashed = make_password(password)
    unknown = make_password(secrets.token_urlsafe(32))
    waiting = _waiting(staff)
    users = User.objects.bulk_create(
        [
            User(
                username=one.username,
                name=one.name,
                is_demo=True,
                must_change_password=False,
                password=_password(one, hashed, unknown, waiting),
            )
            for one in staff
        ]
    )
    plans = [(user, plan) for user, one in zip(users, staff, strict=True) for plan in one.posts]
    posts = Post.objects.bulk_create(
        [_post(user, plan, places, today=today) for user, plan in plans]
    )
    return [
        Seat(
            username=user.username,
            name=user.name,
            user_id=user.pk,
            post_id=post.pk,
            role=post.role,
            place=plan.place,
            grid=plan.grid,
            since=post.since,
        )
        for (user, plan), post in zip(plans, posts, strict=True)
    ]


def _password(one: Staff, hashed: str, unknown: str, waiting: Collection[str]) -> str:
    if one.username in ACCOUNTS:
        return hashed
    return make_password(None) if one.username in waiting else unknown


def _waiting(staff: Sequence[Staff]) -> frozenset[str]:
    """Handlers neither answer for households nor write anything in the demo."""
    invented = [one for one in staff if one.username not in ACCOUNTS]
    handlers = [one.username for one in invented if one.posts[0].role == Role.HANDLER]
    return frozenset(handlers[-WITHOUT_PASSWORD:])


def _post(user: User, plan: PostPlan, places: Places, *, today: dt.date) -> Post:
    return Post(
        user=user,
        organisation=_place(plan, places),
        role=Role(plan.role),
        delegate_kind=plan.delegate_kind,
        title=plan.title,
        since=today - dt.timedelta(days=plan.months * _MONTH),
    )


def _place(plan: PostPlan, places: Places) -> Organisation:
    if plan.section:
        return places.sections[plan.place, plan.section]
    if plan.grid:
        return places.grids[plan.place, plan.grid]
    return places.by_code[plan.place]
