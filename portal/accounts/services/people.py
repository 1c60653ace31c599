"""Accounts and posts: made, granted, ended; passwords."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError, Q
from django.utils import timezone

from portal.accounts import workflow
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post, User
from portal.accounts.permissions import Permission
from portal.accounts.roles import FITS, SEPARATED, DelegateKind, Role
from portal.accounts.services import devices
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

    The password is a first one: it must be changed at the first sign-in. The account is looked
    after by the unit that made it until it has a post. In the demo it is a demo account like all.
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
    user = User(
        username=username,
        name=name,
        is_demo=is_demo or settings.DEMO,
        must_change_password=True,
        home=actor.organisation if actor else None,
    )
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
def grant_post(*, actor: Post | None, entry: NewPost, with_account: bool = False) -> Post:
    """Give a person a post.

    Raises ``DomainError`` when the role does not fit the organisation, the dates are wrong, the
    person holds the same post already, or would hold two of 系统管理员, 安全管理员, 审计员 at a
    time (三员分立, domain §3). Nobody grants a post to themselves, none at or above the own rank
    (``workflow``), and nobody a separated role by hand but the installation itself. A
    post comes with the account (``with_account``), or once its owner has set a password.
    """
    if actor is not None:
        _require_over(actor, entry.user, entry.organisation, entry.role)
    _check_post(entry)
    # The lock makes two grants to one person wait for each other.
    person = User.objects.select_for_update().get(pk=entry.user.pk)
    if actor is not None and not person.is_active:
        raise DomainError("这个账号已停用。请先恢复账号，再任命岗位。", field="user")
    if actor is not None and not with_account:
        _check_no_link_about(person)
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


def _require_over(actor: Post, user: User, organisation: Organisation, role: str) -> None:
    """The right, the unit in reach, a role below the own, and not oneself (quality §4)."""
    actor.require(Permission.GRANT_POSTS)
    if not workflow.reaches(actor, organisation):
        raise Organisation.DoesNotExist
    if user.pk == actor.user_id:
        raise DomainError(workflow.ONESELF, field="user")
    if refusal := workflow.why_not_role(actor, role, organisation.kind):
        raise DomainError(refusal, field="role")


def _check_no_link_about(person: User) -> None:
    if refusal := workflow.why_no_post_yet(person):
        raise DomainError(refusal, field="user")


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
    closed = entry.organisation.valid_until
    if closed is not None and closed <= entry.since:
        raise DomainError("这个单位到那天已经停用，请另选单位。", field="organisation")


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
    """End a post: ``until`` is the first day it no longer counts. What was done keeps its author.

    A person ends it today at the earliest, and never puts off an end that is set: what was seen
    and done under it stays what it was.
    """
    if actor is not None:
        _require_over(actor, post.user, post.organisation, post.role)
        _check_end(post, until)
    if until <= post.since:
        raise DomainError("任职至要晚于任职自。任错的岗位请用“撤回任命”。", field="until")
    post.until = until
    post.save(update_fields=["until"])
    record(actor=actor, action="post.end", obj=post, fields=["until"], district_id=post.district_id)


def _check_end(post: Post, until: dt.date) -> None:
    today = timezone.localdate()
    if post.until is not None and post.until <= today:
        raise DomainError("这个岗位已经结束。", field="until")
    if until < today:
        raise DomainError("岗位最早从今天起结束，请填昨天或以后的日期。", field="until")
    if post.until is not None and until > post.until:
        raise DomainError("已经定了更早的结束日期。要延长请另任一个岗位。", field="until")


@transaction.atomic
def withdraw_post(*, actor: Post, post: Post) -> None:
    """Take back a post that was granted by mistake, while nothing hangs on it.

    Only before it begins or on its first day; afterwards it is ended by its date.
    """
    _require_over(actor, post.user, post.organisation, post.role)
    if post.since < timezone.localdate():
        raise DomainError("这个岗位已经开始，请按日期结束。", field="until")
    record(actor=actor, action="post.withdraw", obj=post, district_id=post.district_id)
    try:
        post.delete()
    except ProtectedError as error:
        raise DomainError("这个岗位下已经有记录，请按日期结束。", field="until") from error


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
    devices.end_all(user=user, reason="new_password", now=timezone.now())
    who = actor or Actor(user_id=user.pk, username=user.username)
    record(actor=who, action="account.password", obj=user, fields=["password"])


#: Django's words are not all in Chinese, and not ours.
_FAULTS: Final = {
    "password_too_short": "至少要 10 个字符",
    "password_too_similar": "不能与账号或姓名相近",
    "password_too_common": "太常见",
    "password_entirely_numeric": "不能全是数字",
}


def _validate_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        faults = [_FAULTS.get(each.code or "", "不合要求") for each in error.error_list]
        raise DomainError(f"密码{'，'.join(faults)}。请您换一个。", field="password") from error


def _district(actor: Post | None) -> int | None:
    return actor.district_id if actor else None
