"""Registered devices, and whether an 外勤会话 still holds."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from django.db.models import Q
from django.utils import timezone

from portal.accounts.models import Device, FieldSession, Post, User
from portal.accounts.permissions import Permission


class Standing(Enum):
    """What an 外勤会话 is worth at a moment."""

    HOLDS = "holds"
    OVER = "over"
    #: Its device is registered no more: whoever holds it is sent to the sign-in page at once.
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDevice:
    """One line of the own devices."""

    device: Device
    #: The device that the page is opened on.
    here: bool
    #: The end of an 外勤会话 that runs on it.
    until: dt.datetime | None


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def device_of(*, user: User, token: str) -> Device | None:
    """The person's registered device that carries this secret."""
    if not token:
        return None
    rows = Device.objects.filter(user=user, revoked_at__isnull=True)
    return rows.filter(token_digest=digest(token)).first()


def own_devices(*, user: User, here: Device | None, now: dt.datetime) -> list[OwnDevice]:
    """Registered and not revoked, the newest first; two queries."""
    rows = list(Device.objects.filter(user=user, revoked_at__isnull=True))
    running = FieldSession.objects.filter(device__in=rows, ended_at__isnull=True, until__gt=now)
    until = dict(running.values_list("device_id", "until"))
    return [
        OwnDevice(device=row, here=here is not None and row.pk == here.pk, until=until.get(row.pk))
        for row in rows
    ]


def field_session(session_id: object) -> FieldSession | None:
    """The one a web session was started with."""
    rows = FieldSession.objects.filter(pk=session_id if isinstance(session_id, int) else 0)
    return rows.select_related("device").first()


def standing(
    running: FieldSession, *, user: User, posts: Iterable[Post], token: str, now: dt.datetime
) -> Standing:
    """Whether it still holds for this person, on this device, under a post in force."""
    device = running.device
    if device.user_id != user.pk or device.revoked_at is not None:
        return Standing.LOST
    if not token or digest(token) != device.token_digest:
        return Standing.LOST
    in_force = any(post.pk == running.post_id for post in posts)
    over = running.ended_at is not None or running.until <= now or not in_force
    return Standing.OVER if over else Standing.HOLDS


def may_go_out(user: User, post: Post | None) -> bool:
    """An 外勤会话 is for those who log at doors, never for anybody who administers."""
    if post is None or not post.may(Permission.LOG_HOME_VISIT):
        return False
    held = Post.objects.filter(user=user).in_force(timezone.localdate())
    return not any(one.needs_second_factor for one in held)


def running_sessions(*, user: User | None = None, device: Device | None = None) -> Q:
    """Sessions not ended, of a person or on a device."""
    found = Q(ended_at__isnull=True)
    if user is not None:
        found &= Q(device__user=user)
    if device is not None:
        found &= Q(device=device)
    return found
