"""Restoring into an empty place, and trying a backup in one that is thrown away."""

from __future__ import annotations

import datetime as dt
import io
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from portal.audit.services import record
from portal.core.db import copying
from portal.desk.backup import archive
from portal.desk.backup.archive import BackupError
from portal.desk.backup.manifest import VERSION, Found, Manifest, fingerprints, hold_against

Member = tuple[str, IO[bytes]]


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup that was restored and held against its head without a difference."""

    manifest: Manifest
    found: Found

    def words(self) -> list[str]:
        """For the operator, from what was counted after the restore."""
        rows, trail = self.found.rows, self.found.trail
        made = timezone.localtime(dt.datetime.fromisoformat(self.manifest.made_at))
        return [
            *(f"{title} {number}" for title, number in self.found.figures.items()),
            f"恢复到 {made:%Y-%m-%d %H:%M:%S} 的状态：{len(rows)} 张表，{sum(rows.values())} 行，与备份时一致。",
            f"审计日志完好：{trail.sealed} 条在 {trail.seals} 次封存内，{trail.unsealed} 条待封存，逐条核对过。",
        ]


def restore_backup(path: Path) -> Restored:
    """Fill an empty installation from ``path`` and hold it against what the backup says.

    Raises ``BackupError``: for another kind of database, other keys, a place that is not empty or a
    damaged file, before anything is written; and when anything differs afterwards.
    """
    head = archive.manifest_of(path)
    if (version := head.get("version")) != VERSION:
        raise BackupError(f"这个备份的格式是第 {version} 版，这里只认第 {VERSION} 版。")
    manifest = Manifest.read(head)
    _check(manifest)
    archive.require_whole(path)
    if manifest.vendor == "sqlite":
        _restore_file(path)
    else:
        _restore_tables(path, manifest)
    rows = copying.row_counts()
    call_command("migrate", verbosity=0, interactive=False)
    found = hold_against(manifest, rows=rows)
    if found.differences:
        raise BackupError("恢复后核对不一致：\n" + "\n".join(found.differences))
    record(actor=None, action="backup.restore")
    return Restored(manifest, found)


def _check(manifest: Manifest) -> None:
    if manifest.vendor != connection.vendor:
        raise BackupError(f"备份来自 {manifest.vendor}，这里是 {connection.vendor}，不能互相恢复。")
    ours = fingerprints()
    other = [name for name, value in manifest.fingerprints.items() if ours.get(name) != value]
    if other:
        raise BackupError(f"这里的密钥与备份时不同：{'、'.join(other)}。请先换回当时的密钥。")
    if connection.introspection.table_names():
        raise BackupError("数据库不是空的，不在上面恢复。请准备一个新的空数据库。")
    for setting in archive.FOLDERS.values():
        folder = Path(getattr(settings, setting))
        if folder.exists() and any(folder.iterdir()):
            raise BackupError(f"文件夹 {folder} 不是空的，不在上面恢复。请先把里面的文件移走。")


def _restore_tables(path: Path, manifest: Manifest) -> None:
    """The tables as they were at the time, filled."""
    executor = MigrationExecutor(connection)
    executor.migrate(_newest(executor, set(manifest.migrations)))
    kept = {table.name: table for table in copying.tables()}
    with transaction.atomic():
        copying.empty(list(kept.values()))
        for prefix, parts in _grouped(path):
            if prefix.startswith(archive.TABLES):
                table = kept[prefix.removeprefix(archive.TABLES)]
                copying.read_table(table, io.BufferedReader(archive.Joined(parts)))
            else:
                _restore_other(prefix, parts)
        copying.set_sequences()


def _newest(executor: MigrationExecutor, applied: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """Of each app the last migration the backup knew; everything before comes with it."""
    loader = executor.loader
    if unknown := sorted(one for one in applied if one not in loader.disk_migrations):
        raise BackupError(f"备份来自更新的版本（{unknown[0][0]} {unknown[0][1]}），请先升级程序。")

    def goes_on(one: tuple[str, str]) -> bool:
        later = loader.graph.node_map[one].children
        return any(child.key in applied and child.key[0] == one[0] for child in later)

    return sorted(one for one in applied & set(loader.graph.node_map) if not goes_on(one))


def _restore_file(path: Path) -> None:
    target = Path(connection.settings_dict["NAME"])
    connections.close_all()
    for left in ("", "-wal", "-shm"):
        target.with_name(target.name + left).unlink(missing_ok=True)
    for prefix, parts in _grouped(path):
        if prefix == archive.DATABASE:
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(target, parts)
        else:
            _restore_other(prefix, parts)


def _grouped(path: Path) -> Iterator[tuple[str, Iterator[IO[bytes]]]]:
    """Members by what they are parts of, in the order of the file."""

    def prefix(member: Member) -> str:
        return member[0].rpartition("/")[0]

    for name, parts in itertools.groupby(archive.members(path), key=prefix):
        yield name, (content for _, content in parts)


def _restore_other(prefix: str, parts: Iterator[IO[bytes]]) -> None:
    if prefix == archive.SEALS:
        seals = Path(settings.AUDIT_SEAL_FILE)
        # What lies there is newer than the backup, and says what the backup does not hold.
        _write(seals, parts) if not seals.exists() else None
    else:
        _restore_stored(prefix, parts)


def _restore_stored(prefix: str, parts: Iterator[IO[bytes]]) -> None:
    """A file of one of the folders; what is none is left out."""
    for start, setting in archive.FOLDERS.items():
        if prefix.startswith(start):
            root = Path(getattr(settings, setting)).resolve()
            target = (root / prefix.removeprefix(start)).resolve()
            if not target.is_relative_to(root):
                raise BackupError("备份里有不该有的文件名，已停止。")
            _write(target, parts)


def _write(target: Path, parts: Iterator[IO[bytes]]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        for part in parts:
            shutil.copyfileobj(part, file)


def try_backup(path: Path) -> str:
    """Restore ``path`` by the real command into a place of its own, compare, and throw it away.

    What that command says of it. Raises ``BackupError`` with its words when it refuses.
    """
    with (
        tempfile.TemporaryDirectory(prefix="lianxin-backup-") as folder,
        copying.scratch_database(Path(folder)) as url,
    ):
        done = subprocess.run(  # noqa: S603 -- our own command
            [sys.executable, "manage.py", "restore", str(path.resolve())],
            cwd=settings.BASE_DIR,
            env=_environment(Path(folder), url),
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise BackupError(f"试恢复失败：\n{done.stdout}{done.stderr}".rstrip())
    return done.stdout.rstrip()


def _environment(folder: Path, url: str) -> dict[str, str]:
    """This installation's settings with another database and another folder."""
    return {
        **os.environ,
        "DATABASE_URL": url,
        "DATA_DIR": str(folder),
        "JOB_FILES": str(folder / "jobs"),
        "ATTACHMENT_FILES": str(folder / "attachments"),
        "AUDIT_SEAL_FILE": str(folder / "audit-seals.jsonl"),
        "SECRET_KEY": settings.SECRET_KEY,
        "FIELD_KEYS": ",".join(settings.FIELD_KEYS),
        "BLIND_INDEX_KEY": settings.BLIND_INDEX_KEY,
        "AUDIT_SEAL_KEY": settings.AUDIT_SEAL_KEY,
    }
