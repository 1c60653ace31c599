import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.models import Matter, Visit
from contacts.selectors.week import REFERENCE, person_week, unit_week
from portal.accounts.kinds import OrganisationKind
from portal.accounts.roles import Role
from portal.core.periods import Week, day_of
from tests.factories.accounts import make_organisation, make_post, make_world
from tests.factories.contacts import make_building, make_household, make_visit

UTC = dt.UTC
THIS_WEEK = Week.parse("2026-W47")  # Monday 2026-11-16 to Sunday 2026-11-22
WEDNESDAY = dt.datetime(2026, 11, 18, 2, 0, tzinfo=UTC)


@pytest.fixture
def worker(db):
    return make_post(Role.COMMUNITY_WORKER, make_world().north)


@pytest.fixture
def building(worker):
    return make_building(worker.organisation)


def week_of(post, week=THIS_WEEK):
    return person_week(post=post, user_id=post.user_id, week=week)


def test_the_reference_is_the_five_of_the_seed():
    assert REFERENCE == 5


def test_a_household_met_twice_is_one_household_and_two_visits(worker, building):
    household = make_household(building)
    make_visit(household, post=worker, occurred_at=WEDNESDAY)
    make_visit(household, post=worker, occurred_at=WEDNESDAY + dt.timedelta(days=1))

    found = week_of(worker)

    assert (found.households, found.visits, found.phoned) == (1, 2, 0)


def test_calls_are_counted_apart(worker, building):
    make_visit(make_household(building), post=worker, occurred_at=WEDNESDAY)
    make_visit(
        make_household(building), post=worker, occurred_at=WEDNESDAY, channel=Visit.Channel.PHONE
    )

    found = week_of(worker)

    assert (found.households, found.phoned) == (1, 1)


@pytest.mark.parametrize(
    "fields",
    [
        {"result": Visit.Result.NOT_HOME},
        {"result": Visit.Result.DECLINED},
        {"channel": Visit.Channel.OFFICE},
        {"channel": Visit.Channel.VIDEO},
    ],
    ids=str,
)
def test_only_contact_made_at_the_door_counts(worker, building, fields):
    make_visit(make_household(building), post=worker, occurred_at=WEDNESDAY, **fields)

    assert week_of(worker).households == 0


def test_a_voided_visit_counts_no_more(worker, building):
    make_visit(
        make_household(building),
        post=worker,
        occurred_at=WEDNESDAY,
        voided_at=WEDNESDAY,
        voided_by=worker.user,
        void_reason="选错了户",
    )

    assert week_of(worker).households == 0


def test_who_came_along_has_been_there_too(worker, building):
    colleague = make_post(Role.COMMUNITY_WORKER, worker.organisation)
    make_visit(
        make_household(building), post=worker, occurred_at=WEDNESDAY, companions=(colleague.user,)
    )

    assert week_of(colleague).households == 1


@pytest.mark.parametrize("channel", ["DOOR", "PHONE", "VIDEO", "OFFICE"])
@pytest.mark.parametrize("result", Visit.Result.values)
def test_the_week_counts_what_the_querysets_call_met(worker, building, channel, result):
    make_visit(
        make_household(building),
        post=worker,
        occurred_at=WEDNESDAY,
        channel=channel,
        result=result,
    )

    found = week_of(worker)

    assert found.visits == Visit.objects.met_at_door().count()
    assert found.phoned == Visit.objects.contact_made().filter(channel="PHONE").count()


def test_a_colleagues_week_is_not_mine(worker, building):
    colleague = make_post(Role.COMMUNITY_WORKER, worker.organisation)
    make_visit(make_household(building, worker=worker.user), post=colleague, occurred_at=WEDNESDAY)

    assert week_of(worker).households == 0


def at_shanghai(*parts):
    return dt.datetime(*parts, tzinfo=dt.timezone(dt.timedelta(hours=8)))


@pytest.mark.parametrize(
    ("moment", "week"),
    [
        (at_shanghai(2026, 11, 15, 23, 59, 59), "2026-W46"),
        (at_shanghai(2026, 11, 16, 0, 0), "2026-W47"),
        (at_shanghai(2026, 11, 22, 23, 59, 59), "2026-W47"),
        (at_shanghai(2026, 11, 23, 0, 0), "2026-W48"),
        # the week that holds New Year belongs to the old ISO year
        (at_shanghai(2026, 12, 31, 23, 59), "2026-W53"),
        (at_shanghai(2027, 1, 1, 0, 0), "2026-W53"),
        (at_shanghai(2027, 1, 3, 23, 59), "2026-W53"),
        (at_shanghai(2027, 1, 4, 0, 0), "2027-W01"),
        # a week may begin in the year before
        (at_shanghai(2024, 12, 30, 0, 0), "2025-W01"),
    ],
)
def test_weeks_begin_on_monday_midnight_in_shanghai(worker, building, moment, week):
    make_visit(make_household(building), post=worker, occurred_at=moment)

    inside = Week.parse(week)
    counts = [week_of(worker, each).households for each in _around(inside)]

    assert counts == [0, 1, 0]


def _around(week):
    return (week.previous(), week, week.next())


@given(st.integers(0, 10 * 366 * 24 * 60))
def test_every_moment_lies_in_exactly_one_week(minutes):
    day = day_of(WEDNESDAY - dt.timedelta(minutes=minutes))

    assert [day in week for week in _around(Week.of(day))] == [False, True, False]


# ---- a unit ----


@pytest.fixture
def street(db):
    world = make_world()
    leader = make_post(Role.LEADER, world.bajiao)
    return world, leader


def test_a_street_lists_every_community_once_in_official_order(street):
    world, leader = street
    make_visit(make_household(community=world.south), occurred_at=WEDNESDAY)
    make_visit(make_household(community=world.south), occurred_at=WEDNESDAY)

    parts = unit_week(post=leader, week=THIS_WEEK).parts

    assert [(p.name, p.households) for p in parts] == [
        ("八角北里社区", 0),
        ("八角南里社区", 2),
    ]


def test_parts_add_up_to_the_unit(street):
    world, leader = street
    for community in (world.north, world.south, world.south):
        make_visit(make_household(community=community), occurred_at=WEDNESDAY)
    make_visit(
        make_household(community=world.north), occurred_at=WEDNESDAY, channel=Visit.Channel.PHONE
    )
    make_visit(
        make_household(community=world.north), occurred_at=WEDNESDAY, result=Visit.Result.NOT_HOME
    )

    unit = unit_week(post=leader, week=THIS_WEEK)

    assert (unit.visits, unit.households, unit.phoned) == (5, 3, 1)
    assert sum(p.visits for p in unit.parts) == unit.visits
    assert sum(p.households for p in unit.parts) == unit.households
    assert sum(p.phoned for p in unit.parts) == unit.phoned
    assert dict(unit.by_result) == {
        Visit.Result.MET: 4,
        Visit.Result.NOT_HOME: 1,
        Visit.Result.DECLINED: 0,
    }


def test_another_streets_visits_are_not_counted(street):
    world, leader = street
    make_visit(make_household(community=world.gucheng_community), occurred_at=WEDNESDAY)

    unit = unit_week(post=leader, week=THIS_WEEK)

    assert unit.visits == 0
    assert "古城" not in "".join(p.name for p in unit.parts)


def test_a_district_is_broken_down_by_street(street):
    world, _ = street
    make_visit(make_household(community=world.gucheng_community), occurred_at=WEDNESDAY)

    parts = unit_week(post=make_post(Role.DISTRICT_LEADER, world.district), week=THIS_WEEK).parts

    assert [(p.name, p.households) for p in parts] == [("八角街道", 0), ("古城街道", 1)]


def test_a_community_shows_what_lies_in_no_grid(street):
    world, _ = street
    make_visit(make_household(world.building), occurred_at=WEDNESDAY)
    make_visit(make_household(community=world.north), occurred_at=WEDNESDAY)

    parts = unit_week(post=make_post(Role.LEADER, world.north), week=THIS_WEEK).parts

    assert [(p.name, p.households) for p in parts] == [("第一网格", 1), ("未划网格", 1)]


def test_a_unit_that_ended_before_the_week_shows_only_what_it_did(street):
    world, leader = street
    ended = make_organisation(
        OrganisationKind.COMMUNITY,
        parent=world.bajiao,
        name="旧社区",
        valid_until=THIS_WEEK.start,
    )
    assert "旧社区" not in {p.name for p in unit_week(post=leader, week=THIS_WEEK).parts}

    make_visit(make_household(community=ended), occurred_at=WEDNESDAY)

    assert "旧社区" in {p.name for p in unit_week(post=leader, week=THIS_WEEK).parts}


def test_escalated_matters_of_the_week_are_counted(street):
    world, leader = street
    visit = make_visit(make_household(community=world.north), occurred_at=WEDNESDAY)
    for position, outcome in enumerate(
        (Matter.Outcome.ESCALATED, Matter.Outcome.SOLVED, Matter.Outcome.ESCALATED)
    ):
        Matter.objects.create(visit=visit, position=position, text="路灯不亮", outcome=outcome)

    week = unit_week(post=leader, week=THIS_WEEK)
    assert (week.escalated, week.escalated_visits) == (2, 1)


def test_the_unit_costs_the_same_queries_whatever_its_size(street, django_assert_max_num_queries):
    world, leader = street
    for _ in range(3):
        make_visit(make_household(community=world.north), occurred_at=WEDNESDAY)

    with django_assert_max_num_queries(6):
        unit_week(post=leader, week=THIS_WEEK)
