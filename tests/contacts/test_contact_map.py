"""民情地图: bands, scope, own doors only, and the same numbers as the register."""

import datetime as dt
import re

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from contacts.metrics import in_band
from contacts.models import Household
from contacts.selectors import bands
from contacts.selectors.contact_map import map_page
from contacts.workflow import BANDS, YEAR, Band, band_of
from portal.accounts.kinds import OrganisationKind
from portal.accounts.roles import Role
from tests.factories.accounts import make_organisation, make_post, sign_in
from tests.factories.contacts import (
    make_building,
    make_care,
    make_category,
    make_household,
    make_resident,
)

TODAY = dt.date(2026, 11, 22)
MAP = "/contacts/map/"
AGES = (None, 0, 91, 92, 182, 183, 365, 366, 900)


def ago(days: int | None, today: dt.date = TODAY) -> dt.date | None:
    return None if days is None else today - dt.timedelta(days=days)


@given(st.none() | st.integers(0, 3000))
def test_every_age_lies_in_exactly_one_band(days):
    fits = [
        rule.band
        for rule in BANDS
        if (days is None) == (rule.band is Band.NEVER)
        and (days is None or rule.more_than is None or days > rule.more_than)
        and (days is None or rule.at_most is None or days <= rule.at_most)
    ]

    assert fits == [band_of(ago(days), today=TODAY)]


def test_a_year_is_over_the_day_after_it():
    assert band_of(TODAY - YEAR, today=TODAY) is Band.HALF
    assert band_of(TODAY - YEAR - dt.timedelta(days=1), today=TODAY) is Band.YEAR


@pytest.mark.sqlite
@pytest.mark.django_db
def test_the_database_counts_the_same_bands(world):
    building = make_building(world.north)
    for days in AGES:
        make_household(building, last_met_on=ago(days))
    make_household(building, last_met_on=None, ended_on=TODAY)

    rows = Household.objects.all().in_use().order_by()
    counted = bands.counts_of(rows.aggregate(**bands.aggregates(today=TODAY)))

    assert counted == {
        rule.band: sum(band_of(ago(days), today=TODAY) is rule.band for days in AGES)
        for rule in BANDS
    }
    for rule in BANDS:
        narrowed = rows.filter(in_band(rule.band, TODAY))
        assert narrowed.count() == counted[rule.band]


@pytest.fixture
def scene(world):
    """Two buildings in a grid, one beside it, households of all ages, and another street."""
    grid = make_organisation(OrganisationKind.GRID, parent=world.north, name="第一网格")
    first = make_organisation(OrganisationKind.BUILDING, parent=grid, name="1号楼")
    beside = make_building(world.north, name="2号楼")
    empty = make_building(world.north, name="3号楼")
    worker = make_post(Role.COMMUNITY_WORKER, world.north)
    today = timezone.localdate()
    for number, days in enumerate(AGES):
        make_household(
            first, community=None, worker=worker.user, unit="1", room=f"{number + 1}01",
            floor=number + 1, last_met_on=ago(days, today),
        )  # fmt: skip
    masked = make_household(beside, unit="丁", room="后院小屋", last_met_on=ago(400, today))
    make_resident(masked, name="欧阳明月", phone="13912345678")
    make_care(masked, make_category("重病"))
    make_household(world_building(world), last_met_on=None)
    return {"worker": worker, "first": first, "beside": beside, "empty": empty, "grid": grid}


def world_building(world):
    return make_building(world.gucheng_community, name="古城1号楼")


@pytest.mark.django_db
def test_each_level_adds_up_to_the_one_above(world, scene):
    now = timezone.now()
    leader = make_post(Role.DISTRICT_LEADER, world.district)
    outer = map_page(post=leader, place=world.district, now=now)
    assert outer.tally.total == len(AGES) + 2

    for place in (world.bajiao, world.north):
        inner = map_page(post=leader, place=place, now=now)
        parts = [part for group in outer.groups for part in group.parts]
        assert [part.tally for part in parts if part.code == place.code] == [inner.tally]
        assert inner.tally.total == sum(p.tally.total for g in inner.groups for p in g.parts)
        outer = inner
    building = map_page(post=leader, place=scene["first"], now=now)
    assert building.tally.total == len(AGES)


@pytest.mark.django_db
def test_buildings_stand_in_their_grid_and_the_empty_one_is_not_left_out(world, scene):
    page = map_page(post=scene["worker"], place=world.north, now=timezone.now())

    drawn = {group.name: [part.name for part in group.parts] for group in page.groups}
    assert drawn["第一网格"] == ["1号楼"]
    assert sorted(drawn["未划网格"]) == ["2号楼", "3号楼"]


@pytest.mark.django_db
def test_doors_are_drawn_of_own_households_only(client, world, scene):
    now = timezone.now()
    own = map_page(post=scene["worker"], place=scene["first"], now=now)
    assert own.units[0].floors[0].name == "9层"
    assert sum(len(f.doors) for u in own.units for f in u.floors) == len(AGES)
    assert own.others.total == 0

    sign_in(client, scene["worker"])
    other = client.get(MAP, {"place": scene["beside"].code}).content.decode()
    assert "不由您负责的住户不画门牌" in other
    assert other.count('<svg class="band-bar"') == 1
    for secret in ("欧阳明月", "13912345678", "后院小屋", "重病"):
        assert secret not in other.replace(scene["beside"].code, "")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "place"),
    [
        (Role.LEADER, "bajiao"), (Role.STREET_ADMIN, "bajiao"),
        (Role.DISTRICT_LEADER, "district"), (Role.COMMUNITY_WORKER, "north"),
    ],
)  # fmt: skip
def test_no_care_category_and_no_person_of_others_is_on_any_map(client, world, scene, role, place):
    sign_in(client, make_post(role, getattr(world, place)))
    for unit in (world.north, scene["grid"], scene["beside"]):
        text = client.get(MAP, {"place": unit.code}).content.decode()
        for secret in ("欧阳明月", "13912345678", "重病", "后院小屋"):
            assert secret not in text


@pytest.mark.django_db
def test_other_places_are_no_places_of_the_map(client, world, scene):
    sign_in(client, scene["worker"])

    for place in (world.bajiao, world.gucheng, world.gucheng_community, world.district):
        assert client.get(MAP, {"place": place.code}).status_code == 404
    assert client.get(MAP, {"place": "nothing"}).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("level", ["district", "bajiao", "north"])
def test_every_number_opens_exactly_its_households(client, world, scene, level):
    role = Role.DISTRICT_LEADER if level == "district" else Role.LEADER
    sign_in(client, make_post(role, getattr(world, level)))
    text = client.get(MAP).content.decode()

    links = re.findall(r'<a[^>]*href="(/contacts/households/\?[^"]*)"[^>]*>(.*?)</a>', text)
    assert links
    for address, words in links:
        if words == "全部名单":  # of the list beside the picture; its number stands above it
            continue
        number = re.findall(r"\d+", words.replace("12个月", ""))[-1]
        listed = client.get(address.replace("&amp;", "&")).content.decode()
        head = (f"共 {number} 条", f'<span class="figure">{number}</span> 户')
        assert any(words in listed for words in head), address


@pytest.mark.django_db
def test_the_longest_unvisited_come_first_and_the_never_visited_before_them(world, scene):
    page = map_page(post=scene["worker"], place=world.north, now=timezone.now())

    assert page.longest_own
    met = [line.last_met_on for line in page.longest]
    assert met == sorted(met, key=lambda day: day or dt.date.min)
    assert met[0] is None
    assert len(met) == 3  # never, 366 and 900 days; 365 is not over a year


@pytest.mark.django_db
def test_the_map_costs_a_fixed_number_of_queries(client, world, scene, assert_flat):
    sign_in(client, scene["worker"])

    def add() -> None:
        building = make_building(world.north)
        household = make_household(building, worker=scene["worker"].user, last_met_on=None)
        make_resident(household, name="张三丰")

    assert_flat(MAP, add, at_most=25)
    assert_flat(f"{MAP}?place={scene['first'].code}", add, at_most=25)


@pytest.mark.django_db
def test_no_own_household_unmet_is_not_said_of_the_whole_house(client, world):
    worker = make_post(Role.COMMUNITY_WORKER, world.north)
    building = make_building(world.north)
    make_household(building, worker=worker.user, last_met_on=timezone.localdate())
    sign_in(client, worker)
    alone = client.get(MAP, {"place": building.code}).content.decode()
    make_household(building, last_met_on=None)
    among = client.get(MAP, {"place": building.code}).content.decode()

    assert "您负责的住户里没有未走访满12个月的" in alone
    assert "其他住户有" not in alone
    assert "其他住户有 1 户" in among
    assert "全部名单" in among


@pytest.mark.django_db
def test_masked_homes_of_a_building_are_told_apart_by_who_answers_and_how_long(client, world):
    building = make_building(world.north)
    today = timezone.localdate()
    worker = make_post(Role.COMMUNITY_WORKER, world.north).user
    make_household(building, worker=worker, last_met_on=None)
    make_household(building, last_met_on=today - dt.timedelta(days=400))
    sign_in(client, make_post(Role.LEADER, world.north))

    titles = [
        title for _line, title in client.get(MAP, {"place": building.code}).context["longest"]
    ]

    assert titles == [f"{worker.name} · 从未走访", "没有走访责任人 · 400 天没有走访"]
