"""Which posts a person may act under."""

from __future__ import annotations

import datetime as dt

from portal.accounts.models import Post, User


def posts_in_force(user: User, today: dt.date) -> list[Post]:
    """The posts of a day, in order of start, organisations loaded; one query."""
    posts = list(Post.objects.filter(user=user).in_force(today).select_related("organisation"))
    for post in posts:
        post.user = user
    return posts
