"""What is said of a job that stopped in the middle: only the import of rows leaves what it did."""

import pytest
from django.db import connection
from django.utils import timezone

from contacts.models import Resident
from contacts.services.household_import import CHECK
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.jobs import running, services, tasks
from portal.jobs.models import Job
from tests.contacts.importing import ask as ask_import
from tests.factories.accounts import make_post, sign_in

pytestmark = pytest.mark.django_db

BAD = "1"
ROWS = [
    ["八角北里社区", "12号楼", "1", str(number), f"住户{number}",
     BAD if number % 100 == 7 else f"138{number:08}", "1950"]
    for number in range(1_000)
]  # fmt: skip


@pytest.fixture
def leader(world):
    return make_post(Role.LEADER, world.bajiao)


@pytest.fixture
def stopping(db):
    """``stopping()``: from now on the database refuses to keep a bad row behind the first batch."""

    def begin() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE FUNCTION refuse_row() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION 'refused'; END $$"
            )
            cursor.execute(
                "CREATE TRIGGER refuse_row BEFORE INSERT ON jobs_rowproblem"
                " FOR EACH ROW WHEN (NEW.row > 450) EXECUTE FUNCTION refuse_row()"
            )

    return begin


def tried(job: Job) -> Job:
    """The job after a worker has met it once more."""
    tasks.run_job(job.pk)
    job.refresh_from_db()
    return job


def says(client, job: Job) -> str:
    return client.get(job.get_absolute_url()).content.decode()


def test_a_check_that_stops_each_time_ends_and_claims_nothing(leader, stopping, client):
    sign_in(client, leader)
    job = ask_import(leader, ROWS, kind=CHECK)
    stopping()

    for attempt in range(1, running.MOST_ATTEMPTS + 1):
        assert tried(job).state == Job.State.WAITING
        assert job.attempts == attempt
        assert 0 < job.done < len(ROWS)
        assert "从头再做一遍" in says(client, job)
        assert "条保留" not in says(client, job)
    assert running.fail_poisoned(now=timezone.now()) == 1

    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "没有留下任何结果" in job.message
    assert AuditEvent.objects.filter(action="household.check").count() == 1
    assert not Resident.objects.exists()


def test_an_import_that_stops_keeps_what_it_did_and_says_so(leader, stopping, client):
    sign_in(client, leader)
    job = ask_import(leader, ROWS)
    stopping()

    for _ in range(running.MOST_ATTEMPTS):
        assert tried(job).state == Job.State.WAITING
        assert f"已处理的 {job.done} 条保留" in says(client, job)
    assert running.fail_poisoned(now=timezone.now()) == 1

    job.refresh_from_db()
    assert f"停下前处理的 {job.done} 条保留" in job.message
    assert Resident.objects.count() + job.problems.count() == job.done


def test_a_check_that_is_cancelled_leaves_nothing(leader, stopping):
    job = ask_import(leader, ROWS, kind=CHECK)
    stopping()
    assert tried(job).done

    services.cancel(actor=leader, job_id=job.pk, now=timezone.now())

    job.refresh_from_db()
    assert job.message == "已取消，没有留下任何结果。"
