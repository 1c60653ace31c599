"""What an .xlsx would grow to when it is read, found out in constant memory before it is read.

The library that reads it puts the cells of a sheet into one dense block, and each cell of text
into a text of its own: two cells far apart, or one long text that a million cells share, are a
few hundred bytes that would take all memory there is and end the process.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Final
from xml.parsers import expat

from portal.core.errors import DomainError
from portal.core.unzipping import inflated

#: What an .xlsx may grow to when it is unpacked, of how many parts, and in cells of a sheet.
MOST_UNPACKED: Final = 200 * 1024 * 1024
MOST_PARTS: Final = 1_000
MOST_CELLS: Final = 4_000_000

NO_TABLE: Final = "这不是表格文件。请上传 .xlsx，或另存为 .csv 后上传。"
BROKEN: Final = "文件打不开，可能没有传完或已损坏。请用表格软件打开、另存一次后再上传。"
_BOMB: Final = "文件展开后太大，不能读取。请只留下要导入的表和列，另存后再上传。"
_SPREAD: Final = (
    "表里的内容相隔太远，不能读取。请删去名单以外、远处单元格里的内容，"
    "或把名单复制到新表里，另存后再上传。"
)

_BOOK: Final = "xl/workbook.xml"
_STRINGS: Final = "xl/sharedstrings.xml"
#: Books of other kinds, which the library would try next, by their parts.
_OTHER_BOOKS: Final = frozenset({"xl/workbook.bin", "content.xml"})
#: No part without this word holds cells.
_CELLS: Final = b"sheetData"
_LONGEST_TEXT: Final = 1 << 20
_ADDRESS: Final = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")


def refuse_bombs(data: bytes) -> None:
    """Raises ``DomainError`` for what is no .xlsx or would be too big to read."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
        sheets = _checked(data, parts)
        shared = _SharedTexts()
        for part in parts:
            if part.filename.lower() == _STRINGS:
                shared.read(inflated(data, part))
        longest = max(shared.sizes, default=0)
        for part in sheets:
            # The close look takes seconds for a long list: only where the quick one is in doubt.
            if not _is_surely_small(inflated(data, part), longest):
                _Sheet(shared.sizes).read(inflated(data, part))
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError) as error:
        raise DomainError(BROKEN) from error


def _checked(data: bytes, parts: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """Count what the parts really grow to: what a part says of its own size may be a lie.

    Those that hold cells, whatever they are called.
    """
    names = {part.filename for part in parts}
    if _BOOK not in names or _OTHER_BOOKS & {name.lower() for name in names}:
        raise DomainError(NO_TABLE)
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise DomainError(_BOMB)
    left, sheets = MOST_UNPACKED, []
    for part in parts:
        tail, found = b"", False
        for block in inflated(data, part):
            left -= len(block)
            if left < 0:
                raise DomainError(_BOMB)
            found = found or _CELLS in tail + block
            tail = block[-len(_CELLS) :]
        if found:
            sheets.append(part)
    return sheets


#: In a sheet as bytes: addresses and row numbers wherever they stand; what may be a cell or a row
#: without one; cells of shared text. Each finds all there are, and perhaps more.
_ADDRESSES: Final = re.compile(rb"""r\s*=\s*["']([A-Za-z]{0,3})([0-9]{1,7})["']""")
_UNADDRESSED: Final = re.compile(rb"<(?:[^\s<>/]*:)?(?:c|row)(?=[\s/>])(?!\s+r=)")
_SHARED: Final = re.compile(rb"""t\s*=\s*["']s["']""")


def _is_surely_small(blocks: Iterator[bytes], longest: int) -> bool:
    """Whether a sheet is within the limits even if everything in it were a cell with content."""
    row = column = unaddressed = texts = 0
    rest = b""
    for block in blocks:
        # No address and no beginning of a tag goes over a >.
        whole, _, rest = (rest + block).rpartition(b">")
        if len(rest) > _LONGEST_TEXT:
            return False
        found = _ADDRESSES.findall(whole)
        row = max(row, *map(int, {number for _, number in found}), 0)
        column = max(
            column, *(_column(letters.decode()) for letters in {one for one, _ in found}), 0
        )
        unaddressed += sum(1 for _ in _UNADDRESSED.finditer(whole + b">"))
        texts += len(_SHARED.findall(whole))
    cells = (row + unaddressed) * (column + unaddressed)
    return cells <= MOST_CELLS and texts * longest <= MOST_UNPACKED


def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


class _Part:
    """One part of XML, read as it is inflated; no document type, so nothing that multiplies."""

    def read(self, blocks: Iterator[bytes]) -> None:
        # Like the library, whatever encoding the part claims for itself.
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._document_type
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        for block in blocks:
            parser.Parse(block)
        parser.Parse(b"", True)  # noqa: FBT003 -- its signature

    def _document_type(self, *_args: object) -> None:
        raise DomainError(BROKEN)

    def _begin(self, name: str, told: Mapping[str, str]) -> None:
        raise NotImplementedError

    def _end(self, name: str) -> None:
        raise NotImplementedError

    def _text(self, text: str) -> None:
        raise NotImplementedError


class _SharedTexts(_Part):
    """The length of each text that cells share."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def _begin(self, name: str, _told: Mapping[str, str]) -> None:
        if _local(name) == "si":
            self.sizes.append(0)

    def _end(self, name: str) -> None:
        pass

    def _text(self, text: str) -> None:
        if self.sizes:
            self.sizes[-1] += len(text)


class _Sheet(_Part):
    """Between which rows and columns there is anything, and how much text."""

    def __init__(self, shared: list[int]) -> None:
        self._shared = shared
        self._row = self._column = 0
        #: The cell that is being read, and whether its value is.
        self._is_shared = self._in_value = False
        self._value = ""
        self._rows: tuple[int, int] | None = None
        self._columns = (0, 0)
        self._texts = 0

    def _begin(self, name: str, told: Mapping[str, str]) -> None:
        name = _local(name)
        if name == "c":
            self._is_shared = told.get("t") == "s"
            self._place(told.get("r"))
        elif name == "row":
            self._row, self._column = _number(told.get("r"), self._row + 1), 0
        elif name in {"v", "is", "f"}:
            # A cell that is only coloured has none of these and takes no room.
            self._in_value, self._value = name == "v", ""
            self._take()

    def _end(self, name: str) -> None:
        if self._in_value and _local(name) == "v":
            self._in_value = False
            if self._is_shared and self._value.isdecimal():
                number = int(self._value)
                self._texts += self._shared[number] if number < len(self._shared) else 0
                if self._texts > MOST_UNPACKED:
                    raise DomainError(_BOMB)

    def _text(self, text: str) -> None:
        if self._in_value and self._is_shared:
            self._value = (self._value + text)[:12]

    def _place(self, address: str | None) -> None:
        """A cell without an address stands right of the one before."""
        if address is None:
            self._column += 1
            return
        found = _ADDRESS.fullmatch(address)
        if found is None:
            raise DomainError(BROKEN)
        self._column, self._row = _column(found[1]), int(found[2])

    def _take(self) -> None:
        row, column = self._row, self._column
        first, last = self._rows or (row, row)
        left, right = self._columns if self._rows else (column, column)
        self._rows = first, last = min(first, row), max(last, row)
        self._columns = left, right = min(left, column), max(right, column)
        if (last - first + 1) * (right - left + 1) > MOST_CELLS:
            raise DomainError(_SPREAD)


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() else otherwise
