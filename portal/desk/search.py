"""What a search shows of each hit: where it leads and the words around it, masked."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from django.db.models import QuerySet, TextField, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from contacts.models import Household, Visit
from contacts.search import HOUSEHOLD, VISIT
from contacts.selectors.sight import ShortLine
from contacts.selectors.visit_reading import (
    Part,
    VisitRead,
    VisitReading,
    columns,
    guests_of,
    parts_of,
)
from contacts.selectors.words import Spoken, masked_texts
from grievances.kinds import SEARCH_KIND
from grievances.selectors.found import FoundGrievance, found_grievances
from portal.accounts.models import Post
from portal.accounts.outline import Scoped
from portal.core import rows
from portal.core.bigrams import normalise
from portal.core.db.bulk import SEPARATOR, Among
from portal.core.db.prepared import Numbers
from portal.core.paths import path_of
from portal.core.templatetags.portal import cn_date
from portal.search.selectors import Found

#: Characters before the first word found, and of the whole excerpt.
BEFORE: Final = 24
EXCERPT: Final = 120
#: Longer than a name: nothing that may be half of one is shown.
_MARGIN: Final = 40
#: What forms of address lose under their stars, a dozen of them.
_LOST: Final = 16


class Segment(NamedTuple):
    text: str
    marked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One line of the result; nothing in here needs masking again."""

    url: str
    title: str
    people: str
    excerpt: tuple[Segment, ...]
    #: What it is, when, and how it came out.
    notes: tuple[str, ...]

    @property
    def line(self) -> rows.Line:
        """How it reads in a list."""
        return rows.Line(
            url=self.url,
            title=self.title,
            beside=self.people,
            text=_drawn(self.excerpt),
            notes=(" · ".join(filter(None, self.notes)),),
        )


def _drawn(excerpt: Sequence[Segment]) -> SafeString:
    words = (
        rows.safe(text) if not marked else f"<mark>{rows.safe(text)}</mark>"
        for text, marked in excerpt
    )
    return mark_safe("".join(words))  # noqa: S308 -- each was escaped


class _Cut(NamedTuple):
    """The stretch of a text in which the excerpt lies, with room for a name on either side."""

    text: str
    is_beginning: bool
    is_end: bool


class _Shown(NamedTuple):
    """A visit that was found."""

    row: VisitRead
    line: ShortLine | None
    text: str
    guests: Collection[str]
    is_plain: bool


def hits_of(*, post: Post, entries: Sequence[Found], query: str, now: dt.datetime) -> list[Hit]:
    """The lines of one page, in its order. Asks the scope again, so nothing stale slips through."""
    reading, words = VisitReading(post, now), normalise(query).split()
    visits = _visits(post, [e.object_id for e in entries if e.kind == VISIT])
    homes = _homes(post, [e.object_id for e in entries if e.kind == HOUSEHOLD])
    lines = reading.lines({*homes, *(row.household_id for row in visits.values())})
    grievances = found_grievances(post, [e.object_id for e in entries if e.kind == SEARCH_KIND])
    excerpts = _excerpts(reading, visits, lines, words)
    reading.name_places(visits.values(), lines)
    found = []
    for entry in entries:
        if entry.kind == VISIT and (row := visits.get(entry.object_id)) is not None:
            line = lines.get(row.household_id or 0)
            found.append(_visit_hit(row, line, reading, excerpts[row.pk]))
        elif entry.kind == SEARCH_KIND and entry.object_id in grievances:
            found.append(_grievance_hit(grievances[entry.object_id], words))
        elif entry.kind == HOUSEHOLD and entry.object_id in lines:
            home = homes[entry.object_id]
            found.append(_household_hit(home, lines[home.pk], words, timezone.localdate(now)))
    return found


def _visits(post: Post, ids: Sequence[int]) -> dict[int, VisitRead]:
    rows = _VISITS.rows(post, ids=ids) if ids else ()
    return {row.pk: row for row in map(VisitRead._make, rows)}


def _readable(post: Post, *, ids: Any) -> QuerySet[Any, Any]:
    told = Concat("text", Value(SEPARATOR), "next_step", output_field=TextField())
    found = Visit.objects.visible_to(post).valid().filter(Among("pk", ids))
    return columns(found, beginning=told).order_by()


_VISITS: Final = Scoped(_readable, ids=Numbers)


def _homes(post: Post, ids: Sequence[int]) -> dict[int, Household]:
    """Households of the hits that the post may know of."""
    if not ids:
        return {}
    found = Household.objects.visible_to(post).filter(pk__in=ids).for_line()
    return {household.pk: household for household in found.defer("avoid", "note")}


def _excerpts(
    reading: VisitReading,
    visits: Mapping[int, VisitRead],
    lines: Mapping[int, ShortLine],
    words: Sequence[str],
) -> dict[int, list[Segment]]:
    """The words around what was found, of each visit."""
    parts = parts_of(list(visits), whole=True) if visits else {}
    guests = guests_of([row.pk for row in visits.values() if not row.is_home])
    found: dict[int, list[Segment]] = {}
    hidden: list[VisitRead] = []
    for row in visits.values():
        if reading.sees_words(row, lines.get(row.household_id or 0), parts[row.pk]):
            found[row.pk] = excerpt(_told(row, parts[row.pk]), words)
        else:
            hidden.append(row)
    texts = {row.pk: _told(row, parts[row.pk]) for row in hidden}

    def masked(
        these: Sequence[VisitRead], said: Mapping[int, str]
    ) -> Iterator[tuple[VisitRead, str]]:
        spoken = [Spoken(row.said_at, said[row.pk], guests.get(row.pk, ())) for row in these]
        return zip(these, masked_texts(spoken), strict=True)

    cuts = {pk: _around(text, words) for pk, text in texts.items()}
    for row, text in masked(hidden, {pk: cut.text for pk, cut in cuts.items()}):
        if (segments := _within(cuts[row.pk], text, words)) is not None:
            found[row.pk] = segments
    # Where a name was hidden at the very place, the words are looked for in all of it.
    for row, text in masked([row for row in hidden if row.pk not in found], texts):
        found[row.pk] = excerpt(text, words)
    return found


def _told(row: VisitRead, parts: Sequence[Part]) -> str:
    text, _, next_step = row.beginning.rpartition(SEPARATOR)
    said = (text, *(part.words for part in parts if part.is_matter), next_step)
    return " · ".join(" ".join(one.split()) for one in said if one)


def _around(text: str, words: Sequence[str]) -> _Cut:
    """What is read of a text to show its excerpt, wherever stars may stand in it."""
    found = _pattern(words).search(text) if words else None
    at = found.start() if found else 0
    start = max(at - BEFORE - _MARGIN - _LOST, 0)
    end = at + EXCERPT + _MARGIN + _LOST
    return _Cut(text[start:end], start == 0, end >= len(text))


def _within(cut: _Cut, masked: str, words: Sequence[str]) -> list[Segment] | None:
    """The excerpt of a masked stretch; None where it must be looked for in the whole text."""
    found = _pattern(words).search(masked) if words else None
    if found is None and (words and _pattern(words).search(cut.text)):
        return None
    start = max(found.start() - BEFORE, 0) if found else 0
    if not cut.is_beginning and start < _MARGIN:
        return None
    if not cut.is_end and start + EXCERPT > len(masked) - _MARGIN:
        return None
    return _segments(masked, start, words, before=start > 0, after=start + EXCERPT < len(masked))


def _visit_hit(
    row: VisitRead, line: ShortLine | None, reading: VisitReading, segments: Sequence[Segment]
) -> Hit:
    return Hit(
        url=path_of("contacts:visit", row.client_id),
        title=line.address if line else reading.place(row),
        people=line.people if line else "",
        excerpt=tuple(segments),
        notes=(
            row.kind_words,
            cn_date(row.occurred_at),
            row.result_words if row.is_home else "",
        ),
    )


def _grievance_hit(row: FoundGrievance, words: Sequence[str]) -> Hit:
    return Hit(
        url=row.url,
        title=row.number,
        people="",
        excerpt=tuple(excerpt(row.text, words)),
        notes=("诉求", cn_date(row.received_at), row.state, row.place),
    )


def _household_hit(
    household: Household, line: ShortLine, words: Sequence[str], today: dt.date
) -> Hit:
    """Found by its place, which is all of it that the index holds."""
    places = f"{household.community.name} {household.building.name}"
    last = f"上次走访 {household.last_met_on}" if household.last_met_on else "从未走访"
    return Hit(
        url=household.get_absolute_url(),
        title=line.address,
        people=line.people,
        excerpt=tuple(marked(places, words)),
        notes=("住户", last, household.door_wish_text(today)),
    )


def excerpt(text: str, words: Sequence[str]) -> list[Segment]:
    """The stretch of ``text`` around the first word found, with every word marked."""
    found = _pattern(words).search(text) if words else None
    start = max(found.start() - BEFORE, 0) if found else 0
    return _segments(text, start, words, before=start > 0, after=start + EXCERPT < len(text))


def _segments(
    text: str, start: int, words: Sequence[str], *, before: bool, after: bool
) -> list[Segment]:
    segments = marked(text[start : start + EXCERPT], words)
    if before:
        segments.insert(0, Segment("…", marked=False))
    if after:
        segments.append(Segment("…", marked=False))
    return segments


def marked(text: str, words: Sequence[str]) -> list[Segment]:
    """``text`` in pieces that, put together, are ``text``; the words are the marked ones."""
    if not words or not text:
        return [Segment(text, marked=False)] if text else []
    pieces = _pattern(words).split(text)
    return [Segment(piece, marked=bool(number % 2)) for number, piece in enumerate(pieces) if piece]


def _pattern(words: Sequence[str]) -> re.Pattern[str]:
    longest_first = sorted(set(words), key=len, reverse=True)
    return re.compile(f"({'|'.join(map(re.escape, longest_first))})", re.IGNORECASE)
