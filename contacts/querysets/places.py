"""Who may see contact points, volunteer teams and their sessions: no residents in them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from portal.accounts.permissions import Permission

if TYPE_CHECKING:
    from portal.accounts.models import Post


def _around(post: Post) -> Q | None:
    """Rows of the post's community, street or district: these tables know no grid or building."""
    ids = post.organisation.scope_ids()
    for column in ("community_id", "street_id", "district_id"):
        if (pk := getattr(ids, column)) is not None:
            return Q(**{column: pk})
    return None


def _in_place(rows: models.QuerySet, post: Post | None, permission: Permission) -> models.QuerySet:
    """Rows of the post's place, when its role may see such rows at all."""
    if post is None or not post.may(permission) or (around := _around(post)) is None:
        return rows.none()
    return rows.filter(around)


class ContactPointQuerySet(models.QuerySet):
    def visible_to(self, post: Post | None) -> Self:
        """联系点 of the post's place, and the own one wherever it lies."""
        if post is None or not post.may(Permission.SEE_POINTS):
            return self.none()
        around = _around(post)
        own = Q(user_id=post.user_id, district_id=post.district_id)
        return self.filter(own | around) if around is not None else self.filter(own)

    def in_force(self, on: dt.date) -> Self:
        return self.filter(since__lte=on).filter(Q(until__isnull=True) | Q(until__gt=on))


class TeamQuerySet(models.QuerySet):
    def visible_to(self, post: Post | None) -> Self:
        """Teams of the post's place; those of the whole street belong to its communities too."""
        rows = _in_place(self, post, Permission.SEE_VOLUNTEERS)
        if post is None or post.organisation.scope_ids().community_id is None:
            return rows  # type: ignore[return-value]
        if not post.may(Permission.SEE_VOLUNTEERS):
            return self.none()
        ids = post.organisation.scope_ids()
        return self.filter(
            Q(community_id=ids.community_id) | Q(community__isnull=True, street_id=ids.street_id)
        )

    def in_force(self, on: dt.date) -> Self:
        return self.filter(since__lte=on).filter(Q(until__isnull=True) | Q(until__gt=on))


class ServiceSessionQuerySet(models.QuerySet):
    def visible_to(self, post: Post | None) -> Self:
        """Sessions held in the post's place; whom they served stays with who may see the person."""
        return _in_place(self, post, Permission.SEE_VOLUNTEERS)  # type: ignore[return-value]

    def valid(self) -> Self:
        return self.filter(voided_at__isnull=True)
