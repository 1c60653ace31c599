"""Changing the working calendar. Whoever calls writes the trail: it stands above this room."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from portal.core.errors import DomainError
from portal.core.models import LONGEST_NAME, CalendarDay


def set_day(
    day: dt.date, *, is_working: bool, name: str, by_id: int | None, by_username: str
) -> CalendarDay:
    """Say by hand whether ``day`` is worked; what was said of it before is replaced.

    Due dates that were counted keep standing until their job counts them again: compare
    ``WorkingCalendar.version``. Raises ``DomainError`` for a name that is empty or too long.
    """
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise DomainError(
            f"请写明这一天的名称，如“调休上班”，不超过{LONGEST_NAME}个字。", field="name"
        )
    row, _ = CalendarDay.objects.update_or_create(
        day=day,
        defaults={
            "is_working": is_working,
            "name": name,
            "set_by_id": by_id,
            "set_by_username": by_username,
            "set_at": timezone.now(),
        },
    )
    return row


def clear_day(day: dt.date) -> None:
    """Take back what was said by hand: the announced calendar decides again."""
    CalendarDay.objects.filter(day=day).delete()
