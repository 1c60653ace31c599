"""The rows that an import refused, as they were sent, led by where each stood and why it came back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Final, NamedTuple

from portal.core.sheets.reading import Row, read_table
from portal.core.sheets.writing import CSV, XLSX, Cell, Column, write
from portal.jobs.models import JobFile
from portal.jobs.running import Run

#: The number of the row in the uploaded sheet, and the reason.
LED_BY: Final = ("行号", "原因")
_COLUMNS: Final = (Column(LED_BY[0], "number", width=8), Column(LED_BY[1], width=60))
_REPORT_EVERY: Final = 2_000


class _Shape(NamedTuple):
    """What of the uploaded rows is theirs."""

    head: tuple[str, ...]
    #: Columns in front that an earlier import put there.
    skipped: int
    width: int


def write_rejects(run: Run, *, heading: int) -> None:
    """Make the job's file of refused rows, in the format of the uploaded one."""
    reasons = dict(run.job.problems.values_list("row", "reason"))
    shape = _shape(run, reasons, heading=heading)
    columns = [*_COLUMNS, *(Column(title) for title in titles(shape.head, shape.width))]
    kind = CSV if _is_text(run) else XLSX
    name = f"退回的行-{PurePath(run.input_name).stem}.{kind}"
    with run.open_input() as file, run.new_file(JobFile.Role.REJECTS, name) as out:
        write(kind, out, columns, _refused(run, read_table(file), reasons, shape))


def _shape(run: Run, reasons: dict[int, str], *, heading: int) -> _Shape:
    """The heading, and how many columns the refused rows have; what led them before goes."""
    head: tuple[str, ...] = ()
    width = 0
    with run.open_input() as file:
        for row in read_table(file):
            if row.number == heading:
                head = row.cells
            if row.number == heading or row.number in reasons:
                width = max(width, len(row.cells))
    skipped = len(LED_BY) if head[: len(LED_BY)] == LED_BY else 0
    return _Shape(head[skipped:], skipped, width - skipped)


def titles(head: Sequence[str], width: int) -> list[str]:
    """The headings as they are; those that are blank or said twice get a name of their own."""
    found: list[str] = []
    for number in range(1, width + 1):
        name = (head[number - 1] if number <= len(head) else "") or f"第{number}列"
        while name in found or name in LED_BY:
            name = f"{name}（{number}）"
        found.append(name)
    return found


def _refused(
    run: Run, rows: Iterator[Row], reasons: dict[int, str], shape: _Shape
) -> Iterator[list[Cell]]:
    for count, row in enumerate(rows):
        if count % _REPORT_EVERY == 0:
            run.report()
        if (reason := reasons.get(row.number)) is not None:
            cells = row.cells[shape.skipped :]
            yield [row.number, reason, *cells, *[""] * (shape.width - len(cells))]


def _is_text(run: Run) -> bool:
    """Whether what was uploaded is a .csv, whatever its name says."""
    with run.open_input() as file:
        return file.read(2) != b"PK"
