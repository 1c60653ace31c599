"""Keeping the buckets: marks in the transaction of a change, refreshing, building, forgetting.

    mark("visits", leaves=[(district_id, street_id, community_id)], days=[day])   # by the app
    refresh(now=now)        # by beat: takes marks away, a few hundred leaves at a time
    rebuild("visits", now=now)   # everything, in bulk
    forget("visits")        # rows were loaded past the services: live until built again

A bucket never becomes clean while a writer's change is missed: a mark is a row of its own that
commits with the change, and a refresh deletes only the marks it has read before it counts.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Final

from django.db import transaction
from django.utils import timezone

from portal.metrics import registry
from portal.metrics.models import Bucket, Built, Mark
from portal.metrics.registry import (
    LEVELS,
    SPANS,
    Leaf,
    LeafValues,
    Source,
    Span,
    Values,
    at_level,
)

#: Rows of one statement; SQLite takes no more (architecture).
BATCH: Final = 500
#: Marks taken away in one transaction.
MARKS_AT_ONCE: Final = 5000
_LEAF: Final = LEVELS[-1]
_KEY: Final = ("source", "span", "start", "kind", "place", "top", "middle")
_Stretch = tuple[Span, dt.date]


def mark(
    name: str, *, leaves: Collection[Leaf], days: Collection[dt.date | None] = (None,)
) -> None:
    """Say that the numbers of these leaves around these days have changed; in that transaction."""
    Mark.objects.bulk_create(
        [
            Mark(source=name, top=leaf[0], middle=leaf[1], leaf=leaf[2], day=day)
            for leaf in leaves
            for day in days
        ],
        batch_size=BATCH,
    )


@transaction.atomic
def forget(name: str) -> None:
    """Count live from now on; beat builds the buckets again."""
    Built.objects.filter(source=name).delete()


def refresh(*, now: dt.datetime) -> int:
    """Bring every bucket up to date; how many marks were taken away.

    Builds what was never built, and stocks of an earlier day. Twice at once is harmless: where one
    is at work the other goes on, and what it left is taken by the next.
    """
    done = 0
    for source in registry.sources():
        built = Built.objects.filter(source=source.name).first()
        if built is None:
            rebuild(source.name, now=now)
            continue
        if source.is_stock and built.as_of != timezone.localdate(now):
            _renew(source, now)
            continue
        while taken := _take(source):
            done += taken
    return done


def _mine(source: Source) -> Built | None:
    """Its row, held until the transaction ends; None when never built or somebody is at work.

    Waiting would only keep a worker from other things: beat asks again in a few seconds.
    """
    return Built.objects.select_for_update(skip_locked=True).filter(source=source.name).first()


@transaction.atomic
def _renew(source: Source, now: dt.datetime) -> None:
    """Make a stock anew for today, unless somebody does or has done it."""
    built = _mine(source)
    if built is not None and built.as_of != timezone.localdate(now):
        rebuild(source.name, now=now)


# ---- everything ----


@transaction.atomic
def rebuild(name: str, *, now: dt.datetime) -> int:
    """Make all buckets of a source from its rows; how many leaf rows there are.

    Writers are not held back; what they change meanwhile stays marked.
    """
    source = registry.source(name)
    as_of = timezone.localdate(now) if source.is_stock else None
    Built.objects.get_or_create(source=name, defaults={"as_of": as_of, "built_at": now})
    Built.objects.select_for_update().get(source=name)
    seen = list(Mark.objects.filter(source=name).values_list("pk", flat=True))
    Bucket.objects.filter(source=name).delete()
    count = 0
    for span in (Span.DAY,) if source.is_stock else SPANS:
        period = Span.DAY.of(as_of) if as_of else None
        count += _write_all(source, span, source.leaves(span=span, period=period, only=None))
    Built.objects.filter(source=name).update(as_of=as_of, built_at=now)
    _drop(seen)
    return count


def _write_all(source: Source, span: Span, rows: Iterable[LeafValues]) -> int:
    leaves: dict[tuple[dt.date, Leaf], Values] = {}
    for row in rows:
        _add(leaves.setdefault((row.start, row.leaf), {}), row.values)
    sums: dict[tuple[dt.date, str, int, int], Values] = {}
    for (start, leaf), values in leaves.items():
        _add_up(sums, start, leaf, values)
    buckets = _buckets(source, span, leaves, sums)
    while batch := list(islice(buckets, BATCH)):
        Bucket.objects.bulk_create(batch)
    return len(leaves)


def _add_up(
    sums: dict[tuple[dt.date, str, int, int], Values], start: dt.date, leaf: Leaf, values: Values
) -> None:
    """Add a leaf to the units above it."""
    top, middle, _ = leaf
    for level, place, above in (("DISTRICT", top, 0), ("STREET", middle, top)):
        _add(sums.setdefault((start, level, place, above), {}), at_level(values, level))


def _buckets(
    source: Source,
    span: Span,
    leaves: dict[tuple[dt.date, Leaf], Values],
    sums: dict[tuple[dt.date, str, int, int], Values],
) -> Iterator[Bucket]:
    common = {"source": source.name, "span": span.value}
    for (start, (top, middle, leaf)), values in leaves.items():
        yield Bucket(
            **common,
            start=start,
            kind=_LEAF,
            place=leaf,
            top=top,
            middle=middle,
            values=_plain(values),
        )
    for (start, level, place, above), values in sums.items():
        yield Bucket(
            **common, start=start, kind=level, place=place, top=above, values=_plain(values)
        )


def _plain(values: Values) -> Values:
    return {name: number for name, number in values.items() if number}


def _add(into: Values, values: Values) -> None:
    for name, number in values.items():
        into[name] = into.get(name, 0) + number


# ---- what has changed ----


@transaction.atomic
def _take(source: Source) -> int:
    """Count the leaves of some marks anew and take these marks away; how many."""
    built = _mine(source)
    if built is None:
        return 0
    marks = list(
        Mark.objects.filter(source=source.name)
        .order_by("pk")
        .values_list("pk", "top", "middle", "leaf", "day")[:MARKS_AT_ONCE]
    )
    stale: defaultdict[_Stretch, set[Leaf]] = defaultdict(set)
    for _, top, middle, leaf, day in marks:
        for stretch in _stretches(source, built, day):
            stale[stretch].add((top, middle, leaf))
    for (span, start), leaves in stale.items():
        _rewrite(source, span, start, leaves)
    _drop([row[0] for row in marks])
    return len(marks)


def _stretches(source: Source, built: Built, day: dt.date | None) -> Iterator[_Stretch]:
    if source.is_stock:
        if built.as_of is not None:
            yield Span.DAY, built.as_of
    elif day is not None:
        for span in SPANS:
            yield span, span.of(day).start


def _rewrite(source: Source, span: Span, start: dt.date, leaves: set[Leaf]) -> None:
    """Store the present numbers of these leaves, then the sums above them."""
    fresh: dict[tuple[dt.date, Leaf], Values] = {(start, leaf): {} for leaf in leaves}
    for row in source.leaves(span=span, period=span.of(start), only=leaves):
        if row.leaf in leaves:
            _add(fresh[start, row.leaf], row.values)
    _upsert(_buckets(source, span, fresh, {}))
    tops, middles = {leaf[0] for leaf in leaves}, {leaf[1] for leaf in leaves}
    sums: dict[tuple[dt.date, str, int, int], Values] = {}
    stored = Bucket.objects.filter(
        source=source.name, span=span.value, start=start, kind=_LEAF, top__in=tops
    )
    for bucket in stored:
        _add_up(sums, start, (bucket.top, bucket.middle, bucket.place), bucket.values)
    touched = {
        key: values
        for key, values in sums.items()
        if key[1] == "DISTRICT" or (key[1] == "STREET" and key[2] in middles)
    }
    _upsert(_buckets(source, span, {}, touched))


def _upsert(rows: Iterator[Bucket]) -> None:
    while batch := list(islice(rows, BATCH)):
        Bucket.objects.bulk_create(
            batch, update_conflicts=True, unique_fields=_KEY, update_fields=("values",)
        )


def _drop(marks: list[int]) -> None:
    """Take away exactly these: a smaller id may still be committed by a slow writer."""
    for first in range(0, len(marks), BATCH):
        Mark.objects.filter(pk__in=marks[first : first + BATCH]).delete()
