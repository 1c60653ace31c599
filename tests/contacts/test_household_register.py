"""The register: whose households it opens with, found by the door, in an order that tells nothing."""

import re

import pytest
from django.utils import timezone

from contacts.selectors.household_register import Narrowing, register
from portal.accounts.roles import Role
from tests.factories.accounts import make_post, make_world, sign_in
from tests.factories.contacts import make_building, make_household, make_resident, make_visit

pytestmark = pytest.mark.django_db

LIST = "/contacts/households/"


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def worker(world):
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def building(world):
    return make_building(world.north, name="北里小区3号楼")


def found(post, q, **narrowing):
    asked = Narrowing(q=q, **narrowing)
    return set(register(post=post, narrowing=asked, today=timezone.localdate()))


def listed(client, query=""):
    html = client.get(f"{LIST}{query}").content.decode()
    return [int(pk) for pk in re.findall(r'<th [^>]*><a href="/contacts/households/(\d+)/"', html)]


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "q",
    [
        "601",
        "601室",
        "６０１",
        "3号楼 601",
        "3栋 601",
        "北里小区3号楼601",
        "3号楼1单元601室",
        "3号楼-1单元-601",
        "3-1-601",
        "3—601",
        "1-601",
        "1单元601",
        "1单元 601",
        "1门601",
        "八角北里 601",
    ],
)
def test_an_own_household_is_found_by_its_door(world, worker, building, q):
    wanted = make_household(building, worker=worker.user, unit="1", room="601")
    make_household(building, worker=worker.user, unit="2", room="602")
    make_household(
        make_building(world.north, name="13号楼"), worker=worker.user, unit="3", room="1"
    )

    assert found(worker, q) == {wanted}


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "q", ["1601", "60", "3-2-601", "13号楼 601", "2单元601", "3号楼 602", "室"]
)
def test_another_door_is_not(worker, building, q):
    make_household(building, worker=worker.user, unit="1", room="601")

    assert found(worker, q) == set()


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "role", [Role.COMMUNITY_WORKER, Role.LEADER, Role.STREET_ADMIN, Role.OFFICER, Role.DELEGATE]
)
@pytest.mark.parametrize(
    "q", ["601", "1单元", "3号楼 601", "3-1-601", "3-601", "1单元601", "北里小区3号楼601"]
)
def test_a_masked_household_is_found_by_its_building_and_never_by_its_door(
    world, worker, building, role, q
):
    masked = make_household(building, worker=worker.user, unit="1", room="601")
    place = world.north if role == Role.COMMUNITY_WORKER else world.bajiao
    other = make_post(role, place)
    make_visit(masked, post=other)

    assert found(other, q) == set()
    assert found(other, "3号楼") == found(other, "3栋") == {masked}


def test_a_search_without_result_says_where_doors_and_people_are_found(client, worker, building):
    make_household(building, worker=worker.user)
    sign_in(client, worker)

    html = client.get(f"{LIST}?q=999").content.decode()

    assert "门牌只在您负责的住户里找" in html
    assert 'href="/contacts/households/find/"' in html
    assert 'placeholder="楼号、门牌，如 3号楼 601"' in html


@pytest.mark.parametrize("role", [Role.COMMUNITY_WORKER, Role.OFFICER])
def test_the_register_opens_with_the_own_households_and_the_address_says_otherwise(
    client, world, building, role
):
    post = make_post(role, world.north if role == Role.COMMUNITY_WORKER else world.bajiao)
    mine = make_household(building, worker=post.user)
    other = make_household(building)
    make_visit(other, post=post)
    sign_in(client, post)

    assert listed(client) == listed(client, "?mine=1") == [mine.pk]
    assert set(listed(client, "?mine=all")) == {mine.pk, other.pk}
    assert set(listed(client, "?q=3号楼")) == {mine.pk, other.pk}
    html = client.get(LIST).content.decode()
    assert "我负责的 1 户" in html
    assert 'href="?mine=all"' in html
    assert 'href="?mine=1&amp;since=never"' in html


@pytest.mark.parametrize("role", [Role.LEADER, Role.STREET_ADMIN])
def test_a_units_register_opens_whole_also_for_who_answers_for_some(client, world, building, role):
    post = make_post(role, world.bajiao)
    both = {make_household(building, worker=post.user).pk, make_household(building).pk}
    sign_in(client, post)

    assert set(listed(client)) == set(listed(client, "?since=never")) == both


def test_a_worker_without_households_sees_those_of_the_community(client, worker, building):
    other = make_household(building)
    sign_in(client, worker)

    assert listed(client) == [other.pk]


def test_taking_a_filter_off_keeps_whose_households_are_listed(client, worker, building):
    make_household(building, worker=worker.user)
    sign_in(client, worker)

    html = client.get(f"{LIST}?mine=all&since=never").content.decode()

    assert 'chip-on" href="?mine=all"' in html


def test_own_rows_go_door_by_door_and_masked_rows_in_an_order_that_tells_nothing(
    client, worker, building
):
    rooms = ("603", "601", "602")
    masked = [make_household(building, unit="1", room=room).pk for room in rooms]
    own = [make_household(building, worker=worker.user, unit="2", room=room).pk for room in rooms]
    sign_in(client, worker)

    assert listed(client) == [own[1], own[2], own[0]]
    assert listed(client, "?mine=all") == masked + own


def test_masked_rows_of_one_building_are_told_apart_by_their_link(client, worker, building):
    households = [make_household(building), make_household(building)]
    for household, name in zip(
        (*households, households[1]), ("王秀英", "欧阳建国", "牛红"), strict=True
    ):
        make_resident(household, name=name)
    sign_in(client, worker)

    html = client.get(LIST).content.decode()

    links = re.findall(r'<a href="/contacts/households/\d+/">(.+?)</a>', html, re.DOTALL)
    said = ["".join(re.sub("<[^>]+>", "", link).split()) for link in links]
    assert said == ["北里小区3号楼王**", "北里小区3号楼欧阳**、牛*"]
    assert '<span class="nowrap">牛*</span>' in html


def test_the_words_for_who_was_met_are_those_of_the_formulas(client, worker, building):
    household = make_household(building, worker=worker.user)
    sign_in(client, worker)
    never = client.get(LIST).content.decode()

    for words in ("从未走访", "未走访满12个月", "上次走访"):
        assert words in never
    assert "上次见到" not in never
    make_visit(household, post=worker, result="NOT_HOME")
    page = client.get(household.get_absolute_url()).content.decode()
    assert "从未走访" in page
    household.last_met_on = timezone.localdate()
    household.save()
    page = client.get(household.get_absolute_url()).content.decode()
    assert "上次走访 " in page
    assert "住着谁" not in page + never
