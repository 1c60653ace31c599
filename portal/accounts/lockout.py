"""Five failures lock an account at an address for half an hour; axes counts, in the database.

Sign-in, the second factor and the own password change count together.
"""

from __future__ import annotations

from typing import Final

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

MINUTES: Final = 60


def is_locked(request: HttpRequest, username: str) -> bool:
    return not AxesProxyHandler.is_allowed(request, {"username": username})


def count_failure(request: HttpRequest, username: str) -> bool:
    """Count a failure that did not go through ``authenticate``; whether it locks the account."""
    AxesProxyHandler.user_login_failed(None, {"username": username}, request)
    return is_locked(request, username)


def locked_page(
    request: HttpRequest,
    _original: HttpResponse | None = None,
    _credentials: dict[str, str] | None = None,
) -> HttpResponse:
    """The same page whether the account exists or not."""
    context = {
        "minutes": round(settings.AXES_COOLOFF_TIME * MINUTES),
        "limit": settings.AXES_FAILURE_LIMIT,
    }
    return render(request, "accounts/locked.html", context, status=429)
