"""Who may do what to whose account and post: the one home of rank and reach (decision 0080).

Each function answers "" when it is allowed, else the sentence that says why not and whom to ask.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from portal.accounts.kinds import NATIONAL, OrganisationKind
from portal.accounts.roles import FITS, SEPARATED, Role, rank

if TYPE_CHECKING:
    from portal.accounts.models import Organisation, Post, User

#: Said of oneself, whatever one holds.
ONESELF: Final = "不能办理自己的账号和岗位，请由另一位管理员办理。"
BY_COMMAND: Final = "系统管理员、安全管理员、审计员只能在服务器上用命令任免，不能在页面上任免。"
LINK_ELSEWHERE: Final = (
    "此人有岗位、没有绑定动态口令，登录链接不由系统管理员一人给。"
    "请由其街道管理员或区管理员给；区级岗位的，请两人在场，在服务器上用 reset_sign_in 给。"
)
#: SECURITY: a link that is still about must not become a way to what a new post will see.
LINK_FIRST: Final = "此人还没有用一次性链接设好密码。请本人先设好密码，再任命岗位。"
NATIONAL_UNIT: Final = (
    "区、街道、社区按行政区划名单在服务器上导入（import_divisions），不在页面上改。"
)


def reaches(actor: Post, organisation: Organisation) -> bool:
    """Whether the unit is the actor's own or lies below it."""
    return organisation.path.startswith(actor.organisation.path)


def why_no_post_yet(person: User) -> str:
    """A post waits for the person's own password; "" once it is set."""
    return "" if person.has_usable_password() else LINK_FIRST


def rank_of(post: Post) -> int:
    return rank(post.role, post.organisation.kind)


def why_not_role(actor: Post, role: str, kind: str) -> str:
    """A role that stands at or above the actor's own is granted and ended by somebody higher."""
    if role in SEPARATED:
        return BY_COMMAND
    if rank(role, kind) < rank_of(actor):
        return ""
    place = "街道" if kind == OrganisationKind.STREET and role == Role.LEADER else ""
    return f"{place}{Role(role).label}的岗位不由{actor.get_role_display()}任免，请联系{_above(actor)}。"


def why_not_person(actor: Post, user_id: int, posts: Iterable[Post]) -> str:
    """``posts``: all that decide (``PostQuerySet.deciding``), wherever they are.

    Somebody who also stands elsewhere, or as high as the actor, keeps the account under the
    hands of those there.
    """
    if user_id == actor.user_id:
        return ONESELF
    for post in posts:
        if not reaches(actor, post.organisation):
            return "此人在本单位以外还有岗位，账号不由您办理。请联系上级管理员。"
        if rank_of(post) >= rank_of(actor):
            return f"此人有{post.get_role_display()}的岗位，账号不由您办理。请联系{_above(actor)}。"
    return ""


def why_not_link(actor: Post, *, has_post: bool, has_second_factor: bool) -> str:
    """A link opens the account to whoever holds it, and with it what its posts see.

    SECURITY: SYSTEM_ADMIN sees no resident, and would as somebody else. So the account has no
    post, or a second factor that another has to forget, or its link comes from its unit.
    """
    if actor.role != Role.SYSTEM_ADMIN or not has_post or has_second_factor:
        return ""
    return LINK_ELSEWHERE


def why_not_unit(actor: Post, organisation: Organisation) -> str:
    """Units of the national list change by import only, and nobody changes the own unit."""
    if organisation.kind in NATIONAL.values() or organisation.pk == actor.organisation_id:
        return NATIONAL_UNIT
    return ""


def grantable(actor: Post, kinds: Iterable[str] = OrganisationKind) -> list[Role]:
    """The roles the actor may grant somewhere among units of these kinds."""
    own = rank_of(actor)
    return [
        role
        for role in Role
        if role not in SEPARATED
        and any(kind in FITS[role] and rank(role, kind) < own for kind in kinds)
    ]


def _above(actor: Post) -> str:
    if actor.role == Role.STREET_ADMIN:
        return "区管理员"
    return "系统管理员" if actor.role == Role.SECURITY_ADMIN else "安全管理员"
