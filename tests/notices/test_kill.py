"""SIGKILL in the middle of sending: the message is not lost, and repeated at most once."""

import json
import signal
import sys
import threading
import uuid

import pytest
from django.utils import timezone

from portal.celery import app
from portal.notices import running, services
from portal.notices.kinds import State
from portal.notices.models import Outgoing
from tests.fixtures.processes import child

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.integration]

_PASSED_ON = (
    "SMS_URL", "SMS_BODY", "SMS_HEADERS", "SMS_ACCEPTED", "SMS_REFERENCE",
    "SMS_FROM_HOUR", "SMS_UNTIL_HOUR",
)  # fmt: skip


@pytest.fixture
def worker(settings, receiver, tmp_path):
    """``worker()``: a real one that sends to the receiver."""
    with app.connection_for_write() as broker:
        broker.default_channel.client.flushdb()

    def start():
        name = f"notices-{uuid.uuid4().hex[:8]}@localhost"
        return child(
            [sys.executable, "-m", "celery", "-A", "portal.celery", "worker", "--pool=solo",
             f"--hostname={name}", "--loglevel=WARNING", "--without-gossip", "--without-mingle"],
            tmp_path / "worker.log",
            **{name: str(getattr(settings, name)) for name in _PASSED_ON},
        )  # fmt: skip

    return start


def test_a_worker_killed_while_sending_loses_nothing(
    send, told, receiver, worker, wait_until, tmp_path
):
    released = threading.Event()
    receiver.instead = lambda _out: released.wait(30)  # taken, and the answer is on its way
    row = send()
    with worker() as process:
        services.publish(row.pk)
        wait_until(lambda: receiver.got, patience=40, what="nobody took the message")
        process.send_signal(signal.SIGKILL)
        process.wait()
    released.set()
    receiver.instead = None
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.WAITING, 1)
    # As if the lease had run out.
    before = timezone.now() - running.LEASE
    Outgoing.objects.update(claimed_until=before, created_at=before)

    with worker():
        app.send_task("portal.notices.tasks.deliver_due")
        wait_until(lambda: Outgoing.objects.get().state == State.SENT, patience=40)

    assert [json.loads(got.body)["id"] for got in receiver.got] == [str(row.uid)] * 2
    # In that process nobody was registered for the test's kind: the end is kept, told later.
    Outgoing.objects.update(next_try_at=timezone.now())
    for _ in range(2):
        running.tell_again(now=timezone.now())
    assert [end.sent for end in told] == [True]
    assert "楼道照明" not in (tmp_path / "worker.log").read_text()


def test_without_a_broker_it_waits_for_the_sweep(send, receiver, settings, monkeypatch, caplog):
    monkeypatch.setattr(app.conf, "broker_write_url", "redis://127.0.0.1:1/0")

    row = send()

    assert "no broker" in caplog.text
    assert Outgoing.objects.due(timezone.now()).get() == row
