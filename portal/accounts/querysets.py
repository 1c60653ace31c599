"""Questions about organisations and posts; the root of every scope."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from portal.accounts.permissions import Permission
from portal.accounts.roles import Role

if TYPE_CHECKING:
    from portal.accounts.models import Organisation, Post


#: Which scope column of a large table a unit-wide post is held against.
SCOPE_COLUMNS: Final = {
    "DISTRICT": "district_id",
    "STREET": "street_id",
    "COMMUNITY": "community_id",
    "GRID": "grid_id",
    "BUILDING": "building_id",
}


def lies_in(organisation: Organisation, prefix: str = "") -> Q | None:
    """One indexed condition for rows that lie in ``organisation``; None for units without places.

    ``prefix`` is the relation that leads to the row with the scope columns (``"household__"``).
    """
    column = SCOPE_COLUMNS.get(organisation.kind)
    return Q(**{f"{prefix}{column}": organisation.pk}) if column else None


class OrganisationQuerySet(models.QuerySet):
    def in_force(self, on: dt.date) -> Self:
        return self.filter(valid_from__lte=on).filter(
            Q(valid_until__isnull=True) | Q(valid_until__gt=on)
        )

    def within(self, path: str) -> Self:
        """The organisation with this path and everything below it."""
        return self.filter(path__startswith=path)

    def visible_to(self, post: Post | None) -> Self:
        """The acting post's own organisation and everything below it."""
        return self.within(post.organisation.path) if post else self.none()


class PostQuerySet(models.QuerySet):
    def in_force(self, on: dt.date) -> Self:
        return self.filter(since__lte=on, user__is_active=True).filter(
            Q(until__isnull=True) | Q(until__gt=on)
        )

    def lasting(self, on: dt.date) -> Self:
        """In force or still to come, whether the person may sign in or not."""
        return self.filter(Q(until__isnull=True) | Q(until__gt=on))

    def deciding(self, on: dt.date) -> Self:
        """The posts that say in whose hands an account is (decision 0080).

        Those that last or are to come; of whoever holds none, those that ended last.
        """
        others = self.model._base_manager.filter(user=OuterRef("user"))
        lasts = Q(until__isnull=True) | Q(until__gt=on)
        ended_last = ~Exists(others.filter(lasts)) & ~Exists(
            others.filter(until__gt=OuterRef("until"))
        )
        return self.filter(lasts | ended_last)

    def with_places(self) -> Self:
        """With the organisation, and what its full name needs."""
        return self.select_related(
            "organisation", "organisation__community", "organisation__street"
        )

    def visible_to(self, post: Post | None) -> Self:
        """Posts held in the acting post's organisation or below it."""
        if post is None:
            return self.none()
        return self.filter(organisation__path__startswith=post.organisation.path)


class UserQuerySet(models.QuerySet):
    def visible_to(self, post: Post | None) -> Self:
        """People with a post that lasts, here or below; those between two posts stay in sight.

        Who holds no post now is looked after where the last one was; who never held one, where
        the account was made. Who has gone on to another unit is that unit's.
        """
        from portal.accounts.models import Post as Posts  # noqa: PLC0415 -- its own models

        if post is None or not post.may(Permission.SEE_PEOPLE):
            return self.none()
        path = post.organisation.path
        held = Posts.objects.filter(user=OuterRef("pk"))
        deciding = held.deciding(timezone.localdate())
        here = Exists(deciding.filter(organisation__path__startswith=path))
        return self.filter(here | (~Exists(held) & Q(home__path__startswith=path)))


class InspectionQuerySet(models.QuerySet):
    def visible_to(self, post: Post | None) -> Self:
        """An inspector's own; of a district, those of its units."""
        if post is None or not post.may(Permission.SEE_INSPECTIONS):
            return self.none()
        if post.role == Role.INSPECTOR:
            return self.filter(post_id=post.pk)
        return self.filter(organisation__path__startswith=post.organisation.path)

    def in_force(self, on: dt.date) -> Self:
        """Approved, not closed, within its days."""
        return self.filter(
            approved_at__isnull=False, closed_at__isnull=True, since__lte=on, until__gt=on
        )

    def mandates(self, post: Post, on: dt.date) -> Self:
        """What opens records to this post on a day; nothing unless the post itself is in force."""
        if post.role != Role.INSPECTOR or not post.in_force(on):
            return self.none()
        return self.filter(post_id=post.pk).in_force(on).select_related("organisation")
