"""Where to go next: only to addresses of our own."""

from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from portal.accounts.models import Post


def address_of(name: str, *args: object) -> str:
    """The address of a page of an app above, or nothing while there is none of that name."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def next_url(request: HttpRequest, default: str = "/") -> str:
    """The ``next`` that came with the request when it is ours, else ``default``."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    # SECURITY: anything but an address of this site would make sign-in a trap door.
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else resolve_url(default)


def landing(url: str, post: Post) -> str:
    """``url`` when it is a page without a record that ``post`` may open, else 今日."""
    try:
        match = resolve(url.partition("?")[0])
    except Resolver404:
        return "/"
    view_class = getattr(match.func, "view_class", None)
    permission = getattr(view_class, "permission", None)
    stays = not match.kwargs and (permission is None or post.may(permission))
    return url if stays else "/"
