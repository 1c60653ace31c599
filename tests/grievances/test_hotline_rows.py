"""Cells of an export as cities write them."""

import datetime as dt

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from grievances.hotline.columns import LAYOUT
from grievances.hotline.moments import moment
from grievances.hotline.tickets import read_ticket
from portal.core.errors import DomainError
from portal.core.sheets.reading import Row
from tests.grievances.hotline_files import HEADING, ticket

NOW = dt.datetime(2026, 11, 18, 2, 0, tzinfo=dt.UTC)
COLUMNS = LAYOUT.guess(HEADING)
MILLENNIUM = dt.datetime(2000, 1, 1)  # noqa: DTZ001 -- as it is written, without a zone


def read(**told):
    return read_ticket(Row(2, tuple(ticket("YB20261103-0001", **told))), COLUMNS, now=NOW)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-03 14:22:05", "2026-11-03 14:22:05"),
        ("2026/11/3 14:22", "2026-11-03 14:22:00"),
        ("2026.11.03", "2026-11-03 00:00:00"),
        ("2026年11月3日14时22分", "2026-11-03 14:22:00"),
        ("2026年11月3日 下午2:22", "2026-11-03 14:22:00"),
        ("2026-11-03T14:22:05", "2026-11-03 14:22:05"),
        (" 2026-11-03   14：22 ", "2026-11-03 14:22:00"),
        ("20261103142205", "2026-11-03 14:22:05"),
        ("20261103", "2026-11-03 00:00:00"),
        ("46329", "2026-11-03 00:00:00"),
        ("46329.5", "2026-11-03 12:00:00"),
    ],
)
def test_a_moment_is_read_as_it_was_written(written, meant):
    at, _ = moment(written)
    assert f"{at:%Y-%m-%d %H:%M:%S}" == meant
    assert timezone.is_aware(at)


@pytest.mark.parametrize(
    "written",
    ["", "尽快", "2026-13-01", "2026-02-30", "1899-01-01", "12345678901", "3/11", "25:00"],
)
def test_what_is_no_moment_is_none(written):
    assert moment(written) is None


@given(st.integers(0, 36_524), st.integers(0, 86_399))
def test_every_moment_comes_back_in_both_styles(day, second):
    naive = MILLENNIUM + dt.timedelta(days=day, seconds=second)
    for style in ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y%m%d%H%M%S"):
        at, timed = moment(naive.strftime(style))
        assert (at.replace(tzinfo=None), timed) == (naive, True)


@given(st.text(max_size=40))
def test_no_text_breaks_it(text):
    moment(text)


def test_a_bare_day_as_a_deadline_lasts_till_its_end():
    found = read(办结时限="2026-11-10")
    assert timezone.localtime(found.due_at).hour == 23


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"接收时间": ""}, "接收时间"),
        ({"接收时间": "上周三"}, "接收时间"),
        ({"接收时间": "2027-01-01"}, "晚于现在"),
        ({"问题描述": "  "}, "问题描述"),
        ({"办结时限": "2026-11-01"}, "填反"),
    ],
)
def test_what_a_ticket_cannot_do_without_refuses_the_row(told, words):
    with pytest.raises(DomainError, match=words):
        read(**told)


def test_a_number_that_is_none_is_refused():
    with pytest.raises(DomainError, match="工单编号"):
        read_ticket(Row(2, tuple(ticket("王秀英"))), COLUMNS, now=NOW)


def test_what_is_dirty_is_tolerated_and_said():
    found = read(
        办结时限="尽快",
        联系电话="无人接",
        紧急程度="看着办",
        来电类别="吐槽",
        答复时间="2020-01-01",
    )
    assert (found.due_at, found.phone, found.replied_at) == (None, "", None)
    assert (found.urgency, found.nature) == ("ORDINARY", "HELP")
    assert len(found.notices) == 5


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("138 0013 1234", "13800131234"),
        ("13800131234/68875555", "13800131234"),
        ("无", ""),
        ("010-68875555", "010-68875555"),
    ],
)
def test_a_phone_is_found_in_what_stands_around_it(written, meant):
    assert read(联系电话=written).phone.replace("-", "") == meant.replace("-", "")


@pytest.mark.parametrize(
    ("state", "closed"),
    [
        ("已办结", True),
        ("处理中", False),
        ("未办结", False),
        ("待归档", False),
        ("归档", True),
        ("已反馈", True),
        ("待签收", False),
    ],
)
def test_the_platforms_word_says_whether_it_is_done(state, closed):
    assert read(工单状态=state).is_closed is closed


def test_without_a_state_the_answer_says_it():
    assert read(工单状态="", 答复时间="2026-11-05").is_closed
    assert not read(工单状态="").is_closed


def test_what_cannot_be_read_as_open_is_kept_secret():
    found = read(是否保密="看情况")
    assert found.is_secret
    assert "按保密处理" in found.notices[0]


@pytest.mark.parametrize("word", ["非常不满意", "不满意", "满意", "非常满意", "基本满意"])
def test_a_grade_is_not_mistaken_for_its_neighbour(word):
    grades = {"非常不满意": "1", "不满意": "2", "基本满意": "3", "满意": "4", "非常满意": "5"}
    assert read(是否满意=word).grade == grades[word]


def test_headings_of_another_city_are_known():
    found = LAYOUT.guess(("派单编号", "来电时间", "诉求内容", "事发地址", "被派单位"))
    assert found == {"number": 0, "received": 1, "text": 2, "address": 3, "unit": 4}


def test_swapped_columns_are_noticed():
    rows = [Row(1, HEADING)]
    swapped = ticket("1", 联系人="13800131234", 联系电话="王秀英")
    rows += [Row(number, tuple(swapped)) for number in range(2, 20)]
    head = LAYOUT.read_head(iter(rows), most=100)
    with pytest.raises(DomainError, match="选反"):
        LAYOUT.check_columns(LAYOUT.guess(head.titles), head.kinds, sure=False)
