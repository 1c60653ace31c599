"""Clocks worked out by hand, the words people read, and the policies that are shipped."""

import csv
import datetime as dt

import pytest

from grievances.clocks.counting import changed, deadline, elapsed
from grievances.clocks.facts import Extension, Pause, begin_pause, extend
from grievances.clocks.holders import Held, split_by_holder, split_words
from grievances.clocks.kinds import Start, Step, Unit
from grievances.clocks.policy import choose
from grievances.clocks.shipped import SHIPPED, read
from grievances.clocks.standing import left
from portal.core.errors import DomainError
from portal.core.periods import day_of
from tests.grievances.clock_data import CHINA, moment, pause, policy


def words(due):
    return [row.words for row in due.days]


def test_five_working_days_over_the_national_day_of_2026():
    due = deadline(moment("2026-09-29 10:00"), policy(Unit.WORKING_DAYS, 5), CHINA)

    assert str(due.at) == "2026-10-12 23:59:59.999999+08:00"
    assert words(due) == [
        "9月29日 周二 不计：始日不计",
        "9月30日 周三 第1日",
        "10月1日 周四 不计：国庆节",
        "10月2日 周五 不计：国庆节",
        "10月3日 周六 不计：国庆节",
        "10月4日 周日 不计：周日",
        "10月5日 周一 不计：国庆节（补假）",
        "10月6日 周二 不计：调休放假",
        "10月7日 周三 不计：调休放假",
        "10月8日 周四 第2日",
        "10月9日 周五 第3日",
        "10月10日 周六 第4日",
        "10月11日 周日 不计：周日",
        "10月12日 周一 第5日",
    ]


def test_three_working_days_over_the_spring_festival_of_2026():
    """Saturday the 14th is worked (调休), the 15th to the 23rd are not."""
    due = deadline(moment("2026-02-12 16:00"), policy(Unit.WORKING_DAYS, 3), CHINA)

    assert [row.day.isoformat() for row in due.days if row.counted] == [
        "2026-02-13",
        "2026-02-14",
        "2026-02-24",
    ]


@pytest.mark.parametrize(
    ("start", "length", "flat", "rolled"),
    [
        ("2026-08-03 09:00", 60, "2026-10-02", "2026-10-08"),  # 国庆节
        ("2026-02-04 09:00", 15, "2026-02-19", "2026-02-24"),  # 春节
        ("2026-01-31 09:00", 28, "2026-02-28", "2026-02-28"),  # a Saturday that is worked
        ("2026-12-16 09:00", 15, "2026-12-31", "2026-12-31"),
        ("2024-02-14 09:00", 15, "2024-02-29", "2024-02-29"),
        ("2024-02-14 09:00", 17, "2024-03-02", "2024-03-04"),  # over 29 February to a Saturday
    ],
)
def test_natural_days_end_where_the_calendar_says(start, length, flat, rolled):
    ends = [
        deadline(moment(start), policy(length=length, rolls_over=flag), CHINA).at
        for flag in (False, True)
    ]

    assert [day_of(end).isoformat() for end in ends] == [flat, rolled]


def test_the_explanation_says_why_the_last_day_moved():
    due = deadline(moment("2026-09-30 10:00"), policy(length=3, rolls_over=True), CHINA)

    assert words(due)[3:5] == [
        "10月3日 周六 第3日",
        "10月4日 周日 不计：末日顺延：周日",
    ]
    assert words(due)[-1] == "10月8日 周四 不计：末日顺延：末日为国庆节，至本日到期"


def test_a_pause_costs_as_many_days_as_lie_between_its_dates():
    slow = policy(length=3, may_pause=True)
    stops = [pause("2026-11-03 10:00", "2026-11-05 15:00")]

    due = deadline(moment("2026-11-02 10:00"), slow, CHINA, stops)

    assert words(due) == [
        "11月2日 周一 不计：始日不计",
        "11月3日 周二 第1日",
        "11月4日 周三 不计：暂停：等待听证",
        "11月5日 周四 不计：暂停：等待听证",
        "11月6日 周五 第2日",
        "11月7日 周六 第3日",
    ]


def test_twenty_four_hours_end_at_the_same_time_of_the_next_day():
    due = deadline(moment("2026-11-30 14:40"), policy(Unit.HOURS, 24), CHINA)

    assert due.at == moment("2026-12-01 14:40")
    assert words(due) == ["11月30日 周一 计9小时20分", "12月1日 周二 计14小时40分"]


def test_hours_stand_still_for_the_pause_and_say_so():
    urgent = policy(Unit.HOURS, 24, may_pause=True)
    stops = [pause("2026-11-30 20:00", "2026-12-02 08:00")]

    due = deadline(moment("2026-11-30 14:40"), urgent, CHINA, stops)

    assert due.at == moment("2026-12-03 02:40")
    assert words(due) == [
        "11月30日 周一 计5小时20分（暂停：等待听证）",
        "12月1日 周二 不计：暂停：等待听证",
        "12月2日 周三 计16小时（暂停：等待听证）",
        "12月3日 周四 计2小时40分",
    ]


def test_a_year_that_is_not_announced_warns():
    worked = deadline(moment("2030-12-30 10:00"), policy(Unit.WORKING_DAYS, 3), CHINA)
    natural = deadline(moment("2030-12-30 10:00"), policy(length=3), CHINA)
    rolled = deadline(moment("2030-12-30 10:00"), policy(length=3, rolls_over=True), CHINA)

    assert day_of(worked.at) == dt.date(2031, 1, 2)
    assert [notice[:5] for notice in worked.notices] == ["2030年", "2031年"]
    assert rolled.notices == worked.notices
    assert natural.notices == ()


@pytest.mark.parametrize(
    ("rule", "now", "expected"),
    [
        (policy(Unit.WORKING_DAYS, 5), "2026-10-08 12:00", "还有3个工作日"),
        (policy(Unit.WORKING_DAYS, 5), "2026-10-12 23:59", "今天到期"),
        (policy(Unit.WORKING_DAYS, 5), "2026-10-14 00:00", "过期2个工作日"),
        (policy(Unit.WORKING_DAYS, 9), "2026-10-17 09:00", "过期不足1个工作日"),
        (policy(length=3), "2026-09-29 10:00", "还有3天"),
        (policy(length=3), "2026-10-04 00:00", "过期2天"),
        (policy(Unit.HOURS, 4), "2026-09-29 10:40", "还有3小时20分"),
        (policy(Unit.HOURS, 4), "2026-09-29 15:05", "过期1小时5分"),
    ],
)
def test_what_is_left_is_said_in_the_unit_of_the_policy(rule, now, expected):
    due = deadline(moment("2026-09-29 10:00"), rule, CHINA)

    assert left(due, moment(now)).words == expected


def test_what_is_left_while_the_clock_stands_still():
    rule = policy(Unit.WORKING_DAYS, 5, may_pause=True)
    start = moment("2026-11-02 10:00")

    due = deadline(start, rule, CHINA, [pause("2026-11-04 10:00", None)])

    assert due.at is None
    assert left(due, moment("2026-12-31 10:00")).words == "暂停中，恢复后还有3个工作日"
    assert due.days[-1].note == "暂停：等待听证"


def test_the_case_made_urgent_when_its_time_is_used_up_is_due_today():
    before = deadline(moment("2026-11-02 10:00"), policy(length=15), CHINA)

    after = changed(before, policy(Unit.HOURS, 24), moment("2026-11-06 09:00"))

    assert str(after.at) == "2026-11-06 23:59:59.999999+08:00"
    assert words(after)[-1] == "11月6日 周五 不计：时限变更时已用完，至本日到期"


def test_time_used_up_on_a_day_off_is_due_on_the_next_working_day():
    before = deadline(moment("2026-11-02 10:00"), policy(length=15), CHINA)

    after = changed(before, policy(Unit.WORKING_DAYS, 3), moment("2026-11-07 09:00"))  # Saturday

    assert day_of(after.at) == dt.date(2026, 11, 9)


def test_the_time_is_split_by_holder_in_working_days():
    held = [
        Held("社区", moment("2026-11-02 10:00"), moment("2026-11-03 16:00")),
        Held("城管", moment("2026-11-03 16:00"), moment("2026-11-06 09:00")),
        Held("物业", moment("2026-11-06 09:00"), moment("2026-11-18 11:00")),
    ]

    shares = split_by_holder(held, CHINA, Unit.WORKING_DAYS)
    assert split_words(shares, Unit.WORKING_DAYS) == "社区 1，城管 3，物业 8"
    hours = split_by_holder(held[:2], CHINA, Unit.HOURS)
    assert split_words(hours, Unit.HOURS) == "社区 30小时，城管 65小时"
    with pytest.raises(ValueError, match="gap"):
        split_by_holder([held[0], held[2]], CHINA, Unit.DAYS)


def test_time_backwards_is_nothing():
    early, late = moment("2026-11-02 10:00"), moment("2026-11-05 10:00")

    for unit in (Unit.DAYS, Unit.WORKING_DAYS, Unit.HOURS):
        assert elapsed(late, early, CHINA, unit) == dt.timedelta()


@pytest.mark.parametrize(
    "wrong",
    [
        {"article": " "},
        {"length": 0},
        {"extension": -1},
        {"unit": Unit.HOURS, "rolls_over": True},
        {"unit": Unit.HOURS, "first_day_counts": True},
        {"unit": Unit.STATED},
        {"unit": Unit.STATED, "length": 0, "may_pause": True},
    ],
    ids=str,
)
def test_a_policy_that_says_two_things_is_refused(wrong):
    with pytest.raises(ValueError, match=r"policy|period|Hours|stated"):
        policy(**wrong)


KIND = {"regime": "LOCAL", "nature": "HELP", "urgency": "URGENT", "source": "HOME"}


@pytest.mark.parametrize(
    ("rows", "chosen"),
    [
        ([{}, {"regime": "LOCAL"}], 1),
        ([{"regime": "LOCAL"}, {"regime": "LOCAL", "urgency": "URGENT"}], 1),
        ([{"regime": "LOCAL"}, {"urgency": "URGENT"}], 0),
        ([{"regime": "LOCAL"}, {"nature": "HELP", "source": "HOME"}], 1),
        ([{"nature": "HELP"}, {"urgency": "URGENT"}, {"source": "HOME"}], 1),
        ([{}, {"regime": "PETITION"}, {"regime": "LOCAL", "urgency": "NORMAL"}], 0),
    ],
    ids=str,
)
def test_the_most_specific_policy_wins_in_any_order(rows, chosen):
    policies = [policy(length=number, **row) for number, row in enumerate(rows, start=1)]

    for order in (policies, policies[::-1]):
        assert choose(order, Step.SETTLE, **KIND) == policies[chosen]
    assert choose(policies, Step.OBJECT, **KIND) is None


def test_two_policies_for_the_same_grievances_are_refused():
    with pytest.raises(ValueError, match="same grievances"):
        choose([policy(regime="LOCAL"), policy(length=9, regime="LOCAL")], Step.SETTLE, **KIND)


def test_a_pause_needs_a_policy_that_allows_it_and_a_reason():
    now = moment("2026-11-02 10:00")

    with pytest.raises(DomainError, match="不能暂停"):
        begin_pause(policy(), since=now, reason="等待听证")
    with pytest.raises(DomainError, match="原因"):
        begin_pause(policy(may_pause=True), since=now, reason=" ")
    with pytest.raises(ValueError, match="after it begins"):
        Pause(now, now - dt.timedelta(minutes=1), "倒退")
    assert begin_pause(policy(may_pause=True), since=now, reason="等待听证 ") == Pause(
        now, None, "等待听证"
    )


def test_extensions_stay_within_what_the_article_allows():
    now, rule = moment("2026-11-02 10:00"), policy(length=60, extension=30)
    when = {"approved_at": now, "reason": "情况复杂"}
    first = extend(rule, [], length=20, **when)

    assert extend(rule, [first], length=10, **when).length == 10
    for earlier, length, said in [
        ([first], 11, "最多还能延长10个自然日"),
        ([first], 0, "最多还能延长10个自然日"),
        ([Extension(30, now, "情况复杂")], 1, "不能再延长"),
    ]:
        with pytest.raises(DomainError, match=said):
            extend(rule, earlier, length=length, **when)
    with pytest.raises(DomainError, match="理由"):
        extend(rule, [], length=1, approved_at=now, reason="")


#: 信访工作条例, read for this table: step, counted from, length, unit, extension, article.
PETITION = [
    (Step.FORWARD, Start.RECEIVED, 15, Unit.DAYS, 0, "第二十二条"),
    (Step.INFORM, Start.RECEIVED, 15, Unit.DAYS, 0, "第二十三条第二款"),
    (Step.ACKNOWLEDGE, Start.FORWARDED, 15, Unit.DAYS, 0, "第二十三条第三款"),
    (Step.OBJECT, Start.FORWARDED, 5, Unit.WORKING_DAYS, 0, "第二十三条第三款"),
    (Step.SETTLE, Start.ACCEPTED, 60, Unit.DAYS, 30, "第三十四条"),
    (Step.ASK_REVIEW, Start.REPLIED, 30, Unit.DAYS, 0, "第三十五条"),
    (Step.REVIEW, Start.REVIEW_ASKED, 30, Unit.DAYS, 0, "第三十五条"),
    (Step.ASK_RECHECK, Start.REVIEWED, 30, Unit.DAYS, 0, "第三十六条"),
    (Step.RECHECK, Start.RECHECK_ASKED, 30, Unit.DAYS, 0, "第三十六条"),
]


def test_the_shipped_petition_clocks_are_those_of_the_law():
    shipped = [each for each in read() if each.regime == "PETITION"]

    assert [
        (each.step, each.start, each.length, each.unit, each.extension) for each in shipped
    ] == [row[:5] for row in PETITION]
    for each, row in zip(shipped, PETITION, strict=True):
        assert each.article.startswith(f"《信访工作条例》{row[5]}")
        assert not each.first_day_counts
    assert [each.step for each in shipped if each.may_pause] == [Step.RECHECK]
    # A doubt the law leaves open goes to the resident: only their periods roll over.
    assert {each.step for each in shipped if each.rolls_over} == {Step.ASK_REVIEW, Step.ASK_RECHECK}


def test_the_hotline_keeps_the_date_of_the_ticket():
    (hotline,) = [each for each in read() if each.regime == "HOTLINE"]

    assert (hotline.step, hotline.unit) == (Step.SETTLE, Unit.STATED)


def test_local_clocks_are_named_as_defaults_and_urgent_ones_are_shorter():
    policies = read()
    local = [each for each in policies if each.regime == "LOCAL"]
    asked = {"regime": "LOCAL", "nature": "", "source": ""}
    start = moment("2026-11-02 10:00")

    assert {each.article for each in local} == {"系统默认，可修改"}
    contact = choose(policies, Step.CONTACT, urgency="URGENT", **asked)
    assert (contact.length, contact.unit) == (24, Unit.HOURS)
    for step in {each.step for each in local if each.urgency}:
        usual, urgent = (
            deadline(start, choose(policies, step, urgency=urgency, **asked), CHINA)
            for urgency in ("", "URGENT")
        )
        assert urgent.at < usual.at


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [("length", "many", "line 2"), ("unit", "WEEKS", "line 2"), ("rolls_over", "yes", "line 2")],
)
def test_a_wrong_line_of_the_file_is_named(tmp_path, column, value, said):
    with SHIPPED.open(encoding="utf-8") as file:
        first = next(csv.DictReader(file))
    wrong = tmp_path / "policies.csv"
    with wrong.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(first))
        writer.writeheader()
        writer.writerow(first | {column: value})

    with pytest.raises(ValueError, match=said):
        read(wrong)


def test_the_same_line_twice_is_refused(tmp_path):
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    twice = tmp_path / "policies.csv"
    twice.write_text("\n".join([*lines[:3], lines[1]]), encoding="utf-8")

    with pytest.raises(ValueError, match="line 4: the same grievances"):
        read(twice)
