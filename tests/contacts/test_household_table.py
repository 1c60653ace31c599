"""The cells of an export are those of the register's lines, for every reader."""

import datetime as dt

import pytest
from django.utils import timezone

from contacts.models import Household
from contacts.selectors import duties, household_register
from contacts.selectors.household_table import household_cells
from contacts.selectors.sight import household_lines, in_full
from portal.accounts.roles import Role
from tests.factories.accounts import make_post
from tests.factories.contacts import (
    make_building,
    make_duty,
    make_household,
    make_resident,
    make_reveal,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

DAY = dt.timedelta(days=1)
ROLES = {
    "worker": (Role.COMMUNITY_WORKER, "north"),
    "leader": (Role.LEADER, "bajiao"),
    "head": (Role.LEADER, "north"),
    "district": (Role.DISTRICT_LEADER, "district"),
    "officer": (Role.OFFICER, "section"),
}


@pytest.fixture
def posts(world):
    """Readers of every kind, and homes with everything a line may show."""
    posts = {who: make_post(role, getattr(world, place)) for who, (role, place) in ROLES.items()}
    today, now = timezone.localdate(), timezone.now()
    mine = make_household(world.building, worker=posts["worker"].user, unit="2", room="301")
    for name in ("王秀英", "欧阳娜娜", "买买提·吐尔逊", "李"):
        make_resident(mine, name=name, phone="")
    make_resident(mine, name="王建国", is_contact=True, phone="")
    make_resident(mine, name="走了的人", left_on=today, phone="")
    wishes = {"door_wish": "PHONE", "door_wish_reason": "上夜班"}
    asked = make_household(world.building, last_met_on=today - DAY, **wishes)
    make_resident(asked, name="孙桂兰", phone="")
    make_reveal(asked, posts["leader"], at=now)
    make_duty(asked, posts["officer"].user, since=today - DAY)
    make_household(world.building, door_wish_until=today, **wishes)
    over = make_household(make_building(world.south), door_wish_until=today - DAY, **wishes)
    make_duty(over, posts["officer"].user, since=today + DAY)
    for _ in range(3):
        make_resident(over, name="赵铁柱", phone="")
    make_household(make_building(world.gucheng_community))
    return posts


@pytest.mark.parametrize("who", ROLES)
@pytest.mark.parametrize("mine", [True, False])
def test_the_cells_are_those_of_the_lines(posts, who, mine):
    post, now = posts[who], timezone.now()
    found = Household.objects.visible_to(post).order_by(*household_register.order_for(mine=mine))
    lines = household_lines(post=post, households=list(found), now=now, cares=False).values()
    names = duties.responsible_names([line.id for line in lines])
    full = in_full(post=post, households=found, now=now)

    cells = list(household_cells(post=post, households=found, full=full, now=now))

    assert full == {line.id for line in lines if line.is_full}
    assert cells == [
        (
            line.address,
            "、".join(line.people) + ("等" if line.people_count > len(line.people) else ""),
            line.people_count,
            line.door_wish,
            names.get(line.id, ""),
            line.last_met_on,
        )
        for line in lines
    ]


def test_each_reader_sees_some_in_full_or_nobody_at_all(posts):
    """The rows above hold what tells them apart."""
    now = timezone.now()
    seen = {
        who: len(in_full(post=post, households=Household.objects.visible_to(post), now=now))
        for who, post in posts.items()
    }
    assert seen == {"worker": 1, "leader": 1, "head": 0, "district": 0, "officer": 1}


def test_queries_do_not_grow_with_rows(posts, world, django_assert_num_queries):
    post, now = posts["district"], timezone.now()
    for _ in range(20):
        make_resident(make_household(make_building(world.north), worker=posts["worker"].user))
    found = Household.objects.visible_to(post).order_by("pk")

    with django_assert_num_queries(5):  # households, places, people, duties, who has them
        list(household_cells(post=post, households=found, full=(), now=now))
