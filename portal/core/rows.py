"""The rows of a list drawn in Python: one string, where a template looks up ten names for each."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from django.utils.safestring import SafeString, mark_safe


class Line(NamedTuple):
    """One row; what is no ``SafeString`` is text."""

    url: str
    title: str
    #: Stands beside the title and breaks nowhere.
    beside: str = ""
    tags: Sequence[str] = ()
    text: str = ""
    #: A small line each; those without words are left out.
    notes: Sequence[str] = ()
    is_voided: bool = False


class HasLine(Protocol):
    """What a list shows knows how it reads as a row."""

    @property
    def line(self) -> Line: ...


def draw_rows(lines: Iterable[Line]) -> SafeString:
    """The lines as a list of rows."""
    # SECURITY: every piece was escaped where it was put in.
    return mark_safe(f'<ul class="rows">{"".join(map(_row, lines))}</ul>')  # noqa: S308


def safe(words: str) -> str:
    """As it may stand in markup: text is escaped, a ``SafeString`` was already."""
    return words if isinstance(words, SafeString) else html.escape(words)


def _row(line: Line) -> str:
    beside = f' · <span class="nowrap">{safe(line.beside)}</span>' if line.beside else ""
    tags = "".join([f'<span class="tag">{safe(tag)}</span>' for tag in line.tags])
    text = f'<p class="row-text">{safe(line.text)}</p>' if line.text else ""
    notes = "".join([f'<p class="row-meta">{safe(note)}</p>' for note in line.notes if note])
    return (
        f'<li class="row-item{" is-voided" if line.is_voided else ""}"><div><div class="row-title">'
        f'<a href="{safe(line.url)}">{safe(line.title)}{beside}</a>{tags}</div>{text}{notes}</div></li>'
    )
