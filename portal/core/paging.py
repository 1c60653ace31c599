"""Lists of any length, page by page, by key: no OFFSET, no full count."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import itemgetter, or_
from typing import Any, Final, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import BooleanField, Expression, F, Func, Q, QuerySet, Value

from portal.core.encryption import DecryptionError, decrypt, encrypt

COUNT_LIMIT: Final = 1000
PAGE_SIZE: Final = 50
#: In which direction a page goes on from a row.
ON, BACK = "on", "back"

M = TypeVar("M", bound=models.Model)
T = TypeVar("T")

#: What a page shows of a row, and the values it is ordered by.
_Read = tuple[T, Sequence[Any]]


class _Row(Func):
    """``(a, b)``."""

    template = "(%(expressions)s)"
    output_field = BooleanField()


class _RowBefore(Func):
    """``(a, b) < (x, y)``: one index range, where an OR over the columns would be a filter."""

    template = "%(expressions)s"
    arg_joiner = " < "
    output_field = BooleanField()


class _RowAfter(_RowBefore):
    arg_joiner = " > "


@dataclass(frozen=True, slots=True)
class _Key:
    """One column of the order."""

    path: str
    descending: bool
    field: models.Field

    def of(self, instance: models.Model) -> Any:
        return reduce(getattr, self.path.split("__"), instance)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a page begins: just after (or, backwards, just before) a row with these values."""

    values: list[Any]
    backwards: bool


class KeyPage(Generic[T]):
    """One page of a list; made by ``paginate``. The count is asked only when it is read."""

    def __init__(
        self,
        *,
        items: list[T],
        next_cursor: str | None,
        previous_cursor: str | None,
        counted: QuerySet[Any] | Callable[[int], int],
        exact: bool,
        total: int | None = None,
        limit: int = COUNT_LIMIT,
    ) -> None:
        self.items = items
        self.next_cursor = next_cursor
        self.previous_cursor = previous_cursor
        self._counted = counted
        self._exact = exact or total is not None
        self._total = total
        self._limit = limit

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def has_next(self) -> bool:
        return self.next_cursor is not None

    @property
    def has_previous(self) -> bool:
        return self.previous_cursor is not None

    @property
    def has_other_pages(self) -> bool:
        return self.has_next or self.has_previous

    @cached_property
    def _count(self) -> int:
        if not self.has_other_pages:
            return len(self.items)
        if self._total is not None:
            return self._total
        if not isinstance(self._counted, QuerySet):
            return self._counted(self._limit + 1)
        rows = self._counted.order_by()
        return rows.count() if self._exact else rows.values("pk")[: self._limit + 1].count()

    @property
    def count(self) -> int:
        """Rows in the whole list; no more than were counted, unless asked for exactly."""
        return self._count if self._exact else min(self._count, self._limit)

    @property
    def count_is_exact(self) -> bool:
        return self._exact or self._count <= self._limit

    @property
    def count_text(self) -> str:
        """Such as 共 37 条, or 1000+ 条 when there are more than were counted."""
        return f"共 {self.count} 条" if self.count_is_exact else f"{self._limit}+ 条"


def paginate(
    queryset: QuerySet[M],
    *,
    order: Sequence[str],
    cursor: str | None = None,
    size: int = PAGE_SIZE,
    exact: bool = False,
    total: int | None = None,
) -> KeyPage[M]:
    """The page of ``queryset`` at ``cursor``, ``size`` rows, in the given ``order``.

    ``order`` names columns or annotations that are never null and ends with the key; each may begin
    with "-". A cursor that is damaged or of another order gives the first page; it is encrypted, as
    a sort key may be personal. ``exact`` counts all rows, not only 1,000; ``total`` is known before.
    """
    pager = _Pager(queryset, order, size, exact=exact, total=total)
    return pager.page(cursor, pager.instances)


def paginate_ids(
    queryset: QuerySet[Any],
    *,
    order: Sequence[str],
    cursor: str | None = None,
    size: int = PAGE_SIZE,
    total: int | None = None,
    counted: QuerySet[Any] | None = None,
    limit: int | None = None,
) -> KeyPage[int]:
    """The same page as its primary keys, for a list whose lines are read by them.

    ``counted`` are the same rows as ``queryset``, said so that they are counted quickly. Counting
    stops at ``limit`` where it would take longer than it tells.
    """
    pager = _Pager(queryset, order, size, exact=False, total=total, counted=counted, limit=limit)
    return pager.page(cursor, pager.ids)


def paginate_asked(
    model: type[models.Model],
    read: Callable[[str, Sequence[Any]], Iterable[Sequence[Any]]],
    count: Callable[[int], int],
    *,
    order: Sequence[str],
    cursor: str | None,
    size: int,
    limit: int | None = None,
) -> KeyPage[int]:
    """The same page of a list that is asked by queries built before (decision 0096).

    ``read(going, at)`` gives the rows of ``ordered_ids``; ``count(most)`` counts the list up to it.
    """
    none = model._base_manager.none()
    pager = _Pager(none, order, size, exact=False, total=None, counted=count, limit=limit)
    return pager.page_asked(cursor, read)


def ordered_ids(
    queryset: QuerySet[Any], *, order: Sequence[str], size: int, going: str, at: Sequence[Any]
) -> QuerySet[Any]:
    """A page of ``queryset`` and one row more, as the columns of ``order``; the id is the last.

    ``going`` is "" from the beginning, else ``ON`` or ``BACK`` from the row with the values ``at``.
    """
    pager = _Pager(queryset, order, size, exact=False, total=None)
    return pager.told(pager.rows(_Place(list(at), backwards=going == BACK) if going else None))


def paginate_read(
    queryset: QuerySet[Any],
    read: Callable[[QuerySet[Any], int], list[T]],
    *,
    order: Sequence[str],
    cursor: str | None,
    size: int,
    limit: int,
) -> KeyPage[T]:
    """The same page of a list with more than ``limit`` rows, of which ``read`` knows better.

    It is given the ordered rest of ``queryset`` and how many rows are wanted; what it reads has
    the columns of the order.
    """
    pager = _Pager(queryset, order, size, exact=False, total=limit + 1, limit=limit)
    return pager.page(cursor, lambda rows: pager.instances(read(_whole(rows), size + 1)))


def _whole(rows: QuerySet[Any]) -> QuerySet[Any]:
    rows = rows.all()
    rows.query.clear_limits()
    return rows


def paginate_known(
    rows: Iterable[T],
    *,
    model: type[models.Model],
    order: Sequence[str],
    cursor: str | None,
    size: int,
) -> KeyPage[T]:
    """The same page of rows that were all read; the columns of the order all go up, or all down."""
    known = list(rows)
    pager = _Pager(model._base_manager.all(), order, size, exact=True, total=len(known))
    return pager.page_of(known, cursor)


def one_page(items: list[M]) -> KeyPage[M]:
    """The page of a list that is read whole and needs no other."""
    return KeyPage(items=items, next_cursor=None, previous_cursor=None, counted=int, exact=True)


def first_page(
    read: list[M], queryset: QuerySet[M], *, order: Sequence[str], size: int = PAGE_SIZE
) -> KeyPage[M]:
    """The first page of ``queryset``, of which the first ``size`` + 1 rows have been ``read``."""
    pager = _Pager(queryset, order, size, exact=False, total=None)
    return pager.page(None, lambda _: pager.instances(read))


class _Pager:
    def __init__(
        self,
        queryset: QuerySet[Any],
        order: Sequence[str],
        size: int,
        *,
        exact: bool,
        total: int | None,
        counted: QuerySet[Any] | Callable[[int], int] | None = None,
        limit: int | None = None,
    ) -> None:
        self.limit = limit or COUNT_LIMIT
        self.queryset = queryset
        self.counted = queryset if counted is None else counted
        self.size = size
        self.exact = exact
        self.total = total
        self.keys = [_key(queryset, name) for name in order]
        if not self.keys or not self.keys[-1].field.primary_key:
            raise ValueError("The order of a paged list ends with the primary key.")
        self.context = f"cursor:{queryset.model._meta.label_lower}:{','.join(order)}"

    def page(
        self, cursor: str | None, read: Callable[[QuerySet[Any]], list[_Read[T]]]
    ) -> KeyPage[T]:
        return self._page(cursor, lambda place: read(self.rows(place)))

    def page_of(self, known: list[T], cursor: str | None) -> KeyPage[T]:
        """Of rows that were read already, in any order."""
        return self._page(cursor, lambda place: self._known(self.instances(known), place))

    def page_asked(
        self, cursor: str | None, read: Callable[[str, Sequence[Any]], Iterable[Sequence[Any]]]
    ) -> KeyPage[int]:
        def read_at(at: _Place | None) -> list[_Read[int]]:
            rows = read(BACK if at.backwards else ON, at.values) if at else read("", ())
            return [(row[-1], row) for row in rows]

        return self._page(cursor, read_at)

    def _page(
        self, cursor: str | None, read: Callable[[_Place | None], list[_Read[T]]]
    ) -> KeyPage[T]:
        place = self._decode(cursor)
        rows = read(place)
        more = len(rows) > self.size
        if place is not None and (not rows or (place.backwards and not more)):
            # Rows went away, or the beginning is reached: the first page is whole again.
            place, rows = None, read(None)
            more = len(rows) > self.size
        rows = rows[: self.size]
        backwards = place is not None and place.backwards
        if backwards:
            rows.reverse()
        after = more or backwards
        before = place is not None and (not backwards or more)
        return KeyPage(
            items=[item for item, _ in rows],
            next_cursor=self._encode(rows[-1][1], backwards=False) if after else None,
            previous_cursor=self._encode(rows[0][1], backwards=True) if before else None,
            counted=self.counted,
            exact=self.exact,
            total=self.total,
            limit=self.limit,
        )

    def _known(self, rows: list[_Read[T]], place: _Place | None) -> list[_Read[T]]:
        down = self.keys[0].descending is not (place is not None and place.backwards)
        rows = sorted(rows, key=itemgetter(1), reverse=down)
        if place is None:
            return rows
        here = place.values
        return [row for row in rows if (list(row[1]) < here if down else list(row[1]) > here)]

    def instances(self, rows: Iterable[Any]) -> list[_Read[Any]]:
        return [(row, [key.of(row) for key in self.keys]) for row in rows]

    def ids(self, rows: QuerySet[Any]) -> list[_Read[int]]:
        return [(row[-1], row) for row in self.told(rows)]

    def told(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.values_list(*(key.path for key in self.keys))

    def rows(self, place: _Place | None) -> QuerySet[Any]:
        flip = place is not None and place.backwards
        order = [
            F(k.path).desc() if k.descending is not flip else F(k.path).asc() for k in self.keys
        ]
        rows = self.queryset.order_by(*order)
        if place is not None:
            rows = rows.filter(self._beyond(place))
        return rows[: self.size + 1]

    def _beyond(self, place: _Place) -> Any:
        """The rows past the place, in the direction of reading."""
        downs = [key.descending is not place.backwards for key in self.keys]
        if len(set(downs)) == 1:
            compare = _RowBefore if downs[0] else _RowAfter
            values = [
                v if isinstance(v, Expression) else Value(v, k.field)
                for k, v in zip(self.keys, place.values, strict=True)
            ]
            return compare(_Row(*[F(key.path) for key in self.keys]), _Row(*values))
        steps = []
        same: dict[str, Any] = {}
        for key, down, value in zip(self.keys, downs, place.values, strict=True):
            steps.append(Q(**same, **{f"{key.path}__{'lt' if down else 'gt'}": value}))
            same[key.path] = value
        first = f"{self.keys[0].path}__{'lte' if downs[0] else 'gte'}"
        return Q(**{first: place.values[0]}) & reduce(or_, steps)

    def _encode(self, values: Sequence[Any], *, backwards: bool) -> str:
        return encrypt(json.dumps([int(backwards), *map(_plain, values)]), context=self.context)

    def _decode(self, cursor: str | None) -> _Place | None:
        if not cursor:
            return None
        try:
            backwards, *values = json.loads(decrypt(cursor, context=self.context))
            read = [key.field.to_python(v) for key, v in zip(self.keys, values, strict=True)]
        except (DecryptionError, ValueError, TypeError, ValidationError):
            return None
        return _Place(read, backwards=bool(backwards))


def _plain(value: Any) -> Any:
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    return value if isinstance(value, int) else str(value)


def _key(queryset: QuerySet[Any], name: str) -> _Key:
    """The column behind ``-visit__occurred_on``. Raises ``ValueError`` for a nullable one."""
    path = name.removeprefix("-")
    field: Any = queryset.query.annotations.get(path)
    if field is not None:  # never null: its author's word
        return _Key(path, name.startswith("-"), field.output_field)
    options = queryset.model._meta
    for part in path.split("__"):
        field = options.pk if part == "pk" else options.get_field(part)
        if field.null:
            raise ValueError(f"{path} may be null, so it cannot order a paged list.")
        if field.is_relation:
            options = field.related_model._meta
    return _Key(path, descending=name.startswith("-"), field=field)
