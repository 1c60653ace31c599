"""Finding records by words, inside what a post may see."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property, partial, reduce
from operator import or_
from typing import Any, Final, NamedTuple, TypeVar, cast

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import OrderBy
from django.db.models.functions import Coalesce

from portal.accounts.models import Post
from portal.accounts.outline import Scoped
from portal.core.bigrams import Phrase, query_phrases
from portal.core.db.fulltext import Phrases
from portal.core.db.prepared import Day
from portal.core.paging import KeyPage, paginate_known, paginate_read
from portal.search import registry
from portal.search.models import SearchEntry
from portal.search.registry import SearchKind

T = TypeVar("T")

PAGE_SIZE: Final = 20
ORDER: Final = ("-happened_on", "-pk")
#: So many hits are all read, counted and sorted.
FEW: Final = 2_000
#: So many of the newest records are looked through for the words first.
GLANCE: Final = 500
#: So many hits among those tell of words that many records hold.
OFTEN: Final = 3
#: Then the newest are looked through further, about so many.
WALK: Final = 6_000


class Found(NamedTuple):
    """One hit."""

    pk: int
    kind: str
    object_id: int
    happened_on: dt.date


def search(
    post: Post | None,
    query: str,
    *,
    kind: str | None = None,
    cursor: str | None = None,
    size: int = PAGE_SIZE,
    among: QuerySet[Any] | None = None,
) -> KeyPage[Found]:
    """The objects that hold every word of ``query``, newest first.

    Only objects that are in their kind's visible rows for ``post``: the scope is a subquery of
    the search itself, so neither a hit nor the count can show anything else. Without a post,
    without words, or with an unknown ``kind`` nothing is found. Names, phones and ID numbers are
    not in the index. ``among`` are rows of the ``kind``'s model, to find nothing else. Where the
    newest records are full of hits, no more than a page of them is counted.
    """
    phrases = query_phrases(query)
    kinds = [each for each in registry.kinds() if kind is None or each.key == kind]
    if post is None or not phrases or not kinds:
        return paginate_known((), model=SearchEntry, order=ORDER, cursor=None, size=size)
    asked = _Asked(post, tuple(kinds), phrases, among)
    page = partial(paginate_read, asked.entries, order=ORDER, cursor=cursor, size=size)
    known = partial(paginate_known, model=SearchEntry, order=ORDER, cursor=cursor, size=size)
    if all(each.is_little(post) for each in kinds):
        return known(asked.one_by_one())
    hits, is_all = asked.glance()
    if hits and is_all:
        return known(hits)
    if len(hits) > size and not cursor:
        return page(lambda _, number: sorted(hits, key=_newest, reverse=True)[:number], limit=size)
    if len(hits) >= OFTEN:
        with suppress(_SeldomError):
            return page(asked.newest if cursor else asked.first, limit=size)
    hits = asked.by_words()
    return known(hits) if len(hits) <= FEW else page(asked.sorted, limit=FEW)


def is_found(post: Post | None, query: str, *, kinds: Sequence[SearchKind]) -> bool:
    """Whether ``search`` would find anything of these kinds; one query."""
    phrases = query_phrases(query)
    if post is None or not phrases or not kinds:
        return False
    return bool(_IS_FOUND.rows(post, tuple(kinds), phrases=phrases))


def _order_of(rows: QuerySet[Any]) -> Sequence[OrderBy]:
    """As ``paginate`` has put it."""
    return cast(Sequence[OrderBy], rows.query.order_by)


class _SeldomError(Exception):
    """The newest records hold too few hits to fill a page."""


class _Asked:
    """What is looked for, by whom; three ways of finding it."""

    def __init__(
        self,
        post: Post,
        kinds: tuple[SearchKind, ...],
        phrases: Sequence[Phrase],
        among: QuerySet[Any] | None,
    ) -> None:
        self.post, self.kinds, self.phrases, self.among = post, kinds, phrases, among
        self.entries = _entries(post, kinds)

    def one_by_one(self) -> list[Found]:
        """All hits, where so little is visible that its words are read without an index."""
        rows = [row for kind in self.kinds for row in self._read(_ONE_BY_ONE, kind)]
        return list(map(Found._make, rows))

    def glance(self) -> tuple[list[Found], bool]:
        """Hits among the newest records; whether there are no others."""
        told = list(self._read(_GLANCE, self.kinds))
        return [Found(*hit) for *hit, _ in told], not any(others for *_, others in told[:1])

    def by_words(self) -> list[Found]:
        """The hits by the index of words, in no order; one more than a few are enough."""
        return list(map(Found._make, self._read(_BY_WORDS, self.kinds)))

    def _read(self, query: Scoped, *shape: Any, **values: Any) -> Iterable[tuple[Any, ...]]:
        """The rows of a query that is built once; among rows that are asked for now, built now."""
        values["phrases"] = self.phrases
        if self.among is None:
            return query.rows(self.post, *shape, **values)
        return query.build(self.post, *shape, among=self.among, **values)

    def first(self, _: QuerySet[Any], number: int) -> list[Found]:
        """The newest hits along the index by day: quick for words that many records hold."""
        oldest = dt.date.min
        told = self._read(_FIRST, self.kinds, number, oldest=oldest)
        return _enough(map(Found._make, told), number)

    def newest(self, rows: QuerySet[Any], number: int) -> list[Any]:
        """The same of the ordered ``rows``, the rest behind another page."""
        held = _until(rows, WALK).filter(self._visible, tokens__holds=self.phrases)
        return _enough(_read(held)[:number], number)

    def sorted(self, rows: QuerySet[Any], number: int) -> list[Any]:
        """The first hits by the index of words: all are read."""
        day, key = _order_of(rows)
        # An expression, which no index has in order: else the database might walk.
        by_day = Coalesce("happened_on", "happened_on")
        order = (by_day.desc() if day.descending else by_day.asc(), key)
        hits = rows.filter(self._visible, tokens__matches=self.phrases).order_by(*order)
        return list(_read(hits)[:number])

    @cached_property
    def _visible(self) -> Q:
        return _visible(self.post, self.kinds, self.among)


def _entries(post: Post, kinds: Iterable[SearchKind]) -> QuerySet[SearchEntry]:
    """Where everything lies that the post may see of these kinds."""
    narrowed = dict.fromkeys(kind.narrow(post) for kind in kinds)
    return SearchEntry.objects.filter(reduce(or_, narrowed))


def _visible(post: Post, kinds: Iterable[SearchKind], among: QuerySet[Any] | None = None) -> Q:
    """SECURITY: entries of the kinds that the post may see; the only way to a hit."""
    found = Q()
    for kind in kinds:
        may_see = Q(kind=kind.key) & kind.narrow(post)
        for ids in _ids(post, kind, among):
            may_see &= Q(Exists(ids.filter(pk=OuterRef("object_id"))))
        found |= may_see
    return found


def _ids(post: Post, kind: SearchKind, among: QuerySet[Any] | None) -> Iterator[QuerySet[Any]]:
    """SECURITY: a hit is in each of them: what the post may see, and what it asked for."""
    yield kind.visible(post).order_by().values("pk")
    if among is not None:
        yield among.order_by().values("pk")


def _is_found(post: Post, kinds: tuple[SearchKind, ...], *, phrases: Any) -> QuerySet[Any, Any]:
    hits = _entries(post, kinds).filter(_visible(post, kinds), tokens__matches=phrases)
    return hits.order_by().annotate(found=Value(1)).values_list("found")[:1]


def _one_by_one(
    post: Post, kind: SearchKind, *, phrases: Any, among: QuerySet[Any] | None = None
) -> QuerySet[Any, Any]:
    rows = SearchEntry.objects.filter(kind.narrow(post), kind=kind.key)
    for ids in _ids(post, kind, among):
        rows = rows.filter(object_id__in=ids)
    return rows.filter(tokens__holds=phrases).order_by().values_list(*Found._fields)


def _glance(
    post: Post,
    kinds: tuple[SearchKind, ...],
    *,
    phrases: Any,
    among: QuerySet[Any] | None = None,
) -> QuerySet[Any, Any]:
    rows = _entries(post, kinds)
    ordered = rows.order_by(*ORDER).values("pk")
    newest = rows.filter(
        _visible(post, kinds, among), pk__in=ordered[:GLANCE], tokens__holds=phrases
    )
    others = Exists(ordered[GLANCE : GLANCE + 1])
    return newest.order_by().annotate(others=others).values_list(*Found._fields, "others")


def _first(
    post: Post,
    kinds: tuple[SearchKind, ...],
    number: int,
    *,
    phrases: Any,
    oldest: Any,
    among: QuerySet[Any] | None = None,
) -> QuerySet[Any, Any]:
    ordered = _entries(post, kinds).order_by(F("happened_on").desc(), F("pk").desc())
    rows = _until(ordered, WALK, oldest=oldest)
    held = rows.filter(_visible(post, kinds, among), tokens__holds=phrases)
    return held.values_list(*Found._fields)[:number]


def _by_words(
    post: Post,
    kinds: tuple[SearchKind, ...],
    *,
    phrases: Any,
    among: QuerySet[Any] | None = None,
) -> QuerySet[Any, Any]:
    hits = _entries(post, kinds).filter(_visible(post, kinds, among), tokens__matches=phrases)
    return hits.order_by().values_list(*Found._fields)[: FEW + 1]


_IS_FOUND: Final = Scoped(_is_found, phrases=Phrases)
_ONE_BY_ONE: Final = Scoped(_one_by_one, phrases=Phrases)
_GLANCE: Final = Scoped(_glance, phrases=Phrases)
_FIRST: Final = Scoped(_first, phrases=Phrases, oldest=Day)
_BY_WORDS: Final = Scoped(_by_words, phrases=Phrases)


def _until(rows: QuerySet[Any], number: int, *, oldest: Any = None) -> QuerySet[Any]:
    """To the end of the day of the row with this number."""
    day = Subquery(rows.values("happened_on")[number : number + 1])
    if _order_of(rows)[0].descending:
        return rows.filter(happened_on__gte=Coalesce(day, oldest or Value(dt.date.min)))
    return rows.filter(happened_on__lte=Coalesce(day, Value(dt.date.max)))


def _enough(hits: Iterable[T], number: int) -> list[T]:
    found = list(hits)
    if len(found) < number:
        raise _SeldomError
    return found


def _newest(hit: Found) -> tuple[dt.date, int]:
    return hit.happened_on, hit.pk


def _read(hits: QuerySet[Any]) -> QuerySet[Any]:
    return hits.values_list(*Found._fields, named=True)
