"""Looking after the accounts of others: links, locks, second factors, closing and opening."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from axes.handlers.proxy import AxesProxyHandler
from django.db import transaction
from django.utils import timezone

from portal.accounts import workflow
from portal.accounts.models import Device, Post, User
from portal.accounts.permissions import Permission
from portal.accounts.selectors.second_factor import is_set_up
from portal.accounts.services import devices, second_factor
from portal.accounts.services.links import one_time_link, withdraw_password
from portal.accounts.services.people import NewPost, create_user, grant_post
from portal.audit.services import record
from portal.core.errors import DomainError


@transaction.atomic
def enrol(
    *, actor: Post, username: str, name: str, first_post: Callable[[User], NewPost] | None
) -> tuple[User, str]:
    """A new account, its first post where the actor may grant one, and the link that opens it."""
    user = create_user(actor=actor, username=username, name=name)
    if first_post is not None:
        grant_post(actor=actor, entry=first_post(user), with_account=True)
    return user, one_time_link(user)


@transaction.atomic
def give_link(*, actor: Post, user: User, now: dt.datetime) -> str:
    """A new one-time link. The old password, every session and every 外勤会话 end at once."""
    person = _held(actor, Permission.MANAGE_USERS, user)
    if not person.is_active:
        raise DomainError("这个账号已停用。请先恢复账号，再给登录链接。")
    _check_link(actor, person)
    _shut(actor, person, now)
    unlock(user=person, actor=actor)
    return one_time_link(person)


@transaction.atomic
def deactivate(*, actor: Post, user: User, now: dt.datetime) -> None:
    """Nobody signs in with this account any more; who is in is out. Posts keep their dates."""
    person = _held(actor, Permission.MANAGE_USERS, user)
    if not person.is_active:
        raise DomainError("这个账号已经停用。")
    _shut(actor, person, now)
    person.is_active = False
    person.save(update_fields=["is_active"])
    _note(actor, "account.deactivate", person, ["is_active"])


@transaction.atomic
def reactivate(*, actor: Post, user: User) -> str:
    """Open a closed account again; the link with which the person sets a new password."""
    person = _held(actor, Permission.MANAGE_USERS, user)
    if person.is_active:
        raise DomainError("这个账号没有停用。")
    _check_link(actor, person)
    person.is_active = True
    person.save(update_fields=["is_active"])
    _note(actor, "account.reactivate", person, ["is_active"])
    return one_time_link(person)


@transaction.atomic
def unlock(*, user: User, actor: Post | None = None) -> None:
    """Forget the failures of an account, wherever they were typed."""
    AxesProxyHandler.reset_attempts(username=user.username)
    _note(actor, "account.unlock", user)


@transaction.atomic
def unlock_for(*, actor: Post, user: User) -> None:
    """The same at the wish of somebody who keeps the account."""
    unlock(user=_held(actor, Permission.UNLOCK_ACCOUNTS, user), actor=actor)


@transaction.atomic
def reset_second_factor(*, actor: Post, user: User) -> None:
    """The phone is lost: the app and the recovery codes no longer count."""
    second_factor.remove(user=_held(actor, Permission.UNLOCK_ACCOUNTS, user), actor=actor)


def note_read(*, actor: Post, user: User) -> None:
    """Somebody's account was opened, with the days of their sign-ins."""
    _note(actor, "account.read", user)


def note_found(*, actor: Post) -> None:
    """People were looked for; what was typed is not kept."""
    actor.require(Permission.SEE_PEOPLE)
    record(actor=actor, action="account.find", fields=["name"])


def _held(actor: Post, permission: Permission, user: User) -> User:
    """The account, locked, once the actor may keep it. Out of sight it does not exist."""
    actor.require(permission)
    person = User.objects.select_for_update().get(pk=user.pk)
    if not User.objects.visible_to(actor).filter(pk=person.pk).exists():
        raise User.DoesNotExist
    deciding = Post.objects.filter(user=person).deciding(timezone.localdate())
    refusal = workflow.why_not_person(actor, person.pk, deciding.select_related("organisation"))
    if refusal:
        raise DomainError(refusal)
    return person


def _check_link(actor: Post, person: User) -> None:
    refusal = workflow.why_not_link(
        actor,
        has_post=Post.objects.filter(user=person).lasting(timezone.localdate()).exists(),
        has_second_factor=is_set_up(person),
    )
    if refusal:
        raise DomainError(refusal)


def _shut(actor: Post, user: User, now: dt.datetime) -> None:
    withdraw_password(user=user, actor=actor)
    for device in Device.objects.filter(user=user, revoked_at__isnull=True):
        devices.revoke(user=user, post=actor, device_id=device.pk, now=now)


def _note(actor: Post | None, action: str, user: User, fields: list[str] | None = None) -> None:
    record(
        actor=actor,
        action=action,
        obj=user,
        fields=fields or [],
        district_id=actor.district_id if actor else None,
    )
