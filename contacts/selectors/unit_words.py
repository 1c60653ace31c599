"""Free text about a unit rather than a household, as it may be shown.

Notes of contact points, sessions and purposes of volunteers, titles of inspections, messages about
the portal. The rule of ``words`` without a household: every number is hidden, and whoever of the community is
named in full (of the street, where the text belongs to no community).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final, NamedTuple

from django.db.models import Q

from contacts.models import Resident
from portal.accounts.ports import Spoken
from portal.core.addressing import possible_names
from portal.core.masking import mask_text

#: Words that may be names, asked for in one query.
_AT_ONCE: Final = 5_000


class Said(NamedTuple):
    """A text, and whose people are known in it. Without either place everybody is."""

    text: str
    community_id: int | None
    street_id: int | None


def hide_people(*, spoken: Sequence[Spoken]) -> list[str]:
    """What ``portal.accounts`` asks for its own free texts (its port of that name)."""
    said = [Said(*one) for one in spoken]
    veil = UnitWords(said)
    return [veil.masked(one) for one in said]


class UnitWords:
    """Masks texts that were announced: one query for all of them."""

    def __init__(self, said: Iterable[Said], *, plain: frozenset[str] = frozenset()) -> None:
        """``plain`` are names that stay as they are."""
        spoken = [one for one in said if one.text]
        asked = sorted(set(chain.from_iterable(possible_names(one.text) for one in spoken)))
        self._plain = plain
        self._known: set[str] = set()
        self._communities: defaultdict[int, set[str]] = defaultdict(set)
        self._streets: defaultdict[int, set[str]] = defaultdict(set)
        for start in range(0, len(asked), _AT_ONCE):
            self._learn(asked[start : start + _AT_ONCE], spoken)

    def masked(self, said: Said, *, near: Iterable[str] = ()) -> str:
        """Its text with numbers and people hidden; ``near`` are names that one expects in it."""
        if not said.text:
            return said.text
        around = self._around(said) - self._plain
        return mask_text(said.text, names=set(near) - self._plain, full_names=around)

    def _around(self, said: Said) -> set[str]:
        if said.community_id:
            return self._communities[said.community_id]
        return self._streets[said.street_id] if said.street_id else self._known

    def _learn(self, names: Sequence[str], spoken: Sequence[Said]) -> None:
        communities = {one.community_id for one in spoken if one.community_id}
        streets = {one.street_id for one in spoken if one.street_id and not one.community_id}
        rows = Resident.objects.filter(name__in=names).order_by()
        if all(one.community_id or one.street_id for one in spoken):
            rows = rows.filter(
                Q(household__community__in=communities) | Q(household__street__in=streets)
            )
        columns = ("name", "household__community_id", "household__street_id")
        for name, community, street in rows.values_list(*columns):
            self._known.add(name)
            self._communities[community].add(name)
            self._streets[street].add(name)
