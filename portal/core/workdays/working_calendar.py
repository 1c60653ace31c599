"""The working calendar: a value that is built once and handed to whoever counts days."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from portal.core.workdays import library
from portal.core.workdays.library import NamedDay, is_weekend

_WEEKDAYS = "一二三四五六日"
_ONE_DAY = dt.timedelta(days=1)


def weekday_word(day: dt.date) -> str:
    """周一 to 周日."""
    return f"周{_WEEKDAYS[day.weekday()]}"


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Working days of mainland China, ``local`` changes first, for any year.

    A day of ``local`` says by itself whether it is worked. Otherwise the announced holidays and
    make-up days of its year decide (全国年节及纪念日放假办法 and the yearly notice of the State
    Council's General Office). A year that is not announced counts Monday to Friday, its public
    holidays included: ``notice`` says so. Days are ``date``, never ``datetime``.
    """

    local: Mapping[dt.date, NamedDay] = field(default_factory=dict)

    def _named(self, day: dt.date) -> NamedDay | None:
        return self.local.get(day) or (library.announced(day.year) or {}).get(day)

    def is_working(self, day: dt.date) -> bool:
        named = self._named(day)
        return named.is_working if named else not is_weekend(day)

    def word(self, day: dt.date) -> str:
        """What people call the day: 国庆节, 调休上班, a local name, else 周一 to 周日."""
        named = self._named(day)
        return named.name if named else weekday_word(day)

    def is_published(self, year: int) -> bool:
        """Whether the library has the notice for this year."""
        return library.announced(year) is not None

    def notice(self, year: int) -> str:
        """The sentence to show beside what was counted in this year; "" when it is published."""
        if self.is_published(year):
            return ""
        local = sum(day.year == year for day in self.local)
        beside = f"，另按本地登记的{local}天调整" if local else ""
        return f"{year}年放假调休安排尚未收录，按周一至周五为工作日计算{beside}"

    def next_working(self, day: dt.date) -> dt.date:
        """``day`` itself when it is worked, else the first working day after it."""
        while not self.is_working(day):
            day += _ONE_DAY
        return day

    def add_working(self, day: dt.date, count: int) -> dt.date:
        """The ``count``-th working day after ``day``, which itself is not counted (始日不计).

        0 is ``day``. Raises ``ValueError`` for less.
        """
        if count < 0:
            raise ValueError("Working days are counted forward.")
        for _ in range(count):
            day = self.next_working(day + _ONE_DAY)
        return day

    def working_between(self, after: dt.date, until: dt.date) -> int:
        """How many working days there are after ``after`` up to and including ``until``."""
        return sum(self.is_working(day) for day in days_after(after, until))

    @property
    def version(self) -> str:
        """Another one whenever a local day or the library changes.

        Kept beside a date that was counted, it says whether to count it again.
        """
        said = [library.edition(), *(f"{day}{named}" for day, named in sorted(self.local.items()))]
        return hashlib.sha256("|".join(said).encode()).hexdigest()[:16]


def days_after(after: dt.date, until: dt.date) -> Iterator[dt.date]:
    """The days after ``after`` up to and including ``until``, in order."""
    return (after + dt.timedelta(days=n) for n in range(1, (until - after).days + 1))
