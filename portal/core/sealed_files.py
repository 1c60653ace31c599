"""Files that the disk never sees in clear: AES-256-GCM in frames, written and read as streams.

Layout: ``LXF1``, length and text of the key id, 16 bytes of salt, then frames of a 4-byte length
and the ciphertext. Each file has a key of its own. A frame is bound to the file's name, to its
number and to whether it is the last: cutting, swapping or moving frames is noticed.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import struct
from pathlib import Path
from typing import IO, Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.core.encryption import DecryptionError, current_key_id, derived_cipher

FRAME: Final = 1 << 20
MAGIC: Final = b"LXF1"
SALT_BYTES: Final = 16
_TAG: Final = 16
_LENGTH: Final = struct.Struct(">I")
_MORE: Final = b"\x00"
_LAST: Final = b"\x01"


def _purpose(name: str) -> str:
    return f"portal.core.sealed_files:{name}"


def _nonce(number: int) -> bytes:
    """Frames are numbered: under the file's own key no nonce comes twice."""
    return number.to_bytes(12, "big")


def _bound(name: str, number: int, end: bytes) -> bytes:
    return f"{name}:{number}:".encode() + end


def _head(file: IO[bytes]) -> str:
    """The id of the key a file lies under. Raises ``DecryptionError`` for no file of ours."""
    head = file.read(len(MAGIC) + 1)
    if len(head) != len(MAGIC) + 1 or not head.startswith(MAGIC):
        raise DecryptionError("no encrypted file of ours")
    return file.read(head[-1]).decode("ascii", "replace")


def key_id_of(path: Path) -> str:
    """The id of the key of ``FIELD_KEYS`` that ``path`` lies under.

    Raises ``FileNotFoundError``, and ``DecryptionError`` for a file that is none of ours.
    """
    with path.open("rb") as file:
        return _head(file)


class SealedWriter(io.RawIOBase):
    """A stream into an encrypted file. Memory stays at one frame, whatever is written.

    ``finish`` makes the file whole; a file that was only closed cannot be read.
    """

    def __init__(self, path: Path, *, name: str) -> None:
        super().__init__()
        self._name = name
        self._frames = 0
        self._buffer = bytearray()
        self._digest = hashlib.sha256()
        self.size = 0
        key_id, salt = current_key_id(), secrets.token_bytes(SALT_BYTES)
        self._cipher = derived_cipher(key_id, salt=salt, purpose=_purpose(name))
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file: IO[bytes] = os.fdopen(descriptor, "wb")
        self._file.write(MAGIC + bytes([len(key_id)]) + key_id.encode() + salt)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        self._digest.update(view)
        self.size += len(view)
        for start in range(0, len(view), FRAME):
            self._buffer += view[start : start + FRAME]
            while len(self._buffer) > FRAME:
                self._seal(bytes(self._buffer[:FRAME]), _MORE)
                del self._buffer[:FRAME]
        return len(view)

    def finish(self) -> str:
        """Write the last frame and make it durable; SHA-256 of what was written, in hex."""
        self._seal(bytes(self._buffer), _LAST)
        self._file.flush()
        os.fsync(self._file.fileno())
        self.close()
        return self._digest.hexdigest()

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()

    def _seal(self, plain: bytes, end: bytes) -> None:
        bound = _bound(self._name, self._frames, end)
        sealed = self._cipher.encrypt(_nonce(self._frames), plain, bound)
        self._file.write(_LENGTH.pack(len(sealed)) + sealed)
        self._frames += 1


class SealedReader(io.RawIOBase):
    """The clear bytes of an encrypted file, in order. Raises ``DecryptionError`` for a damaged one.

    SECURITY: what was read is true so far; only the end of the stream says that it is whole.
    """

    def __init__(self, path: Path, *, name: str) -> None:
        super().__init__()
        self._name = name
        self._file = path.open("rb")
        self._frames = 0
        self._rest = memoryview(b"")
        self._ended = False
        try:
            self._cipher = self._open()
        except DecryptionError:
            self._file.close()
            raise

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        while not self._rest and not self._ended:
            self._rest = memoryview(self._frame())
        taken = min(len(target), len(self._rest))
        target[:taken] = self._rest[:taken]
        self._rest = self._rest[taken:]
        return taken

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()

    def _open(self) -> AESGCM:
        key_id = _head(self._file)
        salt = self._file.read(SALT_BYTES)
        return derived_cipher(key_id, salt=salt, purpose=_purpose(self._name))

    def _frame(self) -> bytes:
        """The next frame; the last one is known by its seal, and nothing may follow it."""
        length = self._file.read(_LENGTH.size)
        if len(length) != _LENGTH.size:
            raise DecryptionError("the file was cut")
        (size,) = _LENGTH.unpack(length)
        sealed = self._file.read(size) if size <= FRAME + _TAG else b""
        following = self._file.read(1)
        self._ended = not following
        if following:
            self._file.seek(-1, os.SEEK_CUR)
        bound = _bound(self._name, self._frames, _LAST if self._ended else _MORE)
        try:
            plain = self._cipher.decrypt(_nonce(self._frames), sealed, bound)
        except InvalidTag as error:
            raise DecryptionError("the file was cut or altered") from error
        self._frames += 1
        return plain
