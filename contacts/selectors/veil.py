"""Masking the texts of many visits at the pace of an export: the rule of ``words``, asked quickly.

Most texts name nobody. What could be hidden in one is looked for with a few scans of it; only a
text in which something is found meets the rule itself (``portal.core.masking``). Memory is bounded:
people of a building are kept as long as there is room, names of the scope as a bit map.
"""

from __future__ import annotations

import re
from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from contacts.models import HouseholdMove, Resident
from contacts.querysets import HouseholdQuerySet
from portal.core.addressing import may_be_addressed, possible_names
from portal.core.masking import FORENAME_CHARS, KnownNames, holds_number, mask_text

#: Names of neighbours kept at once (about 80 bytes each).
MOST_NAMES: Final = 150_000
_CHUNK: Final = 5_000
#: 2 MB: of 400,000 names one in forty of the others looks like one and is asked for in vain.
_BITS: Final = 1 << 24


class Spoken(NamedTuple):
    """A text of a visit to a household, and where that was."""

    household_id: int
    building_id: int
    community_id: int
    text: str


class _Near(NamedTuple):
    """Everybody ever registered in a building."""

    names: tuple[str, ...]
    ends: tuple[str, ...]
    surnames: frozenset[str]


@dataclass(slots=True)
class _Found:
    """A text that may hold somebody: by which of the near names, surnames and full names."""

    place: int
    spoken: Spoken
    near: list[str]
    surnames: frozenset[str]
    full: set[str]


class Veil:
    """Masks texts written at the doors of ``households``, batch by batch."""

    def __init__(self, households: HouseholdQuerySet) -> None:
        self._near: OrderedDict[int, _Near] = OrderedDict()
        self._kept = 0
        self._words: dict[str, str] = {}
        ids = households.order_by().values("pk")
        self._scope = _Names(Resident.objects.filter(household__in=ids).order_by())
        #: Those who lived elsewhere before: asked for one by one.
        self.moved = frozenset(
            HouseholdMove.objects.filter(household__in=ids).values_list("household_id", flat=True)
        )

    def masked(self, spoken: Sequence[Spoken]) -> list[str]:
        """Each text as ``VisitWords`` masks it; none of a household that has ``moved``."""
        self._load({one.building_id for one in spoken})
        texts = [one.text for one in spoken]
        found = [each for place, one in enumerate(spoken) if (each := self._ask(place, one))]
        confirmed = _who_lives(set().union(*(each.full for each in found)))
        for each in found:
            known = KnownNames(each.near)
            known.surnames = each.surnames
            around = each.full & confirmed[each.spoken.community_id]
            texts[each.place] = mask_text(each.spoken.text, names=known, full_names=around)
        return texts

    def _ask(self, place: int, one: Spoken) -> _Found | None:
        text = one.text
        if not text:
            return None
        near = self._near[one.building_id]
        packed = text if text.isprintable() and " " not in text else "".join(text.split())
        names: list[str] = []
        if any(map(packed.__contains__, near.ends)):
            names = [n for n, end in zip(near.names, near.ends, strict=True) if end in packed]
        surnames = may_be_addressed(text, near.surnames)
        full = self._scope.named_in(text, packed)
        if names or surnames or full or holds_number(text):
            return _Found(place, one, names, surnames, full)
        return None

    def _load(self, buildings: Collection[int]) -> None:
        """The people of buildings not met yet; those met longest ago make room."""
        missing = [pk for pk in buildings if pk not in self._near]
        for pk in buildings:
            if pk in self._near:
                self._near.move_to_end(pk)
        if not missing:
            return
        here = Resident.objects.filter(household__building__in=missing)
        gone = Resident.objects.filter(household__moves__building__in=missing)
        people: defaultdict[int, set[str]] = defaultdict(set)
        for rows, column in (
            (here, "household__building_id"),
            (gone, "household__moves__building_id"),
        ):
            for pk, name, former in _called(rows, column):
                people[pk].add(self._words.setdefault(name, name))
                if former != "[]":
                    people[pk].update(_former(rows, name, pk, column))
        for pk in missing:
            self._keep(pk, people[pk])

    def _keep(self, building_id: int, names: Collection[str]) -> None:
        known = KnownNames(names)
        word = self._words.setdefault
        self._near[building_id] = _Near(
            names=tuple(name for _, name in known.by_end),
            ends=tuple(word(end, end) for end, _ in known.by_end),
            surnames=known.surnames,
        )
        self._kept += len(known.by_end)
        while self._kept > MOST_NAMES and len(self._near) > 1:
            _, oldest = self._near.popitem(last=False)
            self._kept -= len(oldest.names)


class _Names:
    """The full names of a scope: whether a text may hold one of them."""

    def __init__(self, residents: QuerySet[Resident]) -> None:
        self._pairs: set[str] = set()
        self._bits = bytearray(_BITS // 8)
        for name in residents.values_list("name", flat=True).iterator(chunk_size=_CHUNK):
            packed = "".join(name.split())
            self._pairs.add(packed[:FORENAME_CHARS])
            bit = hash(name.strip()) & (_BITS - 1)
            self._bits[bit >> 3] |= 1 << (bit & 7)
        first = {re.escape(pair[0]) for pair in self._pairs if len(pair) == FORENAME_CHARS}
        self._starts = re.compile(f"[{''.join(sorted(first))}](?=(.))" if first else r"(?!)")

    def named_in(self, text: str, packed: str) -> set[str]:
        """What may be a full name here; most texts hold nothing."""
        starts = self._starts
        pairs = self._pairs
        if not any(packed[m.start() : m.start() + 2] in pairs for m in starts.finditer(packed)):
            return set()
        bits, mask = self._bits, _BITS - 1
        return {
            name
            for name in possible_names(text)
            if bits[(bit := hash(name) & mask) >> 3] & 1 << (bit & 7)
        }


def _called(rows: QuerySet[Resident], column: str) -> Iterable[tuple[int, str, str]]:
    """Building, name, and the former spellings unread: nearly nobody has any."""
    plain = rows.annotate(former=Cast("former_names", TextField())).order_by()
    return plain.values_list(column, "name", "former").iterator(chunk_size=_CHUNK)


def _former(rows: QuerySet[Resident], name: str, building_id: int, column: str) -> set[str]:
    found = rows.filter(**{"name": name, column: building_id}).order_by()
    return {former for names in found.values_list("former_names", flat=True) for former in names}


def _who_lives(names: Collection[str]) -> defaultdict[int | None, set[str]]:
    """Which of these are names of people, by the community they live in."""
    found: defaultdict[int | None, set[str]] = defaultdict(set)
    if names:
        rows = Resident.objects.filter(name__in=names).order_by()
        for name, community in rows.values_list("name", "household__community_id").distinct():
            found[community].add(name)
    return found
