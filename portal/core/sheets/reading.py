"""Reading tables that people upload: .xlsx and .csv as rows of tidy text, within limits.

What a file is, its content says, not its name. Nothing in it is run: a cell that begins like a
formula is text like any other (``writing`` defuses it on its way out).
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator
from typing import IO, Any, Final, NamedTuple

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from portal.core.errors import DomainError
from portal.core.sheets.unpacking import BROKEN, NO_TABLE, refuse_bombs
from portal.core.sheets.writing import FORMULA

MOST_BYTES: Final = 20 * 1024 * 1024
MOST_ROWS: Final = 50_000
MOST_COLUMNS: Final = 60
#: Rows above the first one with content do not count; a heading may stand in one of the first ten.
LIMITS: Final = f"最大 {MOST_BYTES // 1024 // 1024} MB，最多 {MOST_ROWS:,} 行、{MOST_COLUMNS} 列"

_TOO_BIG: Final = f"文件超过 {MOST_BYTES // 1024 // 1024} MB，请分成几个文件再上传。"
_TOO_LONG: Final = f"超过 {MOST_ROWS:,} 行，请按社区或楼栋分成几个文件再上传。"
_TOO_WIDE: Final = f"超过 {MOST_COLUMNS} 列，请只留下要导入的列。"
_OLD: Final = "这是旧版 .xls 或加了密码的文件。请在表格软件里另存为不加密的 .xlsx 后上传。"
_EMPTY: Final = "文件里没有内容，请检查是不是选错了文件。"

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
#: Full-width digits and letters, and the blanks that are none of ASCII.
_PLAIN: Final = (
    {code: code - 0xFEE0 for block in ((0xFF10, 0xFF19), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A))
     for code in range(block[0], block[1] + 1)}
    | dict.fromkeys((0x3000, 0xA0, 0x2007, 0x202F), " ")
    | dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
)  # fmt: skip


class Row(NamedTuple):
    """A row that is not blank: its number as a spreadsheet shows it, and its cells."""

    number: int
    cells: tuple[str, ...]


def read_table(file: IO[bytes]) -> Iterator[Row]:
    """The rows of the first sheet that has any, the heading among them; blank ones left out.

    Raises ``DomainError`` before the first row when the file cannot be read, and on the way when
    it is longer or wider than allowed.
    """
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise DomainError(_TOO_BIG)
    if data.startswith(_OLE):
        raise DomainError(_OLD)
    rows = _xlsx_rows(data) if data.startswith(_ZIP) else _csv_rows(data)
    return _within_limits(rows)


def tidy(cell: Any) -> str:
    """What a cell says, as text: 13800131234.0 is a number that was a phone, a day is 1950-03-01."""
    if isinstance(cell, str):
        text = cell.translate(_PLAIN).strip()
        # The apostrophe was put there to keep the cell from being a formula.
        return text[1:] if text[:1] == "'" and text[1:2] in FORMULA else text
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, dt.datetime):
        whole = cell.time() == dt.time.min
        return cell.date().isoformat() if whole else f"{cell:%Y-%m-%d %H:%M}"
    return "" if cell is None else str(cell)


def _within_limits(rows: Iterable[tuple[int, list[Any]]]) -> Iterator[Row]:
    """Read the first row at once, so that an unreadable file is refused where it is uploaded."""
    found = _tidy_rows(rows)
    first = next(found, None)
    if first is None:
        raise DomainError(_EMPTY)
    return _counted(first, found)


def _counted(first: Row, rest: Iterator[Row]) -> Iterator[Row]:
    yield first
    # The heading is not counted, nor are the few lines that may stand above it.
    for count, row in enumerate(rest, start=1):
        if count > MOST_ROWS + 10:
            raise DomainError(_TOO_LONG)
        yield row


def _tidy_rows(rows: Iterable[tuple[int, list[Any]]]) -> Iterator[Row]:
    for number, raw in rows:
        cells = [tidy(cell) for cell in raw]
        while cells and not cells[-1]:
            cells.pop()
        if len(cells) > MOST_COLUMNS:
            raise DomainError(_TOO_WIDE)
        if cells:
            yield Row(number, tuple(cells))


# --- .csv -------------------------------------------------------------------------------------


def _csv_rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(data)
    head = text[: text.find("\n") + 1] or text
    delimiter = max(",\t;", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            yield number, cells
    except csv.Error as error:
        raise DomainError(f"第 {number + 1} 行读不下去，请检查那里的引号。") from error


def _decoded(data: bytes) -> str:
    """UTF-8 with or without its mark, UTF-16 with it, else the Chinese national encoding."""
    if not data.strip():
        raise DomainError(_EMPTY)
    for encoding in ("utf-16",) if data[:2] in _UTF16 else ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text and not text.startswith("%PDF"):
            return text
    raise DomainError(NO_TABLE)


# --- .xlsx ------------------------------------------------------------------------------------


def _xlsx_rows(data: bytes) -> Iterator[tuple[int, list[Any]]]:
    refuse_bombs(data)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            for meta in book.sheets_metadata:
                if meta.visible != SheetVisibleEnum.Visible:
                    continue
                sheet = book.get_sheet_by_name(meta.name)
                if sheet.start is not None:
                    above, left = sheet.start
                    for number, cells in enumerate(sheet.iter_rows(), start=above + 1):
                        yield number, [""] * left + cells
                    return
    except (CalamineError, OSError) as error:
        raise DomainError(BROKEN) from error
