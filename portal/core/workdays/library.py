"""What the State Council has announced for a year, out of the ``holidays`` library."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from types import MappingProxyType
from typing import NamedTuple

SATURDAY = 5
_MADE_UP, _MAKE_UP = "调休放假", "调休上班"
_MOVED = "休息日"  # how the library begins the name of a day off that another day makes up for


class NamedDay(NamedTuple):
    """A day that is not just a day of the week; ``name`` is Chinese."""

    is_working: bool
    name: str


def is_weekend(day: dt.date) -> bool:
    return day.weekday() >= SATURDAY


def edition() -> str:
    """Which edition of the library answers; another one may know another year."""
    return version("holidays")


@cache
def announced(year: int) -> Mapping[dt.date, NamedDay] | None:
    """Holidays and make-up days of a year in mainland China; ``None`` for a year not announced.

    The General Office announces a year in the November before it. For later years the library
    only knows the days that the law fixes: no make-up days, and holidays it has to guess at.
    """
    # Loads the whole world's holidays, 0.5 s and 45 MB: only where somebody asks.
    from holidays import country_holidays  # noqa: PLC0415

    found = country_holidays("CN", years=year, language="zh_CN")
    if year not in found.special_public_holidays:
        return None
    days = {
        day: NamedDay(is_working=False, name=_MADE_UP if name.startswith(_MOVED) else name)
        for day, name in found.items()
        if day.year == year
    }
    days |= {
        day: NamedDay(is_working=True, name=_MAKE_UP)
        for day in found.weekend_workdays  # also those of December that the next notice moved
        if day.year == year
    }
    return MappingProxyType(days)
