"""Questions about organisations and posts; the root of every scope."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final, Self

from django.db import models
from django.db.models import Q

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
