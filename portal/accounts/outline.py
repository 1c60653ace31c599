"""A post without its values: what decides how a scoped query reads, for queries built once.

The rule of a scope asks a post for its role and the kind of its place, which decide the form of the
query, and for ids, which are only values in it. ``Scoped`` builds one query for each form from the
same ``visible_to`` and keeps it (decision 0096).

SECURITY: an ``Outline`` knows nothing else of a post, so nothing of one post can stay in a query
that another one is given.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, cast

from django.db.models import QuerySet
from django.utils import timezone

from portal.accounts.kinds import ScopeIds
from portal.accounts.permissions import ROLES, Permission
from portal.accounts.roles import Role
from portal.core.db.prepared import Day, Given, Moment, Number, Prepared, Text

if TYPE_CHECKING:
    from portal.accounts.models import Post

_LEVELS: Final = ScopeIds._fields
#: No name of a builder's own value: those have no dot.
_VALUES: Final[dict[str, type[Given]]] = {
    "post.pk": Number,
    "post.user": Number,
    "post.place": Number,
    "post.path": Text,
    "post.today": Day,
    "post.now": Moment,
    **{f"post.{level}": Number for level in _LEVELS},
}
#: What opens records to them is asked in Python: their queries are built each time.
_BY_CASES: Final = frozenset({Role.INSPECTOR})


@dataclass(frozen=True, slots=True)
class PlaceOutline:
    """The unit of an ``Outline``."""

    kind: str
    pk: Number
    path: Text
    ids: ScopeIds

    def scope_ids(self) -> ScopeIds:
        return self.ids


@dataclass(frozen=True, slots=True)
class Outline:
    """Stands for a post while a query is built."""

    role: str
    organisation: PlaceOutline
    pk: Number
    user_id: Number
    today: Day
    now: Moment

    @property
    def organisation_id(self) -> Number:
        return self.organisation.pk

    @property
    def district_id(self) -> int | None:
        return self.organisation.scope_ids().district_id

    def may(self, permission: Permission | str) -> bool:
        return self.role in ROLES[Permission(permission)]


@lru_cache(maxsize=256)
def _outline(role: str, kind: str, levels: tuple[str, ...]) -> Outline:
    ids = {name: Number(f"post.{name}") if name in levels else None for name in _LEVELS}
    place = PlaceOutline(
        kind=kind,
        pk=Number("post.place"),
        path=Text("post.path"),
        ids=ScopeIds(**cast(dict[str, Any], ids)),
    )
    return Outline(
        role=role,
        organisation=place,
        pk=Number("post.pk"),
        user_id=Number("post.user"),
        today=Day("post.today"),
        now=Moment("post.now"),
    )


def day_for(post: Post | Outline, now: dt.datetime | None = None) -> dt.date:
    """The local day a question of ``post`` is asked on; of an outline the day to be given."""
    if isinstance(post, Outline):
        return cast(dt.date, post.today)
    return timezone.localdate(now)


def moment_for(post: Post | Outline, now: dt.datetime | None = None) -> dt.datetime:
    """The same for the moment."""
    if isinstance(post, Outline):
        return cast(dt.datetime, post.now)
    return now or timezone.now()


class Scoped:
    """A query within the scope of a post, built once for each kind of post."""

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], **values: type[Given]) -> None:
        """``build(post, *shape, **values)`` gives the queryset; ``now`` may be among them."""
        self.build = build
        #: What is given beside the post, and of which kind.
        self.values = values
        self._prepared = Prepared(self._built, **(_VALUES | values))

    def rows(
        self, post: Post, *shape: Hashable, now: dt.datetime | None = None, **values: Any
    ) -> list[tuple[Any, ...]]:
        """Of a ``values_list``: its rows for ``post`` at ``now`` (this moment unless said)."""
        now = now or timezone.now()
        if post.role in _BY_CASES:
            return list(self._direct(post, shape, now, values))
        return self._prepared.rows(*_parted(post), *shape, **_values(post, now), **values)

    def objects(
        self, post: Post, *shape: Hashable, now: dt.datetime | None = None, **values: Any
    ) -> list[Any]:
        """Of a queryset of models: its instances."""
        now = now or timezone.now()
        if post.role in _BY_CASES:
            return list(self._direct(post, shape, now, values))
        return self._prepared.objects(*_parted(post), *shape, **_values(post, now), **values)

    def count(
        self, post: Post, *shape: Hashable, now: dt.datetime | None = None, **values: Any
    ) -> int:
        """How many rows there are for ``post``, counted by the database."""
        now = now or timezone.now()
        if post.role in _BY_CASES:
            return self._direct(post, shape, now, values).count()
        return self._prepared.count(*_parted(post), *shape, **_values(post, now), **values)

    def _direct(
        self, post: Post, shape: tuple[Hashable, ...], now: dt.datetime, values: dict[str, Any]
    ) -> QuerySet[Any, Any]:
        own = values | {"now": now} if "now" in self.values else values
        return self.build(post, *shape, **own)

    def _built(
        self, role: str, kind: str, levels: tuple[str, ...], *shape: Any, **values: Any
    ) -> QuerySet[Any, Any]:
        own = {name: values[name] for name in self.values}
        if "now" in own:
            own["now"] = values["post.now"]
        return self.build(_outline(role, kind, levels), *shape, **own)


def _parted(post: Post) -> tuple[str, str, tuple[str, ...]]:
    ids = post.organisation.scope_ids()
    levels = tuple(name for name in _LEVELS if getattr(ids, name) is not None)
    return post.role, post.organisation.kind, levels


def _values(post: Post, now: dt.datetime) -> dict[str, Any]:
    ids = post.organisation.scope_ids()
    return {
        "post.pk": post.pk,
        "post.user": post.user_id,
        "post.place": post.organisation_id,
        "post.path": post.organisation.path,
        "post.today": timezone.localdate(now),
        "post.now": now,
        **{f"post.{level}": pk for level, pk in ids._asdict().items()},
    }
