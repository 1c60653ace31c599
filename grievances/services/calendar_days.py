"""The local days of the working calendar, set by who keeps the clocks; due dates follow."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from grievances.services.recounting import ask_for_recount
from portal.accounts.models import Post
from portal.accounts.permissions import Permission
from portal.audit.services import record
from portal.core.errors import DomainError
from portal.core.models import CalendarDay
from portal.core.workdays import services as workdays


@transaction.atomic
def set_day(*, actor: Post, day: dt.date, is_working: bool, name: str) -> CalendarDay:
    """Say whether ``day`` is worked. Raises ``PermissionDenied``, ``DomainError`` for its name."""
    actor.require(Permission.MANAGE_CLOCKS)
    row = workdays.set_day(
        day,
        is_working=is_working,
        name=name,
        by_id=actor.user_id,
        by_username=actor.user.username,
    )
    record(actor=actor, action="calendar.set_day", obj=row, district_id=actor.district_id)
    ask_for_recount()
    return row


@transaction.atomic
def clear_day(*, actor: Post, day: dt.date) -> None:
    """The announced calendar decides again. Raises ``PermissionDenied``, ``DomainError``."""
    actor.require(Permission.MANAGE_CLOCKS)
    row = CalendarDay.objects.select_for_update().filter(day=day).first()
    if row is None:
        raise DomainError("这一天没有本地登记。", field="day")
    record(actor=actor, action="calendar.clear_day", obj=row, district_id=actor.district_id)
    workdays.clear_day(day)
    ask_for_recount()
