"""Finding records by words, inside what a post may see."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_

from django.db.models import Exists, OuterRef, Q, QuerySet

from portal.accounts.models import Post
from portal.core.bigrams import query_phrases
from portal.core.paging import KeyPage, paginate
from portal.search import registry
from portal.search.models import SearchEntry
from portal.search.registry import SearchKind

PAGE_SIZE = 20
ORDER = ("-happened_on", "-pk")


def search(
    post: Post | None,
    query: str,
    *,
    kind: str | None = None,
    cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> KeyPage[SearchEntry]:
    """The objects that hold every word of ``query``, newest first, counted to 1,000.

    Only objects that are in their kind's visible rows for ``post``: the scope is a subquery of
    the search itself, so neither a hit nor the count can show anything else. Without a post,
    without words, or with an unknown ``kind`` nothing is found. Names, phones and ID numbers are
    not in the index.
    """
    kinds = [each for each in registry.kinds() if kind is None or each.key == kind]
    return paginate(_found(post, query, kinds), order=ORDER, cursor=cursor, size=size)


def is_found(post: Post | None, query: str, *, kinds: Sequence[SearchKind]) -> bool:
    """Whether ``search`` would find anything of these kinds; one query."""
    return _found(post, query, kinds).exists()


def _found(post: Post | None, query: str, kinds: Sequence[SearchKind]) -> QuerySet[SearchEntry]:
    phrases = query_phrases(query)
    entries = SearchEntry.objects.defer("tokens")
    if post is None or not phrases or not kinds:
        return entries.none()
    return entries.filter(tokens__matches=phrases).filter(
        reduce(or_, (_visible(each, post) for each in kinds))
    )


def _visible(kind: SearchKind, post: Post) -> Q:
    """SECURITY: entries of a kind that the post may see; the only way to a hit."""
    rows = kind.visible(post).order_by().filter(pk=OuterRef("object_id"))
    return Q(kind=kind.key) & kind.narrow(post) & Q(Exists(rows))
