"""可能重复: the same thing said twice at one place, whoever said it; never a sealed one."""

import datetime as dt

import pytest
from django.utils import timezone

from portal.accounts.roles import Role
from tests.factories.accounts import make_post, sign_in
from tests.factories.grievances import make_grievance, move

pytestmark = pytest.mark.django_db

PAGE = "/grievances/duplicates/"
ONE = "楼门口的路灯坏了一个多月，晚上老人下楼看不见。"
OTHER = "楼门口路灯一直不亮，晚上很黑。"
SPOT = "3号楼门前"


@pytest.fixture
def clerk(client, world):
    return sign_in(client, make_post(Role.CLERK, world.bajiao))


@pytest.fixture
def said(world, clerk):
    """Make one that says something at the spot."""

    def make(text=OTHER, unit=None, place=SPOT, days_ago=1, **more):
        received = timezone.now() - dt.timedelta(days=days_ago)
        unit = unit or world.north
        return make_grievance(
            unit, post=clerk, text=text, place=place, received_at=received, **more
        )

    return make


def page(client) -> str:
    return client.get(PAGE).content.decode()


def merge_link(newer, older) -> str:
    return f"/grievances/{newer.number}/merge/?other={older.number}"


def test_two_of_one_spot_stand_together_with_the_way_to_merge(client, said):
    older, newer = said(ONE, days_ago=5), said()
    html = page(client)
    assert "共 1 组" in html
    assert html.index(newer.number) < html.index(older.number)
    assert merge_link(newer, older) in html


def test_the_form_is_filled_with_the_other_one(client, said):
    older, newer = said(ONE, days_ago=5), said()
    form = client.get(merge_link(newer, older)).content.decode()
    assert f'value="{older.number}"' in form


def test_one_building_needs_no_words_about_the_place(client, world, said):
    for text in (ONE, OTHER):
        said(text, place="", unit=world.building)
    assert "共 1 组" in page(client)


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "低保申请交了两个月，没有答复。"},
        {"place": "北门菜市场"},
        {"place": ""},
        {"unit": "south"},
        {"days_ago": 61},
        {"is_restricted": True},
    ],
    ids=["another thing", "another spot", "no spot", "elsewhere", "long ago", "sealed"],
)
def test_what_is_not_the_same(client, world, said, changes):
    said(ONE, days_ago=0)
    if "unit" in changes:
        changes = {"unit": getattr(world, changes["unit"])}
    other = said(**changes)
    assert "共 0 组" in page(client)
    assert other.number not in page(client)


def test_what_has_ended_repeats_nothing(client, said, clerk):
    said(ONE)
    move(said(), "withdraw", clerk)
    assert "共 0 组" in page(client)


def test_who_cannot_merge_is_offered_no_link(client, world, said):
    said(ONE), said()
    sign_in(client, make_post(Role.LEADER, world.bajiao))
    html = page(client)
    assert "共 1 组" in html
    assert "/merge/" not in html


def test_another_street_sees_nothing(client, world, said):
    said(ONE), said()
    sign_in(client, make_post(Role.CLERK, world.gucheng))
    assert "共 0 组" in page(client)


def test_names_and_numbers_are_masked(client, said):
    for text in (ONE, OTHER):
        said(f"{text}王秀英，13800131234")
    html = page(client)
    assert "共 1 组" in html
    assert "王秀英" not in html
    assert "13800131234" not in html


def test_the_page_of_one_names_the_others_to_who_may_merge(client, world, said):
    older, newer = said(ONE, days_ago=5), said()
    html = client.get(newer.get_absolute_url()).content.decode()
    assert "可能重复" in html
    assert merge_link(newer, older) in html
    sign_in(client, make_post(Role.LEADER, world.bajiao))
    assert "可能重复" not in client.get(newer.get_absolute_url()).content.decode()


def test_the_page_of_one_names_no_more_than_five(client, said):
    for _ in range(7):
        said(ONE, days_ago=5)
    html = client.get(said().get_absolute_url()).content.decode()
    assert html.count("文字相近") == 5


def test_twelve_queries_however_many_there_are(client, said, django_assert_max_num_queries):
    page(client)
    said(ONE), said()
    with django_assert_max_num_queries(12) as few:
        page(client)
    for _ in range(4):
        said(ONE), said()
    with django_assert_max_num_queries(12) as many:
        page(client)
    assert len(many) == len(few)
