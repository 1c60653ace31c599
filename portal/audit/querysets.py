"""Questions about the trail; reading it is for AUDITOR alone."""

from __future__ import annotations

from typing import Final, Self

from django.db import models
from django.db.models import Q

from portal.audit.actors import PostLike
from portal.core.periods import Period

AUDITOR: Final = "AUDITOR"


class AuditEventQuerySet(models.QuerySet):
    def visible_to(self, post: PostLike | None) -> Self:
        """An auditor's own district and what belongs to none; nothing for any other role."""
        if post is None or post.role != AUDITOR:
            return self.none()
        return self.for_district(post.district_id)

    def for_district(self, district_id: int | None) -> Self:
        """Events of a district and those of no district (system work); all for ``None``."""
        if district_id is None:
            return self
        return self.filter(Q(district_id=district_id) | Q(district_id__isnull=True))

    def by_username(self, username: str) -> Self:
        return self.filter(actor_username=username)

    def of_action(self, action: str) -> Self:
        """One action (``visit.log``), or all of a subject (``visit``)."""
        return (
            self.filter(action=action)
            if "." in action
            else self.filter(action__startswith=f"{action}.")
        )

    def about(self, kind: str, object_id: int | str) -> Self:
        """Events of one object; ``kind`` is the model label, ``contacts.household``."""
        return self.filter(object_kind=kind, object_id=str(object_id))

    def within(self, period: Period) -> Self:
        return self.filter(**period.lookups("at"))
