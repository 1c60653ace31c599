"""Finding records by words, inside what a post may see."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cached_property, partial, reduce
from operator import or_
from typing import Any, Final, NamedTuple, cast

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import OrderBy
from django.db.models.functions import Coalesce

from portal.accounts.models import Post
from portal.core.bigrams import Phrase, query_phrases
from portal.core.paging import KeyPage, paginate_known, paginate_read
from portal.search import registry
from portal.search.models import SearchEntry
from portal.search.registry import SearchKind

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
    asked = _Asked(post, kinds, phrases, among)
    page = partial(paginate_read, asked.entries, order=ORDER, cursor=cursor, size=size)
    known = partial(paginate_known, model=SearchEntry, order=ORDER, cursor=cursor, size=size)
    if all(each.is_little(post) for each in kinds):
        return known(asked.one_by_one())
    hits, is_all = asked.glance()
    if hits and is_all:
        return known(hits)
    if len(hits) >= OFTEN:
        with suppress(_SeldomError):
            return page(asked.newest, limit=size)
    hits = asked.by_words()
    return known(hits) if len(hits) <= FEW else page(asked.sorted, limit=FEW)


def is_found(post: Post | None, query: str, *, kinds: Sequence[SearchKind]) -> bool:
    """Whether ``search`` would find anything of these kinds; one query."""
    phrases = query_phrases(query)
    if post is None or not phrases or not kinds:
        return False
    return _Asked(post, kinds, phrases, None).is_found()


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
        kinds: Sequence[SearchKind],
        phrases: Sequence[Phrase],
        among: QuerySet[Any] | None,
    ) -> None:
        self.post, self.kinds, self.phrases, self.among = post, kinds, phrases, among
        self.entries = SearchEntry.objects.filter(reduce(or_, (k.narrow(post) for k in kinds)))

    def is_found(self) -> bool:
        return self.entries.filter(self._visible, tokens__matches=self.phrases).exists()

    def one_by_one(self) -> list[Found]:
        """All hits, where so little is visible that its words are read without an index."""
        found: list[Found] = []
        for kind in self.kinds:
            rows = SearchEntry.objects.filter(kind.narrow(self.post), kind=kind.key)
            for ids in self._ids(kind):
                rows = rows.filter(object_id__in=ids)
            hits = rows.filter(tokens__holds=self.phrases).order_by()
            found += map(Found._make, hits.values_list(*Found._fields))
        return found

    def glance(self) -> tuple[list[Any], bool]:
        """Hits among the newest records; whether there are no others."""
        rows = self.entries.order_by(*ORDER).values("pk")
        newest = self._held(self.entries.filter(pk__in=rows[:GLANCE])).order_by()
        others = Exists(rows[GLANCE : GLANCE + 1])
        told = list(newest.annotate(others=others).values_list(*Found._fields, "others"))
        return [Found(*hit) for *hit, _ in told], not any(others for *_, others in told[:1])

    def newest(self, rows: QuerySet[Any], number: int) -> list[Any]:
        """The first hits along the index by day: quick for words that many records hold."""
        hits = list(_read(self._held(self._until(rows, WALK)))[:number])
        if len(hits) < number:
            raise _SeldomError
        return hits

    def _held(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(self._visible, tokens__holds=self.phrases)

    @staticmethod
    def _until(rows: QuerySet[Any], number: int) -> QuerySet[Any]:
        """To the end of the day of the row with this number."""
        day = Subquery(rows.values("happened_on")[number : number + 1])
        if _order_of(rows)[0].descending:
            return rows.filter(happened_on__gte=Coalesce(day, Value(dt.date.min)))
        return rows.filter(happened_on__lte=Coalesce(day, Value(dt.date.max)))

    def by_words(self) -> list[Any]:
        """The hits by the index of words, in no order; one more than a few are enough."""
        hits = self.entries.filter(self._visible, tokens__matches=self.phrases).order_by()
        return list(_read(hits)[: FEW + 1])

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
        """SECURITY: entries of the kinds that the post may see; the only way to a hit."""
        found = Q()
        for kind in self.kinds:
            may_see = Q(kind=kind.key) & kind.narrow(self.post)
            for ids in self._ids(kind):
                may_see &= Q(Exists(ids.filter(pk=OuterRef("object_id"))))
            found |= may_see
        return found

    def _ids(self, kind: SearchKind) -> Iterator[QuerySet[Any]]:
        """SECURITY: a hit is in each of them: what the post may see, and what it asked for."""
        yield kind.visible(self.post).order_by().values("pk")
        if self.among is not None:
            yield self.among.order_by().values("pk")


def _read(hits: QuerySet[Any]) -> QuerySet[Any]:
    return hits.values_list(*Found._fields, named=True)
