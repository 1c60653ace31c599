"""Test databases copied from a migrated template, so that each run migrates at most once.

A transactional test gets a fresh copy afterwards instead of Django's flush, which the append-only
triggers of the audit trail rightly refuse.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
from psycopg2 import sql

ROOT = Path(__file__).resolve().parent.parent
MIGRATION_SOURCES = (
    "portal/**/migrations/*.py",
    "contacts/migrations/*.py",
    "portal/core/db/**/*.py",
    "requirements.txt",
)


def schema_key() -> str:
    """Changes whenever a migration, or what one runs, changes."""
    digest = hashlib.sha256()
    for pattern in MIGRATION_SOURCES:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(str(path).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _migrate(url: str) -> None:
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0", "--skip-checks"]
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "portal.settings.test",
        "DATABASE_URL": url,
    }
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        message = f"The test database could not be migrated:\n{done.stderr}"
        raise RuntimeError(message)


class PostgresDatabase:
    """One database of the private cluster."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.name = urlsplit(url).path.removeprefix("/")
        self.template = f"template_{schema_key()}"

    def _url(self, name: str) -> str:
        return urlsplit(self.url)._replace(path=f"/{name}").geturl()

    def _run(self, *statements: sql.Composable) -> None:
        connection = psycopg2.connect(self._url("postgres"))
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        finally:
            connection.close()

    def _ensure_template(self) -> None:
        connection = psycopg2.connect(self._url("postgres"))
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(4711)")  # one worker migrates, all copy
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.template])
                if cursor.fetchone() is None:
                    self._build_template()
        finally:
            connection.close()

    def _build_template(self) -> None:
        building = f"{self.template}_building"
        self._run(
            sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(building)),
            sql.SQL("CREATE DATABASE {}").format(sql.Identifier(building)),
        )
        _migrate(self._url(building))
        self._run(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(building), sql.Identifier(self.template)
            )
        )

    def create(self) -> None:
        self._ensure_template()
        self.renew()

    def renew(self) -> None:
        name = sql.Identifier(self.name)
        self._run(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name),
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, sql.Identifier(self.template)),
        )

    def drop(self) -> None:
        self._run(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.name))
        )


class SqliteDatabase:
    """One database file; the template lies in the folder that the processes of a run share."""

    def __init__(self, url: str, shared: Path) -> None:
        self.url = url
        self.path = Path(url.removeprefix("sqlite:///"))
        self.shared = shared
        self.template = shared / f"{schema_key()}.sqlite3"

    def _ensure_template(self) -> None:
        with (self.shared / "template.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self.template.exists():
                building = self.template.with_suffix(".building")
                building.unlink(missing_ok=True)
                _migrate(f"sqlite:///{building}")
                with contextlib.closing(sqlite3.connect(building)) as connection:
                    connection.execute("PRAGMA journal_mode=DELETE")  # everything in the one file
                building.rename(self.template)

    def create(self) -> None:
        self._ensure_template()
        self.renew()

    def renew(self) -> None:
        self.drop()
        shutil.copyfile(self.template, self.path)

    def drop(self) -> None:
        for suffix in ("", "-wal", "-shm", "-journal"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
