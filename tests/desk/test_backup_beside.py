"""A backup is made while people work: what they do meanwhile neither waits nor breaks it."""

import contextlib
import sqlite3
import threading
from pathlib import Path

import psycopg2
import pytest
from django.db import DatabaseError, connection, connections
from django.utils import timezone

from portal.audit.models import AuditEvent
from portal.audit.selectors import verify
from portal.audit.services import record, seal
from portal.core.db import copying
from portal.desk.backup.archive import FILES, SEALS, members
from portal.desk.backup.making import make_backup
from portal.desk.backup.restoring import try_backup

pytestmark = pytest.mark.django_db(transaction=True)
#: Counted and copied by every backup; nothing that a seal touches.
LATE = "search_searchentry"


def beside(work) -> threading.Thread:
    """``work`` in a thread, on a connection of its own."""

    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_seal_made_meanwhile_does_not_break_the_backup(portal, tmp_path, settings, wait_until):
    file, made = tmp_path / "one.backup", []
    sealed = settings.AUDIT_SEAL_FILE.read_bytes()
    address = connection.get_connection_params()
    held = psycopg2.connect(**{key: address[key] for key in ("dbname", "user", "host", "port")},
                            password=address.get("password"))  # fmt: skip
    with held, held.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {LATE} IN ACCESS EXCLUSIVE MODE")
        thread = beside(lambda: made.append(make_backup(file, now=timezone.now())))
        wait_until(waits_for_the_table, what="the backup has not begun")
        record(actor=None, action="visit.log")
        (new,) = seal()
    held.close()
    thread.join()

    assert made[0].last_seal == new.previous
    assert made[0].rows["audit_auditseal"] == 1
    kept = b"".join(part.read() for name, part in members(file) if name.startswith(SEALS))
    assert kept == sealed
    assert sealed != settings.AUDIT_SEAL_FILE.read_bytes()
    assert "审计日志完好" in try_backup(file)
    assert verify().ok


def waits_for_the_table() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE relation = %s::regclass AND NOT granted", [LATE]
        )
        return cursor.fetchone()[0] == 1


@pytest.mark.sqlite
def test_others_write_while_the_moment_lasts(portal, tmp_path):
    written = AuditEvent.objects.count()
    with copying.one_moment():
        before = copying.row_counts()
        beside(lambda: record(actor=None, action="visit.log")).join()

        assert copying.row_counts() == before
        if connection.vendor == "sqlite":
            copy = tmp_path / "copy.sqlite3"
            copying.copy_file(copy)
            assert rows_in(copy) == before["audit_auditevent"]
    assert AuditEvent.objects.count() == written + 1
    record(actor=None, action="visit.log")  # and the own connection writes again


def rows_in(copy: Path) -> int:
    with contextlib.closing(sqlite3.connect(copy)) as opened:
        return opened.execute("SELECT count(*) FROM audit_auditevent").fetchone()[0]


@pytest.mark.sqlite
def test_nothing_is_written_inside_the_moment(portal):
    with copying.one_moment(), pytest.raises(DatabaseError):
        record(actor=None, action="visit.log")


@pytest.mark.sqlite
def test_a_file_that_expires_while_it_is_looked_for_is_gone(portal, tmp_path, monkeypatch):
    leaving = tmp_path / "jobs" / "a" / "a.bin"
    leaving.write_bytes(b"expires in this moment")
    opening = Path.open

    def expiring(self, *arguments, **named):
        if self == leaving:
            self.unlink()
        return opening(self, *arguments, **named)

    monkeypatch.setattr(Path, "open", expiring)
    file = tmp_path / "two.backup"

    make_backup(file, now=timezone.now())

    assert not leaving.exists()
    kept = {name.rpartition("/")[0] for name, _ in members(file) if name.startswith(FILES)}
    assert kept == {f"{FILES}a/b.bin"}
