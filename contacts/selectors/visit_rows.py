"""Rows of a list of visits, for a page and for an export: what each shows, masked together."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Collection, Sequence
from typing import Final, NamedTuple

from django.utils.safestring import mark_safe

from contacts.models import Matter, Visit
from contacts.selectors.sight import ShortLine
from contacts.selectors.visit_reading import (
    Part,
    VisitRead,
    VisitReading,
    guests_of,
    parts_of,
    read_visits,
)
from contacts.selectors.words import Spoken, masked_texts
from portal.accounts.models import Post
from portal.core import rows
from portal.core.paths import path_of
from portal.core.sentences import in_a_row
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
#: Plain texts: a member of an enumeration takes several times as long to compare.
_HOME: Final = Visit.Kind.HOME.value
_RECEPTION: Final = Visit.Kind.RECEPTION.value
_MET: Final = Visit.Result.MET.value
_OUTCOMES: Final = {value: str(label) for value, label in Matter.Outcome.choices}

Mask = Callable[[Sequence[Spoken]], list[str]]


class VisitRow(NamedTuple):
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


def visit_rows(*, post: Post, ids: Sequence[int], now: dt.datetime) -> list[VisitRow]:
    """Rows for visits that ``post`` may read, in the order of ``ids``; at most seven queries."""
    return RowReader(post, now, masked_texts).rows(ids)


class RowReader(VisitReading):
    """Makes rows of any number of visits, batch by batch; ``mask`` hides whom the texts name."""

    def __init__(self, post: Post, now: dt.datetime, mask: Mask) -> None:
        super().__init__(post, now)
        self.mask = mask

    def rows(self, ids: Sequence[int]) -> list[VisitRow]:
        """One for each of the visits there are, in the order of ``ids``.

        SECURITY: ``ids`` are of visits the post may read.
        """
        read = {row.pk: row for row in read_visits(ids, of_text=TEXT_READ + 1)}
        batch = [read[pk] for pk in ids if pk in read]
        if not batch:
            return []
        lines = self.lines([row.household_id for row in batch])
        parts = parts_of(list(read))
        seen = [
            _Seen(row, lines.get(row.household_id or 0), parts.get(row.pk, ())) for row in batch
        ]
        words = self._words(seen)
        self.name_places(batch, lines)
        return list(map(self._row, seen, words))

    def _row(self, seen: _Seen, words: Sequence[str]) -> VisitRow:
        row, line, parts = seen
        text, place, *raised = words
        home, voided = row.kind == _HOME, row.voided_at is not None
        told = [part for part in parts if part.is_matter] if raised else ()
        return VisitRow(
            row.pk,
            row.client_id,
            row.occurred_at,
            line.address if line else f"{row.kind_words} · {self.place(row)}",
            line.people if line else "",
            _who(row, parts),
            row.channel_words if home else "",
            row.result_words if home else "",
            "" if home else place,
            _cut(text, ROW_TEXT),
            in_a_row(map(_matter, told, raised)) if told else "",
            home and row.result != _MET,
            voided,
            row.to_complete and not voided,
            any(part.is_waiting for part in told) if told else False,
        )

    def _words(self, seen: Sequence[_Seen]) -> list[list[str]]:
        """Text, place and matters of each row as they may be read: masked all at once."""
        shown = list(map(_texts, seen))
        hidden = [n for n, (row, line, parts) in enumerate(seen)
                  if not self.sees_words(row, line, parts)]  # fmt: skip
        guests = guests_of([seen[n].row.pk for n in hidden if not seen[n].row.is_home])
        spoken, where = [], []
        for n in hidden:
            row = seen[n].row
            place, told = row.said_at, guests.get(row.pk, ())
            for at, text in enumerate(shown[n]):
                if text:
                    spoken.append(Spoken(place, text, told))
                    where.append((n, at))
        for (n, at), text in zip(where, self.mask(spoken), strict=True):
            shown[n][at] = text
        for n in hidden:
            row = seen[n].row
            if len(row.beginning) > TEXT_READ and len(shown[n][0]) < ROW_TEXT + _MARGIN:
                shown[n][0] = self._whole(row, guests.get(row.pk, ()))
        return shown

    def _whole(self, row: VisitRead, guests: Collection[str]) -> str:
        """The whole text of a row where stars took the place of nearly everything."""
        text = Visit.objects.visible_to(self.post).values_list("text", flat=True).get(pk=row.pk)
        return self.mask([Spoken(row.said_at, text, guests)])[0]


class _Seen(NamedTuple):
    """A visit with what there is to be seen of it."""

    row: VisitRead
    line: ShortLine | None
    parts: Sequence[Part]


def _texts(seen: _Seen) -> list[str]:
    """What a row shows of free text: the visit, where it was held, the matters."""
    row, _, parts = seen
    raised = [part.words for part in parts if part.is_matter]
    return [row.beginning[:TEXT_READ], row.place, *raised]


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}…"


def _matter(part: Part, words: str) -> str:
    return f"{_OUTCOMES[part.outcome]}：{_cut(words, MATTER_TEXT - 1)}"


def _who(row: VisitRead, parts: Sequence[Part]) -> str:
    """Their names; at a reception without somebody who only wrote it down."""
    went = [part for part in parts if not part.is_matter]
    if row.kind == _RECEPTION:
        went = [part for part in went if part.has_led or part.user_id != row.author_id]
    return went[0].words if len(went) == 1 else "、".join([part.words for part in went])
