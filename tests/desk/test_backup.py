"""A backup is restored into a fresh place, held against the original, and refused when damaged."""

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from contacts.models import Household, Resident
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.audit.services import record, seal
from portal.core.db import copying
from portal.desk.backup import archive
from portal.desk.backup.archive import BackupError, manifest_of, members
from portal.desk.backup.making import make_backup
from portal.desk.backup.manifest import differences
from portal.desk.backup.restoring import restore_backup, try_backup
from tests.factories.accounts import make_post, make_world
from tests.factories.contacts import make_household, make_resident, make_visit

pytestmark = [pytest.mark.sqlite, pytest.mark.django_db(transaction=True)]
SECRETS = ("欧阳明月", "13912345678", "量血压时说头晕")


@pytest.fixture
def portal(tmp_path, settings):
    """A small portal with a sealed trail, personal data, and a file of a job."""
    settings.JOB_FILES = str(tmp_path / "jobs")
    settings.AUDIT_SEAL_FILE = tmp_path / "seals.jsonl"
    (tmp_path / "jobs" / "a").mkdir(parents=True)
    (tmp_path / "jobs" / "a" / "b.bin").write_bytes(os.urandom(100_000))
    world = make_world()
    worker = make_post(Role.COMMUNITY_WORKER, world.north)
    household = make_household(community=world.north, worker=worker.user)
    make_resident(household, name=SECRETS[0], phone=SECRETS[1])
    for _ in range(3):
        make_visit(household, post=worker, text=SECRETS[2])
    record(actor=worker, action="visit.log", obj=household)
    seal()
    return world


def restore_in_process_of_its_own(file: Path, url: str, folder: Path, **changed: str):
    environment = os.environ | {
        "DATABASE_URL": url,
        "DATA_DIR": str(folder),
        "JOB_FILES": str(folder / "jobs"),
        "AUDIT_SEAL_FILE": str(folder / "seals.jsonl"),
        "FIELD_KEYS": ",".join(settings.FIELD_KEYS),
        "BLIND_INDEX_KEY": settings.BLIND_INDEX_KEY,
        "AUDIT_SEAL_KEY": settings.AUDIT_SEAL_KEY,
        **changed,
    }
    return subprocess.run(
        [sys.executable, "manage.py", "restore", str(file)],
        env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_backup_is_restored_and_the_same(portal, tmp_path):
    file = tmp_path / "one.backup"
    before = copying.row_counts()

    made = make_backup(file, now=timezone.now())

    assert made.rows == before
    with copying.scratch_database(tmp_path) as url:
        fresh = tmp_path / "fresh"
        fresh.mkdir()
        done = restore_in_process_of_its_own(file, url, fresh)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "审计日志完好" in done.stdout
        assert (fresh / "jobs/a/b.bin").read_bytes() == (tmp_path / "jobs/a/b.bin").read_bytes()
        assert (fresh / "seals.jsonl").read_text() == (tmp_path / "seals.jsonl").read_text()
        again = restore_in_process_of_its_own(file, url, fresh)
        assert again.returncode
        assert "不是空的" in again.stderr


def test_it_is_tried_at_once_by_the_command(portal, tmp_path, capsys):
    file = tmp_path / "two.backup"

    call_command("backup", str(file))

    assert "已试恢复，核对一致" in capsys.readouterr().out
    assert AuditEvent.objects.filter(action="backup.make").exists()
    call_command("verify_backup", str(file))
    with pytest.raises(CommandError, match="不覆盖"):
        call_command("backup", str(file))


def test_nothing_personal_stands_in_the_file(portal, tmp_path):
    file = tmp_path / "three.backup"
    make_backup(file, now=timezone.now())

    raw = file.read_bytes()
    for secret in SECRETS:
        assert secret.encode() not in raw
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".half")]
    head = str(manifest_of(file))
    for secret in SECRETS:
        assert secret not in head


@pytest.mark.parametrize("damage", ["cut", "flip", "swap"])
def test_a_damaged_file_is_refused(portal, tmp_path, damage):
    file = tmp_path / "four.backup"
    make_backup(file, now=timezone.now())
    raw = bytearray(file.read_bytes())
    if damage == "cut":
        del raw[-100:]
    elif damage == "flip":
        raw[len(raw) // 2] ^= 1
    else:
        raw = raw[200:] + raw[:200]
    file.write_bytes(raw)

    with pytest.raises(BackupError, match="读不了"):
        sum(len(content.read()) for _, content in members(file))
    with pytest.raises(BackupError):
        try_backup(file)


def test_other_keys_are_noticed_before_anything_is_written(portal, tmp_path):
    file = tmp_path / "five.backup"
    make_backup(file, now=timezone.now())
    other = {"AUDIT_SEAL_KEY": "another-audit-seal-key-that-is-long-enough"}

    with copying.scratch_database(tmp_path) as url:
        fresh = tmp_path / "fresh"
        fresh.mkdir()
        done = restore_in_process_of_its_own(file, url, fresh, **other)

    assert done.returncode
    assert "AUDIT_SEAL_KEY" in done.stderr
    assert not (fresh / "jobs").exists()


def test_a_place_in_use_is_never_restored_over(portal, tmp_path):
    file = tmp_path / "six.backup"
    make_backup(file, now=timezone.now())
    before = copying.row_counts()

    with pytest.raises(BackupError, match="不是空的"):
        restore_backup(file)

    assert copying.row_counts() == before


def test_a_row_missing_after_the_restore_is_said(portal, tmp_path):
    file = tmp_path / "seven.backup"
    manifest = make_backup(file, now=timezone.now())
    Resident.objects.all().delete()
    Household.objects.update(ended_on=dt.date(2026, 1, 1))

    said = "\n".join(differences(manifest))
    assert "contacts_resident" in said
    assert "在册住户：备份时 1，恢复后 0" in said


def test_sessions_do_not_come_back(portal, tmp_path, client):
    client.force_login(
        make_post(Role.LEADER, portal.bajiao).user, settings.AUTHENTICATION_BACKENDS[-1]
    )
    file = tmp_path / "eight.backup"

    manifest = make_backup(file, now=timezone.now())

    assert "django_session" not in manifest.rows
    if connection.vendor == "postgresql":
        assert not [name for name, _ in members(file) if name.startswith("tables/django_session")]
    assert next(name for name, _ in members(file)) == archive.MANIFEST
