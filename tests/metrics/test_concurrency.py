"""Writers and refreshes at once on PostgreSQL: no bucket becomes clean while a change is missed."""

import datetime as dt
import threading
import uuid

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from contacts.metrics import plain, touch_visit
from contacts.models import Visit
from contacts.services.visit_entries import VisitEntry
from contacts.services.visits import log_visit, void_visit
from portal.accounts.roles import Role
from portal.core.periods import Month, Quarter, Week, Year
from portal.metrics import services
from portal.metrics.models import Bucket, Built, Mark
from portal.metrics.registry import Place
from portal.metrics.selectors import read
from tests.factories.accounts import make_post, make_world
from tests.factories.contacts import make_building, make_household

pytestmark = pytest.mark.django_db(transaction=True)
SOURCES = ("visits", "register")


@pytest.fixture
def city():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    world = make_world()
    communities = (world.north, world.south)
    workers = [make_post(Role.COMMUNITY_WORKER, place) for place in communities]
    buildings = [make_building(place) for place in communities]
    homes = [[make_household(building) for _ in range(3)] for building in buildings]
    services.refresh(now=timezone.now())
    return world, workers, homes


def log(worker, home, *, days=0, channel="DOOR"):
    now = timezone.now()
    entry = VisitEntry(
        client_id=uuid.uuid4(),
        household_id=home.pk,
        occurred_at=now - dt.timedelta(days=days),
        channel=channel,
        result="MET",
    )
    return log_visit(actor=worker, entry=entry, now=now)


def wrong(world):
    """Numbers of every level and calendar period that are not those of plain SQL."""
    today = timezone.localdate()
    for kind in (Week, Month, Quarter, Year):
        period = kind.of(today)
        counted = plain.visits(period)
        for place, values in plain.register(today).items():
            counted[place] = counted.get(place, {}) | values
        for unit in (world.district, world.bajiao, world.north, world.south):
            place = Place(str(unit.kind), unit.pk)
            shown = read(SOURCES, place=place, period=period, today=today).total
            expected = counted.get(place, {})
            for key in shown.keys() | expected.keys():
                if shown.get(key, 0) != expected.get(key, 0):
                    yield period, place, key, shown.get(key, 0), expected.get(key, 0)


def in_threads(*jobs):
    failures = []

    def run(job):
        try:
            job()
        except Exception as error:  # noqa: BLE001 -- the test looks at it
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_a_refresh_during_an_open_transaction_leaves_its_mark(city):
    world, workers, homes = city
    written, refreshed = threading.Event(), threading.Event()

    def write():
        with transaction.atomic():
            log(workers[0], homes[0][0])
            written.set()
            assert refreshed.wait(20)

    def refresh():
        assert written.wait(20)
        log(workers[1], homes[1][0])  # marks of its own, to be taken away meanwhile
        services.refresh(now=timezone.now())
        refreshed.set()

    assert in_threads(write, refresh) == []

    assert Mark.objects.filter(source="visits").count() == 1
    assert list(wrong(world)) == []
    services.refresh(now=timezone.now())
    assert not Mark.objects.exists()
    assert list(wrong(world)) == []
    month = Month.of(timezone.localdate())
    stored = Bucket.objects.get(
        source="visits", span="M", start=month.start, kind="DISTRICT", place=world.district.pk
    )
    assert (stored.values["visits"], stored.values["door"]) == (2, 2)


def test_a_rebuild_during_an_open_transaction_leaves_its_mark(city):
    world, workers, homes = city
    written, rebuilt = threading.Event(), threading.Event()

    def write():
        with transaction.atomic():
            log(workers[0], homes[0][0])
            written.set()
            assert rebuilt.wait(20)

    def rebuild():
        assert written.wait(20)
        for name in SOURCES:
            services.rebuild(name, now=timezone.now())
        rebuilt.set()

    assert in_threads(write, rebuild) == []
    assert list(wrong(world)) == []


def write_a_dozen(worker, homes):
    for turn in range(12):
        visit = log(worker, homes[turn % 3], days=turn % 5)
        if turn % 4 == 3:
            void_visit(actor=worker, visit_id=visit.pk, reason="误点", now=timezone.now())


def again_until(done, job):
    try:
        while not done.is_set():
            job()
    finally:
        connections.close_all()


def test_readers_are_exact_while_writers_write_and_buckets_are_refreshed(city):
    world, workers, homes = city
    place = Place("DISTRICT", world.district.pk)
    today = timezone.localdate()
    done, seen = threading.Event(), []

    def look():
        values = read(["visits"], place=place, period=Month.of(today), today=today).total
        seen.append(values.get("visits", 0))

    def refresh():
        services.refresh(now=timezone.now())

    helpers = [
        threading.Thread(target=again_until, args=[done, job]) for job in (refresh, refresh, look)
    ]
    for helper in helpers:
        helper.start()
    failures = in_threads(
        *[lambda n=n: write_a_dozen(workers[n], homes[n]) for n in range(len(workers))]
    )
    done.set()
    for helper in helpers:
        helper.join()

    assert failures == []
    assert seen
    assert max(seen) <= 24
    assert list(wrong(world)) == []
    refresh()
    assert not Mark.objects.exists()
    assert list(wrong(world)) == []


def test_a_writer_that_commits_late_with_a_smaller_id_is_not_lost(city):
    """Ids are drawn before commits: a refresh may take only the marks it has read."""
    world, workers, homes = city
    drawn, passed = threading.Event(), threading.Event()

    def slow():
        with transaction.atomic():
            visit = log(workers[0], homes[0][0], days=1)
            touch_visit(visit)
            drawn.set()
            assert passed.wait(20)

    def quick():
        assert drawn.wait(20)
        log(workers[0], homes[0][1], days=1)
        services.refresh(now=timezone.now())
        assert Mark.objects.count() == 0  # as far as anybody else can see
        passed.set()

    assert in_threads(slow, quick) == []
    assert Mark.objects.exists()
    assert Visit.objects.count() == 2
    assert list(wrong(world)) == []


def test_a_refresh_leaves_at_once_where_another_is_at_work(city):
    _, workers, homes = city
    log(workers[0], homes[0][0])
    took = []

    with transaction.atomic():
        list(Built.objects.select_for_update())
        other = threading.Thread(
            target=lambda: (
                took.append(services.refresh(now=timezone.now())),
                connections.close_all(),
            )
        )
        other.start()
        other.join(timeout=10)
        waited = other.is_alive()
    other.join()

    assert not waited
    assert took == [0]
    services.refresh(now=timezone.now())
    assert not Mark.objects.exists()
