"""A year of the working calendar, month by month, as the page 工作日历 shows it."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Final

from portal.core.models import CalendarDay
from portal.core.workdays import library
from portal.core.workdays.library import is_weekend
from portal.core.workdays.working_calendar import WorkingCalendar, weekday_word

_ONE_DAY: Final = dt.timedelta(days=1)


class Sort(StrEnum):
    """What a day is; the value names its style."""

    WORKED = "worked"
    WEEKEND = "weekend"
    OFF = "off"
    MAKE_UP = "makeup"


@dataclass(frozen=True, slots=True)
class Cell:
    day: dt.date
    sort: Sort
    #: Said by hand, whatever was announced.
    is_local: bool
    #: 国庆节, 调休上班; "" for a day that is just a day of the week.
    name: str

    @property
    def mark(self) -> str:
        """What stands beside the number: 休, 班."""
        return {Sort.OFF: "休", Sort.MAKE_UP: "班"}.get(self.sort, "班" if self.is_local else "")


@dataclass(frozen=True, slots=True)
class Span:
    """Days after one another that are called the same."""

    first: dt.date
    last: dt.date
    name: str
    mark: str
    is_local: bool

    @property
    def words(self) -> str:
        """The days and what they are: 1日至7日 国庆节 休."""
        days = f"{self.first.day}日" + (f"至{self.last.day}日" if self.last > self.first else "")
        said = "" if self.name.endswith(("放假", "上班", "休息")) else f" {self.mark}"
        return f"{days} {self.name}{said}" + ("（本地登记）" if self.is_local else "")


@dataclass(frozen=True, slots=True)
class Month:
    number: int
    #: Monday to Sunday; None: of another month.
    weeks: tuple[tuple[Cell | None, ...], ...]
    #: Days that are worked.
    worked: int
    named: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Year:
    number: int
    months: tuple[Month, ...]
    #: That the notice of the State Council is not in yet; "" when it is.
    notice: str
    local: tuple[CalendarDay, ...]


def year_of(number: int, working: WorkingCalendar) -> Year:
    """The year by the calendar handed in; one query, for who said the local days."""
    local = CalendarDay.objects.filter(day__year=number)
    months = tuple(_month(number, month, working) for month in range(1, 13))
    return Year(number, months, working.notice(number), tuple(local))


def _month(year: int, month: int, working: WorkingCalendar) -> Month:
    weeks = tuple(
        tuple(_cell(day, working) if day.month == month else None for day in week)
        for week in calendar.Calendar().monthdatescalendar(year, month)
    )
    cells = [cell for week in weeks for cell in week if cell]
    worked = sum(working.is_working(cell.day) for cell in cells)
    return Month(month, weeks, worked, tuple(_spans(cells)))


def _cell(day: dt.date, working: WorkingCalendar) -> Cell:
    is_local = day in working.local
    name = "" if (word := working.word(day)) == weekday_word(day) else word
    if working.is_working(day):
        sort = Sort.MAKE_UP if is_weekend(day) else Sort.WORKED
    else:
        announced = day in (library.announced(day.year) or {})
        sort = Sort.OFF if is_local or announced or not is_weekend(day) else Sort.WEEKEND
    return Cell(day, sort, is_local, name)


def _spans(cells: list[Cell]) -> Iterator[Span]:
    """The named days, those after one another together."""
    named = [cell for cell in cells if cell.name]
    keyed = enumerate(named)
    for _, some in groupby(
        keyed, key=lambda at: (at[1].day - at[0] * _ONE_DAY, at[1].name, at[1].mark, at[1].is_local)
    ):
        days = [cell for _, cell in some]
        yield Span(days[0].day, days[-1].day, days[0].name, days[0].mark, days[0].is_local)
