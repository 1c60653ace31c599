"""Which column of an uploaded list means what: guessed from its heading, checked by its content."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from portal.core.errors import DomainError
from portal.core.sheets.reading import Row

#: The heading stands in one of the first rows: lists often begin with a title.
HEADING_WITHIN: Final = 10
SAMPLES: Final = 5
_PROFILED: Final = 200
#: What most cells of a column look like.
PHONE, IDENTITY, TIME, YEAR, NAME = "phone", "identity", "time", "year", "name"
_KINDS: Final = {
    PHONE: re.compile(r"(?:\+?86[- ]?)?1[3-9]\d{9}|0\d{2,3}[- ]?\d{7,8}"),
    IDENTITY: re.compile(r"\d{17}[\dXx]|\d{15}"),
    TIME: re.compile(r"(?:19|20)\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:\s+\d{1,2}[:：时].*)?"),
    YEAR: re.compile(r"(?:19|20)\d{2}(?:[-/.年].*)?"),
    NAME: re.compile(r"[\u4e00-\u9fff·]{2,4}"),
}
_KIND_WORDS: Final = {
    PHONE: "电话号码",
    IDENTITY: "身份证号",
    TIME: "日期",
    YEAR: "年份或日期",
    NAME: "姓名",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a list can tell; ``words`` are other headings for it."""

    key: str
    label: str
    words: tuple[str, ...]
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """What lists of one kind can tell, and what must not stand in a column that means something."""

    fields: tuple[Field, ...]
    required: tuple[str, ...]
    #: Field → kinds of cells that cannot be it.
    never: Mapping[str, frozenset[str]] = field(default_factory=dict)
    #: Part of a heading → the field that it means whatever stands around it.
    within: Mapping[str, str] = field(default_factory=dict)

    @property
    def by_key(self) -> dict[str, Field]:
        return {each.key: each for each in self.fields}

    def guess(self, titles: Sequence[str]) -> dict[str, int]:
        """Field → column, as far as the headings say it; the first of two that say the same."""
        words = {word: each.key for each in self.fields for word in (each.label, *each.words)}
        found: dict[str, int] = {}
        for number, title in enumerate(titles):
            bare = _bare(title)
            inside = (key for part, key in self.within.items() if part in bare)
            if (key := next(inside, None) or words.get(bare)) is not None:
                found.setdefault(key, number)
        return found

    def check_columns(
        self, columns: Mapping[str, int], kinds: Sequence[str], *, sure: bool
    ) -> None:
        """Raises ``DomainError`` for a mapping that lacks a column, or (unless ``sure``) looks swapped."""
        labels = {key: each.label for key, each in self.by_key.items()}
        if missing := [labels[key] for key in self.required if key not in columns]:
            raise DomainError(f"还没有选哪一列是{'、'.join(f'“{label}”' for label in missing)}。")
        if sure:
            return
        for key, number in columns.items():
            kind = kinds[number] if number < len(kinds) else ""
            if kind in self.never.get(key, ()):
                raise DomainError(
                    f"选作“{labels[key]}”的那一列里多半是{_KIND_WORDS[kind]}，"
                    "请看是不是选反了。确实如此，请在下面打钩后再继续。",
                    field="sure",
                )

    def read_head(self, rows: Iterable[Row], *, most: int) -> Head:
        """Find the heading, look at the columns, count the rows. Raises ``DomainError``."""
        source = iter(rows)
        first = [row for _, row in zip(range(HEADING_WITHIN), source, strict=False)]
        at = self._heading_at(first)
        heading = first[at]
        below, total = first[at + 1 :], len(first) - at - 1
        for row in source:
            total += 1
            if len(below) < _PROFILED:
                below.append(row)
        if not total:
            raise DomainError("表头下面没有内容，请检查是不是选错了文件或工作表。")
        if total > most:
            raise DomainError(f"超过 {most:,} 行，请分成几个文件再上传。")
        width = max(len(heading.cells), *(len(row.cells) for row in below))
        columns = [_column(below, number) for number in range(width)]
        return Head(
            heading=heading.number,
            titles=tuple(_cell(heading, number) for number in range(width)),
            samples=tuple(_samples(cells) for cells in columns),
            kinds=tuple(_kind(cells) for cells in columns),
            total=total,
        )

    def _heading_at(self, rows: Sequence[Row]) -> int:
        """The row that says most of what we know; else the first with two cells or more."""
        known = [len(self.guess(row.cells)) for row in rows]
        best = max(known, default=0)
        if best > 1:
            return known.index(best)
        wide = (n for n, row in enumerate(rows) if sum(map(bool, row.cells)) > 1)
        return next(wide, 0)


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a list before it is read to its end."""

    #: The number of the heading's row.
    heading: int
    titles: tuple[str, ...]
    #: Of each column the first cells, identity numbers starred.
    samples: tuple[tuple[str, ...], ...]
    #: Of each column what most of its cells are, "" when it is nothing in particular.
    kinds: tuple[str, ...]
    #: Rows below the heading.
    total: int


def signature(titles: Sequence[str]) -> str:
    """The same for lists with the same heading."""
    return hashlib.sha256("\x1f".join(map(_bare, titles)).encode()).hexdigest()


def _column(rows: Iterable[Row], number: int) -> list[str]:
    return [cell for row in rows if (cell := _cell(row, number))]


def _cell(row: Row, number: int) -> str:
    return row.cells[number] if number < len(row.cells) else ""


def _samples(cells: Iterable[str]) -> tuple[str, ...]:
    """SECURITY: a whole identity number is shown nowhere."""
    shown = [cell for _, cell in zip(range(SAMPLES), cells, strict=False)]
    return tuple(_KINDS[IDENTITY].sub("（身份证号）", cell)[:40] for cell in shown)


def _kind(cells: Sequence[str]) -> str:
    """What more than half of the cells are."""
    for kind, pattern in _KINDS.items():
        fitting = sum(1 for cell in cells if pattern.fullmatch(cell))
        if fitting * 2 > len(cells):
            return kind
    return ""


def _bare(title: str) -> str:
    """A heading without blanks, brackets, stars and colons: 姓 名（必填） is 姓名."""
    plain = "".join(unicodedata.normalize("NFKC", title).split())
    return re.sub(r"\(.*?\)|[*:：#/、]", "", plain)
