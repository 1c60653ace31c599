"""The demo opens at no other door: not on a served database, not to the network, not beside people."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured, MiddlewareNotUsed
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.http import HttpResponse

from portal.accounts.models import User
from portal.desk import demo_mode
from portal.desk.demo_mode import DemoOnlyHere, is_loopback
from portal.settings.secrets import new_secrets

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def demo(settings, db, monkeypatch):
    """Settings under which the demo may run (the engine's name is all that is asked)."""
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    settings.DEMO, settings.EMBEDDED, settings.BIND = True, True, "127.0.0.1"
    return settings


@pytest.fixture
def demo_user(db):
    return User.objects.create(username="worker", name="演示", is_demo=True)


def guard():
    return DemoOnlyHere(lambda _request: HttpResponse("page"))


def test_the_demo_may_run_here(demo, demo_user):
    assert demo_mode.refusals() == []
    assert demo_mode.check_demo() == []


def test_beside_a_real_user_it_may_not(demo, demo_user):
    User.objects.create(username="zhang", name="张三")

    assert demo_mode.refusals() == ["数据库里有正式账号，不能以演示模式打开。"]
    with pytest.raises(ImproperlyConfigured):
        guard()


@pytest.mark.parametrize(
    "bind", ["0.0.0.0", "::", "10.1.2.3", "", "portal.example", "127.0.0.1.example"]
)
def test_beyond_loopback_it_may_not(demo, bind):
    demo.BIND = bind

    assert demo_mode.refusals()
    assert [error.id for error in demo_mode.check_demo()] == ["desk.E001"]
    with pytest.raises(ImproperlyConfigured):
        guard()


@pytest.mark.parametrize(
    ("embedded", "engine"),
    [
        (False, "django.db.backends.sqlite3"),
        (True, "django.db.backends.postgresql"),
        (False, "django.db.backends.postgresql"),
    ],
)
def test_on_a_served_database_it_may_not(demo, embedded, engine, monkeypatch):
    demo.EMBEDDED = embedded
    monkeypatch.setitem(demo.DATABASES["default"], "ENGINE", engine)

    assert demo_mode.refusals()
    with pytest.raises(ImproperlyConfigured):
        guard()


def test_manage_check_says_so(demo):
    demo.BIND = "0.0.0.0"

    with pytest.raises(SystemCheckError, match=r"desk\.E001"):
        call_command("check")


def test_without_the_demo_nothing_is_in_the_way(settings):
    settings.DEMO = False

    with pytest.raises(MiddlewareNotUsed):
        guard()
    assert demo_mode.check_demo() == []


@pytest.mark.parametrize(
    ("direct", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("10.1.2.3", {}, 403),
        ("", {}, 403),
        # a proxy on this machine lets the network in
        ("127.0.0.1", {"X-Forwarded-For": "10.1.2.3"}, 403),
        ("127.0.0.1", {"Forwarded": "for=10.1.2.3"}, 403),
    ],
)
def test_the_network_is_refused_however_the_server_was_started(
    demo, demo_user, rf, direct, headers, status
):
    answer = guard()(rf.get("/", REMOTE_ADDR=direct, headers=headers))

    assert answer.status_code == status
    assert (answer.content == b"page") == (status == 200)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost"])
def test_loopback(address):
    assert is_loopback(address)


def test_a_served_portal_does_not_start_in_demo_mode():
    """The door gunicorn takes: importing the application."""
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "portal.settings.production",
        "DATABASE_URL": os.environ["DATABASE_URL"],
        "DEMO": "1",
        **new_secrets(),
    }

    done = subprocess.run(
        [sys.executable, "-c", "import portal.wsgi"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode != 0
    assert "演示模式只能使用内置数据库" in done.stderr


@pytest.mark.parametrize(
    "command", [["worker", "--pool=solo"], ["beat", "--pidfile=", "--schedule=unused"]]
)
def test_background_work_does_not_start_in_demo_mode_beyond_this_machine(command, tmp_path):
    """The door a container takes: the real worker and the real scheduler."""
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "portal.settings.embedded",
        "DATA_DIR": str(tmp_path),
        "DEMO": "1",
        "BIND": "0.0.0.0",
    }

    done = subprocess.run(
        [sys.executable, "-m", "celery", "--app=portal.celery", *command],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert done.returncode != 0
    assert "演示模式只能在本机打开（127.0.0.1），不能监听 0.0.0.0。" in done.stderr
