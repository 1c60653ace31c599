"""Small numbers of hardship households: where a number would say which households they are.

For posts that may not read care categories. They do know who was met, so "0 of 1" tells as much as
"1 of 1", and a whole less the parts that are shown gives the part that is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

#: Of fewer households nobody is told how many are in a hardship category.
FEW: Final = 10


class Among(NamedTuple):
    """``hard`` of ``households`` are hardship ones."""

    hard: int
    households: int

    @property
    def tells_who(self) -> bool:
        """Whoever knows the households learns something of a single one; of none nothing."""
        return self.households > 0 and (self.households < FEW or self.hard >= self.households)


def hidden_parts(whole: Among, parts: Mapping[int, Among]) -> frozenset[int]:
    """Which parts must not be shown, so that none is told by itself or by what is left over.

    As long as whole less shown parts tells who, the smallest of those shown is hidden as well.
    """
    shown = sorted(
        (pk for pk, one in parts.items() if not one.tells_who and one.households > 0),
        key=lambda pk: (parts[pk].households, pk),
        reverse=True,
    )
    hidden = {pk for pk, one in parts.items() if one.tells_who}
    if whole.tells_who:
        return frozenset(hidden.union(shown))
    while hidden and shown and _left_over(whole, parts, hidden, shown).tells_who:
        hidden.add(shown.pop())
    return frozenset(hidden)


def _left_over(
    whole: Among, parts: Mapping[int, Among], hidden: set[int], shown: list[int]
) -> Among:
    """What a reader works out of the hidden parts together.

    Households met in two parts make the parts more than the whole: then the smaller number counts,
    and none at all is too few.
    """
    households = min(
        sum(parts[pk].households for pk in hidden),
        whole.households - sum(parts[pk].households for pk in shown),
    )
    return Among(whole.hard - sum(parts[pk].hard for pk in shown), max(households, 1))
