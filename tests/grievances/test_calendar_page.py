"""工作日历 and 办理时限: what they say, and who changes it from there."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from grievances.clocks import shipped
from grievances.clocks.kinds import Step
from grievances.models import ClockPolicy
from grievances.selectors.policy_table import policy_table
from grievances.selectors.year import Sort, year_of
from grievances.services import policies
from portal.accounts.roles import Role
from portal.core.models import CalendarDay
from portal.core.workdays.selectors import working_calendar
from portal.core.workdays.services import set_day
from tests.factories.accounts import make_post, sign_in

pytestmark = pytest.mark.django_db

CALENDAR = "/grievances/calendar/"
DAY = "/grievances/calendar/day/"
CLOCKS = "/grievances/clocks/"
CHANGE = "/grievances/clocks/change/"


def enter(client, world, role=Role.DISTRICT_ADMIN):
    districts = {Role.DISTRICT_ADMIN, Role.DISTRICT_LEADER}
    return sign_in(client, make_post(role, world.district if role in districts else world.bajiao))


def read(client, url):
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def cells(year):
    return {
        cell.day: cell for month in year.months for week in month.weeks for cell in week if cell
    }


def local(day, *, is_working, name):
    set_day(day, is_working=is_working, name=name, by_id=None, by_username="")


# --- 工作日历 -------------------------------------------------------------------------------


def test_a_year_has_each_of_its_days_once_as_the_calendar_counts_it():
    working = working_calendar()
    year = year_of(2026, working)
    found = cells(year)

    assert len(found) == 365
    assert sum(month.worked for month in year.months) == working.working_between(
        dt.date(2025, 12, 31), dt.date(2026, 12, 31)
    )
    for day, cell in found.items():
        assert (cell.sort in {Sort.WORKED, Sort.MAKE_UP}) == working.is_working(day)


def test_holidays_make_up_days_and_local_ones_have_word_and_mark():
    local(dt.date(2026, 11, 18), is_working=False, name="停电放假")
    local(dt.date(2026, 10, 1), is_working=True, name="值守")
    found = cells(year_of(2026, working_calendar()))

    assert (found[dt.date(2026, 10, 2)].mark, found[dt.date(2026, 10, 2)].name[:2]) == (
        "休",
        "国庆",
    )
    makeup = next(cell for cell in found.values() if cell.sort == Sort.MAKE_UP)
    assert (makeup.mark, makeup.name) == ("班", "调休上班")
    off, on = found[dt.date(2026, 11, 18)], found[dt.date(2026, 10, 1)]
    assert (off.mark, off.is_local, off.name) == ("休", True, "停电放假")
    assert (on.mark, on.is_local, on.sort) == ("班", True, Sort.WORKED)
    plain = found[dt.date(2026, 11, 21)]
    assert (plain.sort, plain.mark, plain.name) == (Sort.WEEKEND, "", "")


def test_days_of_one_name_are_named_together():
    october = year_of(2026, working_calendar()).months[9]

    assert any(span.words.startswith("1日至") and "国庆" in span.words for span in october.named)


def test_a_year_that_is_not_announced_says_so(client, world):
    enter(client, world, Role.CLERK)
    coming = timezone.localdate().year + 3

    html = read(client, f"{CALENDAR}?year={coming}")

    assert "这一年的安排还没有收录" in html
    assert f"{coming}年放假调休安排尚未收录" in html
    assert "还没有收录" not in read(client, f"{CALENDAR}?year=2026")


@pytest.mark.parametrize("asked", ["0", "99999999999999999999", "-3", "x", "", "２０２６"])
def test_any_year_in_the_address_is_answered(client, world, asked):
    enter(client, world, Role.CLERK)

    assert "年工作日历" in read(client, f"{CALENDAR}?year={asked}")


def test_the_administrator_sets_a_day_and_takes_it_back(client, world):
    enter(client, world)

    answer = client.post(DAY, {"day": "2026-11-18", "is_working": "0", "name": "停电放假"})
    html = read(client, answer["Location"])

    assert answer["Location"] == f"{CALENDAR}?year=2026"
    assert "18日 停电放假（本地登记）" in html
    assert f"{DAY}?day=2026-11-18" in html
    form = read(client, f"{DAY}?day=2026-11-18")
    assert 'value="停电放假"' in form
    assert 'value="clear"' in form

    client.post(DAY, {"do": "clear", "day": "2026-11-18"})
    assert not CalendarDay.objects.exists()


def test_a_day_without_a_name_is_refused_at_its_field(client, world):
    enter(client, world)

    html = client.post(DAY, {"day": "2026-11-18", "is_working": "0", "name": " "}).content.decode()

    assert "请写明这一天的名称" in html
    assert not CalendarDay.objects.exists()


def test_who_only_reads_finds_nothing_to_change(client, world):
    enter(client, world, Role.CLERK)

    assert DAY not in read(client, CALENDAR)
    assert CHANGE not in read(client, CLOCKS)
    assert client.post(DAY, {"do": "clear", "day": "2026-11-18"}).status_code == 403
    assert client.post(CHANGE, {"end": "1"}).status_code == 403


def test_a_name_of_a_day_is_text(client, world):
    local(dt.date(2026, 11, 18), is_working=False, name="<b>x</b>")
    enter(client, world, Role.CLERK)

    assert "<b>x</b>" not in read(client, f"{CALENDAR}?year=2026")


def test_pages_cost_few_queries(client, world, django_assert_max_num_queries):
    policies.load_shipped(now=timezone.now())
    enter(client, world)
    client.get(CALENDAR)

    for url in (CALENDAR, CLOCKS, DAY, CHANGE):
        with django_assert_max_num_queries(12):
            client.get(url)


# --- 办理时限 -------------------------------------------------------------------------------


@pytest.mark.parametrize("is_loaded", [True, False])
def test_every_shipped_row_is_said_in_words_with_its_article(client, world, is_loaded):
    if is_loaded:
        policies.load_shipped(now=timezone.now())
    enter(client, world, Role.CLERK)
    html = read(client, CLOCKS)

    for policy in shipped.read():
        assert policy.step.label in html
        assert policy.article in html
    for words in ("60日", "2个工作日", "24小时", "最多30日", "遇休息日顺延", "次日起算"):
        assert words in html
    lines = [line for group in policy_table(world.district.pk).groups for line in group.lines]
    assert len(lines) == len(shipped.read())


def filled(**changes):
    return {
        "limit": "LOCAL.SETTLE",
        "urgency": "",
        "nature": "",
        "source": "",
        "length": "7",
        "unit": "DAYS",
        "rolls_over": "on",
        "may_pause": "on",
        "extension": "5",
        "article": "区办法第八条",
    } | changes


def test_the_administrator_sets_the_own_limit_and_takes_it_back(client, world):
    policies.load_shipped(now=timezone.now() - dt.timedelta(days=3))
    enter(client, world)
    form = read(client, f"{CHANGE}?step=SETTLE&regime=LOCAL&nature=&urgency=&source=")
    assert 'value="15"' in form
    assert "系统默认" not in form  # a district rests on a paper of its own

    client.post(CHANGE, filled())
    own = ClockPolicy.objects.get(district=world.district)
    html = read(client, CLOCKS)
    assert (own.step, own.start, own.length) == (Step.SETTLE, "ACCEPTED", 7)
    assert "区办法第八条" in html
    assert f'value="{own.pk}"' in html

    assert client.post(CHANGE, {"end": str(own.pk)}).status_code == 302
    history = policy_table(world.district.pk).history
    assert [line.length for line in history] == ["7日"]
    assert "以前的时限（1）" in read(client, CLOCKS)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"limit": "PETITION.INFORM", "length": "20", "rolls_over": ""}, "不能长于法定的15自然日"),
        ({"unit": "HOURS"}, "按小时计算的"),
        ({"length": "0"}, ""),
        ({"article": ""}, "请写明依据"),
        ({"limit": "HOTLINE.SETTLE"}, ""),
        ({"limit": "PETITION.ASK_REVIEW"}, ""),
        ({"unit": "STATED"}, ""),
    ],
)
def test_what_may_not_be_set_is_refused_at_its_field(client, world, changes, words):
    enter(client, world)
    data = filled(**changes)
    if changes.get("limit", "").startswith("PETITION"):
        data |= {"may_pause": "", "extension": "0"}

    answer = client.post(CHANGE, data)

    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not ClockPolicy.objects.exists()


@pytest.mark.parametrize("asked", ["0", "x", "9" * 17, "9" * 30])
def test_a_row_that_is_not_there_is_not_ended(client, world, asked):
    enter(client, world)

    assert client.post(CHANGE, {"end": asked}).status_code == 404


def test_the_pages_lead_to_one_another(client, world):
    enter(client, world, Role.CLERK)

    assert reverse("grievances:clocks") in read(client, CALENDAR)
    assert reverse("grievances:calendar") in read(client, CLOCKS)
    assert reverse("desk:help_workflow") in read(client, CLOCKS)
