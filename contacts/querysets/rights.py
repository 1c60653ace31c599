"""Who may see a rights request (个人信息保护法 44–50): those who answer them in that place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from portal.accounts.permissions import Permission

if TYPE_CHECKING:
    from portal.accounts.models import Post


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
