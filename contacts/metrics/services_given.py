"""服务人次: counted from the entries of volunteer sessions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from django.db.models import Count, Max, Min, Q
from django.db.models.functions import TruncMonth, TruncQuarter, TruncWeek, TruncYear

from contacts.metrics import plain
from contacts.metrics.rules import COLUMNS, LEAF
from contacts.models import ServiceEntry, ServiceSession
from portal.core.periods import Period
from portal.metrics.registry import LEVELS, Leaf, LeafValues, Place, Span, Values, added_up

_TRUNC: Final = {
    Span.WEEK: TruncWeek,
    Span.MONTH: TruncMonth,
    Span.QUARTER: TruncQuarter,
    Span.YEAR: TruncYear,
}


class ServiceSource:
    """Valid entries of valid sessions, by the day the session was held; no grid has any."""

    name = "services"
    is_stock = False
    kinds: Collection[str] = frozenset(LEVELS)

    def group(self, *, place: Place, by: str, period: Period) -> Mapping[int, Values]:
        """The numbers of ``place`` by its units of kind ``by``."""
        within = Q(**{f"session__{COLUMNS[place.kind]}": place.id}) & _days(period)
        return {key[0]: values for key, values in _counted(within, (COLUMNS[by],), None)}

    def both(self, *, place: Place, by: str, period: Period) -> tuple[Values, Mapping[int, Values]]:
        """Every number adds up."""
        parts = self.group(place=place, by=by, period=period)
        return added_up(parts.values()), parts

    def leaves(
        self, *, span: Span, period: Period | None, only: Collection[Leaf] | None
    ) -> Iterable[LeafValues]:
        """The numbers of communities; every one adds up."""
        within = _days(period)
        if only is not None:
            within &= Q(session__community_id__in={leaf[2] for leaf in only})
        for (start, *leaf), values in _counted(within, LEAF, span):
            yield LeafValues((leaf[0], leaf[1], leaf[2]), start, values)

    def drift(
        self,
        *,
        place: Place,  # noqa: ARG002 -- the protocol's signature
        by: str,  # noqa: ARG002
        since: dt.date,  # noqa: ARG002
        today: dt.date,  # noqa: ARG002
        clean_of: Collection[Leaf],  # noqa: ARG002
    ) -> Mapping[int, Values]:
        """Nothing: what happened on a day stays on that day."""
        return {}

    def plain(
        self,
        *,
        period: Period,
        copied: bool = False,  # noqa: ARG002 -- the protocol's signature
    ) -> Mapping[Place, Values]:
        """By plain SQL, for the reconciliation."""
        return plain.services(period)

    def copy(self) -> AbstractContextManager[None]:
        """Nothing: few rows, or one day only."""
        return nullcontext()

    def days(self) -> tuple[dt.date, dt.date] | None:
        """The first and the last day of a session."""
        found = ServiceSession.objects.valid().aggregate(a=Min("held_on"), z=Max("held_on"))
        return (found["a"], found["z"]) if found["a"] else None


def _days(period: Period | None) -> Q:
    return Q(**period.date_lookups("session__held_on")) if period else Q()


def _counted(
    within: Q, by: tuple[str, ...], span: Span | None
) -> Iterator[tuple[tuple[Any, ...], Values]]:
    rows = ServiceEntry.objects.filter(
        within, voided_at__isnull=True, session__voided_at__isnull=True
    )
    keys = [f"session__{column}" for column in by]
    if span is not None:
        rows = rows.annotate(start=_TRUNC[span]("session__held_on"))
        keys = ["start", *keys]
    counts = {"n_services": Count("pk"), "n_sessions": Count("session", distinct=True)}
    for row in rows.order_by().values(*keys).annotate(**counts).values_list(*keys, *counts):
        yield row[: len(keys)], {"services": row[-2], "service_sessions": row[-1]}
