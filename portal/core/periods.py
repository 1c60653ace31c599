"""Stretches of calendar days: weeks, months, quarters, years. Half-open, in the portal's time zone."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Self

from django.utils.timezone import get_default_timezone, make_aware

DAYS_OF_WEEK = 7
MONTHS_OF_QUARTER = 3
MONTHS_OF_YEAR = 12
FIRST_YEAR, LAST_YEAR = 1900, 2999


def day_of(moment: dt.datetime) -> dt.date:
    """The calendar day of an aware moment in Asia/Shanghai, whatever zone it is written in."""
    return moment.astimezone(get_default_timezone()).date()


def start_of(day: dt.date) -> dt.datetime:
    """Midnight at which ``day`` begins in Asia/Shanghai."""
    return make_aware(dt.datetime.combine(day, dt.time()), get_default_timezone())


def _plain_day(day: dt.date) -> dt.date:
    if isinstance(day, dt.datetime):
        raise TypeError("A period is made of days: take day_of(moment) first.")
    return day


def _year(text: str) -> int:
    year = int(text)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"year out of range: {year}")
    return year


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Days from ``start`` up to, but not including, ``end``."""

    start: dt.date
    end: dt.date

    def __post_init__(self) -> None:
        if _plain_day(self.start) >= _plain_day(self.end):
            raise ValueError("A period ends after it starts.")

    def __contains__(self, day: dt.date) -> bool:
        return self.start <= _plain_day(day) < self.end

    @property
    def last_day(self) -> dt.date:
        """The last day inside."""
        return self.end - dt.timedelta(days=1)

    @property
    def days(self) -> list[dt.date]:
        """Every day inside, in order."""
        return [self.start + dt.timedelta(days=n) for n in range((self.end - self.start).days)]

    def lookups(self, field: str) -> dict[str, dt.datetime]:
        """Filter arguments for an aware datetime ``field``: midnight to midnight in Shanghai."""
        return {f"{field}__gte": start_of(self.start), f"{field}__lt": start_of(self.end)}

    def date_lookups(self, field: str) -> dict[str, dt.date]:
        """Filter arguments for a date ``field``."""
        return {f"{field}__gte": self.start, f"{field}__lt": self.end}


class Months(Period):
    """Whole calendar months: use ``Month``, ``Quarter`` or ``Year``, or ``months`` for another run."""

    __slots__ = ()

    @classmethod
    def months(cls, year: int, month: int, count: int = 1) -> Self:
        """``count`` months from ``month``; ``month`` may run past either end of the year."""
        first = year * 12 + month - 1
        last = first + count
        return cls(dt.date(first // 12, first % 12 + 1, 1), dt.date(last // 12, last % 12 + 1, 1))

    @property
    def _count(self) -> int:
        return (self.end.year - self.start.year) * 12 + self.end.month - self.start.month

    def previous(self) -> Self:
        """The equally long run of months just before."""
        return self.months(self.start.year, self.start.month - self._count, self._count)

    def next(self) -> Self:
        """The equally long run of months just after."""
        return self.months(self.end.year, self.end.month, self._count)


class Month(Months):
    """A calendar month; written 2026-11."""

    __slots__ = ()

    @classmethod
    def of(cls, day: dt.date) -> Self:
        return cls.months(_plain_day(day).year, day.month)

    @classmethod
    def parse(cls, text: str) -> Self:
        """From "2026-11". Raises ``ValueError``."""
        match = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", text)
        if match is None:
            raise ValueError("a month is written 2026-11")
        return cls.months(_year(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.start:%Y-%m}"

    @property
    def label(self) -> str:
        return f"{self.start.year}年{self.start.month}月"


class Quarter(Months):
    """A calendar quarter; written 2026-Q4."""

    __slots__ = ()

    @classmethod
    def of(cls, day: dt.date) -> Self:
        first = (_plain_day(day).month - 1) // MONTHS_OF_QUARTER * MONTHS_OF_QUARTER + 1
        return cls.months(day.year, first, MONTHS_OF_QUARTER)

    @classmethod
    def parse(cls, text: str) -> Self:
        """From "2026-Q4". Raises ``ValueError``."""
        match = re.fullmatch(r"([0-9]{4})-Q([1-4])", text)
        if match is None:
            raise ValueError("a quarter is written 2026-Q4")
        first = (int(match[2]) - 1) * MONTHS_OF_QUARTER + 1
        return cls.months(_year(match[1]), first, MONTHS_OF_QUARTER)

    @property
    def number(self) -> int:
        """1 to 4."""
        return (self.start.month - 1) // MONTHS_OF_QUARTER + 1

    def __str__(self) -> str:
        return f"{self.start.year}-Q{self.number}"

    @property
    def label(self) -> str:
        return f"{self.start.year}年第{self.number}季度"


class Year(Months):
    """A calendar year; written 2026."""

    __slots__ = ()

    @classmethod
    def of(cls, day: dt.date) -> Self:
        return cls.months(_plain_day(day).year, 1, MONTHS_OF_YEAR)

    @classmethod
    def parse(cls, text: str) -> Self:
        """From "2026". Raises ``ValueError``."""
        if re.fullmatch(r"[0-9]{4}", text) is None:
            raise ValueError("a year is written 2026")
        return cls.months(_year(text), 1, MONTHS_OF_YEAR)

    def __str__(self) -> str:
        return f"{self.start.year}"

    @property
    def label(self) -> str:
        return f"{self.start.year}年"


class Week(Period):
    """An ISO week, Monday to Sunday; written 2026-W47. Its year is the ISO year."""

    __slots__ = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.start.weekday() or (self.end - self.start).days != DAYS_OF_WEEK:
            raise ValueError("A week starts on a Monday and has seven days.")

    @classmethod
    def of(cls, day: dt.date) -> Self:
        """The week that holds ``day``."""
        monday = _plain_day(day) - dt.timedelta(days=day.weekday())
        return cls(monday, monday + dt.timedelta(days=DAYS_OF_WEEK))

    @classmethod
    def parse(cls, text: str) -> Self:
        """From "2026-W47". Raises ``ValueError`` for anything else, a week 54 included."""
        match = re.fullmatch(r"([0-9]{4})-W([0-9]{2})", text)
        if match is None:
            raise ValueError("a week is written 2026-W47")
        return cls.of(dt.date.fromisocalendar(_year(match[1]), int(match[2]), 1))

    @property
    def year(self) -> int:
        """The ISO year: 2026-12-31 is in 2026-W53, 2027-01-01 too."""
        return self.start.isocalendar().year

    @property
    def number(self) -> int:
        """1 to 53."""
        return self.start.isocalendar().week

    def __str__(self) -> str:
        return f"{self.year}-W{self.number:02}"

    @property
    def label(self) -> str:
        """For people: 2026年第47周."""
        return f"{self.year}年第{self.number}周"

    def previous(self) -> Self:
        return self.of(self.start - dt.timedelta(days=DAYS_OF_WEEK))

    def next(self) -> Self:
        return self.of(self.end)


CalendarPeriod = Week | Month | Quarter | Year


def parse_period(text: str) -> CalendarPeriod:
    """From "2026-W47", "2026-11", "2026-Q4" (or "2026Q4") or "2026". Raises ``ValueError``."""
    if "W" in text:
        return Week.parse(text)
    if "Q" in text:
        return Quarter.parse(text if "-" in text else text.replace("Q", "-Q"))
    return Month.parse(text) if "-" in text else Year.parse(text)
