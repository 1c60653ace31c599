"""When visits happen: weekdays mostly, evenings for those who work, few at Spring Festival."""

import datetime as dt
from itertools import accumulate
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from portal.desk.demo.chance import chance

ZONE: Final = ZoneInfo("Asia/Shanghai")
_WEEK: Final = (1.0, 1.05, 1.0, 1.05, 0.9, 0.35, 0.14)
#: First day of the lunar year, by year.
SPRING_FESTIVAL: Final = {
    2025: dt.date(2025, 1, 29),
    2026: dt.date(2026, 2, 17),
    2027: dt.date(2027, 2, 6),
    2028: dt.date(2028, 1, 26),
    2029: dt.date(2029, 2, 13),
    2030: dt.date(2030, 2, 3),
    2031: dt.date(2031, 1, 23),
    2032: dt.date(2032, 2, 11),
}
_HOLIDAY: Final = range(-2, 7)
_BEFORE: Final = range(-14, -2)
_NATIONAL_DAY: Final = range(1, 8)
_OCTOBER: Final = 10


def weight(day: dt.date) -> float:
    """How likely a visit is on that day, beside other days."""
    share = _WEEK[day.weekday()]
    festival = SPRING_FESTIVAL.get(day.year)
    if festival is not None:
        away = (day - festival).days
        share *= 0.12 if away in _HOLIDAY else 1.5 if away in _BEFORE else 1
    if day.month == _OCTOBER and day.day in _NATIONAL_DAY:
        share *= 0.25
    return share


class Days:
    """The days of a period, to be drawn from."""

    def __init__(self, first: dt.date, last: dt.date) -> None:
        self.days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
        self.cumulative = list(accumulate(map(weight, self.days)))

    def draw(self, rng: Random, count: int, *, apart: int) -> list[dt.date]:
        """Up to `count` days in order, each at least `apart` days from the others."""
        found: list[dt.date] = []
        for _ in range(count * 6):
            if len(found) == count:
                break
            day = rng.choices(self.days, cum_weights=self.cumulative)[0]
            if all(abs((day - other).days) >= apart for other in found):
                found.append(day)
        return sorted(found)


def moment(rng: Random, day: dt.date, *, at_work: bool) -> dt.datetime:
    """A time of that day; those who work are met in the evening or at the weekend."""
    weekend = day.weekday() >= 5  # noqa: PLR2004 -- Saturday
    if at_work and not weekend and chance(rng, 0.7):
        hour, minute = rng.choice((18, 19, 19, 20)), rng.randrange(0, 60, 5)
    else:
        hour = rng.choice((9, 9, 10, 10, 11, 14, 14, 15, 15, 16, 16, 17))
        minute = rng.randrange(0, 60, 5)
    return dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE)


def written(rng: Random, at: dt.datetime, now: dt.datetime) -> dt.datetime:
    """When it was written down: soon after, or some days later; never in the future."""
    if chance(rng, 0.11):
        late = at + dt.timedelta(days=rng.randint(1, 4), minutes=rng.randint(10, 300))
    else:
        late = at + dt.timedelta(minutes=rng.choice((4, 7, 12, 20, 35, 60, 110, 200)))
    return min(late, now)
