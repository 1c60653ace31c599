"""The figures that are counted from visits and from what was raised in them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

from django.db.models import Count, F, Max, Min, Q, QuerySet, Value
from django.db.models.functions import Coalesce, TruncMonth, TruncQuarter, TruncWeek, TruncYear

from contacts.metrics import plain
from contacts.metrics.rules import COLUMNS, DOOR, LATE, LEAF, PHONE, hardship_on_the_day
from contacts.models import Matter, Visit
from contacts.querysets import VisitQuerySet
from portal.core.db.bulk import Among
from portal.core.db.prepared import Day, Given, Moment, Number, Numbers, Prepared
from portal.core.periods import Period, start_of
from portal.metrics.registry import Leaf, LeafValues, Place, Seen, Span, Values, added_up, overlaps

_TRUNC: Final = {
    Span.WEEK: TruncWeek,
    Span.MONTH: TruncMonth,
    Span.QUARTER: TruncQuarter,
    Span.YEAR: TruncYear,
}
_CHUNK: Final = 500
#: Distinct households: these do not add up, from days or from communities.
_DISTINCT: Final = ("door", "phone", "hardship")
#: Stands for the place itself beside its parts.
_WHOLE: Final = -1
_Where = Callable[[str], Q]


def _visit_counts() -> dict[str, Count]:
    hardship = DOOR & Q(is_hardship=True)
    return {
        "visits": Count("pk"),
        **{
            f"visits_{kind.lower()}": Count("pk", filter=Q(kind=kind)) for kind in Visit.Kind.values
        },
        **{r.lower(): Count("pk", filter=Q(result=r)) for r in Visit.Result.values},
        "door_visits": Count("pk", filter=DOOR),
        "door": Count("household", distinct=True, filter=DOOR),
        "phone_visits": Count("pk", filter=PHONE),
        "phone": Count("household", distinct=True, filter=PHONE),
        "hardship": Count("household", distinct=True, filter=hardship),
        "late": Count("pk", filter=LATE),
    }


def _matter_counts() -> dict[str, Count]:
    waiting = Q(outcome=Matter.Outcome.ESCALATED, grievance_number="")
    found = {
        "matters": Count("pk"),
        "raising": Count("visit", distinct=True),
        "waiting": Count("pk", filter=waiting),
        "raising_waiting": Count("visit", distinct=True, filter=waiting),
    }
    for outcome in Matter.Outcome.values:
        one = Q(outcome=outcome)
        found[f"matters_{outcome.lower()}"] = Count("pk", filter=one)
        found[f"raising_{outcome.lower()}"] = Count("visit", distinct=True, filter=one)
    return found


class VisitSource:
    """Valid visits, by the day they happened, in the place they were written under."""

    name = "visits"
    is_stock = False
    kinds: Collection[str] = frozenset(COLUMNS)

    def group(self, *, place: Place, by: str, period: Period) -> Mapping[int, Values]:
        """The numbers of ``place`` by its units of kind ``by``; distinct within each of them."""
        found: defaultdict[int, Values] = defaultdict(dict)
        for prefix in ("", _OF_VISIT):
            rows = _GROUPED.rows(prefix, place.kind, by, place=place.id, **_given(period))
            for key, values in _read(rows, prefix, keys=1):
                found[key[0] or 0] |= values
        return found

    def both(self, *, place: Place, by: str, period: Period) -> tuple[Values, Mapping[int, Values]]:
        """Households have to be counted twice, what was raised adds up."""

        def where(prefix: str) -> Q:
            return Q(**{f"{prefix}{COLUMNS[place.kind]}": place.id}) & _days(period, prefix)

        parts: defaultdict[int, Values] = defaultdict(dict)
        matters = _numbered(_rows(_OF_VISIT, where), _OF_VISIT, [f"{_OF_VISIT}{COLUMNS[by]}"])
        for key, values in _read(matters, _OF_VISIT, keys=1):
            parts[key[0] or 0] |= values
        total = added_up(parts.values())
        counts = {f"n_{name}": count for name, count in _visit_counts().items()}
        rows = _visits(where).order_by()
        whole = rows.annotate(part=Value(_WHOLE)).values("part").annotate(**counts)
        each = rows.annotate(part=Coalesce(COLUMNS[by], 0)).values("part").annotate(**counts)
        both = whole.values_list("part", *counts).union(each.values_list("part", *counts), all=True)
        for part, *numbers in both:
            named = zip(_visit_counts(), numbers, strict=True)
            into = total if part == _WHOLE else parts[part]
            into |= {name: number for name, number in named if number}
        return total, parts

    def leaves(
        self, *, span: Span, period: Period | None, only: Collection[Leaf] | None
    ) -> Iterable[LeafValues]:
        """The numbers of communities, with what to take out when they are added up."""
        if period is not None and only is not None:
            counted = _stale_leaves(span, period, only)
        else:
            counted = _counted(lambda prefix: _days(period, prefix) & _among(only, prefix), span)
        for (start, *leaf), values in counted:
            yield LeafValues((leaf[0], leaf[1], leaf[2] or 0), start, values)
        yield from overlaps(_wanderers(span, period, only))

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

    def plain(self, *, period: Period, copied: bool = False) -> Mapping[Place, Values]:
        """By plain SQL, for the reconciliation."""
        return plain.visits(period, copied=copied)

    def copy(self) -> AbstractContextManager[None]:
        """Narrow copies: a million visits are read once, not once for every week."""
        return plain.copied_visits()

    def days(self) -> tuple[dt.date, dt.date] | None:
        """The first and the last day with a valid visit."""
        found = Visit.objects.valid().aggregate(a=Min("occurred_on"), z=Max("occurred_on"))
        return (found["a"], found["z"]) if found["a"] else None


def _days(period: Period | None, prefix: str = "") -> Q:
    """By both columns: the moment has the indexes, the day is what counts."""
    if period is None:
        return Q()
    return Q(
        **period.lookups(f"{prefix}occurred_at"), **period.date_lookups(f"{prefix}occurred_on")
    )


def _among(only: Collection[Leaf] | None, prefix: str = "") -> Q:
    """Rows of these leaves, perhaps with a few others of the same communities."""
    if only is None:
        return Q()
    parted = _parted(only)
    return _in(prefix, parted["communities"], parted["streets"])


def _parted(only: Collection[Leaf]) -> dict[str, set[int]]:
    """The communities of leaves, and the streets of those that are in none."""
    return {
        "communities": {leaf[2] for leaf in only if leaf[2]},
        "streets": {leaf[1] for leaf in only if not leaf[2]},
    }


def _in(prefix: str, communities: Any, streets: Any) -> Q:
    found = Q(Among(f"{prefix}community_id", communities))
    if streets:
        whole = Q(**{f"{prefix}community_id__isnull": True})
        found |= whole & Q(Among(f"{prefix}street_id", streets))
    return found


def _counted(where: _Where, span: Span) -> Iterator[tuple[tuple[Any, ...], Values]]:
    """Every number of every leaf; the key is the start of the stretch and the leaf."""
    for prefix in ("", _OF_VISIT):
        yield from _read(_by_leaf(prefix, where, span), prefix, keys=1 + len(LEAF))


def _stale_leaves(
    span: Span, period: Period, only: Collection[Leaf]
) -> Iterator[tuple[tuple[Any, ...], Values]]:
    """The same for the few leaves that changed today: asked by every page with figures."""
    given = _given(period) | _parted(only)
    for prefix in ("", _OF_VISIT):
        rows = _STALE.rows(prefix, span, bool(given["streets"]), **given)
        yield from _read(rows, prefix, keys=1 + len(LEAF))


def _by_leaf(prefix: str, where: _Where, span: Span) -> QuerySet[Any, Any]:
    rows = _rows(prefix, where).annotate(start=_TRUNC[span](f"{prefix}occurred_on"))
    return _numbered(rows, prefix, ["start", *(f"{prefix}{column}" for column in LEAF)])


def _rows(prefix: str, where: _Where) -> Any:
    """Visits, or with ``prefix`` the matters raised in them."""
    if prefix:
        return Matter.objects.filter(where(prefix), visit__voided_at__isnull=True)
    return _visits(where)


def _visits(where: _Where) -> VisitQuerySet:
    rows: VisitQuerySet = Visit.objects.valid().filter(where(""))
    return rows.annotate(is_hardship=hardship_on_the_day())


def _numbered(rows: Any, prefix: str, keys: Sequence[str]) -> QuerySet[Any, Any]:
    named = {f"n_{name}": count for name, count in _counts(prefix).items()}
    found: QuerySet[Any, Any] = rows.order_by().values(*keys).annotate(**named)
    return found.values_list(*keys, *named)


def _counts(prefix: str) -> dict[str, Count]:
    return _matter_counts() if prefix else _visit_counts()


def _read(
    rows: Iterable[tuple[Any, ...]], prefix: str, *, keys: int
) -> Iterator[tuple[tuple[Any, ...], Values]]:
    names = tuple(_counts(prefix))
    for row in rows:
        numbers = zip(names, row[keys:], strict=True)
        yield row[:keys], {name: number for name, number in numbers if number}


def _grouped(prefix: str, kind: str, by: str, *, place: Any, **days: Any) -> QuerySet[Any, Any]:
    """The numbers of a place by its units, from visits or from matters: asked for every page."""

    def where(prefix: str) -> Q:
        return Q(**{f"{prefix}{COLUMNS[kind]}": place}) & _between(prefix, days)

    return _numbered(_rows(prefix, where), prefix, [f"{prefix}{COLUMNS[by]}"])


def _stale(
    prefix: str,
    span: Span,
    in_streets: bool,  # noqa: FBT001 -- a shape
    *,
    communities: Any,
    streets: Any,
    **days: Any,
) -> QuerySet[Any, Any]:
    return _by_leaf(
        prefix,
        lambda at: _between(at, days) & _in(at, communities, streets if in_streets else ()),
        span,
    )


def _moved(
    span: Span,
    in_streets: bool,  # noqa: FBT001 -- a shape
    *,
    communities: Any,
    streets: Any,
    **days: Any,
) -> QuerySet[Any, Any]:
    there = _in("", communities, streets if in_streets else ())
    return _moving(_between("", days), there, span)


_OF_VISIT: Final = "visit__"
#: By both columns: the moment has the indexes, the day is what counts.
_DAYS: Final[dict[str, type[Given]]] = {
    "since": Day,
    "until": Day,
    "since_at": Moment,
    "until_at": Moment,
}
_GROUPED: Final = Prepared(_grouped, place=Number, **_DAYS)
_STALE: Final = Prepared(_stale, communities=Numbers, streets=Numbers, **_DAYS)
_MOVED: Final = Prepared(_moved, communities=Numbers, streets=Numbers, **_DAYS)


def _given(period: Period) -> dict[str, Any]:
    """What a prepared query of a period is given."""
    start, end = period.start, period.end
    return dict(zip(_DAYS, (start, end, start_of(start), start_of(end)), strict=True))


def _between(prefix: str, days: Mapping[str, Any]) -> Q:
    since, until, since_at, until_at = (days[name] for name in _DAYS)
    return Q(
        **{
            f"{prefix}occurred_on__gte": since,
            f"{prefix}occurred_on__lt": until,
            f"{prefix}occurred_at__gte": since_at,
            f"{prefix}occurred_at__lt": until_at,
        }
    )


def _met_somewhere(days: Q, there: Q, span: Span) -> VisitQuerySet:
    """Visits of those who were met in those leaves."""
    rows: VisitQuerySet = Visit.objects.valid().filter(days).filter(DOOR | PHONE)
    if there:
        homes = Visit.objects.valid().filter(days).filter(there).order_by().values("household_id")
        rows = rows.filter(household_id__in=homes)
    return rows.annotate(start=_TRUNC[span]("occurred_on")).order_by()


def _moving(days: Q, there: Q, span: Span) -> QuerySet[Any, Any]:
    """Household and stretch of those met in more than one community."""
    rows = _met_somewhere(days, there, span).values("household_id", "start")
    rows = rows.annotate(
        a=Min("community"), z=Max("community"), b=Min("street"), y=Max("street")
    ).filter(Q(a__lt=F("z")) | Q(b__lt=F("y")))
    found: QuerySet[Any, Any] = rows.values_list("household_id", "start")
    return found


def _wanderers(span: Span, period: Period | None, only: Collection[Leaf] | None) -> Iterator[Seen]:
    """Households met in more than one community in one stretch of time: those that moved."""
    days, there = _days(period), _among(only)
    if period is not None and only is not None:
        given = _given(period) | _parted(only)
        moved = set(_MOVED.rows(span, bool(given["streets"]), **given))
    else:
        moved = set(_moving(days, there, span))
    if not moved:
        return
    rows = _met_somewhere(days, there, span)
    ids = sorted({household_id for household_id, _ in moved})
    counts = {
        "n_door": Count("pk", filter=DOOR),
        "n_phone": Count("pk", filter=PHONE),
        "n_hardship": Count("pk", filter=DOOR & Q(is_hardship=True)),
    }
    keys = ("household_id", "start", *LEAF)
    for first in range(0, len(ids), _CHUNK):
        some = rows.filter(household_id__in=ids[first : first + _CHUNK])
        found = some.annotate(is_hardship=hardship_on_the_day()).values(*keys).annotate(**counts)
        for household_id, start, top, middle, leaf, *numbers in found.values_list(*keys, *counts):
            if (household_id, start) in moved:
                names = [n for n, number in zip(_DISTINCT, numbers, strict=True) if number]
                yield Seen(household_id, start, (top, middle, leaf or 0), names)
