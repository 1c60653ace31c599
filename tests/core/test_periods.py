import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.core.periods import Month, Months, Period, Quarter, Week, day_of, start_of

DAYS = st.dates(dt.date(1901, 1, 1), dt.date(2998, 12, 31))
MOMENTS = st.integers(-(10**9), 4 * 10**9).map(
    lambda seconds: dt.datetime(2000, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)
)
SHANGHAI = ZoneInfo("Asia/Shanghai")


@given(DAYS)
@example(dt.date(2027, 1, 1))
@example(dt.date(2024, 12, 30))
@example(dt.date(2024, 2, 29))
def test_a_week_is_the_iso_week_of_each_of_its_days(day):
    week = Week.of(day)

    assert day in week
    assert len(week.days) == 7
    assert [d.isoweekday() for d in week.days] == [1, 2, 3, 4, 5, 6, 7]
    assert {d.isocalendar()[:2] for d in week.days} == {(week.year, week.number)}
    assert Week.parse(str(week)) == week
    assert week.next().previous() == week
    assert week.next().start == week.end == week.last_day + dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (dt.date(2026, 11, 22), "2026-W47"),
        (dt.date(2026, 12, 31), "2026-W53"),
        (dt.date(2027, 1, 3), "2026-W53"),
        (dt.date(2027, 1, 4), "2027-W01"),
        (dt.date(2024, 12, 30), "2025-W01"),
        (dt.date(2024, 2, 29), "2024-W09"),
    ],
    ids=str,
)
def test_new_year_belongs_to_the_week_not_to_the_year(day, text):
    assert str(Week.of(day)) == text
    assert Week.parse(text) == Week.of(day)


def test_labels_are_chinese():
    assert Week.parse("2026-W47").label == "2026年第47周"
    assert Month.parse("2026-02").label == "2026年2月"
    assert Quarter.parse("2026-Q4").label == "2026年第4季度"


@pytest.mark.parametrize(
    "text",
    ["", "2026-W54", "2025-W53", "2026-W00", "2026-w47", "0001-W01", "２０２６-W47", "2026-W47\n"],
)
def test_a_week_that_does_not_exist_is_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        Week.parse(text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [(Month, "2026-13"), (Month, "26-01"), (Quarter, "2026-Q5"), (Quarter, "0999-Q1")],
)
def test_a_month_or_quarter_that_does_not_exist_is_refused(kind, text):
    with pytest.raises(ValueError, match=r".+"):
        kind.parse(text)


@given(MOMENTS)
@example(dt.datetime(2026, 11, 22, 15, 59, 59, tzinfo=dt.UTC))
@example(dt.datetime(2026, 11, 22, 16, 0, tzinfo=dt.UTC))
def test_a_moment_counts_on_the_day_it_has_in_shanghai(moment):
    day = day_of(moment)
    limits = Week.of(day).lookups("at")

    assert day == moment.astimezone(SHANGHAI).date()
    assert limits["at__gte"] <= moment < limits["at__lt"]
    assert start_of(day) <= moment < start_of(day + dt.timedelta(days=1))


def test_the_day_turns_at_16_utc():
    assert day_of(dt.datetime(2026, 11, 22, 15, 59, 59, tzinfo=dt.UTC)) == dt.date(2026, 11, 22)
    assert day_of(dt.datetime(2026, 11, 22, 16, 0, tzinfo=dt.UTC)) == dt.date(2026, 11, 23)
    assert Week.of(dt.date(2026, 11, 22)).lookups("at") == {
        "at__gte": dt.datetime(2026, 11, 15, 16, 0, tzinfo=dt.UTC),
        "at__lt": dt.datetime(2026, 11, 22, 16, 0, tzinfo=dt.UTC),
    }


@given(DAYS, st.sampled_from([Month, Quarter]))
@example(dt.date(2024, 2, 29), Month)
@example(dt.date(2023, 12, 31), Quarter)
def test_months_and_quarters_tile_the_calendar(day, kind):
    period = kind.of(day)

    assert day in period
    assert period.start.day == period.end.day == 1
    assert period.next().start == period.end
    assert period.previous().end == period.start
    assert period.next().previous() == period
    assert kind.parse(str(period)) == period
    assert type(period.next()) is kind
    assert kind.of(period.last_day) == period


def test_a_run_of_months_may_pass_the_end_of_the_year():
    winter = Months.months(2026, 11, 4)

    assert (winter.start, winter.end) == (dt.date(2026, 11, 1), dt.date(2027, 3, 1))
    assert winter.previous().start == dt.date(2026, 7, 1)
    assert Month.of(dt.date(2024, 2, 1)).last_day == dt.date(2024, 2, 29)
    assert Month.of(dt.date(2024, 2, 1)).date_lookups("on") == {
        "on__gte": dt.date(2024, 2, 1),
        "on__lt": dt.date(2024, 3, 1),
    }


def test_impossible_periods_are_refused():
    day = dt.date(2026, 11, 22)
    for make in (
        lambda: Period(day, day),
        lambda: Week(day, day + dt.timedelta(days=7)),
        lambda: Week(dt.date(2026, 11, 16), dt.date(2026, 11, 30)),
    ):
        with pytest.raises(ValueError, match=r".+"):
            make()


def test_a_moment_is_not_taken_for_a_day():
    moment = dt.datetime(2026, 11, 22, 20, 0, tzinfo=dt.UTC)
    for take in (Week.of, Month.of, Quarter.of, Week.of(dt.date(2026, 11, 22)).__contains__):
        with pytest.raises(TypeError):
            take(moment)
