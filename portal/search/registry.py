"""What can be found: each app tells in ``AppConfig.ready()`` which kinds it writes and who sees them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q, QuerySet

from portal.accounts.models import Post, ScopeIds


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The findable text of one object. ``names`` are persons' names to leave out of the index."""

    object_id: int
    scope: ScopeIds
    happened_on: dt.date
    text: str
    names: tuple[str, ...] = ()


def _anywhere(_post: Post) -> Q:
    return Q()


def _never(_post: Post) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchKind:
    """One kind of findable object.

    ``visible`` gives the rows of the app's model that a post may see; a hit outside of them does
    not exist. ``narrow`` may name a condition on ``SearchEntry`` that surely holds for all of
    them (``Q(street_id=…)``): it makes the index quick and decides nothing. ``documents`` yields
    everything there is, for ``manage.py rebuild_search``.
    """

    key: str
    label: str
    visible: Callable[[Post], QuerySet[Any]]
    documents: Callable[[], Iterable[Document]]
    narrow: Callable[[Post], Q] = _anywhere
    #: Whether a post sees no more than a few thousand of them, so that each may be asked.
    is_little: Callable[[Post], bool] = _never
    #: Its texts are names of places and nothing else.
    of_places: bool = False


_KINDS: Final[dict[str, SearchKind]] = {}


def register(kind: SearchKind) -> None:
    """Make ``kind`` findable. Registering the same key again replaces it."""
    _KINDS[kind.key] = kind


def unregister(key: str) -> None:
    _KINDS.pop(key, None)


def kinds() -> list[SearchKind]:
    """All kinds, in the order in which they were registered."""
    return list(_KINDS.values())


def get(key: str) -> SearchKind:
    """Raises ``KeyError`` for a kind that nobody registered."""
    return _KINDS[key]
