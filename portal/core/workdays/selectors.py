"""The working calendar as this installation has it."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from types import MappingProxyType

from portal.core.models import CalendarDay
from portal.core.workdays.library import NamedDay
from portal.core.workdays.working_calendar import WorkingCalendar


def working_calendar() -> WorkingCalendar:
    """The announced days with the local ones over them: one query, the local days.

    They are few, so they are read each time: no process can count by what another one changed.
    """
    return _built(tuple(CalendarDay.objects.values_list("day", "is_working", "name")))


@lru_cache(maxsize=2)
def _built(local: tuple[tuple[dt.date, bool, str], ...]) -> WorkingCalendar:
    return WorkingCalendar(
        MappingProxyType({day: NamedDay(is_working, name) for day, is_working, name in local})
    )
