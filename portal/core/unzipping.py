"""Parts of an archive, unpacked from its bytes block by block: what it says of sizes may be a lie."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from typing import Final

LOCAL_HEADER: Final = 30
_BLOCK: Final = 1 << 16


def inflated(data: bytes, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """The clear bytes in blocks of 64 KB at most, or one if it lies there unpacked.

    Raises ``zipfile.BadZipFile`` for a way of packing other than the two usual ones, and
    ``zlib.error``.
    """
    lengths = data[part.header_offset + 26 : part.header_offset + LOCAL_HEADER]
    start = part.header_offset + LOCAL_HEADER
    start += int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little")
    packed = data[start : start + part.compress_size]
    if part.compress_type == zipfile.ZIP_STORED:
        yield packed
        return
    if part.compress_type != zipfile.ZIP_DEFLATED:
        raise zipfile.BadZipFile("packed in another way")
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    while packed and not inflate.eof:
        yield inflate.decompress(packed, _BLOCK)
        packed = inflate.unconsumed_tail
