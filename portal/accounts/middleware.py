"""Who is asking: the acting post, the idle sign-out, and the steps before the first page."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render, resolve_url
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.http import urlencode

from portal.accounts import field
from portal.accounts.field import SEEN_KEY
from portal.accounts.models import Post, User
from portal.accounts.selectors.devices import Standing
from portal.accounts.selectors.first_steps import Step, missing_step
from portal.accounts.selectors.posts import posts_in_force
from portal.accounts.selectors.second_factor import is_set_up
from portal.accounts.services.sign_in import record_idle
from portal.core.persons import may_be_a_person

POST_KEY: Final = "acting_post"
#: Holds the id of the user who passed the second factor in this session.
SECOND_FACTOR_KEY: Final = "second_factor_user"
#: The session is written at most this often for being idle-checked, in seconds.
SEEN_GRAIN: Final = 60
#: What every list and the search are asked by.
SEARCHED: Final = "q"
#: A request that the page makes by itself says so, and does not keep the session alive.
BACKGROUND_HEADER: Final = "X-Background"


class SignedInMiddleware:
    """Private by default: signed in, not idle, under a post in force (``request.post``)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.post = None  # type: ignore[attr-defined]
        request.user_posts = []  # type: ignore[attr-defined]
        #: The 外勤会话 that holds, and whether nothing but it is left of the sign-in.
        request.field_session = None  # type: ignore[attr-defined]
        request.limited = False  # type: ignore[attr-defined]
        if request.user.is_authenticated:
            posts = posts_in_force(request.user, timezone.localdate())
            _end_or_limit(request, posts)
        if request.user.is_authenticated:
            request.user_posts = posts  # type: ignore[attr-defined]
            request.post = acting_post(request, posts)  # type: ignore[attr-defined]
        response = self.get_response(request)
        if request.limited:  # type: ignore[attr-defined]
            _stay_in_field(request, response)
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            # Nothing that a signed-in person read stays on a shared computer.
            response.headers["Cache-Control"] = "private, no-store"
        return response

    def process_view(
        self, request: HttpRequest, view: Callable, _args: Any, kwargs: Any
    ) -> HttpResponse | None:
        view_class = getattr(view, "view_class", view)
        if not getattr(view_class, "login_required", True):
            return None
        if not request.user.is_authenticated:
            # A form that arrives after its session has ended may keep what was typed.
            keep = getattr(view_class, "when_signed_out", None)
            return (keep(request, **kwargs) if keep else None) or _to_sign_in(request)
        step = _step(request)
        if step is not None:
            return None if step in getattr(view_class, "answers", ()) else _to_step(request, step)
        if request.limited and not field.may_open(view_class, request, kwargs):  # type: ignore[attr-defined]
            return _go(
                request, f"{reverse('accounts:unlock')}?{urlencode({'next': _here(request)})}"
            )
        if request.post is None and not getattr(view_class, "without_post", False):  # type: ignore[attr-defined]
            return render(request, "accounts/no_post.html", status=403)
        return None


def acting_post(request: HttpRequest, posts: list[Post]) -> Post | None:
    """The chosen post when it is still in force, else the first one; out of doors, its own."""
    limited = request.field_session if request.limited else None  # type: ignore[attr-defined]
    chosen = limited.post_id if limited else request.session.get(POST_KEY)
    return next((post for post in posts if post.pk == chosen), posts[0] if posts else None)


def _end_or_limit(request: HttpRequest, posts: list[Post]) -> None:
    """What the clock leaves of a sign-in: all of it, the limited state of an 外勤会话, or nothing."""
    running, worth = field.running(request, posts)
    if worth is Standing.LOST:
        field.leave(request, reason="lost")
        return _sign_out(request, "这台设备上的外勤会话已失效，请重新登录。")
    if worth is Standing.OVER:
        if running is not None and field.leave(request, reason="over"):
            return _sign_out(request, "外勤会话已结束，请重新登录。没发送的记录还在这台设备上。")
        return _sign_out_if_idle(request)
    request.field_session = running  # type: ignore[attr-defined]
    if not request.session.get(field.LIMITED_KEY) and _is_idle(request):
        request.session[field.LIMITED_KEY] = True
    request.limited = bool(request.session.get(field.LIMITED_KEY))  # type: ignore[attr-defined]
    if not request.limited:  # type: ignore[attr-defined]
        _note_seen(request)
    return None


def _is_idle(request: HttpRequest) -> bool:
    seen = request.session.get(SEEN_KEY)
    return seen is not None and int(time.time()) - seen > settings.SESSION_IDLE_SECONDS


def _note_seen(request: HttpRequest) -> None:
    now, seen = int(time.time()), request.session.get(SEEN_KEY)
    if seen is None or (now - seen > SEEN_GRAIN and BACKGROUND_HEADER not in request.headers):
        request.session[SEEN_KEY] = now


def _sign_out_if_idle(request: HttpRequest) -> None:
    if not _is_idle(request):
        return _note_seen(request)
    minutes = settings.SESSION_IDLE_SECONDS // 60
    return _sign_out(
        request, f"您有 {minutes} 分钟没有操作，系统已自动退出。请重新登录，草稿还在。"
    )


def _sign_out(request: HttpRequest, words: str) -> None:
    record_idle(user=cast(User, request.user))
    logout(request)
    messages.info(request, words)


def _stay_in_field(request: HttpRequest, response: HttpResponse) -> None:
    """What was saved out of doors leads on to a page that is open there."""
    target = urlsplit(response.headers.get("Location", "")).path
    if not target:
        return
    try:
        match = resolve(target)
    except Resolver404:
        return
    view_class = getattr(match.func, "view_class", match.func)
    is_private = getattr(view_class, "login_required", True)
    if is_private and not field.may_open(view_class, request, match.kwargs):
        response.headers["Location"] = settings.FIELD_HOME


def _step(request: HttpRequest) -> Step | None:
    user = cast(User, request.user)
    return missing_step(
        user=user,
        posts=request.user_posts,  # type: ignore[attr-defined]
        passed_second_factor=request.session.get(SECOND_FACTOR_KEY) == user.pk,
        demo=settings.DEMO,
    )


def _to_step(request: HttpRequest, step: Step) -> HttpResponse:
    """Lead to the step; who has an app but did not use it in this session signs in again."""
    if step == Step.SECOND_FACTOR and is_set_up(cast(User, request.user)):
        logout(request)
        return _to_sign_in(request)
    return _go(request, f"{resolve_url(step)}?{urlencode({'next': _here(request)})}")


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    return _go(request, redirect_to_login(_here(request), settings.LOGIN_URL).url)


def _here(request: HttpRequest) -> str:
    """The page a person is on: for a fragment, the page that asked for it.

    SECURITY: what may be a person goes no further than the address it was typed into.
    """
    # Of the browser's whole address the path and what is asked; of ours, as it came.
    parts = urlsplit(request.headers.get("HX-Current-URL") or request.get_full_path())
    path, query = parts.path, parts.query
    if may_be_a_person(QueryDict(query).get(SEARCHED, "")):
        kept = QueryDict(query, mutable=True)
        del kept[SEARCHED]
        query = kept.urlencode()
    return f"{path}?{query}" if query else path


def _go(request: HttpRequest, url: str) -> HttpResponse:
    """A redirect of the whole page, also when only a fragment was asked for."""
    if "HX-Request" in request.headers:
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)
