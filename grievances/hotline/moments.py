"""Moments as people and systems write them into tables."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from django.utils.timezone import get_default_timezone

#: 2026-11-03 14:22:05, 2026/11/3 14:22, 2026.11.03, 2026年11月3日14时22分, 2026-11-03T14:22:05.
_WRITTEN: Final = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[T\s,，]*(?:(上午|下午|AM|PM)\s*)?(\d{1,2})[:：时](\d{1,2})(?:[:：分](\d{1,2})?)?秒?(?:\.\d+)?\s*(AM|PM)?)?"
)
_PACKED: Final = re.compile(r"(20\d{2})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?")
#: Days since 1899-12-30: what a spreadsheet keeps where a date was not marked as one.
_SERIAL: Final = re.compile(r"(\d{5})(?:\.(\d+))?")
_FIRST: Final = dt.datetime(1899, 12, 30)  # noqa: DTZ001 -- a spreadsheet's days have no zone
_YEARS: Final = range(2000, 2101)
_NOON: Final = 12


def moment(text: str) -> tuple[dt.datetime, bool] | None:
    """The moment, and whether a time of day was said; None for what is none. Asia/Shanghai."""
    plain = " ".join(text.split()).upper()
    found = _written(plain) or _packed(plain) or _serial(plain)
    if found is None or found[0].year not in _YEARS:
        return None
    naive, timed = found
    return naive.replace(tzinfo=get_default_timezone()), timed


def _written(text: str) -> tuple[dt.datetime, bool] | None:
    match = _WRITTEN.fullmatch(text)
    if match is None:
        return None
    year, month, day, early, hour, minute, second, late = match.groups()
    hours = int(hour or 0)
    half = early or late
    if half in {"下午", "PM"} and hours < _NOON:
        hours += _NOON
    elif half in {"上午", "AM"} and hours == _NOON:
        hours = 0
    return _built(year, month, day, hours, minute, second, timed=hour is not None)


def _packed(text: str) -> tuple[dt.datetime, bool] | None:
    match = _PACKED.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = match.groups()
    return _built(year, month, day, int(hour or 0), minute, second, timed=hour is not None)


def _serial(text: str) -> tuple[dt.datetime, bool] | None:
    match = _SERIAL.fullmatch(text)
    if match is None:
        return None
    moment = _FIRST + dt.timedelta(days=float(text))
    # A part of a day is kept with an error of microseconds.
    return (moment + dt.timedelta(milliseconds=500)).replace(microsecond=0), bool(match[2])


def _built(
    year: str,
    month: str,
    day: str,
    hour: int,
    minute: str | None,
    second: str | None,
    *,
    timed: bool,
) -> tuple[dt.datetime, bool] | None:
    try:
        return (
            dt.datetime(int(year), int(month), int(day), hour, int(minute or 0), int(second or 0)),  # noqa: DTZ001
            timed,
        )
    except ValueError:
        return None
