"""Who may see background jobs, and which of them wait for a worker."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from portal.accounts.models import Post


class JobQuerySet(models.QuerySet):
    def visible_to(self, post: Post | None) -> Self:
        """The acting post's own jobs: nobody else's, not even of the same unit."""
        return self.filter(post_id=post.pk) if post else self.none()

    def claimable(self, now: dt.datetime) -> Self:
        """Waiting, or running under a lease that has run out."""
        return self.filter(
            Q(state="WAITING") | Q(state="RUNNING", lease_until__lt=now),
        )


class JobFileQuerySet(models.QuerySet):
    def visible_to(self, post: Post | None) -> Self:
        """Files of the acting post's own jobs."""
        return self.filter(job__post_id=post.pk) if post else self.none()

    def kept(self, now: dt.datetime) -> Self:
        """Those that can still be fetched."""
        return self.filter(expires_at__gt=now)


class RowProblemQuerySet(models.QuerySet):
    def visible_to(self, post: Post | None) -> Self:
        """Rows that the acting post's own imports gave back."""
        return self.filter(job__post_id=post.pk) if post else self.none()


class ColumnMappingQuerySet(models.QuerySet):
    def visible_to(self, post: Post | None) -> Self:
        """Those of the acting post's own unit."""
        return self.filter(organisation_id=post.organisation_id) if post else self.none()
