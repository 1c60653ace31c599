"""A backup is restored into a fresh place, held against the original, and refused when damaged."""

import base64
import os

import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.core.db import copying
from portal.core.sealed_files import FRAME
from portal.desk.backup import archive
from portal.desk.backup.archive import BackupError, manifest_of, members, require_whole
from portal.desk.backup.making import make_backup
from portal.desk.backup.restoring import restore_backup
from tests.desk.backups import SEALED, SECRETS, restore_anew, restore_in_process_of_its_own
from tests.factories.accounts import make_post

pytestmark = [pytest.mark.sqlite, pytest.mark.django_db(transaction=True)]
#: A key of another time.
EARLIER = "earlier:" + base64.b64encode(b"e" * 32).decode()


def test_a_backup_is_restored_and_the_same(portal, tmp_path):
    file = tmp_path / "one.backup"
    # As if made by an earlier version: what bringing it up to date adds is no difference.
    ContentType.objects.get(app_label="contacts", model="household").delete()
    before = copying.row_counts()

    made = make_backup(file, now=timezone.now())

    assert made.rows == before
    with copying.scratch_database(tmp_path) as url:
        fresh = tmp_path / "fresh"
        fresh.mkdir()
        # A key that came since stands in front.
        keys = ",".join([EARLIER, *settings.FIELD_KEYS])
        done = restore_in_process_of_its_own(file, url, fresh, FIELD_KEYS=keys)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "在册住户 1\n" in done.stdout
        assert f"{len(before)} 张表，{sum(before.values())} 行，与备份时一致" in done.stdout
        assert f"审计日志完好：{SEALED} 条在 1 次封存内，1 条待封存" in done.stdout
        for kept in ("jobs/a/b.bin", "attachments/c"):
            assert (fresh / kept).read_bytes() == (tmp_path / kept).read_bytes()
        assert (fresh / "seals.jsonl").read_text() == (tmp_path / "seals.jsonl").read_text()
        again = restore_in_process_of_its_own(file, url, fresh)
        assert again.returncode
        assert "不是空的" in again.stderr


def test_it_is_tried_at_once_by_the_command(portal, tmp_path, capsys):
    file = tmp_path / "two.backup"

    call_command("backup", str(file))

    said = capsys.readouterr().out
    assert "已试恢复：" in said
    assert f"审计日志完好：{SEALED} 条" in said
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


@pytest.fixture
def of_several_frames(portal, tmp_path):
    """A backup of more than one frame, each with a seal of its own."""
    (tmp_path / "jobs" / "large").write_bytes(os.urandom(3 * FRAME))
    file = tmp_path / "four.backup"
    make_backup(file, now=timezone.now())
    assert file.stat().st_size > 3 * FRAME
    return file


@pytest.mark.parametrize("damage", ["cut", "flip", "swap", "late"])
def test_a_damaged_file_is_refused(of_several_frames, damage):
    raw = bytearray(of_several_frames.read_bytes())
    if damage == "cut":
        del raw[-100:]
    elif damage == "swap":
        raw = raw[200:] + raw[:200]
    else:
        raw[len(raw) // 2 if damage == "flip" else -1] ^= 1
    of_several_frames.write_bytes(raw)

    with pytest.raises(BackupError, match="读不了"):
        require_whole(of_several_frames)


def test_a_damaged_file_leaves_the_place_empty(of_several_frames, tmp_path):
    """Found before anything is written, so that the right file can be restored there."""
    damaged, fresh = tmp_path / "damaged.backup", tmp_path / "fresh"
    raw = bytearray(of_several_frames.read_bytes())
    raw[-1] ^= 1
    damaged.write_bytes(raw)
    fresh.mkdir()

    with copying.scratch_database(tmp_path) as url:
        done = restore_in_process_of_its_own(damaged, url, fresh)
        assert done.returncode
        assert "读不了 damaged.backup" in done.stderr
        assert "Traceback" not in done.stderr
        assert not (fresh / "jobs").exists()
        done = restore_in_process_of_its_own(of_several_frames, url, fresh)
        assert done.returncode == 0, done.stderr


def test_a_file_that_is_not_there_or_cannot_be_written_is_said(portal, tmp_path):
    with pytest.raises(CommandError, match=r"没有 .*nowhere\.backup 这个文件"):
        call_command("restore", str(tmp_path / "nowhere.backup"))
    (tmp_path / "plain").write_text("")
    with pytest.raises(CommandError, match="写不了"):
        call_command("backup", str(tmp_path / "plain" / "x.backup"))


@pytest.mark.parametrize("missing", ["AUDIT_SEAL_KEY", "BLIND_INDEX_KEY", "FIELD_KEYS:earlier"])
def test_other_keys_are_noticed_before_anything_is_written(portal, tmp_path, settings, missing):
    now = ",".join(settings.FIELD_KEYS)
    settings.FIELD_KEYS = [*settings.FIELD_KEYS, EARLIER]  # a rotation is on its way
    file = tmp_path / "five.backup"
    make_backup(file, now=timezone.now())
    other = {"FIELD_KEYS": now}
    if missing != "FIELD_KEYS:earlier":
        other = {missing: "another-key-that-is-long-enough-for-the-check"}

    done = restore_anew(file, tmp_path / "fresh", **other)

    assert done.returncode
    assert f"这里的密钥与备份时不同：{missing}。" in done.stderr
    assert not (tmp_path / "fresh" / "jobs").exists()


def test_a_folder_in_use_is_never_restored_over(portal, tmp_path):
    file, fresh = tmp_path / "six.backup", tmp_path / "fresh"
    make_backup(file, now=timezone.now())
    (fresh / "jobs").mkdir(parents=True)
    (fresh / "jobs" / "kept").write_bytes(b"of another day")

    with copying.scratch_database(tmp_path) as url:
        done = restore_in_process_of_its_own(file, url, fresh)

    assert done.returncode
    assert "jobs 不是空的" in done.stderr
    assert [path.name for path in fresh.rglob("*")] == ["jobs", "kept"]


def test_a_place_in_use_is_never_restored_over(portal, tmp_path):
    file = tmp_path / "six.backup"
    make_backup(file, now=timezone.now())
    before = copying.row_counts()

    with pytest.raises(BackupError, match="不是空的"):
        restore_backup(file)

    assert copying.row_counts() == before


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
