"""Which posts a person may act under; who holds posts, as one chooses among them."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX

from portal.accounts.models import Post, User
from portal.accounts.querysets import PostQuerySet
from portal.accounts.roles import post_label
from portal.accounts.selectors.unit_rows import UnitRow, columns


def posts_in_force(user: User, today: dt.date) -> list[Post]:
    """The posts of a day, in order of start, with what their places are called; one query."""
    posts = list(Post.objects.filter(user=user).in_force(today).with_places())
    for post in posts:
        post.user = user
    return posts


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
