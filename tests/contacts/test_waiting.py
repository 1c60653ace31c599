"""Matters that waited for the grievance desk are opened by a command, once."""

import datetime as dt
import io

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from contacts.models import Matter
from contacts.services import waiting
from contacts.services.waiting import open_waiting
from grievances.models import Grievance
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from tests.factories.accounts import make_post
from tests.factories.contacts import make_household, make_visit

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def worker(world):
    return make_post(Role.COMMUNITY_WORKER, world.north)


def raised(visit, *, text="楼道灯不亮", outcome="ESCALATED", position=1) -> Matter:
    return Matter.objects.create(visit=visit, position=position, text=text, outcome=outcome)


def test_each_that_waits_becomes_one_and_a_second_run_opens_nothing(world, worker):
    home = make_household(world.building)
    visit = make_visit(home, post=worker)
    one, two = raised(visit), raised(visit, position=2, text="水管漏水")
    solved = raised(visit, position=3, outcome="SOLVED")
    void = raised(make_visit(home, post=worker, voided_at=timezone.now(), voided_by=worker.user,
                             void_reason="误点"))  # fmt: skip

    assert open_waiting(now=timezone.now()) == 2
    assert open_waiting(now=timezone.now()) == 0

    for matter in (one, two):
        matter.refresh_from_db()
        found = Grievance.objects.get(number=matter.grievance_number)
        assert (found.matter_id, found.text, found.owner_id) == (matter.pk, matter.text, worker.pk)
        assert found.received_at == visit.occurred_at
    for matter in (solved, void):
        matter.refresh_from_db()
        assert matter.grievance_number == ""


def test_the_trail_says_that_the_system_did_it(world, worker):
    raised(make_visit(make_household(world.building), post=worker))

    open_waiting(now=timezone.now())

    told = AuditEvent.objects.filter(action__in=["grievance.register", "visit.escalate"])
    assert set(told.values_list("action", "actor_id")) == {
        ("grievance.register", None),
        ("visit.escalate", None),
    }


def test_of_an_author_who_has_left_nobody_is_the_contact_yet(world):
    left = make_post(Role.COMMUNITY_WORKER, world.north, until=dt.date(2026, 1, 1))
    raised(make_visit(make_household(world.building), post=left))

    open_waiting(now=timezone.now())

    assert Grievance.objects.get().owner is None


def test_more_than_one_batch_is_opened_to_the_last(world, worker, monkeypatch):
    monkeypatch.setattr(waiting, "BATCH", 2)
    visit = make_visit(make_household(world.building), post=worker)
    for position in range(5):
        raised(visit, position=position)

    assert open_waiting(now=timezone.now()) == 5


def test_the_command_says_how_many(world, worker):
    raised(make_visit(make_household(world.building), post=worker))
    out = io.StringIO()

    call_command("open_waiting_matters", stdout=out)

    assert "1 opened" in out.getvalue()


def test_without_a_desk_the_command_says_so(world, worker, without_a_desk):
    raised(make_visit(make_household(world.building), post=worker))

    with pytest.raises(CommandError):
        call_command("open_waiting_matters")
    assert not Grievance.objects.exists()
