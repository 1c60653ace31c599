"""谁看过: what leaves in full as a file or on paper stands in the trail of each household."""

import datetime as dt

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from contacts.selectors.looks import looks_at
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.audit.services import record
from portal.core.periods import Week
from portal.jobs import exports
from tests.factories.accounts import make_post, sign_in
from tests.factories.contacts import make_household, make_resident, make_reveal, make_visit

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def leader(world):
    return make_post(Role.LEADER, world.north)


@pytest.fixture
def worker(world):
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def homes(world, leader, worker):
    """One that the leader has opened by a reason, one it sees masked; each with two visits."""
    opened, masked = (make_household(world.building, worker=worker.user) for _ in range(2))
    for home in (opened, masked):
        make_resident(home)
        for _ in range(2):
            make_visit(home, post=worker, occurred_at=timezone.now())
    make_reveal(opened, leader, at=timezone.now())
    return opened, masked


def actions(household) -> list[str]:
    return list(looks_at(household).values_list("action", flat=True))


@pytest.mark.parametrize("key", ["households", "visits"])
def test_a_file_leaves_a_line_about_each_household_it_shows_in_full(leader, homes, key):
    opened, masked = homes
    listing = exports.get(key).open(leader, QueryDict(), timezone.now())

    listing.count()
    assert actions(opened) == []
    assert "王秀英" in str(list(listing.rows()))

    assert actions(opened) == ["household.export"]
    assert actions(masked) == []
    assert "王秀英" not in str(list(AuditEvent.objects.values()))


def test_a_narrowed_file_speaks_of_its_own_rows_only(world, leader, homes):
    other = make_household(world.building)
    make_reveal(other, leader, at=timezone.now())
    found = QueryDict(f"household={homes[0].pk}")

    list(exports.get("visits").open(leader, found, timezone.now()).rows())

    assert actions(homes[0]) == ["household.export"]
    assert actions(other) == []  # nobody visited it


@pytest.mark.parametrize("sheet", ["handover", "diary"])
def test_paper_leaves_a_line_about_each_household_it_shows_in_full(
    client, leader, worker, homes, sheet
):
    opened, masked = homes
    sign_in(client, leader)
    week = {"week": str(Week.of(timezone.localdate())), "person": worker.user_id}
    url, told = {
        "handover": (reverse("contacts:handover", args=[worker.user_id]), {"print": "1"}),
        "diary": (reverse("contacts:diary_print"), week),
    }[sheet]

    assert "王秀英" in client.post(url, told).text

    assert actions(opened) == ["household.print"]
    assert actions(masked) == []


def test_a_reason_and_the_page_it_opened_are_one_look(world, leader, worker, homes, time_machine):
    home, _ = homes
    start = timezone.now()
    for seconds, post, action in (
        (0, leader, "household.open"),  # before the reason: a look of its own
        (10, leader, "household.reveal"),
        (12, leader, "household.open"),
        (15, worker, "household.open"),
        (90, leader, "household.open"),  # later in the half hour: came back
    ):
        time_machine.move_to(start + dt.timedelta(seconds=seconds), tick=False)
        record(actor=post, action=action, obj=home)

    found = [(look.actor_id, look.action) for look in looks_at(home).order_by("pk")]

    assert found == [
        (leader.user_id, "household.open"),
        (leader.user_id, "household.reveal"),
        (worker.user_id, "household.open"),
        (leader.user_id, "household.open"),
    ]
    assert AuditEvent.objects.about("contacts.household", home.pk).count() == 5
