"""How a deadline stands at a moment: overdue or not, and how much is left."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from grievances.clocks.counting import elapsed
from grievances.clocks.explanation import Deadline, hours_words
from grievances.clocks.kinds import Unit
from portal.core.periods import day_of

_WORDS = {Unit.WORKING_DAYS: "个工作日"}  # all others but hours: days


@dataclass(frozen=True, slots=True)
class Left:
    """``time`` in the policy's unit (a day, worked or not, is one day); below nothing: overdue."""

    time: dt.timedelta
    words: str


def is_overdue(deadline: Deadline, now: dt.datetime) -> bool:
    """Past its last moment; what is due today is not, and nothing is while the clock stands."""
    return deadline.at is not None and now > deadline.at


def left(deadline: Deadline, now: dt.datetime) -> Left:
    """What is left at ``now``, in words: 还有3个工作日, 今天到期, 过期2天, 暂停中，恢复后还有5天."""
    if deadline.at is None:
        time = deadline.policy.period(deadline.length) - deadline.used
        return Left(time, f"暂停中，恢复后还有{_amount(deadline, time)}")
    if is_overdue(deadline, now):
        time = _elapsed(deadline, deadline.at, now)
        return Left(-time, f"过期{_amount(deadline, time)}")
    time = _elapsed(deadline, now, deadline.at)
    if deadline.policy.unit is not Unit.HOURS and day_of(now) == day_of(deadline.at):
        return Left(time, "今天到期")
    return Left(time, f"还有{_amount(deadline, time)}")


def _elapsed(deadline: Deadline, since: dt.datetime, until: dt.datetime) -> dt.timedelta:
    return elapsed(since, until, deadline.calendar, deadline.policy.unit, deadline.pauses)


def _amount(deadline: Deadline, time: dt.timedelta) -> str:
    unit = deadline.policy.unit
    if unit is Unit.HOURS:
        return hours_words(time)
    word = _WORDS.get(unit, "天")
    return f"{time.days}{word}" if time else f"不足1{word}"
