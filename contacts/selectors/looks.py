"""谁看过: who read a household in full, for the unit that answers for it (domain §3)."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db.models import Exists, F, OuterRef

from contacts.models import Household
from portal.accounts.models import Post
from portal.accounts.permissions import Permission
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.audit.querysets import AuditEventQuerySet

#: What shows somebody the people of a household, or takes them along.
LOOKS: Final = (
    "household.open",
    "household.reveal",
    "household.print",
    "household.export",
    "household.erase",
)
#: The filter 显示谁: the own daily openings too.
EVERYBODY: Final = "all"
#: The newest first, along the trail's own index by object.
ORDER: Final = ("-pk",)
#: A page opened so soon after its reason was stated is the same look.
ONE_LOOK: Final = dt.timedelta(minutes=1)


def may_see(post: Post, household: Household) -> bool:
    """The responsible worker, and who leads the unit; ``household`` is in the post's sight."""
    if not post.may(Permission.SEE_WHO_LOOKED):
        return False
    if post.role != Role.COMMUNITY_WORKER:
        return True
    return Household.objects.own(post).filter(pk=household.pk).exists()


def looks_at(household: Household, *, without: int | None = None) -> AuditEventQuerySet:
    """Every look at the household, a stated reason and the page it opened as one.

    ``without`` leaves out the daily openings of one user. The trail itself keeps every line.
    """
    about: AuditEventQuerySet = AuditEvent.objects.about("contacts.household", household.pk)
    stated = about.filter(
        action="household.reveal",
        actor_id=OuterRef("actor_id"),
        post_id=OuterRef("post_id"),
        pk__lt=OuterRef("pk"),
        at__gte=OuterRef("since"),
    )
    rows = about.filter(action__in=LOOKS).annotate(since=F("at") - ONE_LOOK)
    rows = rows.exclude(Exists(stated.order_by()), action="household.open")
    if without is not None:
        rows = rows.exclude(actor_id=without, action="household.open")
    return rows
