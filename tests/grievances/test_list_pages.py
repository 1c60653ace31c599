"""The list of grievances: whose, narrowed how, and what it never shows or counts."""

import datetime as dt
import re

import pytest
from django.test import Client
from django.utils import timezone

from grievances.models import Grievance
from grievances.selectors.rows import due_of
from grievances.services.registering import RaiserEntry
from portal.accounts.roles import Role
from tests.factories.accounts import make_inspection, make_post, sign_in
from tests.factories.contacts import make_household, make_resident
from tests.factories.grievances import make_grievance, move

pytestmark = pytest.mark.django_db

LIST = "/grievances/"
DAY = dt.timedelta(days=1)


@pytest.fixture
def clerk(client, world):
    return sign_in(client, make_post(Role.CLERK, world.bajiao))


def numbers(answer) -> list[str]:
    """The numbers of the rows, in their order."""
    return re.findall(r'<a href="/grievances/([\dF-]+)/">', answer.content.decode())


def listed(post, query: str = "") -> list[str]:
    client = Client()
    sign_in(client, post)
    answer = client.get(f"{LIST}{query}")
    assert answer.status_code == 200
    return numbers(answer)


def test_newest_first_with_how_many_of_which_scope_and_period(client, world, clerk):
    now = timezone.now()
    old = make_grievance(world.north, post=clerk, received_at=now - 3 * DAY)
    new = make_grievance(world.south, post=clerk, received_at=now - DAY)

    answer = client.get(LIST)

    assert numbers(answer) == [new.number, old.number]
    page = answer.content.decode()
    assert "共 2 条" in page
    assert "范围：八角街道" in page
    assert "时期：全部时间" in page
    assert "待受理" in page


def test_an_empty_list_says_what_to_do(client, world, clerk):
    page = client.get(LIST).content.decode()
    assert "还没有诉求" in page
    assert 'href="/grievances/new/"' in page


def test_each_filter_narrows_and_stands_in_the_address(world, clerk):
    now = timezone.now()
    plain = make_grievance(world.north, post=clerk).number
    asked = {
        "nature=COMPLAINT": make_grievance(world.north, post=clerk, nature="COMPLAINT"),
        "source=LETTER": make_grievance(world.north, post=clerk, source="LETTER"),
        "urgency=URGENT": make_grievance(world.north, post=clerk, urgency="URGENT"),
        "regime=PETITION": make_grievance(world.north, post=clerk, regime="PETITION"),
        f"community={world.south.pk}": make_grievance(world.south, post=clerk),
        f"unit={world.south.code}": None,
        "state=ACCEPTED": move(make_grievance(world.north, post=clerk), "accept", clerk),
    }
    asked[f"unit={world.south.code}"] = asked[f"community={world.south.pk}"]
    early = make_grievance(world.north, post=clerk, received_at=now - 40 * DAY)
    until = timezone.localdate(now) - 20 * DAY

    for query, one in asked.items():
        assert listed(clerk, f"?{query}") == [one.number], query
    assert listed(clerk, f"?until={until}") == [early.number]
    assert early.number not in listed(clerk, f"?since={until}")
    assert listed(clerk, "?overdue=1") == [early.number]
    assert len(listed(clerk, "?state=open")) == 8
    assert listed(clerk, "?state=ended") == []
    assert plain in listed(clerk)


def test_the_unit_that_leads_narrows(world, clerk):
    one = make_grievance(world.north, post=clerk)
    make_grievance(world.north, post=clerk)
    move(one, "accept", clerk)
    move(one, "assign", clerk, lead_id=world.section.pk)

    assert listed(clerk, f"?lead_unit={world.section.pk}") == [one.number]
    assert listed(clerk, f"?lead_unit={world.gucheng.pk}") == []


def test_a_district_narrows_by_street(world, clerk):
    one = make_grievance(world.north, post=clerk)
    other = make_grievance(world.gucheng_community)
    admin = make_post(Role.DISTRICT_ADMIN, world.district)

    assert set(listed(admin)) == {one.number, other.number}
    assert listed(admin, f"?street={world.gucheng.pk}") == [other.number]
    assert listed(admin, f"?street={world.other_district.pk}") == []


def test_what_cannot_be_read_shows_nothing_and_says_so(client, world, clerk):
    one = make_grievance(world.north, post=clerk)
    for query in ("state=GONE", "week=2026-W99", f"unit={world.gucheng.code}", "household=99999"):
        answer = client.get(f"{LIST}?{query}")
        assert "筛选条件无法识别" in answer.content.decode(), query
        assert one.number not in answer.content.decode()


def test_pages_go_on_by_key_and_back(client, world, clerk):
    now = timezone.now()
    for number in range(23):
        make_grievance(world.north, post=clerk, received_at=now - number * DAY)

    first = client.get(LIST)
    second = client.get(f"{LIST}?cursor={first.context['page'].next_cursor}")

    assert len(numbers(first)) == 20
    assert len(numbers(second)) == 3
    assert "共 23 条" in second.content.decode()
    back = client.get(f"{LIST}?cursor={second.context['page'].previous_cursor}")
    assert numbers(back) == numbers(first)


def test_the_page_asks_the_same_number_of_queries_for_any_number_of_rows(world, clerk, assert_flat):
    home = make_household(world.building)
    make_resident(home, name="王秀英")

    def add_row() -> None:
        make_grievance(world.building, post=clerk, household_id=None)

    assert_flat(LIST, add_row, at_most=12)


def test_names_and_numbers_are_masked_and_the_text_is_cut_behind_them(client, world, clerk):
    home = make_household(world.building)
    make_resident(home, name="钱文静")
    text = "钱文静说楼道堆物，找过李大山，电话13800131234。" + "楼道里的杂物很多" * 10
    make_grievance(
        world.building, post=clerk, text=text, place="钱文静家门口",
        raiser=RaiserEntry(name="李大山", phone="13800131234"),
    )  # fmt: skip

    page = client.get(LIST).content.decode()

    for secret in ("钱文静", "文静", "李大山", "13800131234"):
        assert secret not in page
    [text] = re.findall(r'<p class="row-text">(.*?)</p>', page)
    assert len(text) <= 61
    assert text.endswith("…")


# --- who sees which ---------------------------------------------------------------------------


def test_another_street_sees_none_of_it_in_list_filter_or_search(world, clerk):
    make_grievance(world.north, post=clerk)
    other = make_post(Role.CLERK, world.gucheng)

    assert listed(other) == []
    assert listed(other, "?q=路灯") == []


def test_a_handler_sees_what_the_unit_is_given_and_nothing_before(world, clerk):
    handler = make_post(Role.HANDLER, world.section)
    one = make_grievance(world.north, post=clerk)
    make_grievance(world.north, post=clerk)
    move(one, "accept", clerk)
    assert listed(handler) == []

    move(one, "assign", clerk, lead_id=world.section.pk)

    assert listed(handler) == [one.number]


def test_an_inspector_sees_what_a_case_opens(world, clerk):
    one = make_grievance(world.north, post=clerk)
    inspector = make_post(Role.INSPECTOR, world.district)
    assert listed(inspector) == []

    make_inspection(inspector, world.north)

    assert listed(inspector) == [one.number]


@pytest.mark.parametrize("query", ["", "?q=路灯", "?state=open", "?overdue=1", "?nature=HELP"])
def test_a_restricted_one_is_in_no_list_and_in_no_count(world, clerk, query):
    """Not even of who is named for it: that has a list of its own."""
    long_ago = timezone.now() - 40 * DAY
    sealed = make_grievance(
        world.north, post=clerk, is_restricted=True, text="路灯下有人打孩子", received_at=long_ago
    )
    leader = make_post(Role.LEADER, world.bajiao)

    for post in (clerk, leader, make_post(Role.DISTRICT_ADMIN, world.district)):
        client = Client()
        sign_in(client, post)
        page = client.get(f"{LIST}{query}").content.decode()
        assert sealed.number not in page
        assert "共 0 条" in page


def test_the_short_list_names_it_to_those_named_and_tells_nothing_of_it(world, clerk):
    named = make_post(Role.LEADER, world.bajiao)
    sealed = make_grievance(
        world.north, post=clerk, is_restricted=True, text="邻居打孩子", named=(named.pk,)
    )
    others = (
        make_post(Role.LEADER, world.bajiao),
        make_post(Role.STREET_ADMIN, world.bajiao),
        make_post(Role.COMMUNITY_WORKER, world.north),
        make_post(Role.DISTRICT_ADMIN, world.district),
        make_post(Role.CLERK, world.gucheng),
    )

    for post in (clerk, named, *others):
        client = Client()
        sign_in(client, post)
        page = client.get("/grievances/restricted/").content.decode()
        is_named = post in (clerk, named)
        assert (sealed.number in page) is is_named
        assert ("共 1 条" in page) is is_named
        assert "孩子" not in page
        assert f"求助 · {world.north.name}" not in page


# --- words of the day ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ahead", "words", "tone"),
    [
        (dt.timedelta(days=5), "还有5天", ""),
        (dt.timedelta(days=3), "还有3天", "due"),
        (dt.timedelta(0), "今天到期", "due"),
        (-dt.timedelta(days=2), "过期2天", "overdue"),
    ],
)
def test_the_day_is_said_in_words(ahead, words, tone):
    now = dt.datetime(2026, 11, 18, 2, 0, tzinfo=dt.UTC)
    end = dt.datetime(2026, 11, 18, 15, 59, 59, tzinfo=dt.UTC) + ahead
    one = Grievance(state="ACCEPTED", due_at=end, due_on=timezone.localdate(end))

    assert due_of(one, now=now) == (words, tone)


def test_what_has_ended_is_due_no_more():
    now = timezone.now()
    one = Grievance(state="FILED", due_at=now, due_on=timezone.localdate(now))
    assert due_of(one, now=now) is None
