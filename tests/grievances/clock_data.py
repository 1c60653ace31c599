"""What the properties of the clocks are tried on."""

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from grievances.clocks.facts import Pause
from grievances.clocks.kinds import Start, Step, Unit
from grievances.clocks.policy import Policy
from portal.core.workdays.library import NamedDay
from portal.core.workdays.working_calendar import WorkingCalendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
CHINA = WorkingCalendar()
DAY = dt.timedelta(days=1)


def moment(text):
    """As a clock in Shanghai shows it: "2026-09-30 10:00"."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def policy(unit=Unit.DAYS, length=5, **more):
    return Policy(
        **{
            "step": Step.SETTLE,
            "start": Start.RECEIVED,
            "article": "试行",
            "unit": unit,
            "length": length,
            **more,
        }
    )


def pause(since, until, reason="等待听证"):
    return Pause(moment(since), until and moment(until), reason)


def with_day(calendar, day, *, is_working):
    named = NamedDay(is_working, "本地上班" if is_working else "本地放假")
    return replace(calendar, local={**calendar.local, day: named})


DAYS = st.dates(dt.date(2025, 12, 1), dt.date(2027, 3, 31))
MOMENTS = st.integers(0, 426 * 24 * 60).map(
    lambda minutes: moment("2025-12-01 00:00") + dt.timedelta(minutes=minutes)
)
CALENDARS = st.dictionaries(
    DAYS, st.booleans().map(lambda worked: NamedDay(worked, "本地")), max_size=12
).map(WorkingCalendar)
YES = st.sampled_from([True])
DAY_POLICIES = st.builds(
    policy,
    st.sampled_from([Unit.DAYS, Unit.WORKING_DAYS]),
    st.integers(1, 40),
    first_day_counts=st.booleans(),
    rolls_over=st.booleans(),
    may_pause=YES,
    extension=st.just(30),
)
HOUR_POLICIES = st.builds(
    policy, st.just(Unit.HOURS), st.integers(1, 120), may_pause=YES, extension=st.just(30)
)
POLICIES = st.one_of(DAY_POLICIES, HOUR_POLICIES)


@st.composite
def pauses(draw, start, at_most=3):
    """Closed pauses around and after ``start``; they may overlap."""
    found = []
    for _ in range(draw(st.integers(0, at_most))):
        since = start + dt.timedelta(minutes=draw(st.integers(-3000, 40_000)))
        found.append(
            Pause(since, since + dt.timedelta(minutes=draw(st.integers(0, 12_000))), "等待")
        )
    return found


@st.composite
def cases(draw, policies=POLICIES):
    """A start, a policy, a calendar and pauses."""
    start = draw(MOMENTS)
    return start, draw(policies), draw(CALENDARS), draw(pauses(start))
