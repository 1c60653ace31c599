"""Examples from a .csv file: the columns ``text`` and ``label``, UTF-8."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

COLUMNS: Final = ("text", "label")
#: Of one cell, in characters: a very long text is no reason to refuse a file.
_CELL_LIMIT: Final = 10_000_000


class FileRefusedError(Exception):
    """The file holds no examples; the sentence says what is wrong with it."""


def read_examples(path: Path) -> list[tuple[str, str]]:
    """Pairs of text and label. Rows without either are left out.

    Raises ``FileRefusedError`` for a file that cannot be read, lacks a column or holds no example.
    """
    csv.field_size_limit(_CELL_LIMIT)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _pairs(path, csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileRefusedError(f"{path}: cannot be read as UTF-8 CSV ({error})") from error


def _pairs(path: Path, reader: csv.DictReader[str]) -> list[tuple[str, str]]:
    heads = [(name or "").strip().lower() for name in reader.fieldnames or ()]
    if not heads:
        raise FileRefusedError(f"{path}: the file is empty")
    if missing := [name for name in COLUMNS if name not in heads]:
        raise FileRefusedError(
            f"{path}: no column {', '.join(missing)}; the first line must name text and label"
        )
    reader.fieldnames = heads
    found = [((row["text"] or "").strip(), (row["label"] or "").strip()) for row in reader]
    pairs = [(text, label) for text, label in found if text and label]
    if not pairs:
        raise FileRefusedError(f"{path}: no row has both a text and a label")
    return pairs
