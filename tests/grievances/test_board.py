"""The board: every open state once, exact numbers, what is due first, and nothing sealed."""

import datetime as dt
import re

import pytest
from django.utils import timezone

from grievances.kinds import OPEN
from grievances.models import Grievance
from grievances.selectors.board import COLUMN_ROWS, COLUMNS
from portal.accounts.roles import Role
from tests.factories.accounts import make_post, sign_in
from tests.factories.grievances import make_grievance, move

pytestmark = pytest.mark.django_db

BOARD = "/grievances/board/"


@pytest.fixture
def clerk(client, world):
    return sign_in(client, make_post(Role.CLERK, world.bajiao))


def columns(client) -> list[str]:
    """The markup of each column."""
    page = client.get(BOARD).content.decode()
    return page.split('<section class="panel"')[1:]


def test_every_open_state_stands_in_one_column():
    assert sorted(state for column in COLUMNS for state in column) == sorted(OPEN)


def test_each_stands_in_the_column_of_its_state_with_number_and_list(client, world, clerk):
    new = make_grievance(world.north, post=clerk)
    taken = move(make_grievance(world.north, post=clerk), "accept", clerk)
    given = move(make_grievance(world.north, post=clerk), "accept", clerk)
    move(given, "assign", clerk, lead_id=world.section.pk)
    ended = move(make_grievance(world.north, post=clerk), "withdraw", clerk)

    first, second, third, *_ = columns(client)

    assert new.number in first
    assert taken.number in first
    assert '待受理·待交办 <span class="figure">2</span>' in first
    assert 'href="/grievances/?state=ACCEPTED">待交办 <span class="figure">1</span>' in first
    assert given.number in second
    assert "现在没有" in third
    assert ended.number not in client.get(BOARD).content.decode()


def test_the_nearest_day_first_and_the_rest_is_only_counted(client, world, clerk):
    now = timezone.now()
    made = [make_grievance(world.north, post=clerk) for _ in range(COLUMN_ROWS + 2)]
    for place, one in enumerate(made):
        due = now + dt.timedelta(days=30 - place)
        Grievance.objects.filter(pk=one.pk).update(due_at=due, due_on=timezone.localdate(due))

    first = columns(client)[0]

    shown = re.findall(r'<a href="/grievances/([\d-]+)/">', first)
    assert shown == [one.number for one in made[::-1]][:COLUMN_ROWS]
    assert f'<span class="figure">{COLUMN_ROWS + 2}</span>' in first
    assert "还有19天" in first
    assert "按期限先列 10 件" in first


def test_names_and_numbers_are_masked(client, world, clerk):
    make_grievance(world.north, post=clerk, text="王秀英家漏水，电话13800131234。")
    page = client.get(BOARD).content.decode()
    assert "漏水" in page
    assert "王秀英" not in page
    assert "13800131234" not in page


def test_a_restricted_one_is_neither_shown_nor_counted(client, world, clerk):
    sealed = make_grievance(world.north, post=clerk, is_restricted=True)
    page = client.get(BOARD).content.decode()
    assert "共 0 件" in page
    assert sealed.number not in page


def test_another_street_sees_nothing_of_it(client, world, clerk):
    make_grievance(world.north, post=clerk)
    sign_in(client, make_post(Role.CLERK, world.gucheng))
    assert "共 0 件" in client.get(BOARD).content.decode()


def test_twelve_queries_however_many_there_are(client, world, clerk, django_assert_max_num_queries):
    client.get(BOARD)
    for _ in range(3):
        make_grievance(world.north, post=clerk)
    with django_assert_max_num_queries(12) as few:
        client.get(BOARD)
    for _ in range(6):
        move(make_grievance(world.south, post=clerk), "accept", clerk)
    with django_assert_max_num_queries(12) as many:
        client.get(BOARD)
    assert len(many) == len(few)


def test_the_list_leads_to_it(client, clerk):
    assert f'href="{BOARD}"' in client.get("/grievances/").content.decode()
