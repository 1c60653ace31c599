"""Documents are kept as they are; refused is what would run something, or unpack without end."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Final
from xml.parsers import expat

from portal.core.attachments.kinds import Kind
from portal.core.errors import DomainError
from portal.core.unzipping import LOCAL_HEADER, inflated

#: What an office file may hold: parts, and bytes when they are unpacked.
MOST_PARTS: Final = 2_000
MOST_UNPACKED: Final = 100 * 1024 * 1024

_BROKEN: Final = "文件打不开，可能没有传完或已损坏。请打开后另存一次再上传。"
_NO_DOCUMENT: Final = (
    "不能接收这种文件或压缩包。文档请用 .docx，表格请用 .xlsx，其他请导出为 .pdf；"
    "压缩包里的文件请一个个上传。"
)
_BOMB: Final = "文件展开后太大，不能接收。请另存为较小的文件，或导出为 .pdf 后上传。"
_ACTIVE: Final = (
    "文件里有宏、控件或嵌入的程序，不能接收。请另存为不带宏的文件，或导出为 .pdf 后上传。"
)
_OUTSIDE: Final = "文件会从别处取内容，不能接收。请导出为 .pdf 后上传。"
_NO_PDF: Final = "PDF 打不开，可能没有传完或已损坏。请重新导出后上传。"
_DOUBLE: Final = "PDF 里还夹着压缩文件，不能接收。请用“打印为 PDF”另存一份后上传。"

_TYPES: Final = "[content_types].xml"
_MAIN: Final = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": Kind.DOCX,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": Kind.XLSX,
}
#: In the name or the type of a part, or of what leads to it: macros, controls, programs.
_RUNS: Final = ("vba", "macro", "activex", "oleobject", "customui", ".exe", ".dll")
#: Of what is embedded: the table behind a chart, a document in a document.
_EMBEDDED: Final = (".xlsx", ".docx")
#: What may lead out of a document: a link somebody clicks, and the other table of a formula.
_MAY_LEAD_OUT: Final = ("/hyperlink", "/externalLinkPath")
_MOST_XML: Final = 4 * 1024 * 1024
_ENCRYPTED: Final = 0x1
_TAIL: Final = 1024


def checked_pdf(data: bytes) -> None:
    """Raises ``DomainError`` for a cut one, and for one that is an archive as well.

    SECURITY: scripts inside are not looked for: most stand in compressed parts.
    """
    if b"%%EOF" not in data[-_TAIL:]:
        raise DomainError(_NO_PDF)
    if zipfile.is_zipfile(io.BytesIO(data)):
        raise DomainError(_DOUBLE)


def kind_of_office(data: bytes) -> Kind:
    """DOCX or XLSX, if that is all it is and nothing in it runs. Raises ``DomainError``."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            _check_frame(data, parts)
            # Each part is unpacked once: what is said of sizes and names may be a lie.
            _check_whole(data, parts)
            texts = {
                part.filename.lower(): archive.read(part)
                for part in parts
                if _is_about_parts(part) and part.file_size <= _MOST_XML
            }
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise DomainError(_BROKEN) from error
    if _TYPES not in texts:
        raise DomainError(_NO_DOCUMENT)
    for name in (part.filename.lower() for part in parts):
        if _runs(name) or ("/embeddings/" in name and not name.endswith(_EMBEDDED)):
            raise DomainError(_ACTIVE)
        if name.endswith(".rels"):
            _check_relations(texts.get(name))
    return _declared(texts[_TYPES])


def _is_about_parts(part: zipfile.ZipInfo) -> bool:
    """The names of parts know no case."""
    name = part.filename.lower()
    return name == _TYPES or name.endswith(".rels")


def _runs(word: str) -> bool:
    return any(part in word.lower() for part in _RUNS)


def _check_frame(data: bytes, parts: list[zipfile.ZipInfo]) -> None:
    """From the first byte to the last one archive, its parts side by side."""
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise DomainError(_BOMB)
    names = {part.filename.lower() for part in parts}
    offsets = sorted((part.header_offset, part.compress_size) for part in parts)
    ends = [start + LOCAL_HEADER + size for start, size in offsets]
    starts = [start for start, _ in offsets]
    overlap = any(end > start for end, start in zip(ends, starts[1:], strict=False))
    if len(names) != len(parts) or overlap or starts[:1] != [0] or not _ends_whole(data):
        raise DomainError(_BROKEN)
    for part in parts:
        name = part.filename
        if part.flag_bits & _ENCRYPTED or "\\" in name or ":" in name or ".." in name.split("/"):
            raise DomainError(_BROKEN)


def _ends_whole(data: bytes) -> bool:
    """The last record of the archive ends with the file, without a remark behind it."""
    return data[-22:-18] == b"PK\x05\x06" and data[-2:] == b"\x00\x00"


def _check_whole(data: bytes, parts: list[zipfile.ZipInfo]) -> None:
    left = MOST_UNPACKED
    for part in parts:
        size, checksum = 0, 0
        for block in inflated(data, part):
            size += len(block)
            left -= len(block)
            checksum = zlib.crc32(block, checksum)
            if left < 0:
                raise DomainError(_BOMB)
        if size != part.file_size or checksum != part.CRC:
            raise DomainError(_BROKEN)


def _declared(types: bytes) -> Kind:
    """What the list of parts says the file is."""
    found = {tag.get("ContentType", "") for tag in _elements(types)}
    if any(map(_runs, found)):
        raise DomainError(_ACTIVE)
    kinds = [_MAIN[one] for one in found if one in _MAIN]
    if len(kinds) != 1:
        raise DomainError(_NO_DOCUMENT)
    return kinds[0]


def _check_relations(xml: bytes | None) -> None:
    if xml is None:
        raise DomainError(_BOMB)
    for tag in _elements(xml):
        kind = tag.get("Type", "")
        if _runs(kind):
            raise DomainError(_ACTIVE)
        if tag.get("TargetMode", "").lower() == "external" and not kind.endswith(_MAY_LEAD_OUT):
            raise DomainError(_OUTSIDE)


def _elements(xml: bytes) -> Iterator[Mapping[str, str]]:
    """Attributes of all elements; no document type, so nothing in it multiplies."""
    found: list[Mapping[str, str]] = []

    def refuse(*_args: object) -> None:
        raise DomainError(_BROKEN)

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda _name, told: found.append(told)
    try:
        parser.Parse(xml, True)  # noqa: FBT003 -- its signature
    except expat.ExpatError as error:
        raise DomainError(_BROKEN) from error
    return iter(found)
