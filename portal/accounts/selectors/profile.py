"""What a person reads about the own account."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from portal.accounts.models import Post, SignInAddress, User
from portal.accounts.permissions import ROLES, Permission
from portal.accounts.role_words import SEES
from portal.accounts.roles import Role
from portal.accounts.selectors.second_factor import is_set_up
from portal.accounts.trail_words import ACTIONS, REASONS
from portal.audit.models import AuditEvent

SHOWN: Final = 10
#: Goes without saying.
USUAL: Final = Permission.USE_PORTAL
SIGN_INS: Final = (
    "account.sign_in",
    "account.sign_in_failure",
    "account.lock_out",
    "account.sign_out",
    "account.idle_sign_out",
)


@dataclass(frozen=True, slots=True)
class PostCard:
    """One of the own posts with what it lets one see and do."""

    post: Post
    in_force: bool
    #: In words, when the post is not in force: over, or not begun.
    state: str
    last_day: dt.date | None
    sight: str
    may: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SignIn:
    at: dt.datetime
    action: str
    reason: str
    failed: bool
    #: 10.20.*.*, or nothing where it is not known any more.
    network: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    posts: list[PostCard]
    sign_ins: list[SignIn]
    has_second_factor: bool
    needs_second_factor: bool


def profile(*, user: User, today: dt.date) -> Profile:
    """Own posts (those in force first), the last sign-ins, the state of the second factor."""
    posts = list(Post.objects.filter(user=user).with_places().order_by("since", "pk"))
    posts.sort(key=lambda post: not post.in_force(today))
    return Profile(
        posts=[_card(post, today) for post in posts],
        sign_ins=_own_sign_ins(user),
        has_second_factor=is_set_up(user),
        needs_second_factor=any(post.needs_second_factor for post in posts if post.in_force(today)),
    )


def _card(post: Post, today: dt.date) -> PostCard:
    role = Role(post.role)
    allowed = (permission for permission, roles in ROLES.items() if role in roles)
    in_force = post.in_force(today)
    state = "未开始" if today < post.since else "已结束"
    return PostCard(
        post=post,
        in_force=in_force,
        state="" if in_force else state,
        last_day=post.until - dt.timedelta(days=1) if post.until else None,
        sight=SEES[role],
        may=tuple(str(permission.label) for permission in allowed if permission != USUAL),
    )


def sign_ins_of(user: User, *, most: int = SHOWN) -> list[SignIn]:
    """The last sign-ins, refusals and sign-outs of a person, newest first; without addresses.

    Where the trail has none (any more), the last sign-in that the account itself remembers.
    """
    found = [_sign_in(event) for event in _events(user, most)]
    if not found and user.last_login:
        found.append(SignIn(user.last_login, ACTIONS["account.sign_in"], "", failed=False))
    return found


def _own_sign_ins(user: User) -> list[SignIn]:
    """The same with where each came from: for the person alone."""
    events = _events(user, SHOWN)
    rows = SignInAddress.objects.filter(event_id__in=[event.pk for event in events])
    networks = dict(rows.values_list("event_id", "network"))
    return [_sign_in(event, networks.get(event.pk, "")) for event in events]


def _events(user: User, most: int) -> list[AuditEvent]:
    events = AuditEvent.objects.about("accounts.user", user.pk).filter(action__in=SIGN_INS)
    return list(events.order_by("-pk")[:most])


def _sign_in(event: AuditEvent, network: str = "") -> SignIn:
    return SignIn(
        at=event.at,
        action=ACTIONS[event.action],
        reason=REASONS.get(event.reason_code, ""),
        failed=event.action in {"account.sign_in_failure", "account.lock_out"},
        network=network,
    )
