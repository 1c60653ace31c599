"""The file of a backup: a compressed tar inside a sealed file, written and read as streams."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import secrets
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

from portal.core.encryption import DecryptionError
from portal.core.sealed_files import SealedReader, SealedWriter

#: Bound into every frame: a job's file cannot stand in for a backup.
NAME: Final = "backup"
MANIFEST: Final = "manifest.json"
TABLES: Final = "tables/"
FILES: Final = "files/"
#: Folders of encrypted files, taken as they lie: where in the archive → which setting.
FOLDERS: Final = {FILES: "JOB_FILES", "attachments/": "ATTACHMENT_FILES"}
SEALS: Final = "audit-seals.jsonl"
DATABASE: Final = "database.sqlite3"
CHUNK: Final = 4 << 20
COMPRESSION: Final = 3


class BackupError(Exception):
    """Why a backup could not be written, read or restored; for the operator, in Chinese."""


class Chunks(io.RawIOBase):
    """Bytes of unknown length as numbered members, at most ``CHUNK`` each, without a plain copy."""

    def __init__(self, archive: tarfile.TarFile, prefix: str) -> None:
        super().__init__()
        self._archive, self._prefix = archive, prefix
        self._buffer = bytearray()
        self._number = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._buffer += data
        if len(self._buffer) >= CHUNK:
            self._emit()
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._emit()
        super().close()

    def _emit(self) -> None:
        add(self._archive, f"{self._prefix}/{self._number:06}", bytes(self._buffer))
        self._number += 1
        self._buffer.clear()


class Joined(io.RawIOBase):
    """The members of one prefix as one stream again."""

    def __init__(self, parts: Iterator[IO[bytes]]) -> None:
        super().__init__()
        self._parts = parts
        self._part: IO[bytes] | None = next(parts, None)

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        while self._part is not None:
            if data := self._part.read(len(target)):
                target[: len(data)] = data
                return len(data)
            self._part = next(self._parts, None)
        return 0


def add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def add_stream(archive: tarfile.TarFile, prefix: str, source: IO[bytes]) -> None:
    with Chunks(archive, prefix) as chunks:
        while data := source.read(CHUNK):
            chunks.write(data)


class Writing:
    """``with Writing(path) as archive``: the file appears under its name only when it is whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._half = path.with_name(f".{path.name}.{secrets.token_hex(4)}.half")

    def __enter__(self) -> tarfile.TarFile:
        if self._path.exists():
            raise BackupError(f"{self._path} 已存在，不覆盖。请换一个文件名。")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._sealed = SealedWriter(self._half, name=NAME)
        except OSError as error:
            raise BackupError(f"写不了 {self._path}：{error.strerror}。请换一个地方。") from error
        # The archive's own compression knows no level here, and the usual one is slow.
        self._packed = gzip.GzipFile("", "wb", COMPRESSION, self._sealed, mtime=0)
        self._tar = tarfile.open(fileobj=self._packed, mode="w|")
        return self._tar

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        if kind is not None:
            self._sealed.close()
            self._half.unlink(missing_ok=True)
            return
        self._tar.close()
        self._packed.close()
        self._sealed.finish()
        self._half.replace(self._path)


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Whatever is wrong with a file that is read, in words."""
    try:
        yield
    except FileNotFoundError as error:
        raise BackupError(f"没有 {path} 这个文件。") from error
    except (DecryptionError, tarfile.TarError, EOFError, OSError) as error:
        raise BackupError(
            f"读不了 {path.name}：文件不完整、被改动过，或不是用这里的密钥加密的。"
        ) from error


def members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """(name, content) of every member in order; each is read before the next is asked for.

    Raises ``BackupError`` for a file that is sealed with other keys or damaged at its beginning.
    What is wrong further on shows where a content is read: ask ``require_whole`` first.
    """
    with _reading(path), SealedReader(path, name=NAME) as sealed:
        stream = io.BufferedReader(sealed, CHUNK)
        with tarfile.open(fileobj=stream, mode="r|gz") as archive:
            for member in archive:
                content = archive.extractfile(member)
                if content is not None:
                    yield member.name, content
        while stream.read(CHUNK):  # the seal of the end is the proof that it is whole
            pass


def require_whole(path: Path) -> None:
    """Read ``path`` to its end. Raises ``BackupError`` for a file that is cut, altered or not ours."""
    with _reading(path):
        for _, content in members(path):
            while content.read(CHUNK):
                pass


def manifest_of(path: Path) -> dict[str, Any]:
    for name, content in members(path):
        if name != MANIFEST:
            break
        found: dict[str, Any] = json.loads(content.read())
        return found
    raise BackupError(f"{path.name} 里没有清单，不是连心的备份。")
