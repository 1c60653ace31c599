"""People as their administrators list them: posts in reach, state in words, last sign-in."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import (
    Case,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Concat
from django.utils import timezone

from portal.accounts import workflow
from portal.accounts.models import Organisation, Post, User
from portal.accounts.permissions import Permission
from portal.accounts.querysets import PostQuerySet, UserQuerySet
from portal.accounts.roles import Role
from portal.accounts.selectors.profile import SignIn, sign_ins_of
from portal.accounts.selectors.second_factor import is_set_up
from portal.core.db.bulk import Among
from portal.core.db.prepared import Day, Moment, Numbers, Prepared, Texts

#: No sign-in for so long, or never since the account was made so long ago: 久未登录.
SILENT: Final = dt.timedelta(days=90)
NEVER_USED: Final = dt.timedelta(days=30)
#: By unit in official order and role (``at`` of ``people``), then name.
ORDER: Final = ("at", "name", "pk")
#: The newest appointment first.
POSTS_ORDER: Final = ("-since", "-pk")
#: After every path in any collation: codes are of digits. None begins with 0, so that people of
#: a unit, in two digits, stand before those of the units below it.
_BEHIND: Final = "z"
FOUND_AT_MOST: Final = 50
#: Rows of a page of people or posts: as many as one scrolls through on a phone.
PAGE_SIZE: Final = 20


class Standing(TextChoices):
    """What the list is narrowed by."""

    ACTIVE = "active", "可登录"
    STALE = "stale", "久未登录"
    UNPOSTED = "unposted", "没有岗位"
    LOCKED = "locked", "已锁定"
    CLOSED = "closed", "已停用"


@dataclass(frozen=True, slots=True)
class Mark:
    """A state as a word, with its tone."""

    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person of the list; ``posts`` only those in reach."""

    user: User
    posts: tuple[Post, ...]
    marks: tuple[Mark, ...]
    may_deactivate: bool


@dataclass(frozen=True, slots=True)
class HeldPost:
    """A post in reach, of any time, with what may be done to it."""

    post: Post
    state: str
    last_day: dt.date | None
    may_end: bool
    may_withdraw: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPage:
    line: PersonLine
    posts: tuple[HeldPost, ...]
    #: Posts elsewhere that last; how many, not which.
    elsewhere: int
    #: Why the account is not in these hands; "" when it is.
    refusal: str
    #: Why no link is given from here although the account is in these hands.
    link_refusal: str
    #: Why no post is granted yet, whoever asks; "" when one may be.
    grant_refusal: str
    is_locked: bool
    has_second_factor: bool
    sign_ins: list[SignIn]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the list is narrowed by; nothing personal."""

    unit: Organisation | None = None
    role: str = ""
    standing: str = Standing.ACTIVE


def people(*, post: Post, asked: Asked, now: dt.datetime) -> UserQuerySet:
    """Those in reach of ``post``, narrowed; ready to be paged by ``ORDER``."""
    rows = _standing(_placed(User.objects.visible_to(post), post, now), asked.standing, now)
    if asked.unit is not None or asked.role:
        today = timezone.localdate(now)
        held = Post.objects.filter(user=OuterRef("pk")).lasting(today).visible_to(post)
        if asked.unit is not None:
            held = held.filter(organisation__path__startswith=asked.unit.path)
        if asked.role:
            held = held.filter(role=asked.role)
        rows = rows.filter(Exists(held))
    return rows


def _placed(rows: UserQuerySet, post: Post, now: dt.datetime) -> UserQuerySet:
    """With the first place of a post in reach that lasts; whoever has none stands behind."""
    held = Post.objects.filter(user=OuterRef("pk")).lasting(timezone.localdate(now))
    turn = Case(*(When(role=role, then=Value(f"{turn:02d}")) for turn, role in enumerate(Role)))
    first = held.visible_to(post).annotate(at=Concat("organisation__path", turn)).order_by("at")
    return rows.annotate(at=Coalesce(Subquery(first.values("at")[:1]), Value(_BEHIND)))


def _standing(rows: UserQuerySet, standing: str, now: dt.datetime) -> UserQuerySet:
    if standing == Standing.CLOSED:
        return rows.filter(is_active=False)
    rows = rows.filter(is_active=True)
    if standing == Standing.STALE:
        return rows.filter(_stale(now))
    if standing == Standing.LOCKED:
        return rows.filter(username__in=_locks(now).values("username"))
    if standing == Standing.UNPOSTED:
        lasting = Post.objects.filter(user=OuterRef("pk")).lasting(timezone.localdate(now))
        return rows.filter(~Exists(lasting))
    return rows


def _stale(now: dt.datetime) -> Q:
    return Q(last_login__lt=now - SILENT) | Q(
        last_login__isnull=True, created_at__lt=now - NEVER_USED
    )


def is_stale(user: User, now: dt.datetime) -> bool:
    if user.last_login is None:
        return user.created_at < now - NEVER_USED
    return user.last_login < now - SILENT


def found(*, post: Post, words: str) -> list[User]:
    """People in reach by a part of the name or the beginning of the account; 51 at most."""
    named = Q(name__icontains=words) | Q(username__startswith=words.lower())
    rows = User.objects.visible_to(post).filter(named)
    return list(rows.order_by("-is_active", "name", "pk")[: FOUND_AT_MOST + 1])


def named(*, username: str, name: str) -> User | None:
    """Somebody whose account and name are both known; wherever they are."""
    return User.objects.filter(username=username, name=name.strip(), is_active=True).first()


def person_lines(*, post: Post, users: Sequence[User], now: dt.datetime) -> list[PersonLine]:
    """The people in words; two queries whatever their number."""
    today = timezone.localdate(now)
    held: dict[int, list[Post]] = defaultdict(list)
    for one in _DECIDING.objects(users=[user.pk for user in users], on=today):
        held[one.user_id].append(one)
    locked = _locked([user.username for user in users], now)
    return [
        _line(post, user, held[user.pk], is_locked=user.username in locked, now=now)
        for user in users
    ]


def _deciding(*, users: Any, on: Any) -> PostQuerySet:
    rows: PostQuerySet = Post.objects.filter(Among("user_id", users)).deciding(on)
    return rows.with_places().order_by("since", "pk")


_DECIDING: Final = Prepared(_deciding, users=Numbers, on=Day)


def person_page(*, post: Post, user: User, now: dt.datetime) -> PersonPage:
    """One person for the page of an administrator; ``user`` is in reach."""
    today = timezone.localdate(now)
    every = list(Post.objects.filter(user=user).with_places().order_by("-since", "-pk"))
    lasting = [one for one in every if one.until is None or one.until > today]
    deciding = lasting or _ended_last(every)
    near = [one for one in every if workflow.reaches(post, one.organisation)]
    has_second_factor = is_set_up(user)
    is_locked = user.username in _locked([user.username], now)
    return PersonPage(
        line=_line(post, user, deciding[::-1], is_locked=is_locked, now=now),
        posts=tuple(_held(post, one, today) for one in near),
        elsewhere=len([one for one in lasting if one not in near]),
        refusal=workflow.why_not_person(post, user.pk, deciding),
        link_refusal=workflow.why_not_link(
            post, has_post=bool(lasting), has_second_factor=has_second_factor
        ),
        grant_refusal=workflow.why_no_post_yet(user),
        is_locked=is_locked,
        has_second_factor=has_second_factor,
        sign_ins=sign_ins_of(user),
    )


def _ended_last(ended: Sequence[Post]) -> list[Post]:
    last = max((one.until for one in ended if one.until is not None), default=None)
    return [one for one in ended if one.until == last]


def _line(
    post: Post, user: User, deciding: Sequence[Post], *, is_locked: bool, now: dt.datetime
) -> PersonLine:
    """``deciding``: the posts that last, or those that ended last (``PostQuerySet.deciding``)."""
    today = timezone.localdate(now)
    lasting = [one for one in deciding if one.until is None or one.until > today]
    near = tuple(one for one in lasting if workflow.reaches(post, one.organisation))
    keeps = post.may(Permission.MANAGE_USERS) and user.is_active
    return PersonLine(
        user=user,
        posts=near,
        marks=tuple(_marks(user, lasting, is_locked=is_locked, now=now)),
        may_deactivate=keeps and not workflow.why_not_person(post, user.pk, deciding),
    )


def _marks(
    user: User, lasting: Sequence[Post], *, is_locked: bool, now: dt.datetime
) -> Iterable[Mark]:
    if not user.is_active:
        yield Mark("已停用", "overdue")
        return
    if is_locked:
        yield Mark("已锁定", "overdue")
    if is_stale(user, now):
        yield Mark("久未登录", "due")
    elif user.last_login is None:
        yield Mark("还没登录过")
    if not lasting:
        yield Mark("没有岗位")


def _held(actor: Post, post: Post, today: dt.date) -> HeldPost:
    lasts = post.until is None or post.until > today
    mine = (
        actor.may(Permission.GRANT_POSTS)
        and post.user_id != actor.user_id
        and not workflow.why_not_role(actor, post.role, post.organisation.kind)
    )
    state = "" if post.in_force(today) else ("未开始" if today < post.since else "已结束")
    return HeldPost(
        post=post,
        state="" if not state and lasts else state or "已结束",
        last_day=post.until - dt.timedelta(days=1) if post.until else None,
        may_end=mine and lasts and post.since < today,
        may_withdraw=mine and lasts and post.since >= today,
    )


def posts_in_reach(*, post: Post, asked: Asked, ended: bool, today: dt.date) -> QuerySet[Post]:
    """岗位: those that last, or those that have ended, of the units in reach."""
    rows = Post.objects.visible_to(post)
    rows = rows.filter(until__lte=today) if ended else rows.lasting(today)
    if asked.unit is not None:
        rows = rows.filter(organisation__path__startswith=asked.unit.path)
    if asked.role:
        rows = rows.filter(role=asked.role)
    return rows.with_places().select_related("user")


def held_posts(*, actor: Post, posts: Iterable[Post], today: dt.date) -> list[HeldPost]:
    return [_held(actor, post, today) for post in posts]


def _locks(now: dt.datetime) -> QuerySet[AccessAttempt]:
    """Locks that hold: axes counts per account and address."""
    return _locked_since(now - dt.timedelta(hours=settings.AXES_COOLOFF_TIME))


def _locked_since(since: Any) -> QuerySet[AccessAttempt]:
    rows: QuerySet[AccessAttempt] = AccessAttempt.objects.filter(
        failures_since_start__gte=settings.AXES_FAILURE_LIMIT, attempt_time__gt=since
    )
    return rows


def _locked(usernames: Iterable[str], now: dt.datetime) -> set[str]:
    since = now - dt.timedelta(hours=settings.AXES_COOLOFF_TIME)
    return {name for (name,) in _LOCKED.rows(names=list(usernames), since=since)}


def _locked_of(*, names: Any, since: Any) -> QuerySet[AccessAttempt, Any]:
    return _locked_since(since).filter(Among("username", names)).values_list("username")


_LOCKED: Final = Prepared(_locked_of, names=Texts, since=Moment)
