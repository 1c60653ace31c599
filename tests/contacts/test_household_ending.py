"""Taking a household out of use: what ends with it, what stays, who may."""

import datetime as dt
import zoneinfo

import pytest

from contacts.models import Household
from contacts.services import household_ending, households
from contacts.services.household_entries import HouseholdEntry
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.core.errors import DomainError
from portal.search.models import SearchEntry
from tests.factories.accounts import make_post, make_world
from tests.factories.contacts import make_care, make_household, make_reveal
from tests.trail import told_by

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

NOW = dt.datetime(2026, 11, 22, 14, 5, tzinfo=zoneinfo.ZoneInfo("Asia/Shanghai"))
TODAY = NOW.date()
LAST_WEEK = TODAY - dt.timedelta(days=7)


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def worker(world):
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def household(world, worker):
    return make_household(world.building, worker=worker.user, unit="3", room="502")


def end(actor, household, *, ended_on=LAST_WEEK, reason="全家搬到外区"):
    return household_ending.end_household(
        actor=actor, household_id=household.pk, ended_on=ended_on, reason=reason, now=NOW
    )


def test_duty_and_care_end_with_it_and_nobody_finds_it_any_more(world, worker):
    entry = HouseholdEntry(building_id=world.building.pk, unit="9", room="901")
    household = households.register_household(
        actor=worker, entry=entry, now=NOW - dt.timedelta(days=30)
    )
    make_care(household)
    assert SearchEntry.objects.filter(kind="household", object_id=household.pk).exists()

    end(worker, household)

    household.refresh_from_db()
    assert household.ended_on == LAST_WEEK
    assert "全家搬到外区" in household.note
    assert household.duties.get().until == LAST_WEEK
    assert household.cares.get().until == LAST_WEEK
    assert not Household.objects.own(worker).exists()
    assert not SearchEntry.objects.filter(kind="household", object_id=household.pk).exists()
    event = AuditEvent.objects.filter(action="household.end").get()
    assert event.object_id == str(household.pk)
    assert "外区" not in told_by(event)
    again = households.register_household(actor=worker, entry=entry, now=NOW)
    assert again.pk != household.pk


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ended_on": TODAY + dt.timedelta(days=1)}, "ended_on"),
        ({"ended_on": TODAY - dt.timedelta(days=3)}, "ended_on"),
        ({"ended_on": TODAY, "reason": " "}, "reason"),
        ({"ended_on": TODAY, "reason": "搬" * 101}, "reason"),
    ],
)
def test_no_future_day_none_before_the_last_contact_and_a_reason(worker, household, change, field):
    Household.objects.update(last_contact_on=TODAY - dt.timedelta(days=2))

    with pytest.raises(DomainError) as refused:
        end(worker, household, **change)

    assert refused.value.field == field
    household.refresh_from_db()
    assert household.ended_on is None


def test_a_colleague_only_after_stating_a_reason_and_nobody_twice(world, household):
    colleague = make_post(Role.COMMUNITY_WORKER, world.north)
    with pytest.raises(households.NotSeenInFullError):
        end(colleague, household)
    make_reveal(household, colleague, at=NOW)

    end(colleague, household)

    with pytest.raises(DomainError, match="已停用"):
        end(colleague, household)
