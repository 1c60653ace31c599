"""外勤会话: register a device, start and end the hours out of doors; nothing else is kept of them.

No place, no path, no time online: the rows say which device, under which post, from when until when.
"""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from portal.accounts.models import Device, FieldSession, Post, User
from portal.accounts.models.devices import FIELD_SESSION
from portal.accounts.permissions import Permission
from portal.accounts.selectors.devices import digest, may_go_out, running_sessions
from portal.audit.actors import Actor
from portal.audit.services import record
from portal.core.errors import DomainError

#: A person has a phone, perhaps a tablet; more is a list that nobody keeps in order.
MOST_DEVICES: Final = 5
_NOT_OUT: Final = "外勤会话供上门走访的岗位使用；管理员账号不能使用，请用其他岗位的账号。"


@transaction.atomic
def register(*, user: User, post: Post | None, name: str, now: dt.datetime) -> tuple[Device, str]:
    """Register the device that asks; the secret for its cookie is told this once."""
    User.objects.select_for_update().get(pk=user.pk)
    if not may_go_out(user, post):
        raise DomainError(_NOT_OUT)
    name = " ".join(name.split())
    if not name:
        raise DomainError("给这台设备起个名字，如：我的手机。", field="name")
    if Device.objects.filter(user=user, revoked_at__isnull=True).count() >= MOST_DEVICES:
        raise DomainError(f"最多登记 {MOST_DEVICES} 台设备，请先移除不用的。")
    token = secrets.token_urlsafe(32)
    device = Device.objects.create(
        user=user, name=name, token_digest=digest(token), registered_at=now
    )
    record(actor=post or _oneself(user), action="device.register", obj=device)
    return device, token


@transaction.atomic
def revoke(*, user: User, post: Post | None, device_id: int, now: dt.datetime) -> Device:
    """Register no more, and end what runs on it. Raises ``Device.DoesNotExist``."""
    device: Device = Device.objects.select_for_update().get(pk=device_id, user=user)
    if device.revoked_at is None:
        _end(FieldSession.objects.filter(running_sessions(device=device)), now, "revoked")
        device.revoked_at = now
        device.save(update_fields=["revoked_at"])
        record(actor=post or _oneself(user), action="device.revoke", obj=device)
    return device


@transaction.atomic
def start(*, actor: Post, device: Device | None, now: dt.datetime) -> FieldSession:
    """Begin the hours out of doors on a registered device; one that ran there ends."""
    actor.require(Permission.LOG_HOME_VISIT)
    if device is None:
        raise DomainError("这台设备还没有登记。请先登记，再开始外勤。")
    device = Device.objects.select_for_update().get(pk=device.pk)
    if device.revoked_at is not None or device.user_id != actor.user_id:
        raise DomainError("这台设备已移除。请重新登记，再开始外勤。")
    if not may_go_out(actor.user, actor):
        raise DomainError(_NOT_OUT)
    _end(FieldSession.objects.filter(running_sessions(device=device)), now, "restarted")
    started = FieldSession.objects.create(
        device=device, post=actor, started_at=now, until=now + FIELD_SESSION
    )
    record(actor=actor, action="field.start", obj=started)
    return started


@transaction.atomic
def end(*, session_id: int, reason: str, now: dt.datetime) -> None:
    """End one: at the sign-out, by its button, or found over. Ended before, nothing changes."""
    _end(FieldSession.objects.filter(running_sessions(), pk=session_id), now, reason)


@transaction.atomic
def end_all(*, user: User, reason: str, now: dt.datetime) -> None:
    """A new password ends what runs under the old one."""
    _end(FieldSession.objects.filter(running_sessions(user=user)), now, reason)


@transaction.atomic
def end_expired(*, now: dt.datetime) -> int:
    """Close those whose hours are over, or whose post has ended; how many there were."""
    rows = FieldSession.objects.filter(running_sessions()).select_related("post")
    today = timezone.localdate(now)
    over = [row.pk for row in rows if row.until <= now or not row.post.in_force(today)]
    return _end(FieldSession.objects.filter(pk__in=over), now, "over")


def _end(rows: QuerySet[FieldSession], now: dt.datetime, reason: str) -> int:
    ended = 0
    for row in rows.select_related("device__user"):
        # The condition keeps two at once from writing the end twice.
        at = min(now, row.until)
        if FieldSession.objects.filter(running_sessions(), pk=row.pk).update(ended_at=at):
            record(actor=_oneself(row.device.user), action="field.end", obj=row, reason=reason)
            ended += 1
    return ended


def _oneself(user: User) -> Actor:
    return Actor(user_id=user.pk, username=user.username)
