"""The device at hand and the 外勤会话 of a web session; the middleware asks, the views change it."""

from __future__ import annotations

import time
from typing import Any, Final, cast

from django.http import HttpRequest
from django.utils import timezone

from portal.accounts.models import Device, FieldSession, Post, User
from portal.accounts.models.devices import FIELD_SESSION
from portal.accounts.selectors.devices import Standing, device_of, field_session, standing
from portal.accounts.services import devices

#: The cookie that a registered device carries; the table holds its digest only.
DEVICE_COOKIE: Final = "device"
#: When a person was last seen to do something, in seconds.
SEEN_KEY: Final = "seen_at"
#: The row that an 外勤会话 of this web session is.
FIELD_KEY: Final = "field_session"
#: Set from its start, and again when it has been idle: only logging and the own households until
#: the password is given.
LIMITED_KEY: Final = "field_limited"


def device_here(request: HttpRequest) -> Device | None:
    """The person's registered device that this request comes from."""
    token = request.COOKIES.get(DEVICE_COOKIE, "")
    return device_of(user=cast(User, request.user), token=token)


def begin(request: HttpRequest, started: FieldSession) -> None:
    """This web session is out of doors: it outlives a closed browser until the hours are over.

    SECURITY: limited at once, not when it has been idle: a phone is lost or lent in use.
    """
    request.session[FIELD_KEY] = started.pk
    request.session[LIMITED_KEY] = True
    request.limited = True  # type: ignore[attr-defined]
    request.session.set_expiry(int(FIELD_SESSION.total_seconds()))


def leave(request: HttpRequest, *, reason: str) -> bool:
    """End the 外勤会话 of this web session, if there is one; whether it had been limited."""
    session_id = request.session.pop(FIELD_KEY, None)
    limited = bool(request.session.pop(LIMITED_KEY, False))
    if session_id is not None:
        devices.end(session_id=session_id, reason=reason, now=timezone.now())
        request.session.set_expiry(0)
    return limited


def unlock(request: HttpRequest) -> None:
    """The password was given: an ordinary session until it is idle, the hours run on."""
    request.session.pop(LIMITED_KEY, None)
    request.session[SEEN_KEY] = int(time.time())
    request.session.cycle_key()
    request.limited = False  # type: ignore[attr-defined]


def running(request: HttpRequest, posts: list[Post]) -> tuple[FieldSession | None, Standing]:
    """The 外勤会话 of this web session and what it is worth now."""
    if FIELD_KEY not in request.session:
        return None, Standing.OVER
    found = field_session(request.session[FIELD_KEY])
    if found is None:
        return None, Standing.LOST
    worth = standing(
        found,
        user=cast(User, request.user),
        posts=posts,
        token=request.COOKIES.get(DEVICE_COOKIE, ""),
        now=timezone.now(),
    )
    return found, worth


def is_limited(request: HttpRequest) -> bool:
    """Whether nothing but the 外勤会话 is left of the sign-in: logging and the own households."""
    return bool(request.limited)  # type: ignore[attr-defined]


def may_open(view_class: Any, request: HttpRequest, kwargs: dict[str, Any]) -> bool:
    """Whether a view declares itself for the limited state.

    SECURITY: none does unless its own class says so; what a class inherits does not count.
    ``in_field`` is ``True``, or a function of the request and the address.
    """
    declared = vars(view_class).get("in_field", False) if isinstance(view_class, type) else False
    return bool(declared(request, **kwargs)) if callable(declared) else declared is True
