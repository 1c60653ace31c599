"""System checks: no address without a declared permission (deny by default)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from django.core.checks import CheckMessage, Error, Tags, register
from django.urls import URLPattern, URLResolver, get_resolver

from portal.accounts.permissions import Permission
from portal.accounts.ports import hides_people
from portal.accounts.scope import PostMixin, PublicMixin, SignedInMixin

#: Views of packages that guard themselves; each with the reason.
GUARDED_ELSEWHERE: Final[frozenset[str]] = frozenset()


@register(Tags.urls)
def check_every_view_declares_access(**_kwargs: Any) -> list[CheckMessage]:
    """A view is public by name, for everybody signed in by name, or names its permission."""
    return [
        Error(
            f"{name} ({_path(view)}) declares neither `permission` nor PublicMixin.",
            hint="Set permission = Permission.X on a PostMixin / ScopedMixin view.",
            id="accounts.E001",
        )
        for name, view in sorted(views(get_resolver()), key=lambda pair: pair[0])
        if not declares_access(view)
    ]


@register(Tags.security)
def check_people_are_hidden(**_kwargs: Any) -> list[CheckMessage]:
    """Titles of inspections are free text: somebody has to know the names in them."""
    if hides_people():
        return []
    hint = "Bind it in the upper app's AppConfig.ready()."
    return [Error("Nobody is bound to hide_people.", hint=hint, id="accounts.E002")]


def views(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, Callable]]:
    """Each address of the resolver: its full url name (or its route) and its view."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from views(entry, inner)
        elif isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name or entry.pattern}", entry.callback


def declares_access(view: Callable) -> bool:
    """Whether somebody decided who may open ``view``."""
    if _path(view) in GUARDED_ELSEWHERE:
        return True
    view_class = getattr(view, "view_class", None)
    if view_class is None:
        return False
    if issubclass(view_class, PublicMixin | SignedInMixin):
        return True
    return issubclass(view_class, PostMixin) and isinstance(view_class.permission, Permission)


def _path(view: Callable) -> str:
    view_class = getattr(view, "view_class", view)
    return f"{view_class.__module__}.{view_class.__qualname__}"
