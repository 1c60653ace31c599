"""The properties that domain.md §5 demands of every clock; each is tried on thousands of cases."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from grievances.clocks.counting import changed, deadline, elapsed, stated
from grievances.clocks.facts import Extension, Pause
from grievances.clocks.holders import Held, split_by_holder
from grievances.clocks.kinds import Unit
from grievances.clocks.standing import is_overdue, left
from portal.core.periods import day_of
from tests.grievances.clock_data import (
    CHINA,
    DAY,
    DAY_POLICIES,
    DAYS,
    HOUR_POLICIES,
    MOMENTS,
    POLICIES,
    cases,
    moment,
    pause,
    pauses,
    policy,
    with_day,
)

INSTANT = dt.timedelta(microseconds=1)


@given(cases(), DAYS)
def test_a_holiday_never_makes_a_deadline_earlier(case, day):
    start, rule, calendar, stops = case
    without = with_day(calendar, day, is_working=True)
    with_holiday = with_day(calendar, day, is_working=False)

    for before in (calendar, without):
        assert (
            deadline(start, rule, with_holiday, stops).at >= deadline(start, rule, before, stops).at
        )


@given(cases(), DAYS)
def test_a_make_up_day_never_makes_a_deadline_later(case, day):
    start, rule, calendar, stops = case
    made_up = with_day(calendar, day, is_working=True)

    assert deadline(start, rule, made_up, stops).at <= deadline(start, rule, calendar, stops).at


@given(cases(), st.data())
def test_a_pause_never_shortens_what_is_left(case, data):
    start, rule, calendar, stops = case
    more = data.draw(pauses(start, at_most=1).filter(len))
    after = more[0].until + dt.timedelta(minutes=data.draw(st.integers(0, 60_000)))

    plain = deadline(start, rule, calendar, stops)
    paused = deadline(start, rule, calendar, [*stops, *more])

    assert paused.at >= plain.at
    assert left(paused, after).time >= left(plain, after).time


@given(cases(), st.integers(0, 40_000))
def test_while_it_is_paused_nothing_runs_and_nothing_is_overdue(case, minutes):
    start, rule, calendar, stops = case
    plain = deadline(start, rule, calendar, stops)
    since = start + dt.timedelta(minutes=minutes)
    later = [since + n * DAY for n in (1, 100, 10_000)]

    paused = deadline(start, rule, calendar, [*stops, Pause(since, None, "等待")])

    if paused.at is None:
        assert plain.at > since
        assert not any(is_overdue(paused, now) for now in later)
        assert len({left(paused, now) for now in later}) == 1
        assert left(paused, since).time > dt.timedelta()
    else:  # it was over before the pause began
        assert paused.at == plain.at


@given(cases(DAY_POLICIES), st.integers(0, 24 * 60 - 1))
@example((moment("2026-10-09 23:59"), policy(length=1), CHINA, []), 0)
def test_what_is_due_today_is_not_overdue(case, minute):
    due = deadline(*case)
    last_day = dt.datetime.combine(day_of(due.at), dt.time(), tzinfo=moment("2026-01-01").tzinfo)
    now = last_day + dt.timedelta(minutes=minute)

    assert not is_overdue(due, now)
    assert left(due, now).words == "今天到期"
    assert not is_overdue(due, due.at)
    assert is_overdue(due, last_day + DAY)
    assert not left(due, last_day - INSTANT).words.startswith("过期")


@given(cases())
@example((moment("2028-02-28 09:00"), policy(length=1), CHINA, []))
@example((moment("2026-12-31 09:00"), policy(Unit.WORKING_DAYS, 1), CHINA, []))
def test_the_explanation_counts_exactly_the_length_day_after_day(case):
    start, rule, *_ = case
    due = deadline(*case)

    assert due.used == rule.period(rule.length)
    assert due.days[0].day >= day_of(start)
    assert due.days == tuple(sorted(due.days, key=lambda row: row.day))
    assert all(row.counted or row.note for row in due.days)
    assert len({row.day for row in due.days}) == len(due.days)
    if rule.unit is not Unit.HOURS:
        assert [row.number for row in due.days if row.counted] == [*range(1, rule.length + 1)]
        assert due.days[0].day == day_of(start)
        assert due.days[-1].day == day_of(due.at)
        assert len(due.days) == (day_of(due.at) - day_of(start)).days + 1


@given(cases(DAY_POLICIES))
def test_days_off_and_paused_days_are_never_counted(case):
    _, rule, calendar, stops = case
    for row in deadline(*case).days:
        if row.counted:
            assert rule.unit is Unit.DAYS or calendar.is_working(row.day)
            assert not any(each.covers(row.day) for each in stops)


@given(cases(DAY_POLICIES))
def test_the_first_day_is_not_counted_unless_the_policy_says_so(case):
    start, rule, calendar, stops = case
    late = deadline(start, replace(rule, first_day_counts=False), calendar, stops)
    soon = deadline(start, replace(rule, first_day_counts=True), calendar, stops)

    assert late.days[0].note == "始日不计"
    assert not late.days[0].counted
    assert late.days[1].day == day_of(start) + DAY
    assert soon.at <= late.at
    counts_at_once = rule.unit is Unit.DAYS or calendar.is_working(day_of(start))
    if counts_at_once and not any(stop.covers(day_of(start)) for stop in stops):
        assert soon.days[0].number == 1
        assert soon.used == late.used


@given(cases(DAY_POLICIES))
def test_a_last_day_on_a_day_off_rolls_over_to_the_next_working_day(case):
    start, rule, calendar, _ = case
    flat = deadline(start, replace(rule, rolls_over=False), calendar)
    rolled = deadline(start, replace(rule, rolls_over=True), calendar)

    assert day_of(rolled.at) == calendar.next_working(day_of(flat.at))


@given(MOMENTS, st.integers(1, 90), st.sampled_from([Unit.DAYS, Unit.WORKING_DAYS]))
@example(moment("2026-01-31 12:00"), 28, Unit.DAYS)
@example(moment("2028-01-31 12:00"), 29, Unit.DAYS)
@example(moment("2028-02-28 12:00"), 1, Unit.WORKING_DAYS)
@example(moment("2026-12-30 12:00"), 5, Unit.WORKING_DAYS)
@example(moment("2027-12-31 23:59"), 1, Unit.DAYS)
def test_without_flags_days_are_plain_arithmetic(start, length, unit):
    due = deadline(start, policy(unit, length), CHINA)
    day = day_of(start)

    worked = CHINA.add_working(day, length)

    assert day_of(due.at) == (day + length * DAY if unit is Unit.DAYS else worked)
    assert due.at + INSTANT == dt.datetime.combine(
        day_of(due.at) + DAY, dt.time(), tzinfo=start.tzinfo
    )


@given(MOMENTS, DAY_POLICIES)
def test_the_day_ends_in_shanghai_whatever_zone_the_moment_is_written_in(start, rule):
    assert deadline(start.astimezone(dt.UTC), rule, CHINA).at == deadline(start, rule, CHINA).at


def test_the_day_begins_at_sixteen_hours_utc():
    before = dt.datetime(2026, 11, 2, 15, 59, tzinfo=dt.UTC)  # Monday, 23:59 in Shanghai
    after = dt.datetime(2026, 11, 2, 16, 0, tzinfo=dt.UTC)  # Tuesday, 00:00

    assert str(deadline(before, policy(length=1), CHINA).at) == "2026-11-03 23:59:59.999999+08:00"
    assert str(deadline(after, policy(length=1), CHINA).at) == "2026-11-04 23:59:59.999999+08:00"


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        deadline(moment("2026-11-02 10:00").replace(tzinfo=None), policy(), CHINA)


@given(cases(HOUR_POLICIES))
def test_hours_run_through_the_night_and_stop_for_exactly_the_pause(case):
    start, rule, calendar, stops = case
    due = deadline(*case)

    assert elapsed(start, due.at, calendar, Unit.HOURS, stops) == rule.period(rule.length)
    assert deadline(start, rule, calendar).at == start + rule.period(rule.length)
    assert is_overdue(due, due.at + INSTANT)
    assert not is_overdue(due, due.at)


@given(cases(DAY_POLICIES), st.integers(1, 30))
def test_an_extension_adds_exactly_its_units(case, more):
    start, rule, calendar, stops = case
    longer = deadline(start, rule, calendar, stops, [Extension(more, start, "情况复杂")])

    assert longer.at == deadline(start, replace(rule, length=rule.length + more), *case[2:]).at
    assert longer.length == rule.length + more


@given(cases(), POLICIES, st.integers(0, 60_000))
def test_a_change_of_urgency_keeps_the_pauses_and_the_time_used(case, rule, minutes):
    start, _, calendar, stops = case
    at = start + dt.timedelta(minutes=minutes)
    before = deadline(*case)
    fresh = deadline(start, rule, calendar, stops)

    after = changed(before, rule, at)

    assert (after.start, after.pauses) == (before.start, before.pauses)
    assert after.days[: len(fresh.days)] == fresh.days  # as if it had been so from the start
    assert after.at >= fresh.at
    if day_of(fresh.at) > calendar.next_working(day_of(at)):
        assert after == fresh


@given(cases(DAY_POLICIES), st.integers(1, 40), st.integers(0, 60_000))
def test_a_day_that_was_used_stays_the_same_day_of_the_period(case, length, minutes):
    start, rule, *_ = case
    before = deadline(*case)

    after = changed(before, replace(rule, length=length), start + dt.timedelta(minutes=minutes))

    shared = min(rule.length, length)
    first = [row for row in before.days if row.number and row.number <= shared]
    assert first == [row for row in after.days if row.number and row.number <= shared]


@given(cases(), POLICIES, st.integers(0, 60_000))
def test_a_change_never_begins_the_time_anew(case, rule, minutes):
    """Time that is used up gives the rest of the day (or of the next working one), not more."""
    start, _, calendar, stops = case
    at = start + dt.timedelta(minutes=minutes)
    before, fresh = deadline(*case), deadline(start, rule, calendar, stops)

    after = changed(before, rule, at)

    if after.at != fresh.at:
        assert fresh.at < after.at <= before.at
        assert day_of(after.at) <= calendar.next_working(day_of(at))
        assert after.days[-1].note == "时限变更时已用完，至本日到期"


@given(cases(), POLICIES, st.integers(1, 60_000))
def test_a_shorter_policy_does_not_heal_what_is_overdue(case, rule, minutes):
    start, _, calendar, stops = case
    before = deadline(*case)
    at = before.at + dt.timedelta(minutes=minutes)
    assume(deadline(start, rule, calendar, stops).at <= before.at)

    after = changed(before, rule, at)

    assert after.at == before.at
    assert is_overdue(after, at)


@given(cases(), st.integers(0, 20_000))
def test_a_change_to_the_same_policy_changes_nothing_that_was_not_overdue(case, minutes):
    before = deadline(*case)
    at = case[0] + dt.timedelta(minutes=minutes)
    assume(at <= before.at)

    assert changed(before, before.policy, at).at == before.at


@given(
    st.lists(st.integers(0, 30_000), min_size=1, max_size=6),
    cases(),
    st.sampled_from([Unit.DAYS, Unit.WORKING_DAYS, Unit.HOURS]),
    st.data(),
)
def test_the_parts_of_the_holders_add_up_to_the_whole(steps, case, unit, data):
    start, _, calendar, stops = case
    held, since = [], start
    for minutes in steps:
        until = since + dt.timedelta(minutes=minutes)
        held.append(Held(data.draw(st.sampled_from(["社区", "城管", "物业"])), since, until))
        since = until

    shares = split_by_holder(held, calendar, unit, stops)

    whole = elapsed(start, since, calendar, unit, stops)
    assert sum((share.time for share in shares), dt.timedelta()) == whole
    assert [share.name for share in shares] == list(dict.fromkeys(each.name for each in held))


def test_a_pause_or_an_extension_that_the_policy_does_not_allow_is_refused():
    stop = pause("2026-11-03 10:00", "2026-11-04 10:00")
    start, rule = moment("2026-11-02 10:00"), policy(length=15, extension=3)

    with pytest.raises(ValueError, match="no pause"):
        deadline(start, rule, CHINA, [stop])
    with pytest.raises(ValueError, match="longer"):
        deadline(start, rule, CHINA, [], [Extension(2, start, "一"), Extension(2, start, "二")])


def test_a_pause_stays_after_a_change_to_a_policy_that_allows_none():
    start, at = moment("2026-11-02 10:00"), moment("2026-11-06 10:00")
    slow = policy(length=15, may_pause=True)
    closed = pause("2026-11-03 10:00", "2026-11-04 10:00")
    open_one = pause("2026-11-05 10:00", None)
    before = deadline(start, slow, CHINA, [closed, open_one])
    assert before.at is None

    after = changed(before, policy(length=7), at)

    assert after.pauses == (closed, replace(open_one, until=at))
    assert day_of(after.at) == dt.date(2026, 11, 11)  # the 2nd + 7 days + 2 paused ones
    with pytest.raises(ValueError, match="no pause"):
        changed(before, policy(length=7), at, [pause("2026-11-07 10:00", "2026-11-08 10:00")])


def test_an_extension_stays_as_far_as_the_new_policy_allows_it():
    start, at = moment("2026-11-02 10:00"), moment("2026-11-06 10:00")
    granted = [Extension(10, start, "情况复杂")]
    before = deadline(start, policy(length=15, extension=15), CHINA, [], granted)

    same_unit = changed(before, policy(length=10, extension=4), at)
    other_unit = changed(before, policy(Unit.WORKING_DAYS, 10, extension=15), at)

    assert (same_unit.length, other_unit.length) == (14, 10)


def test_a_stated_date_is_kept_and_not_computed():
    rule, at = policy(Unit.STATED, 0), moment("2026-10-03 17:30")
    start = moment("2026-09-28 09:00")

    due = stated(start, at, rule, CHINA)

    assert (due.at, due.days, due.notices) == (at, (), ())
    assert left(due, moment("2026-10-01 09:00")).words == "还有2天"
    with pytest.raises(ValueError, match="stated"):
        deadline(start, rule, CHINA)
    with pytest.raises(ValueError, match="computed"):
        stated(start, at, policy(), CHINA)
