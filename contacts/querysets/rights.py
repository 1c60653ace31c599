"""Who may see a rights request (个人信息保护法 44–50): those who answer them in that place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from contacts.querysets.places import _in_place
from portal.accounts.permissions import Permission

if TYPE_CHECKING:
    from portal.accounts.models import Post


class RightsRequestQuerySet(models.QuerySet):
    def visible_to(self, post: Post | None) -> Self:
        """Requests of the post's place, for the roles that answer them."""
        return _in_place(self, post, Permission.HANDLE_RIGHTS)  # type: ignore[return-value]

    def open(self) -> Self:
        return self.filter(closed_at__isnull=True)
