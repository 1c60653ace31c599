"""One list as somebody asked for it: what a page shows, ready to become a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeVar

from portal.core.sheets.writing import Cell, Column

UNREADABLE: Final = "筛选条件无法识别，请回到列表重新选择。"
#: Rows read at once.
BATCH: Final = 1_000
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One list under one post, at one moment."""

    columns: tuple[Column, ...]
    #: Whose rows, and by which filters, in words.
    scope: str
    filters: tuple[str, ...] = ()
    count: Callable[[], int]
    #: As the page shows them: same order, masked already; gathered as they are read.
    rows: Callable[[], Iterable[Sequence[Cell]]]
    #: Why this cannot be exported as it was asked for; "" when it can.
    refusal: str = ""
    #: The parameter that holds a person, which may not stay in an address (decision 0102).
    typed: str = ""
    #: The address of the list where it is one of many (of a team, of a household).
    page: str = ""


def refused(why: str) -> Listing:
    """A list that is not exported as it was asked for."""
    return Listing(columns=(), scope="", count=lambda: 0, rows=lambda: (), refusal=why)


def in_batches(rows: Iterable[_T], size: int = BATCH) -> Iterator[list[_T]]:
    """The rows, so many at a time."""
    read = iter(rows)
    while batch := list(islice(read, size)):
        yield batch
