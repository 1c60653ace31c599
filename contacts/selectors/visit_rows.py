"""Rows of a list of visits, for a page and for an export: what each shows, masked together."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, NamedTuple

from django.db.models import QuerySet
from django.db.models.functions import Left
from django.utils.safestring import mark_safe

from contacts.models import Matter, Visit
from contacts.selectors.sight import ShortLine
from contacts.selectors.visit_reading import (
    Part,
    VisitRead,
    VisitReading,
    columns,
    guests_of,
    parts_of,
    read_visits,
)
from contacts.selectors.words import Spoken, masked_texts
from portal.accounts.models import Post
from portal.core import rows
from portal.core.paths import path_of
from portal.core.templatetags.portal import cn_datetime

#: How much of a text a row carries; the page of the visit shows it all.
ROW_TEXT: Final = 120
#: How much of a matter, with what stands for the rest.
MATTER_TEXT: Final = 28
#: Longer than a name: one that is cut where reading ends must not begin where a row ends.
_MARGIN: Final = 40
#: How much is read for it: stars take less room than what they stand for.
TEXT_READ: Final = ROW_TEXT + 2 * _MARGIN
VOIDED: Final = "作废"
TO_COMPLETE: Final = "待补记"
_OUTCOMES: Final = {value: str(label) for value, label in Matter.Outcome.choices}

Mask = Callable[[Sequence[Spoken]], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRow:
    """One visit in a list; nothing in here needs masking again."""

    pk: int
    client_id: uuid.UUID
    occurred_at: dt.datetime
    #: The address, or the kind and the community where no household may be shown.
    title: str
    people: str
    who: str
    #: How a 走访 was made and what came of it, in words; "" of the other kinds.
    channel: str
    result: str
    #: Where a 下访 or 接访 was held.
    place: str
    text: str
    #: Each with what came of it.
    matters: str
    #: Whether there was nobody to talk to.
    is_missed: bool
    is_voided: bool
    to_complete: bool
    #: Matters wait to become a grievance.
    is_waiting: bool

    @property
    def url(self) -> str:
        return path_of("contacts:visit", self.client_id)

    @property
    def tags(self) -> list[str]:
        """What a row says in a word."""
        tags = [VOIDED] if self.is_voided else [self.result] if self.is_missed else []
        return [*tags, *self.marks]

    @property
    def marks(self) -> list[str]:
        """What is left to do."""
        return [TO_COMPLETE] * self.to_complete + [Matter.WAITING_LABEL] * self.is_waiting

    @property
    def line(self) -> rows.Line:
        """How it reads in a list."""
        how = f"{cn_datetime(self.occurred_at)} · {self.channel or self.place} · "
        who = f'<span class="names">{rows.safe(self.who)}</span>'
        return rows.Line(
            url=self.url,
            title=self.title,
            beside=self.people,
            tags=self.tags,
            text=self.text,
            notes=(self.matters, mark_safe(rows.safe(how) + who)),  # noqa: S308 -- both escaped
            is_voided=self.is_voided,
        )


class _Words(NamedTuple):
    """The texts of a row as they may be read."""

    text: str
    place: str
    matters: str


def row_columns(visits: QuerySet[Visit]) -> QuerySet[Any]:
    """``visits`` as ``VisitRead``, with one character of the text that tells of more."""
    return columns(visits, beginning=Left("text", TEXT_READ + 1))


def visit_rows(*, post: Post, ids: Sequence[int], now: dt.datetime) -> list[VisitRow]:
    """Rows for visits that ``post`` may read, in the order of ``ids``; at most seven queries."""
    read = {row.pk: row for row in read_visits(ids, of_text=TEXT_READ + 1)}
    batch = [read[pk] for pk in ids if pk in read]
    return list(RowReader(post, now, masked_texts).rows(batch))


class RowReader(VisitReading):
    """Makes rows of any number of visits, batch by batch; ``mask`` hides whom the texts name."""

    def __init__(self, post: Post, now: dt.datetime, mask: Mask) -> None:
        super().__init__(post, now)
        self.mask = mask

    def rows(self, batch: Sequence[VisitRead]) -> Iterator[VisitRow]:
        """One for each of the visits, in their order."""
        if not batch:
            return
        lines = self.lines(row.household_id for row in batch)
        parts = parts_of([row.pk for row in batch])
        plain = [
            self.sees_words(row, lines.get(row.household_id or 0), parts[row.pk]) for row in batch
        ]
        words = self._words(batch, parts, plain)
        self.name_places(batch, lines)
        for row, said in zip(batch, words, strict=True):
            yield self._row(row, lines.get(row.household_id or 0), parts[row.pk], said)

    def _row(
        self, row: VisitRead, line: ShortLine | None, parts: Sequence[Part], words: _Words
    ) -> VisitRow:
        voided, home = row.voided_at is not None, row.is_home
        return VisitRow(
            pk=row.pk,
            client_id=row.client_id,
            occurred_at=row.occurred_at,
            title=line.address if line else f"{row.kind_words} · {self.place(row)}",
            people=line.people if line else "",
            who=_who(row, parts),
            channel=row.channel_words if home else "",
            result=row.result_words if home else "",
            place="" if home else words.place,
            text=words.text,
            matters=words.matters,
            is_missed=home and row.result != Visit.Result.MET,
            is_voided=voided,
            to_complete=row.to_complete and not voided,
            is_waiting=any(part.is_waiting for part in parts),
        )

    def _words(
        self, batch: Sequence[VisitRead], parts: Mapping[int, list[Part]], plain: Sequence[bool]
    ) -> Iterator[_Words]:
        """The texts of each row: masked all at once."""
        hidden = [row for row, is_plain in zip(batch, plain, strict=True) if not is_plain]
        guests = guests_of([row.pk for row in hidden if not row.is_home])
        spoken = [
            Spoken(row.said_at, text, guests.get(row.pk, ()))
            for row in hidden
            for text in _texts(row, parts[row.pk])
        ]
        masked = iter(self.mask([one for one in spoken if one.text]))
        shown = iter([next(masked) if one.text else "" for one in spoken])
        for row, is_plain in zip(batch, plain, strict=True):
            said = _texts(row, parts[row.pk])
            text, place, *raised = said if is_plain else list(islice(shown, len(said)))
            if not is_plain and len(row.beginning) > TEXT_READ and len(text) < ROW_TEXT + _MARGIN:
                text = self._whole(row, guests.get(row.pk, ()))
            told = [part for part in parts[row.pk] if part.is_matter]
            matters = [
                f"{_OUTCOMES[part.outcome]}：{_cut(words, MATTER_TEXT - 1)}"
                for part, words in zip(told, raised, strict=True)
            ]
            yield _Words(_cut(text, ROW_TEXT), place, "；".join(matters))

    def _whole(self, row: VisitRead, guests: Collection[str]) -> str:
        """The whole text of a row where stars took the place of nearly everything."""
        text = Visit.objects.visible_to(self.post).values_list("text", flat=True).get(pk=row.pk)
        return self.mask([Spoken(row.said_at, text, guests)])[0]


def _texts(row: VisitRead, parts: Sequence[Part]) -> list[str]:
    """What a row shows of free text: the visit, where it was held, the matters."""
    raised = [part.words for part in parts if part.is_matter]
    return [row.beginning[:TEXT_READ], row.place, *raised]


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}…"


def _who(row: VisitRead, parts: Sequence[Part]) -> str:
    """Their names; at a reception without somebody who only wrote it down."""
    went = [part for part in parts if not part.is_matter]
    if row.kind == Visit.Kind.RECEPTION:
        went = [part for part in went if part.has_led or part.user_id != row.author_id]
    return "、".join([part.words for part in went])
