"""The rows that an import refused, as they were sent, with the reason of each in a last column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Final

from portal.core.sheets.reading import Row, read_table
from portal.core.sheets.writing import CSV, XLSX, Column, write
from portal.jobs.models import JobFile
from portal.jobs.running import Run

REASON: Final = "原因"
_WIDE: Final = 60.0
_REPORT_EVERY: Final = 2_000


def write_rejects(run: Run, *, heading: int) -> None:
    """Make the job's file of refused rows, in the format of the uploaded one."""
    reasons = dict(run.job.problems.values_list("row", "reason"))
    head, width = _shape(run, reasons, heading=heading)
    columns = [*(Column(title) for title in titles(head, width)), Column(REASON, width=_WIDE)]
    kind = CSV if _is_text(run) else XLSX
    name = f"退回的行-{PurePath(run.input_name).stem}.{kind}"
    with run.open_input() as file, run.new_file(JobFile.Role.REJECTS, name) as out:
        write(kind, out, columns, _refused(run, read_table(file), reasons, width=width))


def _shape(run: Run, reasons: dict[int, str], *, heading: int) -> tuple[tuple[str, ...], int]:
    """The heading, and how many columns the refused rows have; a reason given before goes."""
    head: tuple[str, ...] = ()
    width = 0
    with run.open_input() as file:
        for row in read_table(file):
            if row.number == heading:
                head = row.cells
            if row.number == heading or row.number in reasons:
                width = max(width, len(row.cells))
    return (head, len(head) - 1) if head[-1:] == (REASON,) else (head, width)


def titles(head: Sequence[str], width: int) -> list[str]:
    """The headings as they are; those that are blank or said twice get a name of their own."""
    found: list[str] = []
    for number in range(1, width + 1):
        name = (head[number - 1] if number <= len(head) else "") or f"第{number}列"
        while name in found or name == REASON:
            name = f"{name}（{number}）"
        found.append(name)
    return found


def _refused(
    run: Run, rows: Iterator[Row], reasons: dict[int, str], *, width: int
) -> Iterator[list[str]]:
    for count, row in enumerate(rows):
        if count % _REPORT_EVERY == 0:
            run.report()
        if (reason := reasons.get(row.number)) is not None:
            cells = list(row.cells[:width])
            yield [*cells, *[""] * (width - len(cells)), reason]


def _is_text(run: Run) -> bool:
    """Whether what was uploaded is a .csv, whatever its name says."""
    with run.open_input() as file:
        return file.read(2) != b"PK"
