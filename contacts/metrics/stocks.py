"""The figures of the register: how many households there are and when they were last met."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise
from typing import Any, Final

from django.db.models import Count, Q, QuerySet

from contacts.metrics import plain
from contacts.metrics.rules import COLUMNS, EDGES, LEAF, ago, in_band_by
from contacts.models import Household
from contacts.workflow import BANDS, Band
from portal.core.db.bulk import Among
from portal.core.db.prepared import Day, Numbers, Prepared
from portal.core.periods import Period
from portal.metrics.registry import Leaf, LeafValues, Place, Span, Values, added_up

#: 未走访满12个月 (domain §4): the two oldest bands together.
UNVISITED: Final = (Band.NEVER, Band.YEAR)


def band_key(band: Band) -> str:
    """The key of the figure that counts a band."""
    return f"band_{band}"


def _counts(days_ago: Mapping[int, Any]) -> dict[str, Count]:
    """What is counted, by the days that ``ago`` gives."""
    bands = {
        band_key(rule.band): Count("pk", filter=in_band_by(rule.band, days_ago)) for rule in BANDS
    }
    never, year = (in_band_by(band, days_ago) for band in UNVISITED)
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
        found = _counted(rows, (COLUMNS[by],), _counts(ago(period.start)))
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
        days_ago = ago(period.start)
        if only is None:
            counted = _counted(Household.objects.in_use(), LEAF, _counts(days_ago))
        else:
            given = {_day_of(days): day for days, day in days_ago.items()}
            rows = _STALE.rows(communities={leaf[2] for leaf in only}, **given)
            counted = _read(rows, LEAF, _counts(days_ago))
        for leaf, values in counted:
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
    yield from _read(_numbered(rows, by, counts), by, counts)


def _numbered(rows: Any, by: tuple[str, ...], counts: Mapping[str, Count]) -> QuerySet[Any, Any]:
    named = {f"n_{name}": count for name, count in counts.items()}
    found: QuerySet[Any, Any] = rows.order_by().values(*by).annotate(**named)
    return found.values_list(*by, *named)


def _read(
    rows: Iterable[tuple[Any, ...]], by: tuple[str, ...], names: Iterable[str]
) -> Iterator[tuple[tuple[Any, ...], Values]]:
    for row in rows:
        numbers = zip(names, row[len(by) :], strict=True)
        yield row[: len(by)], {name: number for name, number in numbers if number}


def _day_of(days: int) -> str:
    return f"ago_{days}"


def _stale(*, communities: Any, **days: Any) -> QuerySet[Any, Any]:
    """The few leaves that changed since the last refresh: asked by every page with figures."""
    rows = Household.objects.in_use().filter(Among("community_id", communities))
    return _numbered(rows, LEAF, _counts({edge: days[_day_of(edge)] for edge in EDGES}))


_STALE: Final = Prepared(_stale, communities=Numbers, **{_day_of(days): Day for days in EDGES})
