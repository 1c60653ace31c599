"""Writing tables: .csv and .xlsx of any length in constant memory, safe to open.

SECURITY: a spreadsheet runs a cell that begins like a formula. In .xlsx every text is written as
text; in .csv such a cell is led by an apostrophe.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final, Literal, Protocol, TypeAlias

import rustpy_xlsxwriter as xlsx
from django.conf import settings
from django.utils import timezone

Cell: TypeAlias = str | int | float | bool | dt.date | dt.datetime | None
Kind: TypeAlias = Literal["text", "number", "date", "datetime"]
#: (name, value) of what is to be known of a file.
Notes: TypeAlias = Iterable[tuple[str, str]]

CSV: Final = "csv"
XLSX: Final = "xlsx"
CONTENT_TYPES: Final = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
#: What a spreadsheet holds in one cell, in UTF-16 units.
CELL_LIMIT: Final = 32_767
#: The last words of a cell that was cut.
CUT_MARK: Final = "…（内容过长，以下未导出）"
#: First characters that make a formula of a cell, the full-width ones included.
FORMULA: Final = frozenset("=+-@\t\r\n＝＋－＠")

_BOM: Final = b"\xef\xbb\xbf"  # without it a spreadsheet does not read Chinese
_NEVER: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LONG: Final = CELL_LIMIT // 2
#: Cells that are written as they are, into files of either kind.
_AS_THEY_ARE: Final = frozenset({type(None), int, float, dt.date})
_BATCH: Final = 500
_WIDTH: Final = 12.0
_FORMATS: Final[dict[str, str]] = {"date": "yyyy-mm-dd", "datetime": "yyyy-mm-dd hh:mm"}
_NOTE_SHEET: Final = "说明"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, what is in it, and how wide a spreadsheet shows it."""

    title: str
    kind: Kind = "text"
    width: float = _WIDTH


class Sink(Protocol):
    """Where bytes go: a file, an encrypted file, a response."""

    def write(self, data: bytes, /) -> Any: ...


def csv_parts(columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """The .csv (UTF-8 with BOM) in parts: the heading and the rows, nothing else."""
    text = io.StringIO()
    writer = csv.writer(text)
    yield _BOM
    heading = ([column.title for column in columns],)
    lines = map(csv_row, chain(heading, rows))
    while batch := list(islice(lines, _BATCH)):
        writer.writerows(batch)
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()


def write_csv(out: Sink, columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> None:
    for part in csv_parts(columns, rows):
        out.write(part)


def write_xlsx(
    out: Sink,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Cell]],
    *,
    sheet: str = "名单",
    notes: Notes = (),
) -> None:
    """One sheet with a frozen heading; ``notes`` stand on a second sheet.

    The library writes to a path: to a file without a name, so that nothing readable is left
    behind by a process that dies, and from there to ``out``. It lies beside the files of jobs, on
    a disk the operator knows of (decision 0071).
    """
    settings.JOB_FILES.mkdir(mode=0o700, parents=True, exist_ok=True)
    sheets: list[tuple[str, Any]] = [(sheet, _records(columns, rows))]
    if notes:
        sheets.append((_NOTE_SHEET, _records(_NOTE_COLUMNS, notes)))
    with tempfile.TemporaryFile(dir=settings.JOB_FILES) as whole:
        xlsx.write_worksheets(
            sheets, f"/dev/fd/{whole.fileno()}", **_looks(sheet, columns, notes=bool(notes))
        )
        whole.seek(0)
        shutil.copyfileobj(whole, out, 1 << 18)


def write(
    kind: str,
    out: Sink,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Cell]],
    *,
    notes: Notes = (),
) -> None:
    """Write as ``kind`` (csv or xlsx). ``notes`` are a sheet of the .xlsx; a .csv has none.

    They are read when the rows are written: they may tell how many there were.
    """
    if kind == CSV:
        write_csv(out, columns, rows)
    elif kind == XLSX:
        write_xlsx(out, columns, rows, notes=notes)
    else:
        raise ValueError(f"No such kind of table: {kind!r}.")


def clean(text: str) -> str:
    """The text without what no cell may hold, cut with a mark where a cell is full."""
    if not text.isprintable():
        text = _NEVER.sub("", text)
    return _cut(text) if len(text) > _LONG else text


def defused(text: str) -> str:
    """The cleaned text as a cell of a .csv."""
    if not text:
        return text
    text = clean(text)
    return f"'{text}" if text[:1] in FORMULA else text


def csv_row(row: Sequence[Cell]) -> list[Any]:
    """A row as ``csv.writer`` takes it."""
    # What needs nothing done is told here, without a call for each of millions of cells.
    return [
        cell
        if type(cell) in _AS_THEY_ARE
        or (type(cell) is str and (not cell or (cell[0] not in FORMULA and _is_plain(cell))))
        else _as_csv(cell)
        for cell in row
    ]


def _is_plain(text: str) -> bool:
    """Whether ``clean`` gives it back as it is, told quickly."""
    return len(text) <= _LONG and text.isprintable()


def _as_csv(cell: Cell) -> Any:
    if cell is None or isinstance(cell, str):
        return defused(cell or "")
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, dt.datetime):
        return _local(cell).isoformat(" ", "minutes")
    return cell


def _local(moment: dt.datetime) -> dt.datetime:
    """The moment as a clock on the wall shows it: a sheet knows no time zones."""
    return timezone.make_naive(moment) if timezone.is_aware(moment) else moment


def _records(columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> Iterator[dict[str, Any]]:
    """The rows as the library takes them; the heading comes from the first one."""
    titles = [column.title for column in columns]
    if len(set(titles)) != len(titles):
        raise ValueError("Two columns have the same heading.")
    empty = True
    for row in rows:
        empty = False
        yield dict(
            zip(
                titles,
                [
                    cell
                    if type(cell) in _AS_THEY_ARE or (type(cell) is str and _is_plain(cell))
                    else _as_xlsx(cell)
                    for cell in row
                ],
                strict=True,
            )
        )
    if empty:
        yield dict.fromkeys(titles)


def _as_xlsx(cell: Cell) -> Any:
    if convert := _XLSX.get(type(cell)):
        return convert(cell)
    return clean(str(cell)) if isinstance(cell, str) else cell


_XLSX: Final[dict[type, Callable[[Any], Any]]] = {
    bool: lambda cell: "是" if cell else "否",
    dt.datetime: _local,
}
_NOTE_COLUMNS: Final = (Column("项目", width=16), Column("内容", width=70))


def _looks(sheet: str, columns: Sequence[Column], *, notes: bool) -> dict[str, Any]:
    """Widths, formats of days, a heading in bold that stays and repeats on paper."""
    formats = {
        column.title: xlsx.Format().set_num_format(_FORMATS[column.kind])
        for column in columns
        if column.kind in _FORMATS
    }
    widths = {sheet: {column.title: column.width for column in columns}}
    if notes:
        widths[_NOTE_SHEET] = {column.title: column.width for column in _NOTE_COLUMNS}
    paper = {"landscape": True, "repeat_rows": 0, "fit_to_pages": (1, 0), "footer": "&C&P / &N"}
    return {
        "freeze_panes": {sheet: {"row": 1, "col": 0}},
        "column_widths": widths,
        "column_formats": {sheet: formats},
        "header_format": {"general": xlsx.Format().set_bold()},
        "autofilter": {sheet: True},
        "page_setup": {sheet: paper},
        # A number of a house or a door is text that looks like a number.
        "ignore_errors": {sheet: [c.title for c in columns if c.kind == "text"]},
    }


def _cut(text: str) -> str:
    if len(text.encode("utf-16-le")) // 2 <= CELL_LIMIT:
        return text
    room = CELL_LIMIT - len(CUT_MARK)
    kept = text.encode("utf-16-le")[: room * 2].decode("utf-16-le", "ignore")
    return f"{kept}{CUT_MARK}"
