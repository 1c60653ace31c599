"""The figures of the register: how many households there are and when they were last met."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise
from typing import Any, Final

from django.db.models import Count, Q

from contacts.metrics import plain
from contacts.metrics.rules import COLUMNS, LEAF, in_band
from contacts.models import Household
from contacts.workflow import BANDS, Band
from portal.core.periods import Period
from portal.metrics.registry import Leaf, LeafValues, Place, Span, Values, added_up

#: 未走访满12个月 (domain §4): the two oldest bands together.
UNVISITED: Final = (Band.NEVER, Band.YEAR)


def band_key(band: Band) -> str:
    """The key of the figure that counts a band."""
    return f"band_{band}"


def _counts(today: dt.date) -> dict[str, Count]:
    bands = {band_key(rule.band): Count("pk", filter=in_band(rule.band, today)) for rule in BANDS}
    never, year = (in_band(band, today) for band in UNVISITED)
    return {"households": Count("pk"), "unvisited": Count("pk", filter=never | year), **bands}


#: (days, band that is left, band that is entered) when more than so many days have passed.
_EDGES: Final = tuple(
    (younger.at_most, younger.band, older.band)
    for older, younger in pairwise(BANDS[1:])
    if younger.at_most is not None
)


class RegisterSource:
    """Households in use, as of a day; the days pass without anybody changing a row."""

    name = "register"
    is_stock = True
    kinds: Collection[str] = frozenset(COLUMNS)

    def group(self, *, place: Place, by: str, period: Period) -> Mapping[int, Values]:
        """The numbers of ``place`` by its units of kind ``by``, on the first day of ``period``."""
        rows = Household.objects.in_use().filter(**{COLUMNS[place.kind]: place.id})
        found = _counted(rows, (COLUMNS[by],), _counts(period.start))
        return {key[0] or 0: values for key, values in found}

    def both(self, *, place: Place, by: str, period: Period) -> tuple[Values, Mapping[int, Values]]:
        """Every number adds up."""
        parts = self.group(place=place, by=by, period=period)
        return added_up(parts.values()), parts

    def leaves(
        self,
        *,
        span: Span,  # noqa: ARG002 -- the protocol's signature
        period: Period | None,
        only: Collection[Leaf] | None,
    ) -> Iterable[LeafValues]:
        """The numbers of communities on the first day of ``period``."""
        if period is None:
            return
        rows = Household.objects.in_use()
        if only is not None:
            rows = rows.filter(community_id__in={leaf[2] for leaf in only})
        for leaf, values in _counted(rows, LEAF, _counts(period.start)):
            yield LeafValues((leaf[0], leaf[1], leaf[2]), period.start, values)

    def drift(
        self, *, place: Place, by: str, since: dt.date, today: dt.date, clean_of: Collection[Leaf]
    ) -> Mapping[int, Values]:
        """Who passed from one band into the next between two days."""
        crossed = {f"over_{days}": _crossing(days, since, today) for days, _, _ in _EDGES}
        any_edge = Q()
        for condition in crossed.values():
            any_edge |= condition
        rows = Household.objects.in_use().filter(any_edge, **{COLUMNS[place.kind]: place.id})
        for top, middle, leaf in clean_of:
            rows = rows.exclude(district_id=top, street_id=middle, community_id=leaf)
        counts = {name: Count("pk", filter=condition) for name, condition in crossed.items()}
        return {key[0] or 0: _moved(n) for key, n in _counted(rows, (COLUMNS[by],), counts)}

    def plain(
        self,
        *,
        period: Period,
        copied: bool = False,  # noqa: ARG002 -- the protocol's signature
    ) -> Mapping[Place, Values]:
        """By plain SQL, for the reconciliation."""
        return plain.register(period.start)

    def copy(self) -> AbstractContextManager[None]:
        """Nothing: few rows, or one day only."""
        return nullcontext()

    def days(self) -> tuple[dt.date, dt.date] | None:
        """None: a stock is asked for one day."""
        return None


def _crossing(days: int, since: dt.date, today: dt.date) -> Q:
    edge = dt.timedelta(days=days)
    return Q(last_met_on__gte=since - edge, last_met_on__lt=today - edge)


def _moved(crossed: Mapping[str, int]) -> Values:
    """How the bands change when so many households pass each edge."""
    found: Values = {}
    for days, left, entered in _EDGES:
        number = crossed.get(f"over_{days}", 0)
        found[band_key(left)] = found.get(band_key(left), 0) - number
        found[band_key(entered)] = found.get(band_key(entered), 0) + number
        if entered in UNVISITED:
            found["unvisited"] = number
    return found


def _counted(
    rows: Any, by: tuple[str, ...], counts: Mapping[str, Count]
) -> Iterator[tuple[tuple[Any, ...], Values]]:
    named = {f"n_{name}": count for name, count in counts.items()}
    found = rows.order_by().values(*by).annotate(**named)
    for row in found.values_list(*by, *named):
        numbers = zip(counts, row[len(by) :], strict=True)
        yield row[: len(by)], {name: number for name, number in numbers if number}
