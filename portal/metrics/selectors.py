"""Reading figures: clean buckets, and a live count where a mark says they are stale.

    value(key, place, period, today=today) -> int | None
    read(("visits", "register"), place=place, period=period, today=today, by="STREET") -> Reading

Exact at once: a change and its mark commit together, and the marks are read before the buckets.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from django.db.models import DateField, Q, QuerySet, Value

from portal.core.db.bulk import Among
from portal.core.db.prepared import Day, Number, Numbers, Prepared
from portal.core.periods import Period
from portal.metrics import registry
from portal.metrics.models import Bucket, Built, Mark
from portal.metrics.registry import LEVELS, Leaf, Place, Source, Span, Values, at_level, span_of

#: A stock whose buckets are older than this is counted live.
OLDEST_STOCK: Final = 31
_LEAF: Final = LEVELS[-1]
#: Stands in a row that says that a source is complete, where a mark has ids.
_BUILT: Final = -1
#: The column of a bucket row or a mark that holds the id of each level.
_BUCKET_COLUMNS: Final = {"DISTRICT": "top", "STREET": "middle", "COMMUNITY": "place"}
_MARK_COLUMNS: Final = {"DISTRICT": "top", "STREET": "middle", "COMMUNITY": "leaf"}


@dataclass(frozen=True, slots=True)
class Reading:
    """Numbers by name: of the place, and of the units below it that have any (0: in none)."""

    total: Values = field(default_factory=dict)
    parts: dict[int, Values] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One source asked for one place, with what its buckets hold."""

    source: Source
    place: Place
    by: str
    period: Period
    span: Span
    start: dt.date
    today: dt.date
    dirty: frozenset[Leaf] = frozenset()

    @property
    def with_parts(self) -> bool:
        return self.by in LEVELS and self.by != self.place.kind


def value(key: str, place: Place, period: Period, *, today: dt.date) -> int | None:
    """One figure of one place; None when its source does not know such places.

    A stock (households in use) ignores ``period`` and answers for ``today``.
    """
    metric = registry.get(key)
    if place.kind not in registry.source(metric.source).kinds:
        return None
    return read([metric.source], place=place, period=period, today=today).total.get(key, 0)


def read(
    names: Sequence[str],
    *,
    place: Place,
    period: Period,
    today: dt.date,
    by: str = "",
    parts_of: Collection[str] | None = None,
) -> Reading:
    """All numbers of these sources for ``place``, and for its units of kind ``by``.

    ``parts_of`` names the sources whose parts are wanted, if not all.

    Three queries, whatever the size, plus a few for the leaves that changed since the last refresh.
    """
    reading = Reading()
    sources = [one for one in map(registry.source, names) if place.kind in one.kinds]
    built, dirty = _state(sources, place, period)
    asked = []
    for source in sources:
        wanted = by if by and (parts_of is None or source.name in parts_of) else place.kind
        one = _stored(source, built, place, wanted, period, today)
        if one is None:
            _live(reading, source, place=place, by=wanted, period=_days(source, period, today))
            continue
        asked.append(replace(one, dirty=frozenset(dirty[source.name])))
        if wanted not in LEVELS:
            _live_parts(reading, one)
    if asked:
        _from_buckets(reading, asked)
    return reading


def _days(source: Source, period: Period, today: dt.date) -> Period:
    return Span.DAY.of(today) if source.is_stock else period


def _stored(
    source: Source,
    built: Mapping[str, dt.date | None],
    place: Place,
    by: str,
    period: Period,
    today: dt.date,
) -> _Asked | None:
    """How the buckets answer; None when they cannot."""
    if source.name not in built or place.kind not in LEVELS:
        return None
    span: Span | None = Span.DAY if source.is_stock else span_of(period)
    start = built[source.name] if source.is_stock else period.start
    if span is None or start is None:
        return None
    if source.is_stock and not 0 <= (today - start).days <= OLDEST_STOCK:
        return None
    return _Asked(
        source=source,
        place=place,
        by=by,
        period=_days(source, period, today),
        span=span,
        start=start,
        today=today,
    )


def _live(reading: Reading, source: Source, *, place: Place, by: str, period: Period) -> None:
    if by == place.kind or by not in source.kinds:
        found = source.group(place=place, by=place.kind, period=period)
        _add(reading.total, found.get(place.id, {}))
        return
    total, parts = source.both(place=place, by=by, period=period)
    _add(reading.total, total)
    for part, values in parts.items():
        _add(reading.parts.setdefault(part, {}), values)


def _live_parts(reading: Reading, one: _Asked) -> None:
    """Units below a community have no buckets: a community is small enough to be counted."""
    if one.by in one.source.kinds:
        found = one.source.group(place=one.place, by=one.by, period=one.period)
        for part, values in found.items():
            _add(reading.parts.setdefault(part, {}), values)


def _from_buckets(reading: Reading, asked: list[_Asked]) -> None:
    old: defaultdict[str, dict[Leaf, Values]] = defaultdict(dict)
    by_name = {one.source.name: one for one in asked}
    for row in _bucket_rows(asked):
        one = by_name[row.source]
        if one.start != row.start:
            one = by_name[row.source] = replace(one, start=row.start)
        _add_row(reading, one, row)
        leaf = (row.top, row.middle, row.place)
        if row.kind == _LEAF and leaf in one.dirty:
            old[row.source][leaf] = row.values
    for one in by_name.values():
        _correct(reading, one, old[one.source.name])
        if one.source.is_stock and one.start != one.today:
            _let_days_pass(reading, one)


def _any(conditions: Iterable[Q]) -> Q:
    found = Q()
    for condition in conditions:
        found |= condition
    return found


def _state(
    sources: Sequence[Source], place: Place, period: Period
) -> tuple[dict[str, dt.date | None], dict[str, set[Leaf]]]:
    """Which sources have buckets (of which day), and their stale leaves: read before the buckets."""
    built: dict[str, dt.date | None] = {}
    dirty: dict[str, set[Leaf]] = {source.name: set() for source in sources}
    if place.kind not in LEVELS or not sources:
        return built, dirty
    which = tuple((source.name, source.is_stock) for source in sources)
    rows = _STATE.rows(place.kind, which, place=place.id, start=period.start, end=period.end)
    for name, top, middle, leaf, as_of in rows:
        if top == _BUILT:
            built[name] = as_of
        else:
            dirty[name].add((top, middle, leaf))
    return built, dirty


def _stale(
    kind: str, which: Sequence[tuple[str, bool]], *, place: Any, start: Any, end: Any
) -> QuerySet[Any, Any]:
    """Of each source (its name, whether it is a stock) the row of its day, and its marks."""
    columns = ("source", "top", "middle", "leaf", "as_of")
    names = [name for name, _ in which]
    complete = Built.objects.filter(source__in=names).annotate(
        top=Value(_BUILT), middle=Value(_BUILT), leaf=Value(_BUILT)
    )
    here = Q(**{_MARK_COLUMNS[kind]: place})
    days = Q(day__gte=start, day__lt=end)
    within = _any(here & Q(source=name) & (Q() if is_stock else days) for name, is_stock in which)
    stale = Mark.objects.filter(within).order_by().annotate(as_of=Value(None, DateField()))
    rows: QuerySet[Any, Any] = complete.values_list(*columns).union(stale.values_list(*columns))
    return rows


_STATE: Final = Prepared(_stale, place=Number, start=Day, end=Day)


class _Row(NamedTuple):
    """One bucket."""

    source: str
    start: dt.date
    kind: str
    place: int
    top: int
    middle: int
    values: Values


class _Form(NamedTuple):
    """How a source is asked for its buckets."""

    name: str
    span: str
    is_stock: bool
    kind: str
    #: The kind of the parts, if they are wanted.
    parts: str
    has_dirty: bool


def _bucket_rows(asked: Sequence[_Asked]) -> Iterator[_Row]:
    """The rows of the place, those of its parts, and the leaves to be counted anew: one query."""
    forms = tuple(
        _Form(
            name=one.source.name,
            span=one.span.value,
            is_stock=one.source.is_stock,
            kind=one.place.kind,
            parts=one.by if one.with_parts else "",
            has_dirty=bool(one.dirty),
        )
        for one in asked
    )
    leaves = {leaf[-1] for one in asked for leaf in one.dirty}
    # Flows are all asked for the same period.
    start = next((one.start for one in asked if not one.source.is_stock), asked[0].start)
    rows = _BUCKETS.rows(forms, place=asked[0].place.id, start=start, leaves=leaves)
    return (_Row(*row) for row in rows)


def _buckets(
    forms: Sequence[_Form], *, place: Any, start: Any, leaves: Any
) -> QuerySet[Bucket, Any]:
    found = Q()
    for form in forms:
        rows = Q(kind=form.kind, place=place)
        if form.parts:
            rows |= Q(**{"kind": form.parts, _BUCKET_COLUMNS[form.kind]: place})
        if form.has_dirty:
            rows |= Q(Among("place", leaves), kind=_LEAF)
        rows &= Q(source=form.name, span=form.span)
        # A stock has the rows of one day only: which day is read with them, in the same query.
        found |= rows if form.is_stock else rows & Q(start=start)
    columns = ("source", "start", "kind", "place", "top", "middle", "values")
    named: QuerySet[Bucket, Any] = Bucket.objects.filter(found).values_list(*columns)
    return named


_BUCKETS: Final = Prepared(_buckets, place=Number, start=Day, leaves=Numbers)


def _add_row(reading: Reading, one: _Asked, row: _Row) -> None:
    values = at_level(row.values, _LEAF) if row.kind == _LEAF else row.values
    if row.kind == one.place.kind:
        if row.place == one.place.id:
            _add(reading.total, values)
    elif one.with_parts and row.kind == one.by and _above(row, one.place.kind) == one.place.id:
        _add(reading.parts.setdefault(row.place, {}), values)


def _above(row: _Row, kind: str) -> int:
    found: int = getattr(row, _BUCKET_COLUMNS[kind])
    return found


def _correct(reading: Reading, one: _Asked, old: Mapping[Leaf, Values]) -> None:
    """Put the present numbers of stale leaves in the place of the stored ones."""
    if not one.dirty:
        return
    fresh: dict[Leaf, Values] = {}
    for row in one.source.leaves(span=one.span, period=one.period, only=one.dirty):
        if row.leaf in one.dirty:
            _add(fresh.setdefault(row.leaf, {}), row.values)
    for leaf in one.dirty:
        for values, sign in ((fresh.get(leaf, {}), 1), (old.get(leaf, {}), -1)):
            _add(reading.total, at_level(values, one.place.kind), sign)
            if one.with_parts:
                part = reading.parts.setdefault(leaf[LEVELS.index(one.by)], {})
                _add(part, at_level(values, one.by), sign)


def _let_days_pass(reading: Reading, one: _Asked) -> None:
    """Bring a stock of an earlier day to today."""
    for by, into in ((one.place.kind, None), (one.by, reading.parts)):
        if into is not None and not one.with_parts:
            continue
        changed = one.source.drift(
            place=one.place, by=by, since=one.start, today=one.today, clean_of=one.dirty
        )
        for part, values in changed.items():
            _add(reading.total if into is None else into.setdefault(part, {}), values)


def _add(into: Values, values: Mapping[str, int], sign: int = 1) -> None:
    for name, number in values.items():
        into[name] = into.get(name, 0) + sign * number
