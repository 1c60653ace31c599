"""Who answers for a household: on any day one person or nobody, from a day on."""

import datetime as dt

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts.models import Household, HouseholdDuty
from contacts.querysets import KEEPS_REGISTER
from contacts.selectors import duties
from contacts.selectors.sight import sight
from contacts.services.duties import close_duties, write_duty
from contacts.services.household_ending import end_household
from contacts.services.households import assign_duty
from portal.accounts.roles import Role
from portal.core.errors import DomainError
from tests.factories.accounts import make_post, make_user
from tests.factories.contacts import make_duty, make_household, make_resident, make_visit

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

DAY = dt.timedelta(days=1)


def now():
    return timezone.now()


def today():
    return timezone.localdate()


@pytest.fixture
def leader(world):
    return make_post(Role.LEADER, world.north)


@pytest.fixture
def worker(world):
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def successor(world):
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def household(world, worker):
    return make_household(world.building, worker=worker.user)


def assign(leader, household, to, *, since=None):
    return assign_duty(
        actor=leader, household_id=household.pk, user_id=to.user_id, since=since, now=now()
    )


steps = st.lists(
    st.tuples(
        st.integers(0, 9),  # days that go by
        st.sampled_from(["assign", "close"]),
        st.integers(0, 2),  # to whom
        st.sampled_from([0, 0, 1, 5, 40]),  # from how many days on
    ),
    max_size=8,
)


@given(steps)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_on_any_day_exactly_one_answers_or_nobody(db, steps):
    household = make_household()
    users = [make_user() for _ in range(3)]
    day = first = dt.date(2026, 1, 1)
    told: dict[dt.date, int | None] = {}
    for go, what, who, ahead in steps:
        day += dt.timedelta(days=go)
        if what == "close":
            close_duties(household, on=day, today=day)
        else:
            try:
                write_duty(None, household, users[who].pk, since=day + ahead * DAY, today=day)
            except DomainError:
                continue  # the same person answers already
        in_force = HouseholdDuty.objects.filter(household=household)
        for offset in range(60):
            assert in_force.in_force(day + offset * DAY).count() <= 1
        # What is past is not rewritten by any later word.
        for past, who_then in told.items():
            if past < day:
                assert _who(household, past) == who_then
        told = {
            first + n * DAY: _who(household, first + n * DAY) for n in range((day - first).days + 1)
        }
        assert HouseholdDuty.objects.filter(household=household, until__isnull=True).count() <= 1


def _who(household, day):
    duty = HouseholdDuty.objects.filter(household=household).in_force(day).first()
    return duty.user_id if duty else None


def test_a_planned_duty_opens_nothing_before_its_day(household, leader, worker, successor):
    make_resident(household)
    visit = make_visit(household, post=worker)
    starts = today() + 10 * DAY
    assign(leader, household, successor, since=starts)

    def sees(post, on):
        return sight(post=post, household_ids=[household.pk], now=on).sees(household.pk)

    assert not sees(successor, now())
    assert sees(worker, now())
    assert sees(successor, now() + 10 * DAY)
    assert not sees(worker, now() + 10 * DAY)
    assert list(Household.objects.own(worker)) == [household]
    assert list(Household.objects.own(successor)) == []
    assert list(Household.objects.own(successor, starts)) == [household]
    assert duties.responsible_names([household.pk]) == {household.pk: worker.user.name}
    assert successor.role in KEEPS_REGISTER
    assert visit not in type(visit).objects.visible_to(successor)


def test_the_newest_word_drops_what_was_planned(household, leader, worker, successor, world):
    third = make_post(Role.COMMUNITY_WORKER, world.north)
    assign(leader, household, successor, since=today() + 10 * DAY)

    assign(leader, household, third)

    rows = HouseholdDuty.objects.filter(household=household)
    assert [row.user_id for row in rows.in_force(today())] == [third.user_id]
    assert not rows.planned(today()).exists()
    assert rows.get(user=worker.user).until == today()


def test_naming_who_answers_now_takes_a_plan_back(household, leader, worker, successor):
    assign(leader, household, successor, since=today() + 10 * DAY)

    kept = assign(leader, household, worker)

    assert kept.until is None
    assert HouseholdDuty.objects.filter(household=household).count() == 1
    with pytest.raises(DomainError, match="不用再指定"):
        assign(leader, household, worker)


@pytest.mark.parametrize(("days", "words"), [(-1, "已经过去"), (366, "提前一年")])
def test_a_day_gone_by_or_too_far_is_refused(household, leader, successor, days, words):
    with pytest.raises(DomainError, match=words):
        assign(leader, household, successor, since=today() + days * DAY)


def test_a_colleague_whose_post_begins_later_can_be_named_for_then(household, leader, world):
    starts = today() + 5 * DAY
    newcomer = make_post(Role.COMMUNITY_WORKER, world.north, since=starts)
    with pytest.raises(DomainError, match="岗位"):
        assign(leader, household, newcomer)

    assert assign(leader, household, newcomer, since=starts).since == starts


def test_an_ended_household_loses_what_was_planned(household, leader, worker, successor):
    assign(leader, household, successor, since=today() + 10 * DAY)

    end_household(
        actor=worker, household_id=household.pk, ended_on=today(), reason="全家搬走", now=now()
    )

    rows = HouseholdDuty.objects.filter(household=household)
    assert [row.user_id for row in rows] == [worker.user_id]
    assert rows.get().until == today()


def test_the_page_says_who_answers_now_and_who_will(client, household, leader, successor, worker):
    assign(leader, household, successor, since=today() + 10 * DAY)

    told = duties.history(household, today=today())

    assert [(one.user_id, one.is_now, one.is_planned) for one in told] == [
        (successor.user_id, False, True),
        (worker.user_id, True, False),
    ]


def test_a_duty_that_ended_today_is_over(household, successor):
    HouseholdDuty.objects.all().delete()
    make_duty(household, successor.user, until=today())
    assert duties.responsible_names([household.pk]) == {}
    make_duty(household, successor.user, until=today() + DAY)
    assert duties.responsible_names([household.pk]) == {household.pk: successor.user.name}


@pytest.mark.parametrize("state", ["no password", "closed"])
def test_who_cannot_sign_in_is_neither_offered_nor_taken(leader, household, successor, state):
    person = successor.user
    if state == "closed":
        person.is_active = False
    else:
        person.set_unusable_password()
    person.save()

    assert successor.user_id not in dict(duties.candidate_choices(household, today=today()))
    with pytest.raises(DomainError) as refusal:
        assign(leader, household, successor)
    assert refusal.value.field == "user"
    assert not household.duties.filter(user=person).exists()
