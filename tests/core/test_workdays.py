import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from hypothesis import example, given
from hypothesis import strategies as st

from portal.core.errors import DomainError
from portal.core.models import CalendarDay
from portal.core.workdays.library import NamedDay
from portal.core.workdays.selectors import working_calendar
from portal.core.workdays.services import clear_day, set_day
from portal.core.workdays.working_calendar import WorkingCalendar

CHINA = WorkingCalendar()
DAYS = st.dates(dt.date(2024, 1, 1), dt.date(2028, 12, 31))
BY = {"by_id": 7, "by_username": "zhang"}


def day(month, day_, year=2026):
    return dt.date(year, month, day_)


def span(first, last):
    return [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]


#: 国务院办公厅关于2026年部分节假日安排的通知, typed in by hand.
OFF_2026 = [
    *span(day(1, 1), day(1, 3)),
    *span(day(2, 15), day(2, 23)),
    *span(day(4, 4), day(4, 6)),
    *span(day(5, 1), day(5, 5)),
    *span(day(6, 19), day(6, 21)),
    *span(day(9, 25), day(9, 27)),
    *span(day(10, 1), day(10, 7)),
]
MAKE_UP_2026 = [day(1, 4), day(2, 14), day(2, 28), day(5, 9), day(9, 20), day(10, 10)]


def test_2026_is_as_the_state_council_announced_it():
    expected = {
        each: each in MAKE_UP_2026 or (each.weekday() < 5 and each not in OFF_2026)
        for each in span(day(1, 1), day(12, 31))
    }

    assert {each: CHINA.is_working(each) for each in expected} == expected
    assert sum(expected.values()) == 248


def test_a_december_day_made_up_for_by_the_next_year_is_worked():
    assert CHINA.is_working(day(12, 31, 2011))
    assert CHINA.word(day(12, 31, 2011)) == "调休上班"


@pytest.mark.parametrize(
    ("when", "word"),
    [
        (day(10, 1), "国庆节"),
        (day(10, 5), "国庆节（补假）"),
        (day(10, 7), "调休放假"),
        (day(10, 10), "调休上班"),
        (day(2, 14), "调休上班"),
        (day(2, 16), "农历除夕"),
        (day(2, 17), "春节"),
        (day(10, 17), "周六"),
        (day(10, 19), "周一"),
    ],
    ids=str,
)
def test_days_are_called_as_people_call_them(when, word):
    assert CHINA.word(when) == word


def test_a_year_not_announced_counts_monday_to_friday_and_says_so():
    for each in span(day(1, 1, 2031), day(12, 31, 2031)):
        assert CHINA.is_working(each) == (each.weekday() < 5)
    assert not CHINA.is_published(2031)
    assert CHINA.notice(2031) == "2031年放假调休安排尚未收录，按周一至周五为工作日计算"
    assert CHINA.is_published(2026)
    assert CHINA.notice(2026) == ""


def test_what_was_typed_in_for_a_year_not_announced_is_named_beside_the_warning():
    local = {day(1, 1, 2031): NamedDay(is_working=False, name="元旦")}
    calendar = WorkingCalendar(local)

    assert not calendar.is_working(day(1, 1, 2031))
    assert calendar.notice(2031).endswith("，另按本地登记的1天调整")


@given(DAYS, st.integers(0, 60))
@example(day(9, 30), 1)
@example(day(2, 13), 2)
@example(day(12, 31), 1)
@example(dt.date(2028, 2, 28), 1)
def test_the_nth_working_day_has_n_working_days_up_to_it(start, count):
    end = CHINA.add_working(start, count)

    assert CHINA.working_between(start, end) == count
    assert end == start if count == 0 else CHINA.is_working(end)


@given(DAYS)
def test_the_next_working_day_leaves_no_working_day_out(start):
    found = CHINA.next_working(start)

    assert CHINA.is_working(found)
    assert not any(CHINA.is_working(each) for each in span(start, found)[:-1])


def test_counting_backwards_is_refused():
    with pytest.raises(ValueError, match="forward"):
        CHINA.add_working(day(1, 1), -1)


@pytest.mark.django_db
@pytest.mark.sqlite
def test_what_the_office_sets_goes_before_what_was_announced():
    monday, holiday = day(11, 30), day(10, 1)
    set_day(monday, is_working=False, name="停电放假", **BY)
    set_day(holiday, is_working=True, name="值守", **BY)

    calendar = working_calendar()

    assert not calendar.is_working(monday)
    assert calendar.word(monday) == "停电放假"
    assert calendar.is_working(holiday)
    row = CalendarDay.objects.get(day=monday)
    assert (row.set_by_id, row.set_by_username) == (7, "zhang")


@pytest.mark.django_db
@pytest.mark.sqlite
def test_every_change_is_seen_at_once_and_makes_another_version():
    when, versions = day(11, 30), [working_calendar().version]

    set_day(when, is_working=False, name="停电放假", **BY)
    versions.append(working_calendar().version)
    set_day(when, is_working=True, name="照常上班", **BY)
    versions.append(working_calendar().version)
    assert working_calendar().word(when) == "照常上班"
    assert CalendarDay.objects.count() == 1
    clear_day(when)

    assert working_calendar().version == versions[0]
    assert len(set(versions)) == 3
    assert working_calendar().word(when) == "周一"


@pytest.mark.django_db
def test_the_calendar_costs_one_query(django_assert_num_queries):
    set_day(day(11, 30), is_working=False, name="停电放假", **BY)

    with django_assert_num_queries(1):
        working_calendar()


@pytest.mark.django_db
@pytest.mark.sqlite
@pytest.mark.parametrize("name", ["", "  ", "长" * 21])
def test_a_day_has_a_name_that_fits(name):
    with pytest.raises(DomainError) as refused:
        set_day(day(11, 30), is_working=False, name=name, **BY)

    assert refused.value.field == "name"
    with pytest.raises(IntegrityError), transaction.atomic():
        CalendarDay.objects.create(
            day=day(11, 30), is_working=True, name="", set_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        )
