"""Masking the texts of many visits at the pace of an export: the rule of ``words``, asked quickly.

Most texts name nobody. What could be hidden is looked for by a few scans over all texts of a batch
at once; only a text in which something is found meets the rule itself (``portal.core.masking``).
Who lives where is kept as one text for each building and each community, as long as there is room.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

from django.db.models import Case, Q, TextField, When
from django.db.models.functions import Cast

from contacts.models import HouseholdMove, Resident
from contacts.querysets import HouseholdQuerySet
from contacts.selectors.words import Spoken
from portal.core.addressing import (
    NAME_DOTS,
    NAME_STARTS,
    NOTHING,
    OLD_AND_SMALL,
    addressed_pattern,
    possible_names,
    surnames_of,
)
from portal.core.db.bulk import SEPARATOR, Among, Joined
from portal.core.masking import (
    FORENAME_CHARS,
    MAYBE_NUMBER,
    PeopleOf,
    holds_number,
    is_compact,
    mask_found,
)
from portal.core.scanning import Pairs, Whole

#: Characters of names kept of buildings, and again of communities: 16 MB each.
MOST_CHARACTERS: Final = 8_000_000
_CHUNK: Final = 100
_BEGINNINGS: Final = re.compile(f"(?<={SEPARATOR})[^{SEPARATOR}]{{2}}")
_Told = TypeVar("_Told")
#: Full names of two to four characters; those with dots are looked for apart.
_LENGTHS: Final = (2, 3, 4)


class _Near(NamedTuple):
    """Everybody ever registered in a building, under every spelling."""

    people: PeopleOf
    #: A blank between any two.
    surnames: str


class Veil:
    """Masks texts written at the doors of ``households``, batch by batch."""

    def __init__(self, households: HouseholdQuerySet) -> None:
        self._near: _Kept[_Near] = _Kept()
        self._around: _Kept[str] = _Kept()
        self._ends, self._starts = Pairs(), Pairs(within=NAME_STARTS)
        self._surnames: frozenset[str] = frozenset()
        self._addressed = NOTHING
        ids = households.order_by().values("pk")
        #: Those who lived elsewhere before: asked for one by one.
        self.moved = frozenset(
            HouseholdMove.objects.filter(household__in=ids).values_list("household_id", flat=True)
        )

    def masked(self, spoken: Sequence[Spoken]) -> list[str]:
        """Each text as ``VisitWords`` masks it; none of a household that has ``moved``."""
        self._load(spoken)
        texts = [one.text for one in spoken]
        packed = [text if is_compact(text) else "".join(text.split()) for text in texts]
        whole, plain = Whole(packed), Whole(texts)
        near, full = self._named_near(spoken, whole), self._named_in_full(spoken, whole)
        addressed = self._addressed_in(spoken, plain)
        numbers = {
            number for number, _ in plain.places(MAYBE_NUMBER) if holds_number(texts[number])
        }
        for number, one in enumerate(spoken):
            if one.guests:
                near.setdefault(number, set()).update(one.guests)
                addressed.add(number)
        for number in {*near, *full, *addressed, *numbers}:
            texts[number] = mask_found(
                texts[number],
                names=near.get(number, ()),
                surnames=self._surnames_of(spoken[number]) if number in addressed else (),
                full_names=full.get(number, ()),
            )
        return texts

    def _addressed_in(self, spoken: Sequence[Spoken], plain: Whole) -> set[int]:
        """Texts in which one of its building may be addressed by the surname."""
        found: set[int] = set()
        for number, at in plain.places(self._addressed):
            if number not in found:
                surnames = self._near_of(spoken[number]).surnames
                beside = plain.text[at + 1] if plain.text[at] in OLD_AND_SMALL else ""
                if plain.text[at] in surnames or (beside and beside in surnames):
                    found.add(number)
        return found

    def _near_of(self, one: Spoken) -> _Near:
        return self._near[one.place.building_id or 0]

    def _surnames_of(self, one: Spoken) -> frozenset[str]:
        near = self._near_of(one).surnames.split()
        return surnames_of(one.guests).union(near) if one.guests else frozenset(near)

    def _named_near(self, spoken: Sequence[Spoken], whole: Whole) -> dict[int, set[str]]:
        """By text: those of its building whose last two characters stand in it."""
        found: defaultdict[int, set[str]] = defaultdict(set)
        for number, at in whole.places(self._ends.pattern):
            end = whole.text[at : at + FORENAME_CHARS]
            if names := self._near_of(spoken[number]).people.ending_in(end):
                found[number].update(names)
        return found

    def _named_in_full(self, spoken: Sequence[Spoken], whole: Whole) -> dict[int, set[str]]:
        """By text: who of its community is named in full in it."""
        found: defaultdict[int, set[str]] = defaultdict(set)
        for number, at in whole.places(self._starts.pattern):
            here = self._around[spoken[number].place.community_id or 0]
            found[number].update(_beginning(whole.text[at : at + _LENGTHS[-1]], here))
        for number in [number for number, names in found.items() if names]:
            found[number] &= possible_names(spoken[number].text)
        if any(dot in whole.text for dot in NAME_DOTS):
            for number, one in enumerate(spoken):
                if any(dot in one.text for dot in NAME_DOTS):
                    here, names = (
                        self._around[one.place.community_id or 0],
                        possible_names(one.text),
                    )
                    found[number].update(name for name in names if _each(name) in here)
        return {number: names for number, names in found.items() if names}

    def _load(self, spoken: Sequence[Spoken]) -> None:
        """The people of places not met yet; those met longest ago make room."""
        buildings = {one.place.building_id or 0 for one in spoken}
        communities = {one.place.community_id or 0 for one in spoken}
        self._near.make_room(buildings)
        self._around.make_room(communities)
        for pk, near in self._people_of(self._near.missing(buildings)):
            self._near.keep(pk, near, len(near.people.plain))
        if missing := self._around.missing(communities):
            for pk, names in _around(missing):
                self._around.keep(pk, names, len(names))
                self._starts.learn(_BEGINNINGS.findall(names))
            for pk in self._around.missing(communities):
                self._around.keep(pk, "", 0)

    def _people_of(self, buildings: Collection[int]) -> Iterator[tuple[int, _Near]]:
        surnames: set[str] = set()
        for pk, names in _near(buildings).items():
            people = PeopleOf(names)
            here = people.surnames()
            surnames |= here
            self._ends.learn(people.ends())
            yield pk, _Near(people, " ".join(here))
        if not surnames <= self._surnames:
            self._surnames |= surnames
            self._addressed = addressed_pattern(self._surnames)


class _Kept(Generic[_Told]):
    """What is known of places; those asked for longest ago make room."""

    def __init__(self) -> None:
        self._told: OrderedDict[int, tuple[_Told, int]] = OrderedDict()
        self._size = 0

    def __getitem__(self, pk: int) -> _Told:
        return self._told[pk][0]

    def missing(self, asked: Collection[int]) -> list[int]:
        return [pk for pk in asked if pk not in self._told]

    def make_room(self, asked: Collection[int]) -> None:
        """Before what is ``missing`` is kept: none of those asked for goes."""
        for pk in asked:
            if pk in self._told:
                self._told.move_to_end(pk)
        while self._size > MOST_CHARACTERS and next(iter(self._told)) not in asked:
            _, (_, size) = self._told.popitem(last=False)
            self._size -= size

    def keep(self, pk: int, told: _Told, size: int) -> None:
        self._told[pk] = (told, size)
        self._size += size


def _near(buildings: Collection[int]) -> dict[int, str]:
    """By building: everybody ever registered there or moved away from there, as ever spelled."""
    found = dict.fromkeys(buildings, SEPARATOR)
    for column in ("household__building_id", "household__moves__building_id"):
        if not found:
            break
        rows = Resident.objects.filter(Among(column, found)).order_by().values(column)
        spelled = Case(When(~Q(former_names=[]), then=Cast("former_names", TextField())))
        told = rows.annotate(called=Joined("name"), before=Joined(spelled))
        for pk, called, before in told.values_list(column, "called", "before").iterator(_CHUNK):
            found[pk] += called
            for former in filter(None, (before or "").split(SEPARATOR)):
                clean = [name.replace(SEPARATOR, "") for name in json.loads(former)]
                found[pk] += SEPARATOR.join((*clean, ""))
    return found


def _around(communities: Collection[int]) -> Iterator[tuple[int, str]]:
    """By community: everybody ever registered there, between separators."""
    column = "household__community_id"
    rows = Resident.objects.filter(Among(column, communities)).order_by().values(column)
    told = rows.annotate(called=Joined("name")).values_list(column, "called")
    for pk, called in told.iterator(_CHUNK):
        yield pk, SEPARATOR + called


def _beginning(text: str, names: str) -> Iterator[str]:
    """Those of two to four characters with which the text begins."""
    if SEPARATOR + text[: _LENGTHS[0]] in names:
        for length in _LENGTHS:
            if _each(text[:length]) in names:
                yield text[:length]


def _each(name: str) -> str:
    return f"{SEPARATOR}{name}{SEPARATOR}"
