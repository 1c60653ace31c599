"""Who may see grievances; narrowing questions about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from grievances.kinds import OPEN
from portal.accounts.kinds import OrganisationKind
from portal.accounts.outline import day_for
from portal.accounts.permissions import Permission
from portal.accounts.querysets import lies_in
from portal.accounts.roles import UNIT_WIDE, Role

if TYPE_CHECKING:
    from portal.accounts.models import Post

#: Those who see all of their place: who leads it, runs it, receives for it, works in it.
_PLACE_WIDE: Final = UNIT_WIDE | {Role.CLERK, Role.COMMUNITY_WORKER}
#: Where those of a unit see what the unit is given to handle.
_HANDLES: Final = frozenset(
    {OrganisationKind.SECTION, OrganisationKind.DEPARTMENT, OrganisationKind.COMMUNITY}
)


class GrievanceQuerySet(models.QuerySet):
    def visible_to(self, post: Post | None) -> Self:
        """Grievances the acting post may read (domain §3): every read of one starts here.

        A restricted one is read by those named for it and by nobody else, whatever the role.
        """
        if post is None or not post.may(Permission.SEE_GRIEVANCES):
            return self.none()
        named = Q(pk__in=_own(post))
        return self.filter((Q(is_restricted=False) & _general(post)) | named)

    def listed_for(self, post: Post | None) -> Self:
        """The general list of the post: nothing restricted, one indexed branch for each role."""
        if post is None or not post.may(Permission.SEE_GRIEVANCES):
            return self.none()
        return self.filter(_general(post), is_restricted=False)

    def named_for(self, post: Post | None) -> Self:
        """The restricted ones that name this post: their own short list (封存)."""
        if post is None or not post.may(Permission.SEE_GRIEVANCES):
            return self.none()
        return self.filter(is_restricted=True, pk__in=_own(post))

    def open(self) -> Self:
        """Something is still to be done."""
        return self.filter(state__in=sorted(OPEN))


def _access() -> models.QuerySet:
    from grievances.models import GrievanceAccess  # noqa: PLC0415 -- querysets name their own models

    return GrievanceAccess.objects.order_by()


def _own(post: Post) -> models.QuerySet:
    """What belongs to the post itself: registered, owned, or named for it."""
    return _access().filter(post_id=post.pk).values("grievance")


def _general(post: Post) -> Q:
    """Of those that are not restricted."""
    if post.role == Role.INSPECTOR:
        return _inspected(post)
    unit = post.organisation
    given = Q(unit_id=unit.pk)
    place = lies_in(unit) if post.role in _PLACE_WIDE else None
    if place is None:
        own = Q(post_id=post.pk)
        opened = _access().filter(given | own if unit.kind in _HANDLES else own)
        return Q(pk__in=opened.values("grievance"))
    if unit.kind not in _HANDLES:
        return place
    return place | Q(pk__in=_access().filter(given).values("grievance"))


def _inspected(post: Post) -> Q:
    """What an inspector's cases in force open; nothing without one."""
    from portal.accounts.models import Inspection  # noqa: PLC0415 -- querysets load before models

    opened = Q(pk__in=[])
    for case in Inspection.objects.mandates(post, day_for(post, timezone.now())):
        place = lies_in(case.organisation)
        if place is not None:
            opened |= place & Q(received_on__gte=case.reads_from)
    return opened
