"""Who is asking: the acting post, the idle sign-out, and the steps before the first page."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import ResolverMatch
from django.utils import timezone

from portal.accounts.models import Post, User

POST_KEY = "acting_post"
SEEN_KEY = "seen_at"
#: The session is written at most this often for being idle-checked, in seconds.
SEEN_GRAIN = 60


class SignedInMiddleware:
    """Private by default: signed in, not idle, under a post in force (``request.post``)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.post = None  # type: ignore[attr-defined]
        request.user_posts = []  # type: ignore[attr-defined]
        if request.user.is_authenticated:
            self._sign_out_if_idle(request)
        if request.user.is_authenticated:
            posts = posts_in_force(cast(User, request.user))
            request.user_posts = posts  # type: ignore[attr-defined]
            request.post = acting_post(request, posts)  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable, args: object, kwargs: object
    ) -> HttpResponse | None:
        view_class = getattr(view, "view_class", None)
        required = getattr(view_class or view, "login_required", True)
        if not required:
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
        step = next_step(request, cast(ResolverMatch, request.resolver_match))
        if step is not None:
            return step
        if request.post is None and not getattr(view_class, "without_post", False):  # type: ignore[attr-defined]
            return render(request, "accounts/no_post.html", status=403)
        return None

    @staticmethod
    def _sign_out_if_idle(request: HttpRequest) -> None:
        now, seen = int(time.time()), request.session.get(SEEN_KEY)
        if seen is not None and now - seen > settings.SESSION_IDLE_SECONDS:
            logout(request)
        elif seen is None or now - seen > SEEN_GRAIN:
            request.session[SEEN_KEY] = now


def posts_in_force(user: User) -> list[Post]:
    """The posts the user may act under today, in order of start."""
    today = timezone.localdate()
    posts = Post.objects.filter(user=user).in_force(today).select_related("organisation", "user")
    return list(posts)


def acting_post(request: HttpRequest, posts: list[Post]) -> Post | None:
    """The chosen post when it is still in force, else the first one."""
    chosen = request.session.get(POST_KEY)
    return next((post for post in posts if post.pk == chosen), posts[0] if posts else None)


def next_step(request: HttpRequest, match: ResolverMatch) -> HttpResponse | None:
    """A redirect to what must happen before the first page (password, second factor)."""
    from portal.accounts.services import first_steps  # noqa: PLC0415 -- services import models

    return first_steps.redirect(request, match)
