"""Writing a backup while the portal runs."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import tarfile
import tempfile
from pathlib import Path

from django.conf import settings
from django.db import connection

from portal.audit import sealfile
from portal.audit.services import record
from portal.core.db import copying
from portal.desk.backup import archive
from portal.desk.backup.manifest import Manifest, manifest_now


def make_backup(path: Path, *, now: dt.datetime) -> Manifest:
    """One encrypted file; the database in it is of one moment. Raises ``BackupError``.

    The file of seals is taken as far as it went before that moment: what it says then stands in
    the database, whoever seals meanwhile. The newest seals may be missing in it, none too many.
    """
    filed = sealfile.extent()
    with archive.Writing(path) as target:
        with copying.one_moment():
            manifest = manifest_now(now=now, filed=filed.newest)
            head = json.dumps(manifest.as_dict(), ensure_ascii=False, indent=1)
            archive.add(target, archive.MANIFEST, head.encode())
            if connection.vendor == "postgresql":
                _tables(target)
            else:
                _database_file(target)
        _files(target)
        _seals(target, filed.size)
    record(actor=None, action="backup.make")
    return manifest


def _tables(target: tarfile.TarFile) -> None:
    for table in copying.tables():
        with archive.Chunks(target, f"{archive.TABLES}{table.name}") as chunks:
            copying.write_table(table, chunks)


def _database_file(target: tarfile.TarFile) -> None:
    """The copy lies beside the database for a moment: the same disk, the same rights."""
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR, prefix="backup-") as folder:
        copy = Path(folder) / archive.DATABASE
        copying.copy_file(copy)
        with copy.open("rb") as content:
            archive.add_stream(target, archive.DATABASE, content)


def _files(target: tarfile.TarFile) -> None:
    """Encrypted as they lie. One that expires meanwhile is gone: nobody misses it."""
    for prefix, setting in archive.FOLDERS.items():
        root = Path(getattr(settings, setting))
        for file in sorted(path for path in root.rglob("*") if path.is_file()):
            with contextlib.suppress(FileNotFoundError), file.open("rb") as content:
                archive.add_stream(target, f"{prefix}{file.relative_to(root)}", content)


def _seals(target: tarfile.TarFile, size: int) -> None:
    """The first ``size`` bytes of the seals outside the database."""
    if size:
        with (
            Path(settings.AUDIT_SEAL_FILE).open("rb") as content,
            archive.Chunks(target, archive.SEALS) as chunks,
        ):
            while size and (data := content.read(min(size, archive.CHUNK))):
                chunks.write(data)
                size -= len(data)
