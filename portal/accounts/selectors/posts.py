"""Which posts a person may act under; who holds posts, as one chooses among them."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import QuerySet

from portal.accounts.models import Post, User
from portal.accounts.querysets import PostQuerySet
from portal.accounts.roles import post_label
from portal.accounts.selectors.unit_rows import UnitRow, columns
from portal.core.db.prepared import Day, Number, Prepared


def posts_in_force(user: User, today: dt.date) -> list[Post]:
    """The posts of a day, in order of start, with what their places are called; one query.

    None for the first time of who comes from ``user_of``.
    """
    day, posts = getattr(user, _READ, (None, []))
    if day is not None:
        delattr(user, _READ)
    if day != today:
        posts = _IN_FORCE.objects(user=user.pk, on=today)
    for post in posts:
        post.user = user
    return posts


def user_of(pk: int, today: dt.date) -> User | None:
    """The account of a session, its posts of the day read along; every page asks both."""
    posts: list[Post] = _IN_FORCE.objects(user=pk, on=today)
    found: list[User] = [posts[0].user] if posts else _USER.objects(pk=pk)
    if not found:
        return None
    setattr(found[0], _READ, (today, posts))
    return found[0]


#: Where the posts read along wait for ``posts_in_force``: for one question, they may change.
_READ: Final = "_posts_read_along"


def _in_force(*, user: Any, on: Any) -> PostQuerySet:
    posts: PostQuerySet = Post.objects.filter(user_id=user).in_force(on).with_places()
    return posts.select_related("user")


def _user(*, pk: Any) -> QuerySet[User]:
    return User.objects.filter(pk=pk).order_by()


_IN_FORCE: Final = Prepared(_in_force, user=Number, on=Day)
_USER: Final = Prepared(_user, pk=Number)


def of_who_can_sign_in(posts: PostQuerySet) -> PostQuerySet:
    """Those of people whose account works: not closed, with a password; demo accounts in a demo."""
    able = posts.filter(user__is_active=True)
    able = able.exclude(user__password__startswith=UNUSABLE_PASSWORD_PREFIX)
    return able if settings.DEMO else able.filter(user__is_demo=False)


class Holder(NamedTuple):
    """Who holds a post where, read without models."""

    user_id: int
    name: str
    role: str
    title: str
    unit: UnitRow

    def __str__(self) -> str:
        """王芳（八角北里社区第一网格 社区工作者）."""
        return f"{self.name}（{self.unit.full_name} {post_label(self.role, self.title)}）"


def holders(posts: PostQuerySet) -> list[Holder]:
    """The holders of these posts in their order, once for each post; one query."""
    read = posts.values_list("user_id", "user__name", "role", "title", *columns("organisation__"))
    return [
        Holder(user_id, name, role, title, UnitRow(*unit))
        for user_id, name, role, title, *unit in read
    ]
