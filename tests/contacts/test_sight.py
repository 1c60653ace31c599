"""Who sees a household in full: own duty now, or a stated reason that still holds."""

import datetime as dt
import zoneinfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts.models import Household, Visit
from contacts.querysets import phone_only
from contacts.selectors.sight import household_lines, sight
from portal.accounts.models import Reveal
from portal.accounts.roles import Role
from tests.factories.accounts import make_organisation, make_post, make_world
from tests.factories.contacts import (
    make_building,
    make_care,
    make_category,
    make_duty,
    make_household,
    make_resident,
    make_reveal,
    make_visit,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

SHANGHAI = zoneinfo.ZoneInfo("Asia/Shanghai")
NOW = dt.datetime(2026, 11, 22, 14, 5, tzinfo=SHANGHAI)
TODAY = NOW.date()


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def worker(world):
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def household(world, worker):
    """A household in 八角北里 12号楼, the worker's own, with a person, a phone and a category."""
    household = make_household(world.building, worker=worker.user, unit="3", room="502")
    make_resident(household, name="王秀英", phone="13800131234")
    make_care(household, make_category("独居老人"))
    return household


def seen(post, household, now=NOW):
    return sight(post=post, household_ids=[household.pk], now=now)


def line(post, household, now=NOW):
    return household_lines(post=post, households=[household], now=now)[household.pk]


def test_the_responsible_worker_sees_everything(worker, household):
    shown = line(worker, household)

    assert seen(worker, household).sees(household.pk)
    assert shown.is_full
    assert shown.is_own
    assert shown.address == "12号楼 3单元502室"
    assert shown.people == ("王秀英",)
    assert shown.cares == ("独居老人",)


def test_a_colleague_sees_it_masked_to_the_building(world, household):
    shown = line(make_post(Role.COMMUNITY_WORKER, world.north), household)

    assert not shown.is_full
    assert shown.address == "12号楼"
    assert shown.people == ("王**",)
    assert shown.cares == ("独居老人",)


@pytest.mark.parametrize(
    ("role", "place"),
    [
        (Role.LEADER, "bajiao"),
        (Role.STREET_ADMIN, "bajiao"),
        (Role.DISTRICT_LEADER, "district"),
        (Role.DISTRICT_ADMIN, "district"),
    ],
)
def test_above_the_community_it_is_masked_and_without_categories(world, household, role, place):
    shown = line(make_post(role, getattr(world, place)), household)

    assert (shown.is_full, shown.cares) == (False, ())
    assert shown.address == "八角北里社区 12号楼"
    assert shown.people == ("王**",)


def test_a_leader_of_the_community_sees_categories_but_no_names(world, household):
    shown = line(make_post(Role.LEADER, world.north), household)

    assert (shown.is_full, shown.cares) == (False, ("独居老人",))


@pytest.mark.parametrize("role", [Role.DELEGATE, Role.CLERK, Role.OFFICER])
def test_who_visited_it_sees_that_it_is_there_and_no_more(world, household, role):
    post = make_post(role, world.bajiao)
    make_visit(household, post=post)

    assert household in Household.objects.visible_to(post)
    assert not seen(post, household).sees(household.pk)
    assert line(post, household).cares == ()


def test_a_visit_that_was_voided_opens_nothing(world, household, worker):
    officer = make_post(Role.OFFICER, world.bajiao)
    make_visit(
        household, post=officer, voided_at=NOW, voided_by=worker.user, void_reason="记错了门"
    )

    assert household not in Household.objects.visible_to(officer)


def test_a_responsible_officer_sees_it_in_full_with_its_categories(world, household):
    officer = make_post(Role.OFFICER, world.section)
    household.duties.update(until=TODAY)
    make_duty(household, officer.user, since=TODAY)

    shown = line(officer, household)

    assert (shown.is_full, shown.is_own, shown.cares) == (True, True, ("独居老人",))


@pytest.mark.parametrize(
    "role", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR, Role.INSPECTOR, Role.HANDLER]
)
def test_other_hats_of_the_responsible_worker_see_nothing(world, worker, household, role):
    post = make_post(role, world.north, user=worker.user)

    assert seen(post, household).full == frozenset()


def test_another_street_sees_nothing_even_with_a_duty_left_over(world, household, worker):
    elsewhere = make_post(Role.COMMUNITY_WORKER, world.gucheng_community, user=worker.user)

    assert seen(elsewhere, household).full == frozenset()
    assert not Household.objects.visible_to(elsewhere).exists()


def test_an_ended_duty_closes_the_household(worker, household):
    household.duties.update(until=TODAY)

    assert not seen(worker, household).sees(household.pk)


def test_an_ended_post_sees_nothing(world, worker, household):
    worker.until = TODAY

    assert not seen(worker, household).sees(household.pk)
    assert seen(worker, household, now=NOW - dt.timedelta(days=1)).sees(household.pk)


def test_a_reveal_opens_one_household_for_one_post_until_its_time(world, household):
    colleague = make_post(Role.COMMUNITY_WORKER, world.north)
    same_person = make_post(Role.LEADER, world.bajiao, user=colleague.user)
    other = make_household(world.building)
    make_reveal(household, colleague, at=NOW)

    shown = sight(post=colleague, household_ids=[household.pk, other.pk], now=NOW)
    assert shown.full == {household.pk}
    assert shown.own == frozenset()
    assert not seen(same_person, household).sees(household.pk)
    almost = NOW + dt.timedelta(minutes=29, seconds=59)
    assert seen(colleague, household, now=almost).sees(household.pk)
    assert not seen(colleague, household, now=NOW + dt.timedelta(minutes=30)).sees(household.pk)


def test_a_reveal_never_reaches_beyond_the_scope(world, household):
    stranger = make_post(Role.COMMUNITY_WORKER, world.gucheng_community)
    make_reveal(household, stranger, at=NOW)

    assert seen(stranger, household).full == frozenset()


def test_a_reveal_of_something_else_with_the_same_number_opens_nothing(world, household):
    colleague = make_post(Role.COMMUNITY_WORKER, world.north)
    make_reveal(household, colleague, at=NOW)
    Reveal.objects.update(subject_kind="grievance")

    assert not seen(colleague, household).sees(household.pk)


def test_categories_that_ended_or_did_not_begin_are_not_shown(worker, household):
    make_care(household, make_category("困境儿童"), until=TODAY)
    make_care(household, make_category("优抚对象"), since=TODAY + dt.timedelta(days=1))

    assert line(worker, household).cares == ("独居老人",)


def test_a_line_names_three_and_counts_all_who_still_live_there(worker, household):
    for name in ("王小明", "李娜", "王宝宝"):
        make_resident(household, name=name, phone="")
    make_resident(household, name="王大力", phone="", left_on=TODAY)

    shown = line(worker, household)

    assert shown.people == ("王秀英", "王小明", "李娜")
    assert shown.people_count == 4


def test_the_door_wish_holds_through_its_last_day_and_never_says_why(worker, household):
    household.door_wish = Household.DoorWish.PHONE
    household.door_wish_reason = "刚做完手术"
    household.door_wish_until = TODAY
    household.save()

    assert line(worker, household).door_wish == "暂不上门，改电话（至 2026-11-22）"
    assert list(Household.objects.filter(phone_only(TODAY))) == [household]
    tomorrow = TODAY + dt.timedelta(days=1)
    assert household.door_wish_text(tomorrow) == ""
    assert not Household.objects.filter(phone_only(tomorrow)).exists()


def test_lines_cost_the_same_for_one_and_for_many(world, worker):
    def queries(number):
        rows = []
        for _ in range(number):
            row = make_household(world.building, worker=worker.user)
            make_resident(row)
            make_care(row)
            rows.append(row)
        with CaptureQueriesContext(connection) as captured:
            household_lines(post=worker, households=rows, now=NOW)
        return len(captured)

    assert queries(1) == queries(5) == 3  # the places were read along


def test_doors_are_in_the_order_of_the_stairs(world):
    for unit, room in (("10", "101"), ("2", "1001"), ("2", "502"), ("", "3")):
        make_household(world.building, unit=unit, room=room)

    rows = Household.objects.order_by("building", "door_order").values_list("unit", "room")

    assert list(rows) == [("", "3"), ("2", "502"), ("2", "1001"), ("10", "101")]


@pytest.mark.parametrize(
    ("unit", "room", "door"),
    [
        ("3", "502", "3单元502室"),
        ("", "12", "12室"),
        ("东门", "后院", "东门后院"),
        ("A", "1203", "A单元1203室"),
    ],
)
def test_the_door_reads_as_one_says_it(unit, room, door):
    assert Household(unit=unit, room=room).door == door


def test_a_grid_worker_sees_the_grid_only(world, household):
    other = make_household(make_building(world.north))
    grid_worker = make_post(Role.COMMUNITY_WORKER, world.grid)
    household.grid = world.grid
    household.save()

    assert list(Household.objects.visible_to(grid_worker)) == [household]
    assert other not in Household.objects.visible_to(grid_worker)


@pytest.mark.parametrize("opened", ["", "own", "reveal", "left", "over"])
@pytest.mark.parametrize(
    ("role", "place"),
    [
        (Role.COMMUNITY_WORKER, "north"),
        (Role.COMMUNITY_WORKER, "south"),
        (Role.OFFICER, "bajiao"),
        (Role.LEADER, "north"),
        (Role.LEADER, "bajiao"),
        (Role.DELEGATE, "bajiao"),
        (Role.CLERK, "bajiao"),
        (Role.STREET_ADMIN, "bajiao"),
        (Role.DISTRICT_LEADER, "district"),
        (Role.INSPECTOR, "district"),
        (Role.AUDITOR, "district"),
    ],
)
def test_the_visits_of_one_household_are_those_one_may_read(
    world, household, worker, role, place, opened
):
    """Asked of one household at less cost, no more and no less."""
    now = timezone.now()
    post = make_post(role, getattr(world, place))
    household.duties.all().delete()
    make_visit(household, post=worker)
    make_visit(make_household(world.building), post=worker)
    make_visit(household, post=post)
    if opened in {"own", "left"}:
        until = timezone.localdate(now) if opened == "left" else None
        make_duty(household, post.user, until=until)
    if opened in {"reveal", "over"}:
        make_reveal(household, post, at=now - dt.timedelta(minutes=40 if opened == "over" else 1))

    full = sight(post=post, household_ids=[household.pk], now=now).sees(household.pk)
    alone = Visit.objects.of_household(household.pk, post=post, full=full)
    assert set(alone) == set(Visit.objects.visible_to(post).filter(household=household))


def test_a_post_without_a_place_sees_no_household(household):
    outside = make_post(Role.COMMUNITY_WORKER, make_organisation("EXTERNAL"))

    assert seen(outside, household).full == frozenset()
