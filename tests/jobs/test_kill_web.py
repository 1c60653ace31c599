"""The web process dies while work is asked for: what was answered is kept, what was not is whole.

Two moments that can be held still: before the work is in the tables, and after that, before any
worker was told. The person then sends the same form again, as a browser does.
"""

import contextlib
import datetime as dt
import http.client
import signal
import socket
import uuid
from functools import partial
from urllib.parse import urlencode

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts.models import Household
from contacts.selectors.imports import import_id
from contacts.services.household_import import CHECK, IMPORT
from portal.accounts.models import Organisation
from portal.audit.models import AuditEvent
from portal.celery import app
from portal.jobs import files, tasks
from portal.jobs.models import Job, JobFile
from tests.contacts.importing import ask
from tests.factories.contacts import make_household
from tests.fixtures.processes import no_other_session
from tests.jobs.test_kill import (  # noqa: F401 -- the fixture, by its name
    admin,
    answers,
    assert_exactly,
    table,
    web,
    worker,
)
from tests.servers import free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.integration]


class Sender:
    """One person's browser, that has a form to send."""

    def __init__(self, post, path: str, fields: dict[str, str], tmp_path, wait_until) -> None:
        client = Client()
        client.force_login(post.user)
        self.cookie = client.cookies["sessionid"].value
        self.path, self.fields = path, fields
        self.tmp_path, self.wait_until = tmp_path, wait_until

    @contextlib.contextmanager
    def web(self, **environment: str):
        """A web process; (process, port)."""
        port = free_port()
        with web(port, self.tmp_path, **environment) as process:
            self.wait_until(partial(answers, port), patience=60)
            yield process, port

    @contextlib.contextmanager
    def sending(self, port: int):
        """The form is on its way; the line to read the answer from."""
        token = "t" * 32
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": f"sessionid={self.cookie}; csrftoken={token}",
            "Host": f"127.0.0.1:{port}",
        }
        body = urlencode({"csrfmiddlewaretoken": token, **self.fields})
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        with contextlib.closing(line):
            line.request("POST", self.path, body, headers)
            yield line

    def dies(self, process, line) -> None:
        """The process is gone, and nobody was answered."""
        process.send_signal(signal.SIGKILL)
        process.wait()
        with pytest.raises((http.client.HTTPException, OSError)):
            line.getresponse()

    def dies_before_it_is_kept(self) -> None:
        """The first word of it for the trail has to wait; there the process ends."""
        with self.web() as (process, port), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE audit_auditevent IN SHARE MODE")
            with self.sending(port) as line:
                self.wait_until(writes_the_trail, what="the form did not arrive")
                self.dies(process, line)
        self.wait_until(no_other_session, what="the killed process still holds a connection")

    def dies_before_anybody_is_told(self, kept) -> None:
        """The broker takes the line and says nothing: the work is kept, the message never goes."""
        with socket.create_server(("127.0.0.1", 0)) as silent:
            broker = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
            with self.web(REDIS_URL=broker) as (process, port), self.sending(port) as line:
                self.wait_until(kept, what="nothing was kept")
                self.dies(process, line)

    def sent(self, port: int) -> tuple[str, str]:
        """Where the answer leads to, and what is said there."""
        with self.sending(port) as line:
            answer = line.getresponse()
            assert answer.status == 302, answer.read().decode()
            there = answer.getheader("Location")
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as line:
            headers = {"Cookie": f"sessionid={self.cookie}", "Host": f"127.0.0.1:{port}"}
            line.request("GET", there, headers=headers)
            return there, line.getresponse().read().decode()


def writes_the_trail() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks"
            " WHERE relation = 'audit_auditevent'::regclass AND NOT granted"
        )
        return cursor.fetchone()[0] == 1


def done_by_a_worker(job: Job, tmp_path, wait_until) -> Job:
    """By the sweep alone: no message told of it. Half a minute has passed."""
    Job.objects.filter(pk=job.pk).update(asked_at=timezone.now() - dt.timedelta(seconds=30))
    with worker(tmp_path):
        app.send_task("portal.jobs.tasks.sweep_jobs")
        wait_until(lambda: Job.objects.get(pk=job.pk).state == Job.State.DONE, patience=60)
    job.refresh_from_db()
    return job


def times(action: str) -> int:
    return AuditEvent.objects.filter(action=action).count()


def assert_no_stray() -> None:
    files.remove_strays(now=timezone.now() + dt.timedelta(days=2))
    assert len(list(files.folder().iterdir())) == JobFile.objects.count()


def test_an_export_that_is_asked_for(admin, tmp_path, wait_until):  # noqa: F811 -- the fixture
    north = Organisation.objects.get(name="八角北里社区")
    for room in ("101", "102", "201"):
        make_household(community=north, room=room)
    asked = uuid.uuid4()
    fields = {"format": "csv", "reason": "CHECK", "note": "", "client_id": str(asked)}
    path = f"{reverse('jobs:list_export', args=['households'])}?mine=all"
    sender = Sender(admin, path, fields, tmp_path, wait_until)

    sender.dies_before_it_is_kept()
    assert not Job.objects.exists()
    assert not times("job.ask")

    sender.dies_before_anybody_is_told(Job.objects.exists)
    job = Job.objects.get(client_id=asked)
    assert job.state == Job.State.WAITING

    with sender.web() as (_, port):
        there, page = sender.sent(port)
        assert there == job.get_absolute_url()
        assert "排队中" in page
        done_by_a_worker(job, tmp_path, wait_until)
        assert "已完成" in sender.sent(port)[1]

    assert Job.objects.get() == job
    assert times("job.ask") == times("export.ask") == times("job.finish") == 1
    assert job.counts["rows"] == job.done == 3
    assert files.opened(job.files.get()).read().count(b"\r\n") == 4
    assert job.files.get().role == JobFile.Role.RESULT
    assert_no_stray()


def test_an_import_that_is_confirmed(admin, tmp_path, wait_until):  # noqa: F811 -- the fixture
    rows, bad = table()
    check = ask(admin, rows, kind=CHECK)
    tasks.run_job(check.pk)
    path = f"/contacts/households/import/{check.client_id}/"
    sender = Sender(admin, path, {}, tmp_path, wait_until)
    imports = Job.objects.filter(kind=IMPORT)

    sender.dies_before_it_is_kept()
    assert not imports.exists()
    assert not Household.objects.exists()

    sender.dies_before_anybody_is_told(imports.exists)
    job = imports.get(client_id=import_id(check))
    assert job.state == Job.State.WAITING

    with sender.web() as (_, port):
        there, page = sender.sent(port)
        assert there == job.get_absolute_url()
        assert "排队中" in page
        done_by_a_worker(job, tmp_path, wait_until)
        assert "导入完成" in sender.sent(port)[1]

    assert imports.get() == job
    assert times("job.ask") == times("job.finish") == 2  # the check and the one import of it
    assert_exactly(rows, bad)
    assert job.counts["bad"] == len(bad)
    assert_no_stray()
