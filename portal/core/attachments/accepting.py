"""Taking files: what they are, how large, whether they are clean; images are drawn anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from portal.core.attachments import documents, images, scanner
from portal.core.attachments.kinds import CONTENT_TYPES, OFFICE, WEBP, Kind, kind_of
from portal.core.attachments.names import clean_name
from portal.core.errors import DomainError

#: Of one file, of one form, and together.
MOST_BYTES: Final = 10 * 1024 * 1024
MOST_FILES: Final = 5
MOST_TOGETHER: Final = MOST_FILES * MOST_BYTES
LIMITS: Final = f"最多 {MOST_FILES} 个文件，每个不超过 {MOST_BYTES // 1024 // 1024} MB"


class Upload(Protocol):
    """What a form received."""

    name: str | None

    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A file that may be kept."""

    name: str
    kind: Kind
    content_type: str
    data: bytes
    #: Whether malware was looked for; else pages say 未扫描.
    scanned: bool


def accept_all(uploads: Sequence[Upload], *, field: str = "files") -> list[Accepted]:
    """All files of one form, or none. Raises ``DomainError`` at ``field``, naming the file."""
    if len(uploads) > MOST_FILES:
        raise DomainError(f"一次最多传 {MOST_FILES} 个文件。", field=field)
    return [accept(upload, field=field) for upload in uploads]


def accept(upload: Upload, *, field: str = "files") -> Accepted:
    """One file, harmless as far as this goes. Raises ``DomainError`` at ``field``."""
    named = clean_name(upload.name or "", Kind.JPEG).rpartition(".")[0]
    try:
        return _accepted(upload)
    except DomainError as error:
        raise DomainError(f"“{named}”：{error.message}", field=field) from error


def _accepted(upload: Upload) -> Accepted:
    data = upload.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise DomainError(f"文件超过 {MOST_BYTES // 1024 // 1024} MB，请缩小后再上传。")
    found = kind_of(data)
    # Before anything of ours takes it apart.
    if scanner.is_set():
        scanner.require_clean(data)
    kind, kept = _harmless(found, data)
    return Accepted(
        name=clean_name(upload.name or "", kind),
        kind=kind,
        content_type=CONTENT_TYPES[kind],
        data=kept,
        scanned=scanner.is_set(),
    )


def _harmless(found: str, data: bytes) -> tuple[Kind, bytes]:
    if found in {Kind.JPEG, Kind.PNG, WEBP}:
        return images.redrawn(data, found, most_bytes=MOST_BYTES)
    if found == OFFICE:
        return documents.kind_of_office(data), data
    documents.checked_pdf(data)
    return Kind.PDF, data
