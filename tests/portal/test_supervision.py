"""The launcher's parts in this process: who holds what, who ends whom, what is told."""

import os
import signal
import socket
import subprocess
import sys
import threading
from threading import Event

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from portal.accounts.models import User
from portal.desk import demo_mode, run
from portal.desk.management.commands import run_portal
from portal.desk.run import CannotRunError
from tests.factories.accounts import make_user
from tests.servers import free_port

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


def test_the_web_command_listens_where_it_is_told():
    assert "--listen=127.0.0.1:8000" in run.web_command("127.0.0.1", 8000)
    assert "--listen=[::1]:8000" in run.web_command("::1", 8000)


def test_a_free_port_is_free_and_a_taken_one_is_not():
    port = free_port()
    run.require_free_port("127.0.0.1", port)

    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(CannotRunError, match=f"PORT={port + 1} make run"),
    ):
        run.require_free_port("127.0.0.1", port)


def test_a_data_folder_serves_one_portal_at_a_time(tmp_path):
    with (
        run.only_one(tmp_path),
        pytest.raises(CannotRunError, match="DATA_DIR"),
        run.only_one(tmp_path),
    ):
        pytest.fail("two at once")

    with run.only_one(tmp_path):
        pass


@pytest.mark.parametrize("number", run.STOP_SIGNALS)
@pytest.mark.django_db(transaction=True)
def test_a_signal_ends_all_in_order(number, monkeypatch, capsys):
    """The real web server; plain sleepers stand where worker and scheduler would."""
    sleepers = {name: [sys.executable, "-c", "import time; time.sleep(60)"] for name in ("a", "b")}
    started = Event()

    def background_commands() -> dict[str, list[str]]:
        started.set()
        return sleepers

    monkeypatch.setattr(run, "background_commands", background_commands)
    before = {each: signal.getsignal(each) for each in run.STOP_SIGNALS}
    sender = threading.Thread(
        target=lambda: started.wait(60) and os.kill(os.getpid(), number), daemon=True
    )
    sender.start()

    code = run.supervise("127.0.0.1", free_port(), ["hello", "world"])

    sender.join()
    assert code == 0
    assert capsys.readouterr().out.split() == ["hello", "world", "已停止"]
    assert {each: signal.getsignal(each) for each in run.STOP_SIGNALS} == before


def test_a_web_server_that_dies_at_once_is_said(monkeypatch):
    monkeypatch.setattr(
        run, "web_command", lambda *_: [sys.executable, "-c", "raise SystemExit(3)"]
    )

    with pytest.raises(CannotRunError, match=r"web 已退出（代码 3）"):
        run.supervise("127.0.0.1", free_port(), ["never told"])


def test_a_web_server_that_never_answers_is_ended(monkeypatch):
    monkeypatch.setattr(run, "web_command", lambda *_: [sys.executable, "-c", STUBBORN])
    monkeypatch.setattr(run, "WEB_PATIENCE", 0.2)
    monkeypatch.setattr(run, "STOP_PATIENCE", 0.2)

    with pytest.raises(CannotRunError, match="没有应答"):
        run.supervise("127.0.0.1", free_port(), [])


def test_a_stubborn_child_is_killed(monkeypatch):
    monkeypatch.setattr(run, "STOP_PATIENCE", 0.2)
    child = subprocess.Popen(
        [sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, start_new_session=True
    )
    with child.stdout:
        assert child.stdout.readline() == b"up\n"

        run.stop_all({"stubborn": child})

    assert child.returncode == -signal.SIGKILL


def test_worker_and_scheduler_are_the_real_ones():
    commands = run.background_commands()

    assert {"worker", "beat"} <= {word for command in commands.values() for word in command}
    assert all("--app=portal.celery" in command for command in commands.values())


class TestCommand:
    """``run_portal`` up to the point where it hands over to the supervision."""

    @pytest.fixture
    def handed_over(self, settings, db, monkeypatch, tmp_path):
        settings.DATA_DIR, settings.PORT, settings.BIND = (
            tmp_path / "data",
            free_port(),
            "127.0.0.1",
        )
        told = []
        monkeypatch.setattr(run, "supervise", lambda _bind, _port, lines: told.extend(lines) or 0)
        return told

    @pytest.fixture
    def demo(self, settings, monkeypatch):
        settings.DEMO, settings.EMBEDDED = True, True
        monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
        return settings

    @staticmethod
    def start() -> int:
        with pytest.raises(SystemExit) as ended:
            call_command("run_portal")
        return ended.value.code

    def test_without_the_demo_it_tells_the_address(self, handed_over, settings):
        assert self.start() == 0
        assert len(handed_over) == 1
        assert f"http://127.0.0.1:{settings.PORT}/" in handed_over[0]

    def test_tables_are_made_when_they_are_missing(self, handed_over, monkeypatch):
        called = []
        monkeypatch.setattr(run_portal, "unapplied_migrations", lambda: {("desk", "0001")})
        monkeypatch.setattr(run_portal, "call_command", lambda *names, **_: called.append(names[0]))

        assert self.start() == 0
        assert called == ["migrate"]

    def test_the_demo_is_loaded_once_with_a_password_that_is_told_once(
        self, handed_over, demo, monkeypatch
    ):
        given = []

        def load(_name: str, *, password: str, verbosity: int) -> None:
            given.append(password)
            make_user("worker", password=password)
            User.objects.update(is_demo=True)

        monkeypatch.setattr(run_portal, "call_command", load)

        assert self.start() == 0
        first = list(handed_over)
        handed_over.clear()
        assert self.start() == 0

        assert len(given) == 1
        assert given[0] in first[1]
        assert User.objects.get(username="worker").check_password(given[0])
        assert given[0] not in "\n".join(handed_over)
        assert "DEMO_PASSWORD=自己定的密码 make run" in "\n".join(handed_over)

    def test_a_password_asked_for_is_set_on_a_later_start(self, handed_over, demo):
        user = make_user("worker")
        User.objects.update(is_demo=True)
        demo.DEMO_PASSWORD = "九月的新密码-1"

        assert self.start() == 0

        user.refresh_from_db()
        assert user.check_password("九月的新密码-1")
        assert "九月的新密码-1" in handed_over[1]

    def test_beside_people_the_demo_is_refused(self, handed_over, demo):
        make_user("zhang")

        with pytest.raises(CommandError, match="正式账号"):
            call_command("run_portal")
        assert handed_over == []

    def test_passwords_are_readable_and_differ(self):
        made = {run_portal.new_password() for _ in range(200)}

        assert len(made) == 200
        assert not set("".join(made)) & set("01lio")


@pytest.mark.django_db(transaction=True)
def test_a_database_that_cannot_be_read_is_no_demo(settings, monkeypatch):
    settings.DEMO, settings.EMBEDDED, settings.BIND = True, True, "127.0.0.1"
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_user RENAME TO accounts_user_gone")

    assert demo_mode.refusals() == ["数据库还不能读取，无法确认里面只有演示账号。"]
