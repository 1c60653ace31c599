"""Alive, ready, measured: what each address says, to whom, and while parts are away."""

import http.client
import os
from datetime import timedelta
from urllib.parse import urlsplit

import psycopg2
import pytest
from celery import current_app
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from portal.desk.health import SILENCE
from portal.desk.models import Heartbeat
from portal.desk.tasks import SCHEDULER, clear_expired, heartbeat

SECRETS = ("postgres", "127.0.0.1", "password", "redis://", "test_")


@pytest.fixture
def beating(db):
    return Heartbeat.objects.create(name=SCHEDULER, seen_at=timezone.now())


@pytest.fixture
def database_away(monkeypatch):
    """Point the connection at a place where no database is."""
    connection.close()
    place = "PORT" if connection.vendor == "postgresql" else "NAME"
    nowhere = "1" if connection.vendor == "postgresql" else "/nonexistent/portal.sqlite3"
    with monkeypatch.context() as patched:
        patched.setitem(connection.settings_dict, place, nowhere)
        yield
        connection.close()


def test_alive_asks_no_database(client):
    """Without the ``db`` fixture a query would raise."""
    answer = client.get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok")
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_health_check_on_the_machine_itself_is_answered(client, host):
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


def test_ready(client, beating):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "database": "ok",
        "broker": "ok",
        "scheduler": "ok",
    }


@pytest.mark.sqlite
def test_an_unapplied_migration_is_not_ready(client, beating):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'desk'")

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "database": "migrations pending"}


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_is_not_ready(client, database_away):
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "database": "away"}


def test_a_broker_that_is_away_degrades(client, beating, monkeypatch):
    monkeypatch.setattr(current_app.conf, "broker_url", "redis://127.0.0.1:1/0")

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert (answer.json()["broker"], answer.json()["scheduler"]) == ("away", "ok")


@pytest.mark.parametrize(("age", "state"), [(SILENCE * 0.9, "ok"), (SILENCE * 1.1, "silent")])
def test_a_silent_scheduler_degrades(client, beating, age, state):
    Heartbeat.objects.update(seen_at=timezone.now() - age)

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["scheduler"] == state
    assert answer.json()["status"] == {"ok": "ok", "silent": "degraded"}[state]


def test_a_scheduler_that_never_was_degrades(client, db):
    assert client.get("/readyz").json()["scheduler"] == "silent"


@pytest.mark.django_db(transaction=True)
def test_what_is_said_gives_nothing_away(client, database_away):
    text = client.get("/readyz").content.decode()

    assert [secret for secret in SECRETS if secret in text] == []


@pytest.mark.integration
def test_the_heartbeat_goes_through_broker_and_worker(celery_worker_process, wait_until):
    before = timezone.now() - timedelta(seconds=1)

    heartbeat.delay()

    wait_until(lambda: Heartbeat.objects.filter(name=SCHEDULER, seen_at__gt=before).exists())


@pytest.mark.sqlite
def test_the_heartbeat_keeps_one_row(db):
    heartbeat()
    heartbeat()

    assert Heartbeat.objects.count() == 1


@pytest.mark.parametrize(
    ("direct", "forwarded", "proxies", "allowed", "status"),
    [
        ("127.0.0.1", None, 0, [], 200),
        ("::1", None, 0, [], 200),
        ("10.1.2.3", None, 0, [], 404),
        ("10.1.2.3", None, 0, ["10.1.2.0/24"], 200),
        ("10.1.3.3", None, 0, ["10.1.2.0/24"], 404),
        # what a client writes into the header opens nothing
        ("203.0.113.9", "127.0.0.1", 0, [], 404),
        ("127.0.0.1", "203.0.113.9", 0, [], 404),
        ("127.0.0.1", "127.0.0.1", 0, [], 404),
        # behind one proxy its own entry, the last one, counts
        ("172.18.0.2", "203.0.113.9", 1, [], 404),
        ("172.18.0.2", "127.0.0.1, 203.0.113.9", 1, [], 404),
        ("172.18.0.2", "10.1.2.3", 1, ["10.1.2.0/24"], 200),
        ("172.18.0.2", "10.1.2.3", 2, ["10.1.2.0/24"], 404),
        ("172.18.0.2", "10.1.2.3, 172.18.0.9", 2, ["10.1.2.0/24"], 200),
        ("127.0.0.1", "unknown", 1, [], 404),
        ("", None, 0, [], 404),
    ],
)
def test_metrics_are_not_public(client, settings, direct, forwarded, proxies, allowed, status):
    settings.PROXY_COUNT, settings.METRICS_ALLOWED = proxies, allowed
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}

    answer = client.get("/metrics", REMOTE_ADDR=direct, headers=headers)

    assert answer.status_code == status
    assert (b"django_http_requests_total" in answer.content) == (status == 200)


class TestOutage:
    """A database that goes away shows a page that says so; when it is back, so is the portal."""

    @pytest.fixture
    def administrator(self, transactional_db):
        if connection.vendor != "postgresql":
            pytest.skip("a SQLite file cannot refuse connections")
        url = urlsplit(os.environ["DATABASE_URL"])
        session = psycopg2.connect(url._replace(path="/postgres").geturl())
        session.autocommit = True
        yield session.cursor()
        session.cursor().execute(f"ALTER DATABASE {url.path[1:]} ALLOW_CONNECTIONS true")
        session.close()

    def test_a_clear_page_and_recovery(self, live_server, administrator):
        name = urlsplit(os.environ["DATABASE_URL"]).path[1:]
        address = urlsplit(live_server.url)
        kept = http.client.HTTPConnection(address.hostname, address.port, timeout=10)

        def ask() -> tuple[int, str]:
            kept.request("GET", "/", headers={"Cookie": "sessionid=" + "a" * 32})
            answer = kept.getresponse()
            return answer.status, answer.read().decode()

        before, _ = ask()
        administrator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        administrator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        during, page = ask()
        administrator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        after, _ = ask()
        kept.close()

        assert (before, during, after) == (302, 503, 302)
        assert "暂时连不上数据库" in page
        assert [secret for secret in ("Traceback", "psycopg2", name) if secret in page] == []

    @pytest.mark.django_db(transaction=True)
    def test_an_error_inside_a_page_too(self, client, database_away):
        client.raise_request_exception = False

        answer = client.get("/accounts/login/", headers={"Cookie": "sessionid=" + "b" * 32})

        assert answer.status_code == 503
        assert answer["Retry-After"] == "30"
        assert "暂时连不上数据库" in answer.content.decode()


def test_another_error_stays_an_error(client, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr("portal.desk.health.may_read_metrics", lambda _address: 1 / 0)

    answer = client.get("/metrics")

    assert answer.status_code == 500
    assert "暂时连不上数据库" not in answer.content.decode()


@pytest.mark.sqlite
def test_expired_sessions_are_removed_and_others_kept(db):
    kept, over = SessionStore(), SessionStore()
    kept.create()
    over.set_expiry(-1)
    over.create()

    clear_expired()

    assert [row.session_key for row in Session.objects.all()] == [kept.session_key]
