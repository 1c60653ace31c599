"""Files of jobs on disk: written under another name, there when whole, gone when they expire."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from django.conf import settings

from portal.core.encryption import DecryptionError, current_key_id
from portal.core.sealed_files import FRAME, SealedReader, SealedWriter, key_id_of
from portal.jobs.models import JobFile

#: Uploads, results and rows given back hold personal data: they stay a week (decision 0071).
KEEP_FOR: Final = dt.timedelta(days=7)
_HALF: Final = ".half"
#: A half-written file older than this belongs to nobody any more.
_ABANDONED_AFTER: Final = dt.timedelta(days=1)


@dataclass(slots=True)
class Written:
    """A file on disk that no row speaks of yet."""

    stored: uuid.UUID = field(default_factory=uuid.uuid4)
    size: int = 0
    digest: str = ""


def folder() -> Path:
    """Where the files lie, made on first use for the owner only."""
    path: Path = settings.JOB_FILES
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def path_of(stored: uuid.UUID) -> Path:
    return folder() / stored.hex


@contextlib.contextmanager
def writing() -> Iterator[tuple[Written, SealedWriter]]:
    """A stream and what will be known of it; the file is there when the block ends well."""
    written = Written()
    half = path_of(written.stored).with_suffix(_HALF)
    writer = SealedWriter(half, name=written.stored.hex)
    try:
        yield written, writer
        written.size, written.digest = writer.size, writer.finish()
        half.rename(path_of(written.stored))
    finally:
        writer.close()
        half.unlink(missing_ok=True)


def keep(source: IO[bytes]) -> Written:
    """Store what ``source`` still holds."""
    with writing() as (written, writer):
        while block := source.read(FRAME):
            writer.write(block)
    return written


def opened(file: JobFile) -> io.BufferedReader:
    """The clear bytes. Raises ``FileNotFoundError`` and ``DecryptionError``."""
    reader = SealedReader(path_of(file.stored), name=file.stored.hex)
    return io.BufferedReader(reader, buffer_size=FRAME)


def remove(stored: uuid.UUID) -> None:
    path_of(stored).unlink(missing_ok=True)


def remove_strays(*, now: dt.datetime) -> int:
    """Remove what no row speaks of and nobody writes any more; how many.

    A file is whole before its row is committed: only old strays are strays.
    """
    known = {stored.hex for stored in JobFile.objects.values_list("stored", flat=True)}
    gone = 0
    for path in folder().iterdir():
        old = path.stat().st_mtime < (now - _ABANDONED_AFTER).timestamp()
        if old and (path.suffix == _HALF or path.name not in known):
            path.unlink(missing_ok=True)
            gone += 1
    return gone


# --- The keys they lie under -----------------------------------------------------------------


def rekey() -> int:
    """Encrypt the files anew that are not under the first of ``FIELD_KEYS``; how many.

    Whoever is just reading one goes on in the old file. What is damaged stays as it is.
    """
    written = 0
    for file in JobFile.objects.filter(pk__in=left()).order_by("pk"):
        with contextlib.suppress(FileNotFoundError, DecryptionError):
            _rekey(file)
            written += 1
    return written


def _rekey(file: JobFile) -> None:
    path = path_of(file.stored)
    half = path.with_name(f"{path.name}-{secrets.token_hex(4)}{_HALF}")
    times = path.stat()
    try:
        with opened(file) as source, SealedWriter(half, name=file.stored.hex) as writer:
            while block := source.read(FRAME):
                writer.write(block)
            if writer.finish() != file.digest:
                raise DecryptionError("not the file that was kept")
        half.rename(path)
        # It is no younger: a file that expired in this moment is a stray, and goes at once.
        os.utime(path, (times.st_atime, times.st_mtime))
    finally:
        half.unlink(missing_ok=True)


def left() -> list[int]:
    """Ids of files on disk that are not under the first of ``FIELD_KEYS``."""
    return [
        pk
        for pk, stored in JobFile.objects.order_by("pk").values_list("pk", "stored")
        if _key_of(path_of(stored)) not in {None, current_key_id()}
    ]


def _key_of(path: Path) -> str | None:
    """None for a file that is gone; "" for one that is none of ours."""
    try:
        return key_id_of(path)
    except FileNotFoundError:
        return None
    except DecryptionError:
        return ""
