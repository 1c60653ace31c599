"""Which posts a person may act under."""

from __future__ import annotations

import datetime as dt

from portal.accounts.models import Post, User


def posts_in_force(user: User, today: dt.date) -> list[Post]:
    """The posts of a day, in order of start, with what their places are called; one query."""
    posts = list(Post.objects.filter(user=user).in_force(today).with_places())
    for post in posts:
        post.user = user
    return posts
