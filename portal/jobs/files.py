"""Files of jobs on disk: written under another name, there when whole, gone when they expire."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from django.conf import settings

from portal.core.sealed_files import FRAME, SealedReader, SealedWriter
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
