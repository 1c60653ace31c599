"""A folder of encrypted files: there when whole, under random names, brought under new keys."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
import secrets
import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from django.conf import settings

from portal.core.encryption import DecryptionError, current_key_id
from portal.core.sealed_files import FRAME, SealedReader, SealedWriter, key_id_of

_HALF: Final = ".half"
#: A half-written file older than this belongs to nobody any more.
_ABANDONED_AFTER: Final = dt.timedelta(days=1)


@dataclass(slots=True)
class Written:
    """A file on disk that no row speaks of yet."""

    stored: uuid.UUID = field(default_factory=uuid.uuid4)
    size: int = 0
    #: SHA-256 of the clear bytes.
    digest: str = ""


class SealedStore:
    """The folder that ``setting`` names. Rows elsewhere say what is in it (``stored``)."""

    def __init__(self, setting: str) -> None:
        self._setting = setting

    def folder(self) -> Path:
        """Where the files lie, made on first use for the owner only."""
        path = Path(getattr(settings, self._setting))
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def path_of(self, stored: uuid.UUID) -> Path:
        return self.folder() / stored.hex

    @contextlib.contextmanager
    def writing(self) -> Iterator[tuple[Written, SealedWriter]]:
        """A stream and what will be known of it; the file is there when the block ends well."""
        written = Written()
        half = self.path_of(written.stored).with_suffix(_HALF)
        writer = SealedWriter(half, name=written.stored.hex)
        try:
            yield written, writer
            written.size, written.digest = writer.size, writer.finish()
            half.rename(self.path_of(written.stored))
        finally:
            writer.close()
            half.unlink(missing_ok=True)

    def keep(self, source: IO[bytes]) -> Written:
        """Store what ``source`` still holds."""
        with self.writing() as (written, writer):
            while block := source.read(FRAME):
                writer.write(block)
        return written

    def opened(self, stored: uuid.UUID) -> io.BufferedReader:
        """The clear bytes. Raises ``FileNotFoundError`` and ``DecryptionError``."""
        reader = SealedReader(self.path_of(stored), name=stored.hex)
        return io.BufferedReader(reader, buffer_size=FRAME)

    def remove(self, stored: uuid.UUID) -> None:
        self.path_of(stored).unlink(missing_ok=True)

    def remove_strays(self, known: Collection[uuid.UUID], *, now: dt.datetime) -> int:
        """Remove what none of the rows speaks of and nobody writes any more; how many.

        A file is whole before its row is committed: only old strays are strays.
        """
        names, gone = {stored.hex for stored in known}, 0
        for path in self.folder().iterdir():
            old = path.stat().st_mtime < (now - _ABANDONED_AFTER).timestamp()
            if old and (path.suffix == _HALF or path.name not in names):
                path.unlink(missing_ok=True)
                gone += 1
        return gone

    def needs_rekeying(self, stored: uuid.UUID) -> bool:
        """Whether the file is there, and not under the first of ``FIELD_KEYS``."""
        try:
            return key_id_of(self.path_of(stored)) != current_key_id()
        except FileNotFoundError:
            return False
        except DecryptionError:
            return True

    def rekey(self, stored: uuid.UUID, digest: str) -> None:
        """Encrypt one file anew under the first key. Whoever just reads it goes on in the old one.

        Raises ``FileNotFoundError``, and ``DecryptionError`` for a damaged one, which stays.
        """
        path = self.path_of(stored)
        half = path.with_name(f"{path.name}-{secrets.token_hex(4)}{_HALF}")
        times = path.stat()
        try:
            with self.opened(stored) as source, SealedWriter(half, name=stored.hex) as writer:
                while block := source.read(FRAME):
                    writer.write(block)
                if writer.finish() != digest:
                    raise DecryptionError("not the file that was kept")
            half.rename(path)
            # It is no younger: a file that expired in this moment is a stray, and goes at once.
            os.utime(path, (times.st_atime, times.st_mtime))
        finally:
            half.unlink(missing_ok=True)
