"""SIGKILL at any moment: nothing lost, nothing doubled, and the job says the truth."""

import contextlib
import datetime as dt
import http.client
import random
import signal
import sys
import time
import uuid
from functools import partial

import pytest
from django.test import Client
from django.utils import timezone

from contacts.models import Household, Resident
from contacts.services.household_import import CHECK
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.celery import app
from portal.jobs import files, running, services
from portal.jobs.models import Job, RowProblem
from portal.metrics.models import Mark
from portal.search.models import SearchEntry
from tests.contacts.importing import HEADING, ask, rejects, upload
from tests.factories.accounts import make_post, make_user, make_world
from tests.fixtures.processes import child
from tests.servers import free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.integration]

ROWS = 2_000
LEASE = 2


@pytest.fixture
def admin(settings, tmp_path, monkeypatch):
    settings.JOB_FILES = tmp_path / "jobs"
    settings.JOB_LEASE_SECONDS = LEASE
    monkeypatch.setenv("JOB_FILES", str(tmp_path / "jobs"))
    monkeypatch.setenv("JOB_LEASE_SECONDS", str(LEASE))
    with app.connection_for_write() as broker:
        broker.default_channel.client.flushdb()
    world = make_world()
    user = make_user("admin", name="管理员")
    return make_post(Role.LEADER, world.bajiao, user=user)


def worker(tmp_path):
    name = f"kill-{uuid.uuid4().hex[:8]}@localhost"
    return child(
        [sys.executable, "-m", "celery", "-A", "portal.celery", "worker", "--pool=solo",
         f"--hostname={name}", "--loglevel=WARNING", "--without-gossip", "--without-mingle"],
        tmp_path / "worker.log",
    )  # fmt: skip


def table() -> tuple[list[list[str]], list[list[str]]]:
    """Two people a door, every twentieth row with a phone that is none; all, and the bad ones."""
    rows = [
        ["八角北里社区", "12号楼", str(n // 400), str(n % 400 // 2), f"住户{n:04}",
         "1" if n % 20 == 7 else f"138{n:08}", "1950"]
        for n in range(ROWS)
    ]  # fmt: skip
    return rows, [row for row in rows if row[5] == "1"]


def assert_exactly(rows, bad) -> None:
    """The register holds the file: each good row once, its trail and its search row once."""
    good = [row for row in rows if row not in bad]
    found = Resident.objects.values_list("household__unit", "household__room", "name", "phone")
    assert sorted(found) == sorted((row[2], row[3], row[4], row[5]) for row in good)
    doors = {(row[2], row[3]) for row in good}
    assert sorted(Household.objects.values_list("unit", "room")) == sorted(doors)
    assert SearchEntry.objects.filter(kind="household").count() == len(doors)
    events = AuditEvent.objects
    assert events.filter(action="household.register").count() == len(doors)
    assert events.filter(action="resident.add").count() == len(good)
    assert Mark.objects.exists()


def assert_counted(job: Job, rows, bad) -> None:
    """Each row once, in the check as in the import."""
    assert {name: number for name, number in job.counts.items() if number} == {
        "new": ROWS - len(bad), "bad": len(bad), "total": ROWS, "residents": ROWS - len(bad),
        "households": len({(row[2], row[3]) for row in rows if row not in bad}),
    }  # fmt: skip


@pytest.mark.parametrize("seed", [1])
def test_an_import_survives_workers_killed_at_random(admin, tmp_path, wait_until, seed):
    rng = random.Random(seed)  # noqa: S311 -- seeded is the point
    rows, bad = table()
    job = ask(admin, rows)

    for turn in range(2):
        with worker(tmp_path) as process:
            services.publish(job.pk)
            wait_until(partial(moved_on, job, job.done), patience=40, what="nobody took the job")
            time.sleep(turn * rng.random() * 0.3)  # the moment is the point
            process.send_signal(signal.SIGKILL)
            process.wait()
        job.refresh_from_db()
        assert turn or 0 < job.done < ROWS  # the first falls in the middle, for certain
        if job.state == Job.State.DONE:
            break
        kept = Resident.objects.count() + RowProblem.objects.filter(job=job).count()
        assert kept == job.done
        wait_until(partial(is_over, job), patience=5)

    if job.state != Job.State.DONE:
        with worker(tmp_path):
            services.publish(job.pk)
            wait_until(lambda: Job.objects.get(pk=job.pk).state == Job.State.DONE, patience=40)
    job.refresh_from_db()
    assert_exactly(rows, bad)
    assert_counted(job, rows, bad)
    assert [list(row.cells[2:]) for row in rejects(job)] == bad
    assert len(list(files.folder().glob("*"))) >= 2
    files.remove_strays(now=timezone.now() + dt.timedelta(days=2))
    assert len(list(files.folder().iterdir())) == 2


def moved_on(job: Job, done: int) -> bool:
    found = Job.objects.get(pk=job.pk)
    return found.done > done or found.state == Job.State.DONE


def is_over(job: Job) -> bool:
    """Its lease."""
    until = Job.objects.get(pk=job.pk).lease_until
    return until is None or until < timezone.now()


def test_a_check_begins_anew_and_says_what_it_would_have_said(admin, tmp_path, wait_until):
    """The dry run: a worker killed in its middle leaves nothing that the next one counts again."""
    rng = random.Random(2)  # noqa: S311 -- seeded is the point
    rows, bad = table()
    job = ask(admin, rows, kind=CHECK)

    for turn in range(2):
        with worker(tmp_path) as process:
            services.publish(job.pk)
            wait_until(partial(in_the_middle, job, job.attempts), patience=40, what="not begun")
            time.sleep(turn * rng.random() * 0.2)  # the moment is the point
            process.send_signal(signal.SIGKILL)
            process.wait()
        job.refresh_from_db()
        assert turn or 0 < job.done < ROWS  # the first falls in the middle, for certain
        assert not Household.objects.exists()
        if job.state == Job.State.DONE:
            break
        wait_until(partial(is_over, job), patience=5)

    if job.state != Job.State.DONE:
        with worker(tmp_path):
            services.publish(job.pk)
            wait_until(lambda: Job.objects.get(pk=job.pk).state == Job.State.DONE, patience=40)
    job.refresh_from_db()
    assert_counted(job, rows, bad)
    assert "只核对，没有改名册" in job.message
    assert sorted(job.problems.values_list("row", flat=True)) == [
        number for number, row in enumerate(rows, 2) if row in bad
    ]
    assert [list(row.cells[2:]) for row in rejects(job)] == bad
    assert not Household.objects.exists()
    assert not Resident.objects.exists()
    assert not SearchEntry.objects.exists()
    for action in ("household.check", "job.finish"):
        assert AuditEvent.objects.filter(action=action).count() == 1


def in_the_middle(job: Job, attempts: int) -> bool:
    """Another worker has it, and has kept a batch of its own."""
    found = Job.objects.get(pk=job.pk)
    return found.state == Job.State.DONE or (found.attempts > attempts and found.done > 0)


def test_the_sweep_takes_up_what_a_dead_worker_dropped(admin, tmp_path, wait_until):
    rows, bad = table()
    job = ask(admin, rows)
    run = running.claim(job.pk, now=timezone.now() - dt.timedelta(minutes=5))
    assert run is not None  # and nothing was heard of it since

    with worker(tmp_path):
        app.send_task("portal.jobs.tasks.sweep_jobs")
        wait_until(lambda: Job.objects.get(pk=job.pk).state == Job.State.DONE, patience=40)

    assert_exactly(rows, bad)


def web(port: int, tmp_path, **environment: str):
    return child(
        [sys.executable, "-m", "waitress", f"--listen=127.0.0.1:{port}", "--threads=4",
         "portal.wsgi:application"],
        tmp_path / "web.log",
        PORT=str(port),
        **environment,
    )  # fmt: skip


def test_an_upload_is_kept_or_was_never_promised(admin, tmp_path, wait_until):
    """The web process dies right after (or while) it answers: what it answered is true."""
    client = Client()
    client.force_login(admin.user)
    cookie = client.cookies["sessionid"].value
    rng = random.Random(4)  # noqa: S311 -- seeded is the point
    for turn in range(4):
        port = free_port()
        with web(port, tmp_path) as process:
            wait_until(partial(answers, port), patience=40)
            dies_after = rng.random() * 0.2 if turn % 2 else None
            promised = send(port, cookie, process, dies_after=dies_after)
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert promised or turn % 2
        if promised:
            job = Job.objects.get(client_id=promised.rstrip("/").rpartition("/")[2])
            assert files.opened(job.files.get()).read() == upload(table()[0]).getvalue()
    for job in Job.objects.all():
        assert job.files.count() == 1


def send(port: int, cookie: str, process, *, dies_after: float | None) -> str | None:
    """Where the answer leads to; None when there was none."""
    body, headers = form(cookie, port)
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as line:
        line.request("POST", "/contacts/households/import/", body, headers)
        if dies_after is not None:
            time.sleep(dies_after)  # the moment is the point
            process.send_signal(signal.SIGKILL)
        try:
            answer = line.getresponse()
        except (http.client.HTTPException, OSError):
            return None
        assert answer.status == 302, answer.read().decode()
        return answer.getheader("Location")


def answers(port: int) -> bool:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=2)) as line:
        try:
            line.request("GET", "/healthz")
            return line.getresponse().status == 200
        except OSError:
            return False


def form(cookie: str, port: int) -> tuple[bytes, dict[str, str]]:
    """The upload as a browser sends it."""
    mark, token = "boundary", "t" * 32
    parts = [
        ("csrfmiddlewaretoken", None, token.encode()),
        ("client_id", None, str(uuid.uuid4()).encode()),
        ("file", "list.csv", upload(table()[0], HEADING).getvalue()),
    ]
    body = b""
    for name, filename, data in parts:
        named = f'; filename="{filename}"' if filename else ""
        head = f'--{mark}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
        body += head.encode() + data + b"\r\n"
    body += f"--{mark}--\r\n".encode()
    return body, {
        "Content-Type": f"multipart/form-data; boundary={mark}",
        "Cookie": f"sessionid={cookie}; csrftoken={token}",
        "Host": f"127.0.0.1:{port}",
    }
