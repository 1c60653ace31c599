"""What a person reads about the own account."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from portal.accounts.models import Post, User
from portal.accounts.permissions import ROLES, Permission
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

#: What a role sees, in one sentence (domain §3).
SIGHT: Final[dict[Role, str]] = {
    Role.COMMUNITY_WORKER: "看到本社区（网格、楼栋）的住户：自己负责的看全部信息，其他的隐去姓名和电话；看到自己参加的走访和自己负责户的走访。",
    Role.OFFICER: "看到自己负责或走访过的住户，以及自己参加的走访。",
    Role.LEADER: "看到本单位的全部走访和住户；住户的姓名和电话隐去，说明理由后可查看。",
    Role.DELEGATE: "看到自己走访过的住户和自己参加的走访。",
    Role.CLERK: "看到自己接待和经手的内容。",
    Role.HANDLER: "看到交给本科室办理的事项。",
    Role.STREET_ADMIN: "看到本街道的全部走访和住户；住户的姓名和电话隐去，说明理由后可查看。",
    Role.DISTRICT_LEADER: "看到全区的走访和住户；住户的姓名和电话隐去。",
    Role.DISTRICT_ADMIN: "看到全区的走访和住户；住户的姓名和电话隐去。",
    Role.INSPECTOR: "只看批准督查的事项，按期限，不能修改。",
    Role.SYSTEM_ADMIN: "管理账号和单位，看不到任何住户和走访。",
    Role.SECURITY_ADMIN: "管理岗位权限和锁定的账号，看不到任何住户和走访。",
    Role.AUDITOR: "只看审计日志，看不到任何住户和走访。",
}


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
        sign_ins=_sign_ins(user),
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
        sight=SIGHT[role],
        may=tuple(str(permission.label) for permission in allowed if permission != USUAL),
    )


def _sign_ins(user: User) -> list[SignIn]:
    events = AuditEvent.objects.about("accounts.user", user.pk).filter(action__in=SIGN_INS)
    return [
        SignIn(
            at=event.at,
            action=ACTIONS[event.action],
            reason=REASONS.get(event.reason_code, ""),
            failed=event.action in {"account.sign_in_failure", "account.lock_out"},
        )
        for event in events.order_by("-pk")[:SHOWN]
    ]
