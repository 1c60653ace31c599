"""Where the suite meets its servers: environment first, then Django, then the fixtures.

``TEST_DB=sqlite`` takes a SQLite file; otherwise a private PostgreSQL. Both sit behind
``DATABASE_URL``, so that processes started by a test see the same database.
"""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

import django
import hypothesis
import pytest
from django.conf import settings
from django.db import connections
from django.test import TransactionTestCase

from tests import servers
from tests.databases import PostgresDatabase, SqliteDatabase

pytest_plugins = [
    "tests.fixtures.browser",
    "tests.fixtures.pages",
    "tests.fixtures.processes",
    "tests.fixtures.world",
]

# How long an example takes says how busy the machine is: speed is judged in benchmarks/ alone.
hypothesis.settings.register_profile(
    "suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")

_closing = contextlib.ExitStack()
ON_SQLITE = os.environ.get("TEST_DB") == "sqlite"


def _servers() -> servers.Servers:
    """The running pair; the first process (the xdist controller) starts it for all."""
    named = os.environ.get("LIANXIN_TEST_SERVERS")
    if named == "none":  # tests that look at the code only (make check)
        return servers.Servers(postgres=1, redis=1)
    if named:
        return servers.Servers.load(Path(named))
    try:
        started = _closing.enter_context(servers.running(with_postgres=not ON_SQLITE))
    except servers.MissingProgramError as missing:
        pytest.exit(str(missing), returncode=2)
    folder = Path(_closing.enter_context(tempfile.TemporaryDirectory(prefix="lianxin-test-")))
    started.save(folder / "servers.json")
    os.environ["LIANXIN_TEST_SERVERS"] = str(folder / "servers.json")
    return started


def _prepare_environment() -> None:
    running = _servers()
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    data = Path(tempfile.mkdtemp(prefix="lianxin-data-"))
    _closing.callback(shutil.rmtree, data, ignore_errors=True)
    name = f"test_{worker or 'alone'}_{os.getpid()}"
    url = f"sqlite:///{data / name}.sqlite3" if ON_SQLITE else running.database_url(name)
    number = os.getpid() % 63 + 1
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "portal.settings.test",
        "DATABASE_URL": url,
        "REDIS_URL": running.redis_url(number),
        "DATA_DIR": str(data),
    }


if settings.configured:
    pytest.exit("Unset DJANGO_SETTINGS_MODULE: the suite chooses settings and database", 2)
_prepare_environment()
django.setup()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """A worker must not load settings before it has chosen its own database."""
    del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Trail and search have code for each database: all their tests run on both."""
    for item in items:
        if item.nodeid.startswith(("tests/audit/", "tests/search/")):
            item.add_marker("sqlite")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where nothing may be left out, a skipped test is a failed run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped") if reporter else None
    if skipped and os.environ.get("CI") == "true" and not ON_SQLITE:
        reporter.write_line("CI=true: no test may be skipped", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure() -> None:
    _closing.close()


@pytest.fixture(scope="session")
def database() -> PostgresDatabase | SqliteDatabase:
    url = os.environ["DATABASE_URL"]
    if ON_SQLITE:
        return SqliteDatabase(url, shared=Path(os.environ["LIANXIN_TEST_SERVERS"]).parent)
    return PostgresDatabase(url)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker, database):
    """One copy of the migrated template per process; a fresh one after a transactional test."""

    def renew(_case: TransactionTestCase) -> None:
        connections.close_all()
        database.renew()

    database.create()
    with pytest.MonkeyPatch.context() as patched:
        # Django would flush, which the append-only triggers refuse.
        patched.setattr(TransactionTestCase, "_fixture_teardown", renew)
        yield
    with django_db_blocker.unblock():
        connections.close_all()
        database.drop()
