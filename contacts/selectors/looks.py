"""谁看过: who read a household in full, for the unit that answers for it (domain §3)."""

from __future__ import annotations

from typing import Final

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


def may_see(post: Post, household: Household) -> bool:
    """The responsible worker, and who leads the unit; ``household`` is in the post's sight."""
    if not post.may(Permission.SEE_WHO_LOOKED):
        return False
    if post.role != Role.COMMUNITY_WORKER:
        return True
    return Household.objects.own(post).filter(pk=household.pk).exists()


def looks_at(household: Household, *, without: int | None = None) -> AuditEventQuerySet:
    """Every look at the household; ``without`` leaves out the daily openings of one user."""
    rows: AuditEventQuerySet = AuditEvent.objects.about("contacts.household", household.pk)
    rows = rows.filter(action__in=LOOKS)
    if without is not None:
        rows = rows.exclude(actor_id=without, action="household.open")
    return rows
