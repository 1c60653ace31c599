"""The mixins every view stands on: signed in under a post, allowed, and inside the scope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from portal.accounts.models import Post, User
from portal.accounts.permissions import Permission
from portal.core.access import PublicMixin

__all__ = ["PostMixin", "PublicMixin", "ScopedMixin", "SignedInMixin"]

#: The page that exports a list; the app above has it.
LIST_EXPORT: Final = "jobs:list_export"


class SignedInMixin:
    """A page about the own account: signed in is enough, even without a post in force."""

    request: HttpRequest
    without_post = True
    #: The first steps this page is the answer to (``selectors.first_steps.Step``).
    answers: ClassVar[Sequence[str]] = ()
    permission: ClassVar[Permission | None] = None

    @property
    def user(self) -> User:
        """The signed-in user: the middleware lets nobody else through."""
        return cast(User, self.request.user)


class PostMixin:
    """A page for signed-in people acting under a post that holds ``permission``."""

    request: HttpRequest
    permission: ClassVar[Permission | None] = None

    @property
    def user(self) -> User:
        """The signed-in user: the middleware lets nobody else through."""
        return cast(User, self.request.user)

    @property
    def post_in_force(self) -> Post:
        """The acting post (its organisation and user loaded)."""
        return cast(Post, self.request.post)  # type: ignore[attr-defined]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.permission is None:
            raise PermissionDenied("这个页面没有声明权限，请联系系统管理员。")
        self.post_in_force.require(self.permission)
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        return response

    def export_url(self, key: str, query: str | None = None) -> str:
        """Where the list of this page becomes a file; "" for who may not.

        ``query`` narrows it; without one, whatever narrows the page does.
        """
        if not self.post_in_force.may(Permission.EXPORT_LISTS):
            return ""
        if query is None:
            asked = self.request.GET.copy()
            asked.pop("cursor", None)
            query = f"?{asked.urlencode()}" if asked else ""
        return f"{reverse(LIST_EXPORT, args=[key])}{query}"


class ScopedMixin(PostMixin):
    """Start from the rows the acting post may see. Anything else is a 404."""

    def get_queryset(self) -> Any:
        return super().get_queryset().visible_to(self.post_in_force)  # type: ignore[misc]
