"""Who may see a rights request (个人信息保护法 44–50): those who answer them in that place."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from portal.accounts.kinds import OrganisationKind
from portal.accounts.permissions import ROLES, Permission

if TYPE_CHECKING:
    from portal.accounts.models import Post
    from portal.accounts.querysets import PostQuerySet


def answering(*, community_id: Any, street_id: Any, on: dt.date) -> PostQuerySet:
    """Posts in force under which requests of that place are read and answered: who may own one.

    The other side of ``RightsRequestQuerySet.visible_to``: of the community, of the street itself
    and its sections, not of its other communities.
    """
    from portal.accounts.models import Post as Posts  # noqa: PLC0415 -- querysets load before models

    of_community = Q(organisation=community_id) | Q(organisation__community=community_id)
    of_street = Q(organisation=street_id) | (
        Q(organisation__street=street_id, organisation__community__isnull=True)
        & ~Q(organisation__kind=OrganisationKind.COMMUNITY)
    )
    posts: PostQuerySet = Posts.objects.in_force(on)
    return posts.filter(of_community | of_street, role__in=ROLES[Permission.HANDLE_RIGHTS])


class RightsRequestQuerySet(models.QuerySet):
    def visible_to(self, post: Post | None) -> Self:
        """Requests of the post's community or street, for the roles that answer them.

        SECURITY: who asks is personal data; a unit above the streets (a section of the district,
        a department) answers for no community and reads none of it.
        """
        if post is None or not post.may(Permission.HANDLE_RIGHTS):
            return self.none()
        ids = post.organisation.scope_ids()
        if ids.community_id is not None:
            return self.filter(community_id=ids.community_id)
        return self.filter(street_id=ids.street_id) if ids.street_id else self.none()

    def open(self) -> Self:
        return self.filter(closed_at__isnull=True)

    def with_owner(self, on: dt.date) -> Self:
        """Each with ``has_owner``: whoever was named answers requests of that place on the day."""
        return self.annotate(has_owner=_owned(on))

    def nobodys(self, on: dt.date) -> Self:
        """Open ones that nobody was named for, or whose owner's post has ended (decision 0101)."""
        return self.open().filter(~_owned(on))


def _owned(on: dt.date) -> Exists:
    posts = answering(community_id=OuterRef("community_id"), street_id=OuterRef("street_id"), on=on)
    return Exists(posts.filter(user=OuterRef("owner")))
