"""A worker killed in the middle of an export: afterwards there is one whole file, never half of one."""

import csv
import datetime as dt
import io
import random
import signal
import time
from functools import partial

import pytest
from django.utils import timezone
from python_calamine import CalamineWorkbook

from contacts.models import Household
from portal.accounts.models import Organisation
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.jobs import exports, files, services
from portal.jobs.models import Job, JobFile
from tests.factories.accounts import make_post
from tests.factories.contacts import make_building
from tests.jobs.test_kill import admin, is_over, worker  # noqa: F401 -- the fixture, by its name

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.integration]

ROWS = 6_000


@pytest.fixture
def keeper(admin):  # noqa: F811 -- the fixture
    """An administrator of a street with more households than one reads at once."""
    north = Organisation.objects.get(name="八角北里社区")
    buildings = [make_building(north) for _ in range(20)]
    Household.objects.bulk_create(
        Household(
            district_id=north.district_id, street_id=north.street_id, community=north,
            building=buildings[number % 20], unit="1", room=str(number),
        )
        for number in range(ROWS)
    )  # fmt: skip
    return make_post(Role.STREET_ADMIN, north.street)


@pytest.mark.parametrize(("seed", "kind"), [(1, "csv"), (2, "xlsx")])
def test_a_killed_export_is_begun_anew_and_made_once(keeper, tmp_path, wait_until, seed, kind):
    rng = random.Random(seed)  # noqa: S311 -- seeded is the point
    asked = exports.Request(key="households", query="mine=all", format=kind, reason="CHECK")
    job = exports.ask(actor=keeper, request=asked, now=timezone.now())

    for turn in range(3):
        with worker(tmp_path) as process:
            services.publish(job.pk)
            wait_until(partial(begun, job, job.attempts), patience=40, what="nobody took the job")
            time.sleep(turn * rng.random() * 0.4)  # the moment is the point
            process.send_signal(signal.SIGKILL)
            process.wait()
        job.refresh_from_db()
        assert turn or job.state == Job.State.RUNNING  # the first falls in the middle, for certain
        assert_whole_or_absent(job, kind)
        if job.state == Job.State.DONE:
            break
        wait_until(partial(is_over, job), patience=5)

    if job.state != Job.State.DONE:
        with worker(tmp_path):
            services.publish(job.pk)
            wait_until(lambda: Job.objects.get(pk=job.pk).state == Job.State.DONE, patience=60)
    job.refresh_from_db()
    assert job.counts["rows"] == job.done == ROWS
    assert JobFile.objects.filter(job=job).count() == 1
    assert_whole_or_absent(job, kind)
    assert AuditEvent.objects.filter(action="job.finish").count() == 1
    files.remove_strays(now=timezone.now() + dt.timedelta(days=2))
    assert len(list(files.folder().iterdir())) == 1


def begun(job: Job, attempts: int) -> bool:
    found = Job.objects.get(pk=job.pk)
    return found.attempts > attempts or found.state == Job.State.DONE


def assert_whole_or_absent(job: Job, kind: str) -> None:
    for file in JobFile.objects.filter(job=job):
        with files.opened(file) as stream:
            data = stream.read()
        assert len(data) == file.size
        if kind == "csv":
            rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
            assert len(rows) == ROWS + 1
        else:
            book = CalamineWorkbook.from_filelike(io.BytesIO(data))
            assert len(book.get_sheet_by_index(0).to_python()) == ROWS + 1
