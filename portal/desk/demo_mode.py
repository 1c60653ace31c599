"""Where the demo may run: on this machine only, on the embedded database, with demo users only.

The demo needs no second factor and its passwords are printed, so every door asks here: the
launcher and ``manage.py check`` say it early, the middleware stops any server that starts anyway.
"""

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured, MiddlewareNotUsed
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from portal.accounts.models import User

HINT = "Start without DEMO=1, or with the embedded settings and BIND=127.0.0.1."


def is_loopback(address: str) -> bool:
    """Whether an address (or ``localhost``) is this machine and no other."""
    try:
        return address == "localhost" or ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


def setting_refusals() -> list[str]:
    """Why these settings must not run the demo; empty when they may."""
    reasons = []
    if not settings.EMBEDDED or not settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        reasons.append("演示模式只能使用内置数据库（SQLite），不能连接正式数据库。")
    if not is_loopback(settings.BIND):
        reasons.append(f"演示模式只能在本机打开（127.0.0.1），不能监听 {settings.BIND}。")
    return reasons


def refusals() -> list[str]:
    """Why this installation must not run the demo, its data included; empty when it may."""
    reasons = setting_refusals()
    if reasons:
        return reasons
    try:
        if User.objects.filter(is_demo=False).exists():
            reasons.append("数据库里有正式账号，不能以演示模式打开。")
    except DatabaseError:
        reasons.append("数据库还不能读取，无法确认里面只有演示账号。")
    return reasons


def check_demo(**_kwargs: Any) -> list[CheckMessage]:
    """System check; the users are asked by the launcher and the middleware."""
    if not settings.DEMO:
        return []
    return [Error(reason, hint=HINT, id="desk.E001") for reason in setting_refusals()]


class DemoOnlyHere:
    """In demo mode: refuse to be built where the demo must not run, then refuse strangers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.DEMO:
            raise MiddlewareNotUsed
        if reasons := refusals():
            raise ImproperlyConfigured(" ".join(reasons))
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
        if forwarded or not is_loopback(str(request.META.get("REMOTE_ADDR", ""))):
            return HttpResponse(
                "演示模式只能在本机打开。", status=403, content_type="text/plain; charset=utf-8"
            )
        return self.get_response(request)
