"""What a search shows of each hit: where it leads and the words around it, masked."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from contacts.models import Household, Visit
from contacts.search import HOUSEHOLD, VISIT
from contacts.selectors.sight import HouseholdLine, household_lines
from contacts.selectors.words import VisitWords
from portal.accounts.models import Post
from portal.core.bigrams import normalise
from portal.search.models import SearchEntry

#: Characters before the first word found, and of the whole excerpt.
BEFORE: Final = 24
EXCERPT: Final = 120


class Segment(NamedTuple):
    text: str
    marked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One line of the result; nothing in here needs masking again."""

    kind: str
    url: str
    title: str
    on: dt.date | None
    state: str
    excerpt: tuple[Segment, ...]


def hits_of(
    *, post: Post, entries: Sequence[SearchEntry], query: str, now: dt.datetime
) -> list[Hit]:
    """The lines of one page, in its order. Asks the scope again, so nothing stale slips through."""
    visits = _visits(post, [e.object_id for e in entries if e.kind == VISIT])
    wanted = {e.object_id for e in entries if e.kind == HOUSEHOLD}
    wanted |= {v.household_id for v in visits.values() if v.household_id is not None}
    households = _households(post, wanted)
    lines = household_lines(post=post, households=list(households.values()), now=now)
    masked = [v for v in visits.values() if not _is_full(v, lines, post)]
    veil = VisitWords(masked)
    words = normalise(query).split()
    found = []
    for entry in entries:
        if entry.kind == VISIT and (visit := visits.get(entry.object_id)) is not None:
            found.append(_visit_hit(visit, lines, veil, words, post))
        elif entry.kind == HOUSEHOLD and (home := households.get(entry.object_id)) is not None:
            found.append(_household_hit(home, lines[home.pk], words))
    return found


def _visits(post: Post, ids: Sequence[int]) -> dict[int, Visit]:
    if not ids:
        return {}
    rows = Visit.objects.visible_to(post).valid().filter(pk__in=ids)
    rows = rows.select_related("community", "street").prefetch_related("matters", "people")
    return {visit.pk: visit for visit in rows}


def _households(post: Post, ids: set[int]) -> dict[int, Household]:
    """Households of the hits that the post may know of; a visit's other household stays unnamed."""
    if not ids:
        return {}
    rows = Household.objects.visible_to(post).filter(pk__in=ids).for_line()
    return {household.pk: household for household in rows.defer("avoid", "note")}


def _is_full(visit: Visit, lines: Mapping[int, HouseholdLine], post: Post) -> bool:
    """Who wrote or led it reads the words; everybody else by what they see of the household."""
    line = lines.get(visit.household_id or 0)
    return visit.is_told_by(post.pk) or (line is not None and line.is_full)


def _visit_hit(
    visit: Visit,
    lines: Mapping[int, HouseholdLine],
    veil: VisitWords,
    words: Sequence[str],
    post: Post,
) -> Hit:
    line = lines.get(visit.household_id or 0)
    parts = [visit.text, *(matter.text for matter in visit.matters.all()), visit.next_step]
    text = " · ".join(" ".join(part.split()) for part in parts if part)
    shown = text if _is_full(visit, lines, post) else veil.masked(visit, text)
    return Hit(
        kind=visit.get_kind_display(),
        url=visit.get_absolute_url(),
        title=_title(line) if line is not None else visit.place_words,
        on=visit.occurred_on,
        state=visit.result_words if visit.kind == Visit.Kind.HOME else "",
        excerpt=tuple(excerpt(shown, words)),
    )


def _household_hit(household: Household, line: HouseholdLine, words: Sequence[str]) -> Hit:
    """Found by its place, which is all of it that the index holds."""
    places = f"{household.community.name} {household.building.name}"
    last = f"上次走访 {line.last_met_on}" if line.last_met_on else "从未走访"
    return Hit(
        kind="住户",
        url=line.url,
        title=_title(line),
        on=None,
        state=" · ".join(part for part in (last, line.door_wish) if part),
        excerpt=tuple(marked(places, words)),
    )


def _title(line: HouseholdLine) -> str:
    people = "、".join(line.people)
    return f"{line.address} · {people}" if people else line.address


def excerpt(text: str, words: Sequence[str]) -> list[Segment]:
    """The stretch of ``text`` around the first word found, with every word marked."""
    found = _pattern(words).search(text) if words else None
    start = max(found.start() - BEFORE, 0) if found else 0
    cut = text[start : start + EXCERPT]
    segments = marked(cut, words)
    if start:
        segments.insert(0, Segment("…", marked=False))
    if start + EXCERPT < len(text):
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
