"""What pages show of visits: rows, one page, the people who may come along."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q

from portal.accounts.models import Post
from portal.accounts.querysets import PostQuerySet
from portal.accounts.roles import SEPARATED, Role


def colleagues(*, street_id: int, today: dt.date) -> PostQuerySet:
    """Posts in force in a street whose holders may come along on a visit."""
    posts: PostQuerySet = Post.objects.in_force(today)
    return posts.filter(
        Q(organisation_id=street_id) | Q(organisation__street_id=street_id)
    ).exclude(role__in=SEPARATED | {Role.INSPECTOR})
