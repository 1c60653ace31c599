"""Many hands at once: one form is one visit, four writers never meet a locked database."""

import datetime as dt
import threading
import uuid

import pytest
from django.db import connection, connections
from django.utils import timezone

from contacts.models import Household, Matter, Visit
from contacts.services.visit_entries import MatterEntry, VisitEntry
from contacts.services.visits import edit_visit, entry_of, log_visit, void_visit
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from tests.factories.accounts import make_post, make_world
from tests.factories.contacts import make_household

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite]

DAY = dt.timedelta(days=1)


def at_once(*jobs) -> list[object]:
    """Start all jobs together on connections of their own; what each gave or raised."""
    gate = threading.Barrier(len(jobs))
    results: list[object] = [None] * len(jobs)

    def run(number: int, job) -> None:
        gate.wait()
        try:
            results[number] = job()
        except Exception as error:  # noqa: BLE001 -- the test looks at it
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def entry(household: Household, **changes: object) -> VisitEntry:
    told = {
        "client_id": uuid.uuid4(),
        "household_id": household.pk,
        "occurred_at": timezone.now() - DAY,
        "channel": "DOOR",
        "result": "MET",
        "matters": (MatterEntry(text="漏水", outcome="SOLVED"),),
    }
    return VisitEntry(**{**told, **changes})


@pytest.fixture
def worker():
    world = make_world()
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def home(worker):
    building = make_household(community=worker.organisation, worker=worker.user).building
    return make_household(building, worker=worker.user)


def test_eight_sendings_of_one_form_are_one_visit(worker, home):
    told = entry(home)

    results = at_once(
        *[lambda: log_visit(actor=worker, entry=told, now=timezone.now()) for _ in range(8)]
    )

    visit = Visit.objects.get()
    assert results == [visit] * 8
    assert Matter.objects.count() == 1
    assert visit.people.count() == 1
    assert AuditEvent.objects.filter(action="visit.log").count() == 1


def test_two_forms_that_say_the_same_at_once_are_one_visit(worker, home):
    results = at_once(
        *[lambda: log_visit(actor=worker, entry=entry(home), now=timezone.now()) for _ in range(4)]
    )

    assert results == [Visit.objects.get()] * 4
    assert Matter.objects.count() == 1


def test_four_writers_all_get_through(worker, home):
    other = make_household(home.building, worker=worker.user)

    def write(household: Household):
        def job() -> int:
            for _ in range(5):
                told = entry(household, text=str(uuid.uuid4()))
                log_visit(actor=worker, entry=told, now=timezone.now())
            return 5

        return job

    assert at_once(write(home), write(home), write(other), write(other)) == [5] * 4
    assert Visit.objects.count() == 20
    assert AuditEvent.objects.filter(action="visit.log").count() == 20


def test_the_dates_of_a_household_follow_the_last_of_many_changes(worker, home):
    now = timezone.now()
    first = log_visit(actor=worker, entry=entry(home, occurred_at=now - 9 * DAY), now=now)
    newest = log_visit(actor=worker, entry=entry(home, occurred_at=now - DAY), now=now)

    def edit() -> None:
        edit_visit(
            actor=worker,
            visit_id=first.pk,
            entry=VisitEntry(**{**_fields(first), "occurred_at": now - 5 * DAY}),
            now=now,
        )

    results = at_once(
        edit,
        lambda: void_visit(actor=worker, visit_id=newest.pk, reason="误点", now=now) and None,
        lambda: (
            log_visit(actor=worker, entry=entry(home, occurred_at=now - 3 * DAY), now=now) and None
        ),
    )

    home.refresh_from_db()
    assert results == [None, None, None]
    assert home.last_met_on == timezone.localdate(now - 3 * DAY)


def _fields(visit: Visit) -> dict[str, object]:
    told = entry_of(visit)
    return {name: getattr(told, name) for name in VisitEntry.__dataclass_fields__}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="writers of SQLite take turns anyway")
def test_two_voidings_at_once_are_one(worker, home):
    visit = log_visit(actor=worker, entry=entry(home), now=timezone.now())

    def void() -> Visit:
        return void_visit(actor=worker, visit_id=visit.pk, reason="误点", now=timezone.now())

    results = at_once(void, void)

    assert sorted(type(result).__name__ for result in results) == ["DomainError", "Visit"]
    assert AuditEvent.objects.filter(action="visit.void").count() == 1
