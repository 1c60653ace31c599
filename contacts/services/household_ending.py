"""Taking a household out of use: its people moved away, or the door is gone."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from contacts.metrics import touch_cares, touch_household
from contacts.models import Household
from contacts.search import index_household
from contacts.services.duties import close_duties
from contacts.services.households import editable
from portal.accounts.models import Post
from portal.audit.services import record
from portal.core.errors import DomainError

REASON_LIMIT: Final = 100


@transaction.atomic
def end_household(
    *, actor: Post | None, household_id: int, ended_on: dt.date, reason: str, now: dt.datetime
) -> Household:
    """Out of lists, proposals and search from that day; what happened there stays readable.

    Who answered for it no longer does, and its care categories end. The door may be registered
    again for whoever moves in.
    """
    household = editable(actor, household_id, now=now)
    reason = " ".join(reason.split())
    today = timezone.localdate(now)
    _check(household, ended_on, reason, today=today)
    household.ended_on = ended_on
    household.note = f"{household.note}\n{ended_on} 停用：{reason}".strip()
    household.save(update_fields=["ended_on", "note"])
    close_duties(household, on=ended_on, today=today)
    for care in household.cares.filter(Q(until__isnull=True) | Q(until__gt=ended_on)):
        care.until = max(ended_on, care.since)
        care.save(update_fields=["until"])
    touch_cares(household.pk)
    touch_household(household)
    index_household(household)
    fields = ["ended_on", "note", "duties", "cares"]
    record(actor=actor, action="household.end", obj=household, fields=fields)
    return household


def _check(household: Household, ended_on: dt.date, reason: str, *, today: dt.date) -> None:
    if ended_on > today:
        raise DomainError("这一天还没到，请填今天或以前的日期。", field="ended_on")
    last = household.last_contact_on
    if last is not None and ended_on < last:
        raise DomainError(f"{last} 还联系上过这一户，请填这一天或以后的日期。", field="ended_on")
    if not reason:
        raise DomainError("必须填写，如：全家搬到外区。", field="reason")
    if len(reason) > REASON_LIMIT:
        raise DomainError(f"最多写{REASON_LIMIT}字。", field="reason")
