"""Accounts and posts: made, granted, ended; passwords."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post, User
from portal.accounts.permissions import Permission
from portal.accounts.roles import FITS, SEPARATED, DelegateKind, Role
from portal.accounts.services.sign_in import end_open_forms
from portal.audit.actors import Actor
from portal.audit.services import record
from portal.core.errors import DomainError

USERNAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")


def normal_username(text: str) -> str:
    """One spelling of a user name: half-width, lower case, no space around."""
    return unicodedata.normalize("NFKC", text).strip().lower()


@transaction.atomic
def create_user(
    *,
    actor: Post | None,
    username: str,
    name: str,
    password: str | None = None,
    is_demo: bool = False,
) -> User:
    """Make an account without any right; without ``password`` nobody can sign in yet.

    The password is a first one: it must be changed at the first sign-in.
    """
    if actor is not None:
        actor.require(Permission.MANAGE_USERS)
    username, name = normal_username(username), name.strip()
    if not USERNAME.fullmatch(username):
        raise DomainError(
            "账号用 2 至 40 个小写字母、数字、点、横线或下划线，以字母或数字开头。",
            field="username",
        )
    if not name:
        raise DomainError("请填写姓名。", field="name")
    if User.objects.filter(username=username).exists():
        raise DomainError("这个账号已经有人使用，请换一个。", field="username")
    user = User(username=username, name=name, is_demo=is_demo, must_change_password=True)
    if password is not None:
        _validate_password(password, user)
    user.set_password(password)
    user.save()
    record(actor=actor, action="account.create", obj=user, district_id=_district(actor))
    return user


@dataclass(frozen=True, kw_only=True, slots=True)
class NewPost:
    """A post to grant: who, where, as what, from when (until is the first day outside)."""

    user: User
    organisation: Organisation
    role: Role
    since: dt.date
    until: dt.date | None = None
    delegate_kind: DelegateKind | None = None
    title: str = ""


@transaction.atomic
def grant_post(*, actor: Post | None, entry: NewPost) -> Post:
    """Give a person a post.

    Raises ``DomainError`` when the role does not fit the organisation, the dates are wrong, the
    person holds the same post already, or would hold two of 系统管理员, 安全管理员, 审计员 at a
    time (三员分立, domain §3). Nobody grants a post to themselves, and nobody a separated role by
    hand but the installation itself.
    """
    if actor is not None:
        _require_to_grant(actor, entry.organisation, entry.role)
        if entry.user == actor.user:
            raise DomainError("不能给自己任命岗位。请由另一位安全管理员办理。", field="user")
    _check_post(entry)
    # The lock makes two grants to one person wait for each other.
    User.objects.select_for_update().get(pk=entry.user.pk)
    _check_other_posts(entry)
    post = Post.objects.create(
        user=entry.user,
        organisation=entry.organisation,
        role=entry.role,
        delegate_kind=entry.delegate_kind or "",
        title=entry.title.strip(),
        since=entry.since,
        until=entry.until,
    )
    record(actor=actor, action="post.grant", obj=post, district_id=post.district_id)
    return post


def _require_to_grant(actor: Post, organisation: Organisation, role: str) -> None:
    """The right, the unit in scope, and a role below the own (quality §4)."""
    actor.require(Permission.GRANT_POSTS)
    if not organisation.path.startswith(actor.organisation.path):
        raise Organisation.DoesNotExist
    if role in SEPARATED:
        raise DomainError(
            "系统管理员、安全管理员、审计员只能在服务器上用命令任免，不能在页面上任免。",
            field="role",
        )


def _check_post(entry: NewPost) -> None:
    role = Role(entry.role)
    if OrganisationKind(entry.organisation.kind) not in FITS[role]:
        places = "、".join(kind.label for kind in OrganisationKind if kind in FITS[role])
        raise DomainError(
            f"{role.label}的岗位应设在{places}，不能设在{entry.organisation.get_kind_display()}。",
            field="organisation",
        )
    if (role == Role.DELEGATE) != (entry.delegate_kind is not None):
        raise DomainError("代表委员要选代表类别，其他岗位不选。", field="delegate_kind")
    if entry.until is not None and entry.until <= entry.since:
        raise DomainError("任职至要晚于任职自。", field="until")


def _check_other_posts(entry: NewPost) -> None:
    same_time = Post.objects.filter(user=entry.user).filter(
        Q(until__isnull=True) | Q(until__gt=entry.since)
    )
    if entry.until is not None:
        same_time = same_time.filter(since__lt=entry.until)
    if entry.role in SEPARATED and same_time.filter(role__in=SEPARATED).exists():
        raise DomainError(
            "系统管理员、安全管理员、审计员不得由一人兼任（三员分立）。请另选一人，或先结束原岗位。",
            field="role",
        )
    if same_time.filter(organisation=entry.organisation, role=entry.role).exists():
        raise DomainError("此人在这段时间已有同一岗位。", field="role")


@transaction.atomic
def end_post(*, actor: Post | None, post: Post, until: dt.date) -> None:
    """End a post: ``until`` is the first day it no longer counts. What was done keeps its author."""
    if actor is not None:
        _require_to_grant(actor, post.organisation, post.role)
    if until <= post.since:
        raise DomainError("任职至要晚于任职自。", field="until")
    post.until = until
    post.save(update_fields=["until"])
    record(actor=actor, action="post.end", obj=post, fields=["until"], district_id=post.district_id)


@transaction.atomic
def switch_post(*, user: User, post_id: int, today: dt.date) -> Post:
    """The own post to act under from now on. Raises ``Post.DoesNotExist`` for any other."""
    posts = Post.objects.filter(user=user).in_force(today).select_related("user").with_places()
    post: Post = posts.get(pk=post_id)
    record(actor=post, action="account.switch", obj=post)
    return post


@transaction.atomic
def set_password(*, user: User, password: str, actor: Post | None = None) -> None:
    """Set the own password. Every other session of the person ends with it (session hash)."""
    _validate_password(password, user)
    if user.check_password(password):
        raise DomainError("新密码不能与现在的密码相同。", field="password")
    user.set_password(password)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    end_open_forms(user=user)
    who = actor or Actor(user_id=user.pk, username=user.username)
    record(actor=who, action="account.password", obj=user, fields=["password"])


def _validate_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise DomainError("".join(error.messages), field="password") from error


def _district(actor: Post | None) -> int | None:
    return actor.district_id if actor else None
