"""What a figure is, and what the rows behind it must be able to tell.

A **source** counts rows of one kind (visits, households) for places. It is a *flow* (counted by the
day something happened, for a period) or a *stock* (what is the case on a day). A **metric** is one
number of a source with its title, its formula in words and the way to its records. Apps register
both in ``AppConfig.ready()``; this room knows neither the apps nor their users.

Places are (kind, id). The three kinds of ``LEVELS`` are kept in roll-up buckets; a **leaf** is one
community with the street and district its rows were written under. Below a community, and for
periods that are no calendar week, month, quarter or year, a source is asked live.

    register_source(VisitSource())
    register(Metric(key="visits", source="visits", title="三访记录", unit="次", formula="…"))
    selectors.value("visits", Place("STREET", 7), Week.parse("2026-W47"), today=today)
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from portal.core.periods import Month, Period, Quarter, Week, Year

#: The kinds of place that have buckets, widest first.
LEVELS: Final = ("DISTRICT", "STREET", "COMMUNITY")

#: (district, street, community) as the rows have it; 0 for a row of no community.
Leaf = tuple[int, int, int]
#: Number by name; what is not there is zero.
Values = dict[str, int]


class Place(NamedTuple):
    """A unit of the tree, by its kind and id."""

    kind: str
    id: int


class Span(StrEnum):
    """The stretches of time that have buckets; DAY is the day of a stock."""

    WEEK = "W"
    MONTH = "M"
    QUARTER = "Q"
    YEAR = "Y"
    DAY = "D"

    def of(self, day: dt.date) -> Period:
        """The stretch that holds ``day``."""
        match self:
            case Span.WEEK:
                return Week.of(day)
            case Span.MONTH:
                return Month.of(day)
            case Span.QUARTER:
                return Quarter.of(day)
            case Span.YEAR:
                return Year.of(day)
        return Period(day, day + dt.timedelta(days=1))


#: Those of a flow.
SPANS: Final = (Span.WEEK, Span.MONTH, Span.QUARTER, Span.YEAR)


def span_of(period: Period) -> Span | None:
    """Which calendar stretch ``period`` is; None for any other run of days."""
    for span in SPANS:
        whole = span.of(period.start)
        if (whole.start, whole.end) == (period.start, period.end):
            return span
    return None


class LeafValues(NamedTuple):
    """The numbers of one leaf in the stretch that begins on ``start``.

    ``name~LEVEL`` corrects ``name`` when leaves are added up to that level: see ``overlaps``.
    """

    leaf: Leaf
    start: dt.date
    values: Values


class Source(Protocol):
    """Rows that can be counted. Every method answers from the rows as they are committed now."""

    name: str
    is_stock: bool
    #: Kinds of place it can be asked for, the levels included.
    kinds: Collection[str]

    def group(self, *, place: Place, by: str, period: Period) -> Mapping[int, Values]:
        """The numbers of ``place`` by units of kind ``by`` (its own kind: the total).

        0 is what lies in no such unit. A stock is asked for the first day of ``period``.
        """

    def both(self, *, place: Place, by: str, period: Period) -> tuple[Values, Mapping[int, Values]]:
        """The total of ``place`` and its units of kind ``by``, in fewer queries than one by one."""

    def leaves(
        self, *, span: Span, period: Period | None, only: Collection[Leaf] | None
    ) -> Iterable[LeafValues]:
        """The numbers of leaves, of all or of ``only`` some, in ``period`` or in all of time."""

    def drift(
        self, *, place: Place, by: str, since: dt.date, today: dt.date, clean_of: Collection[Leaf]
    ) -> Mapping[int, Values]:
        """What the mere passing of days changed in a stock, outside of the leaves ``clean_of``."""

    def plain(self, *, period: Period, copied: bool = False) -> Mapping[Place, Values]:
        """The same numbers by plain SQL, for every place of every level: for reconciliation.

        ``copied``: from the rows as they were when ``copy`` began.
        """

    def copy(self) -> AbstractContextManager[None]:
        """Make many ``plain`` questions quick, if it pays."""

    def days(self) -> tuple[dt.date, dt.date] | None:
        """The first and the last day a row counts for; None without rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One figure; ``key`` is also the name of its number in the source."""

    key: str
    source: str
    title: str
    #: The word after the number: 户, 次, 件.
    unit: str
    #: The rule in words, as it stands in the manual and beside the number.
    formula: str
    #: By which date it belongs to a period.
    basis: str
    #: The heading it stands under.
    group: str = ""
    #: The key of its denominator; nothing of nothing is "—", never 0 %.
    of: str = ""
    #: The list that shows exactly its records, by the name of its address, and the filters.
    page: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    #: Left out of pages that show a choice; still a figure of its own.
    is_minor: bool = False


_SOURCES: Final[dict[str, Source]] = {}
_METRICS: Final[dict[str, Metric]] = {}


def register_source(source: Source) -> None:
    """Let ``source`` be counted. Registering the same name again replaces it."""
    _SOURCES[source.name] = source


def register(metric: Metric) -> None:
    """Declare a figure. Registering the same key again replaces it."""
    _METRICS[metric.key] = metric


def get(key: str) -> Metric:
    """Raises ``KeyError`` for a figure that nobody declared."""
    return _METRICS[key]


def metrics() -> list[Metric]:
    """All figures, in the order in which they were declared."""
    return list(_METRICS.values())


def source(name: str) -> Source:
    """Raises ``KeyError``."""
    return _SOURCES[name]


def sources() -> list[Source]:
    return list(_SOURCES.values())


class Seen(NamedTuple):
    """One subject (a household) counted under ``names`` in a leaf and a stretch of time."""

    subject: int
    start: dt.date
    leaf: Leaf
    names: Collection[str]


def overlaps(rows: Iterable[Seen]) -> Iterator[LeafValues]:
    """Corrections for subjects that were counted in several leaves of one unit: −1 but for one.

    A household met in two communities of a street is one household of the street. The leaf with
    the smallest ids keeps it; in the others ``name~STREET`` takes it out when leaves are added up.
    """
    where: defaultdict[tuple[int, dt.date, str], set[Leaf]] = defaultdict(set)
    for row in rows:
        for name in row.names:
            where[row.subject, row.start, name].add(row.leaf)
    for (_, start, name), leaves in where.items():
        for depth, level in enumerate(LEVELS):
            taken: set[int] = set()
            for leaf in sorted(leaves):
                if leaf[depth] in taken:
                    yield LeafValues(leaf, start, {f"{name}~{level}": -1})
                taken.add(leaf[depth])


def added_up(parts: Iterable[Mapping[str, int]]) -> Values:
    """The sum of parts whose numbers all add up."""
    total: Values = {}
    for values in parts:
        for name, number in values.items():
            total[name] = total.get(name, 0) + number
    return total


def at_level(values: Mapping[str, int], level: str) -> Values:
    """The numbers of a leaf as they enter the sum of that level."""
    found = {name: n for name, n in values.items() if "~" not in name}
    for name in found:
        found[name] += values.get(f"{name}~{level}", 0)
    return found
