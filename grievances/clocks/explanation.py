"""A deadline and the days that led to it, in words."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from grievances.clocks.facts import Extension, Pause
from grievances.clocks.kinds import Unit
from grievances.clocks.policy import Policy
from portal.core.workdays.working_calendar import WorkingCalendar, weekday_word

NOTHING = dt.timedelta()
_MINUTE = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class DayCount:
    """What one local day adds to the period, or why it adds nothing."""

    day: dt.date
    #: One day for a counted day; for a clock of hours what ran on it. Nothing if not counted.
    time: dt.timedelta = NOTHING
    #: Which day of the period it is, from 1; ``None`` when not counted, and for hours.
    number: int | None = None
    #: 始日不计, 周日, 国庆节, 暂停：…, 末日顺延：…
    note: str = ""

    @property
    def counted(self) -> bool:
        return bool(self.time)

    @property
    def words(self) -> str:
        """For people: 10月8日 周四 第3日; 10月1日 周四 不计：国庆节."""
        if self.number is not None:
            said = f"第{self.number}日"
        elif self.counted:
            said = f"计{hours_words(self.time)}" + (f"（{self.note}）" if self.note else "")
        else:
            said = f"不计：{self.note}"
        return f"{self.day.month}月{self.day.day}日 {weekday_word(self.day)} {said}"


@dataclass(frozen=True, slots=True)
class Deadline:
    """Until when a step is due, with all it was computed from."""

    start: dt.datetime
    policy: Policy
    calendar: WorkingCalendar = field(compare=False, repr=False)
    pauses: tuple[Pause, ...]
    extensions: tuple[Extension, ...]
    #: Asia/Shanghai. The last microsecond of the last day (民法典 第203条: 24:00), the moment
    #: itself for hours; ``None`` while the clock stands still.
    at: dt.datetime | None
    #: From the day of the start to the day of ``at``, or to the day on which it stands still.
    #: Empty for a stated date.
    days: tuple[DayCount, ...]

    @property
    def article(self) -> str:
        return self.policy.article

    @property
    def length(self) -> int:
        """Units in all, extensions included."""
        return self.policy.length + sum(each.length for each in self.extensions)

    @property
    def used(self) -> dt.timedelta:
        """What the explanation counts; all of ``length`` once ``at`` is known."""
        return sum((each.time for each in self.days), NOTHING)

    @property
    def notices(self) -> tuple[str, ...]:
        """What to show beside it: years whose public holidays are not known yet."""
        years = sorted({each.day.year for each in self.days})
        said = (self.calendar.notice(year) for year in years) if self.reads_calendar else ()
        return tuple(filter(None, said))

    @property
    def reads_calendar(self) -> bool:
        """Whether a change of the working calendar can move it."""
        return self.policy.unit is Unit.WORKING_DAYS or self.policy.rolls_over


def hours_words(time: dt.timedelta) -> str:
    """Whole minutes, rounded down: 3小时20分, 3小时, 20分, 不足1分钟."""
    minutes = time // _MINUTE
    hours, minutes = minutes // 60, minutes % 60
    return (f"{hours}小时" if hours else "") + (f"{minutes}分" if minutes else "") or "不足1分钟"
