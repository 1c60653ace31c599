"""A grievance is registered once, numbered without gaps, and opened to the right people."""

import datetime as dt
import threading
import uuid
from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from contacts.models import Matter
from contacts.services.visits import MatterEntry, log_visit, ordinary_entry
from grievances.models import Event, Grievance, NumberSeries, Raiser
from grievances.services.numbers import next_number, short_code
from grievances.services.registering import RaiserEntry, register
from portal.accounts.roles import Role
from portal.core.errors import DomainError
from portal.search.models import SearchEntry
from tests.factories.accounts import make_post
from tests.factories.contacts import make_household, make_resident
from tests.factories.grievances import TEXT, entry_for, make_grievance

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

NOW = dt.datetime(2026, 11, 18, 2, 0, tzinfo=dt.UTC)  # Wednesday 10:00 in Shanghai


@pytest.fixture
def clerk(world):
    return make_post(Role.CLERK, world.bajiao)


def test_it_is_numbered_by_street_month_and_turn(world, clerk):
    first = make_grievance(world.north, post=clerk, now=NOW)
    second = make_grievance(world.south, post=clerk, now=NOW)
    other = make_grievance(world.gucheng_community, now=NOW)
    later = make_grievance(world.north, post=clerk, now=NOW + dt.timedelta(days=15))

    assert [each.number for each in (first, second, other, later)] == [
        "107003-202611-0001",
        "107003-202611-0002",
        "107004-202611-0001",
        "107003-202612-0001",
    ]


def test_a_restricted_one_counts_in_its_own_series_and_keeps_its_text_sealed(world, clerk):
    make_grievance(world.north, post=clerk, now=NOW)

    sealed = make_grievance(world.north, post=clerk, now=NOW, is_restricted=True)

    assert sealed.number == "107003F-202611-0001"
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM grievances_grievance WHERE id = %s", [sealed.pk])
        assert TEXT not in str(cursor.fetchone())
    assert Grievance.objects.get(pk=sealed.pk).words == TEXT
    assert not SearchEntry.objects.filter(kind="grievance", object_id=sealed.pk).exists()


def test_what_is_taken_back_leaves_no_gap(world):
    with transaction.atomic():
        next_number(world.bajiao, is_restricted=False, now=NOW)
        transaction.set_rollback(True)

    assert next_number(world.bajiao, is_restricted=False, now=NOW).endswith("-0001")


def test_a_code_of_our_own_is_short_too(world):
    world.bajiao.code = "PARK-000042"
    assert short_code(world.bajiao) == "000042"


def test_the_first_clock_runs_at_once(world, clerk):
    found = make_grievance(world.north, post=clerk, now=NOW)

    assert (found.due_step, found.due_on) == ("CONTACT", dt.date(2026, 11, 20))
    assert found.due_at.astimezone(dt.UTC).date() == dt.date(2026, 11, 20)


def test_the_same_form_sent_twice_is_one_grievance(world, clerk):
    entry = entry_for(world.north)

    first = register(actor=clerk, entry=entry, now=NOW)
    again = register(actor=clerk, entry=entry, now=NOW)

    assert first.pk == again.pk
    assert Event.objects.filter(grievance=first).count() == 1


def test_somebody_elses_form_tells_nothing(world, clerk):
    entry = entry_for(world.north)
    register(actor=clerk, entry=entry, now=NOW)

    with pytest.raises(DomainError, match="已失效"):
        register(actor=make_post(Role.CLERK, world.gucheng), entry=entry, now=NOW)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": "  "}, "text"),
        ({"text": "长" * 4001}, "text"),
        ({"source": "NONE"}, "source"),
        ({"regime": "HOTLINE"}, "official_number"),
        ({"unit_id": None}, "unit_id"),
        ({"received_at": NOW + dt.timedelta(hours=1)}, "received_at"),
        ({"named": (1,)}, "named"),
    ],
)
def test_what_cannot_be_one_is_refused_at_its_field(world, clerk, changes, field):
    with pytest.raises(DomainError) as refused:
        make_grievance(world.north, post=clerk, now=NOW, **changes)
    assert refused.value.field == field
    assert not NumberSeries.objects.exists()


def test_another_streets_place_is_refused(world, clerk):
    with pytest.raises(DomainError, match="本街道"):
        make_grievance(world.gucheng_community, post=clerk, now=NOW)


def test_a_handler_registers_none(world):
    with pytest.raises(PermissionDenied):
        make_grievance(world.north, post=make_post(Role.HANDLER, world.section), now=NOW)


def test_a_matter_is_a_grievance_in_the_visits_transaction(world):
    worker = make_post(Role.COMMUNITY_WORKER, world.north)
    home = make_household(world.building, worker=worker.user)
    person = make_resident(home, name="王秀英", phone="13800131234")
    entry = ordinary_entry(client_id=uuid.uuid4(), household_id=home.pk, now=NOW)
    matter = MatterEntry(text="楼道灯不亮", outcome=Matter.Outcome.ESCALATED)

    visit = log_visit(
        actor=worker,
        entry=replace(entry, matters=(matter,), met=(person.pk,)),
        now=NOW,
    )

    found = Grievance.objects.get()
    assert visit.matters.get().grievance_number == found.number
    assert (found.text, found.household_id, found.owner_id) == ("楼道灯不亮", home.pk, worker.pk)
    assert (found.community_id, found.building_id) == (world.north.pk, world.building.pk)
    assert (found.source, found.state) == ("HOME", "REGISTERED")
    assert Raiser.objects.get(grievance=found).name == "王秀英"


def test_nothing_remains_of_the_grievance_of_a_visit_that_fails(world, monkeypatch):
    worker = make_post(Role.COMMUNITY_WORKER, world.north)
    home = make_household(world.building, worker=worker.user)
    entry = ordinary_entry(client_id=uuid.uuid4(), household_id=home.pk, now=NOW)
    matter = MatterEntry(text="楼道灯不亮", outcome=Matter.Outcome.ESCALATED)

    def broken(*_args, **_kwargs):
        raise RuntimeError

    monkeypatch.setattr("contacts.services.visits.touch_visit", broken)
    with pytest.raises(RuntimeError):
        log_visit(actor=worker, entry=replace(entry, matters=(matter,)), now=NOW)

    assert not Grievance.objects.exists()
    assert not NumberSeries.objects.exists()


def test_nobody_named_is_anonymous(world, clerk):
    found = make_grievance(world.north, post=clerk, now=NOW, raiser=RaiserEntry())
    assert not Raiser.objects.filter(grievance=found).exists()


def test_the_database_refuses_a_restricted_text_in_clear(world, clerk):
    found = make_grievance(world.north, post=clerk, now=NOW, is_restricted=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Grievance.objects.filter(pk=found.pk).update(text=TEXT)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="writers of SQLite take turns anyway")
def test_sixteen_at_once_are_numbered_without_a_gap(world):
    """Half of them fail after they had their number."""
    clerk = make_post(Role.CLERK, world.bajiao)
    start, done = threading.Barrier(16), []

    def run(number):
        try:
            start.wait(timeout=30)
            for turn in range(4):
                try:
                    with transaction.atomic():
                        found = register(
                            actor=clerk, entry=entry_for(world.north), now=timezone.now()
                        )
                        if (number + turn) % 2:
                            raise RuntimeError
                        done.append(found.number)
                except RuntimeError:
                    continue
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert len(done) == 32
    assert sorted(int(number[-4:]) for number in done) == list(range(1, 33))
