"""Free text of visits as it may be shown: the one rule of whom to hide in it.

Hidden are, beside every number: those ever registered in the household, in its building of the
day of the visit and in the buildings it moved from (whoever moved away from there included), under
every spelling; the guests of the visit;
and whoever of the community is named in full. Those near are hidden without their surname and
under a form of address as well (``portal.core.masking``).
A page asks for twenty texts, an export for two hundred thousand, batch by batch, of one ``People``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, repeat
from typing import Final, NamedTuple

from contacts.models import Visit, VisitGuest
from contacts.selectors.name_book import NameBook, Place
from portal.core.addressing import (
    name_runs,
    names_of,
    possible_names,
    surnames_called,
    surnames_of,
)
from portal.core.masking import (
    FORENAME_CHARS,
    KnownNames,
    PeopleOf,
    holds_number,
    is_compact,
    mask_found,
)
from portal.core.scanning import Pairs, Whole

#: Parts of a visit whose texts are known when they were fetched along with it.
_PARTS: Final = ("matters", "promises", "amendments")
_NOBODY: Final[frozenset[str]] = frozenset()


class Spoken(NamedTuple):
    """A text of a visit, and whom the visit was from."""

    place: Place
    text: str
    guests: Collection[str] = ()


class VisitWords:
    """Masks the texts of some visits; at most three queries for a page of them.

    ``texts`` are what will be shown, if it is not what the visits carry (their own columns, and
    matters, promises and amendments that were prefetched). A text nobody announced is masked too,
    but those who live elsewhere in the community are not known in it. ``plain`` are names that
    stay as they are: a copy for a resident hides the others.
    """

    def __init__(
        self,
        visits: Iterable[Visit],
        *,
        texts: Iterable[str] | None = None,
        plain: frozenset[str] = _NOBODY,
    ) -> None:
        rows = list(visits)
        spoken = chain.from_iterable(map(texts_of, rows)) if texts is None else texts
        self._people = People(plain=plain)
        self._people.meet(set(map(place_of, rows)), spoken)
        self._guests = _guests([row.pk for row in rows if row.kind != Visit.Kind.HOME])

    def masked(self, visit: Visit, text: str) -> str:
        """``text`` of one of the visits, with the people hidden who may be meant in it."""
        return self._people.masked(
            Spoken(place_of(visit), text, self._guests.get(visit.pk, _NOBODY))
        )


def masked_texts(spoken: Sequence[Spoken]) -> list[str]:
    """Each of the texts with the people hidden who may be meant in it; at most two queries."""
    return People().all_masked(spoken)


def place_of(visit: Visit) -> Place:
    return Place(visit.household_id, visit.building_id, visit.community_id, visit.street_id)


def texts_of(visit: Visit) -> Iterator[str]:
    """Every free text that was read with the visit; runs no query."""
    yield from (visit.text, visit.next_step, visit.void_reason, visit.place)
    fetched: Mapping[str, Iterable] = getattr(visit, "_prefetched_objects_cache", {})
    for part in _PARTS:
        for row in fetched.get(part, ()):
            yield getattr(row, "text", "") or getattr(row, "reason", "")
            yield from getattr(row, "before", {}).values()


class _Said(NamedTuple):
    """A text made ready to be looked through."""

    #: Without white space.
    packed: str
    #: Where a full name may begin.
    runs: Sequence[str]


class People:
    """Who may be meant in texts said at some places; remembers whom it met (``NameBook``).

    ``plain`` are names that stay as they are. For ``many`` texts at once those near are looked for
    by one scan over all of them: it takes a while to make ready.
    """

    def __init__(self, *, plain: frozenset[str] = _NOBODY, many: bool = False) -> None:
        self._plain = plain
        self._book = NameBook(plain=plain)
        self._ends = Pairs() if many else None

    def all_masked(self, spoken: Sequence[Spoken]) -> list[str]:
        """Each of the texts, masked; at most two queries."""
        said = [_said(one.text) for one in spoken]
        runs: defaultdict[str, set[str]] = defaultdict(set)
        for one, (_, begun) in zip(spoken, said, strict=True):
            runs[one.place.around[0]].update(begun)
        asked = {around: names_of(some) for around, some in runs.items()}
        places = {one.place for one in spoken}
        met = self._book.read(places, asked)
        near = {place: self._book.near(place) for place in places}
        known = [near[one.place] for one in spoken]
        named: Iterable[Collection[str] | None] = repeat(None)
        if self._ends is not None:
            for people in met:
                self._ends.learn(people.ends())
            named = _named(self._ends.pattern, known, [packed for packed, _ in said])
        return list(map(self._masked, spoken, said, known, named))

    def meet(self, places: Collection[Place], texts: Iterable[str]) -> None:
        """Gets to know whom ``masked`` may be asked for; at most two queries."""
        names = names_of(chain.from_iterable(_said(text).runs for text in texts))
        around = {place.around[0] for place in places}
        self._book.read(places, dict.fromkeys(around, names))

    def masked(self, spoken: Spoken) -> str:
        """The text of one of the places met."""
        return self._masked(spoken, _said(spoken.text), self._book.near(spoken.place))

    def _masked(
        self,
        spoken: Spoken,
        said: _Said,
        near: Sequence[PeopleOf],
        named: Collection[str] | None = None,
    ) -> str:
        """The rule, asked only for those who may stand in this text.

        ``named`` are those of ``near``, if one has looked for them.
        """
        place, text, told = spoken
        if not text:
            return text
        packed, runs = said
        names = set(named) if named is not None else _within(near, packed)
        surnames: set[str] = set()
        if called := surnames_called(text):
            for people in near:
                surnames |= people.surnames_among(called)
        if told and (guests := set(told) - self._plain):
            names.update(KnownNames(guests).within(packed))
            surnames |= surnames_of(guests)
        full = self._named_in_full(place, text, runs)
        if not (names or surnames or full or holds_number(text)):
            return text
        return mask_found(text, names=names, surnames=surnames, full_names=full)

    def _named_in_full(self, place: Place, text: str, runs: Sequence[str]) -> set[str]:
        """Who around is named in full: of two characters only where they are no other word."""
        heads = self._book.heads
        begun = [run for run in runs if run[:2] in heads]
        if not begun:
            return set()
        found = names_of(begun).intersection(self._book.around(place))
        short = {name for name in found if len(name) <= FORENAME_CHARS}
        return found - (short - possible_names(text)) if short else found


def _within(near: Iterable[PeopleOf], packed: str) -> set[str]:
    return set().union(*(people.within(packed) for people in near))


def _named(
    ends: re.Pattern[str], near: Sequence[Sequence[PeopleOf]], packed: Sequence[str]
) -> list[set[str]]:
    """Of those near each of the texts whose last two characters stand in it."""
    found: list[set[str]] = [set() for _ in packed]
    whole = Whole(packed)
    for number, at in whole.places(ends):
        end = whole.text[at : at + FORENAME_CHARS]
        for people in near[number]:
            found[number].update(people.ending_in(end))
    return found


def _said(text: str) -> _Said:
    packed = text if is_compact(text) else "".join(text.split())
    return _Said(packed, name_runs(text, packed))


def _guests(visits: Sequence[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    if visits:
        for guest in VisitGuest.objects.filter(visit__in=visits).only("visit_id", "name"):
            found.setdefault(guest.visit_id, set()).add(guest.name)
    return found
