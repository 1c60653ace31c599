"""Looking for and at people: what is limited, and what leaves a trace of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Final

from django.db import transaction

from contacts.models import Household
from portal.accounts.models import Post
from portal.accounts.permissions import Permission
from portal.audit.models import AuditEvent
from portal.audit.services import record, record_all
from portal.core.errors import DomainError

#: How often one post looks for persons and doors: a day at the counter needs less, copying the register more.
FINDS_AN_HOUR: Final = 60
HOUR: Final = dt.timedelta(hours=1)


def check_find_rate(*, actor: Post, now: dt.datetime) -> None:
    """Refuse one search more than the hour allows. The trail itself is the count."""
    actor.require(Permission.FIND_PERSONS)
    if within_the_hour(actor, "household.find", now=now) >= FINDS_AN_HOUR:
        raise DomainError(
            f"一小时内最多找人、问门牌 {FINDS_AN_HOUR} 次，现在已经到了。请过一会儿再试；"
            "按楼号找住户不受限制。",
            field="words",
        )


def within_the_hour(actor: Post, action: str, *, now: dt.datetime) -> int:
    """How often the post did this in the last hour, as the trail has it."""
    rows = AuditEvent.objects.by_username(actor.user.username)
    return rows.filter(post_id=actor.pk, action=action, at__gt=now - HOUR).count()


def note_looks_seen(*, actor: Post, household: Household) -> None:
    """Keep in the trail who read the list of looks."""
    actor.require(Permission.SEE_WHO_LOOKED)
    record(actor=actor, action="household.see_looks", obj=household)


@transaction.atomic
def note_exported(*, actor: Post, household_ids: Collection[int]) -> None:
    """Keep in the trail of each household that a file shows it in full."""
    actor.require(Permission.EXPORT_LISTS)
    record_all(actor=actor, action="household.export", objs=_those(household_ids))


@transaction.atomic
def note_on_paper(*, actor: Post, household_ids: Collection[int]) -> None:
    """Keep in the trail of each household that a paper shows it in full."""
    record_all(actor=actor, action="household.print", objs=_those(household_ids))


def _those(ids: Collection[int]) -> list[Household]:
    return [Household(pk=pk) for pk in sorted(set(ids))]
