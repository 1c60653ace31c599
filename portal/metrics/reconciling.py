"""Nightly: every number pages show is held to plain SQL, and mended where it differs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from portal.core.periods import Period
from portal.metrics import registry
from portal.metrics.models import Bucket
from portal.metrics.registry import LEVELS, SPANS, Place, Source, Span, Values
from portal.metrics.selectors import read
from portal.metrics.services import mark

_DISTRICT, _STREET, _COMMUNITY = LEVELS


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A number that pages show and plain SQL does not confirm."""

    source: str
    key: str
    place: Place
    period: Period
    shown: int
    counted: int


def reconcile(*, today: dt.date) -> list[Difference]:
    """Hold every bucket of every source to plain SQL; what differs, looked at twice, is mended.

    The second look leaves out what somebody wrote between the two countings. Mended means marked:
    pages count it live at once, the next refresh stores it.
    """
    found: list[Difference] = []
    for source in registry.sources():
        with source.copy():
            suspect = [
                period
                for period in _periods(source, today)
                if _differences(source, period, today, copied=True)
            ]
        for period in suspect:
            found += _differences(source, period, today)
    for one in {(one.source, one.place, one.period) for one in found}:
        mend(one[0], place=one[1], period=one[2])
    return found


def mend(name: str, *, place: Place, period: Period) -> int:
    """Mark every leaf of ``place`` in ``period``, so that the next refresh counts it anew."""
    source = registry.source(name)
    column = {"DISTRICT": "top", "STREET": "middle", "COMMUNITY": "place"}[place.kind]
    rows = Bucket.objects.filter(Q(**{column: place.id}), source=name, kind=_COMMUNITY)
    leaves = {
        (top, middle, leaf) for top, middle, leaf in rows.values_list("top", "middle", "place")
    }
    for row in source.leaves(span=registry.span_of(period) or Span.DAY, period=period, only=None):
        if row.leaf[LEVELS.index(place.kind)] == place.id:
            leaves.add(row.leaf)
    mark(name, leaves=sorted(leaves), days=[None if source.is_stock else period.start])
    return len(leaves)


def _periods(source: Source, today: dt.date) -> list[Period]:
    """Every stretch that has, or could have, a bucket."""
    if source.is_stock:
        return [Span.DAY.of(today)]
    known = Bucket.objects.filter(source=source.name).order_by()
    stretches = {
        (Span(span), start) for span, start in known.values_list("span", "start").distinct()
    }
    if (days := source.days()) is not None:
        first, last = days
        for span in SPANS:
            period = span.of(first)
            while period.start <= last:
                stretches.add((span, period.start))
                period = span.of(period.end)
    return [span.of(start) for span, start in sorted(stretches)]


def _differences(
    source: Source, period: Period, today: dt.date, *, copied: bool = False
) -> list[Difference]:
    counted = source.plain(period=period, copied=copied)
    shown = _shown(source, period, today, counted)
    return [
        Difference(
            source=source.name,
            key=key,
            place=place,
            period=period,
            shown=shown.get(place, {}).get(key, 0),
            counted=counted.get(place, {}).get(key, 0),
        )
        for place in sorted(counted.keys() | shown.keys())
        for key in sorted(counted.get(place, {}).keys() | shown.get(place, {}).keys())
        if shown.get(place, {}).get(key, 0) != counted.get(place, {}).get(key, 0)
    ]


def _shown(
    source: Source, period: Period, today: dt.date, counted: Iterable[Place]
) -> dict[Place, Values]:
    """What pages show, asked as pages ask: a district with its streets, a street with its own."""
    stored = Bucket.objects.filter(source=source.name, start=period.start).order_by()
    places = {Place(kind, pk) for kind, pk in stored.values_list("kind", "place").distinct()}
    places |= set(counted)
    shown: dict[Place, Values] = {}
    for kind, below in ((_DISTRICT, _STREET), (_STREET, _COMMUNITY)):
        for place in sorted(one for one in places if one.kind == kind):
            found = read([source.name], place=place, period=period, today=today, by=below)
            shown.setdefault(place, found.total)
            if below == _COMMUNITY:
                for pk, values in found.parts.items():
                    _add(shown.setdefault(Place(below, pk), {}), values)
    shown.pop(Place(_COMMUNITY, 0), None)
    return shown


def _add(into: Values, values: Values) -> None:
    for name, number in values.items():
        into[name] = into.get(name, 0) + number
