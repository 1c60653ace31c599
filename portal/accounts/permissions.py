"""What each role may do: the one table that views, services, navigation and docs read."""

from typing import Final

from django.db.models import TextChoices

from portal.accounts.roles import ADMINISTRATORS, SEPARATED, UNIT_WIDE, Role


class Permission(TextChoices):
    USE_PORTAL = "USE_PORTAL", "使用门户"
    SEE_VISITS = "SEE_VISITS", "查看三访记录"
    LOG_HOME_VISIT = "LOG_HOME_VISIT", "记走访"
    SEE_DIARY = "SEE_DIARY", "查看民情日记"
    SEE_DIARY_OF_OTHERS = "SEE_DIARY_OF_OTHERS", "查看下属民情日记"
    VOID_VISIT_OF_OTHERS = "VOID_VISIT_OF_OTHERS", "作废他人误记"
    SEE_HOUSEHOLDS = "SEE_HOUSEHOLDS", "查看住户"
    EDIT_HOUSEHOLDS = "EDIT_HOUSEHOLDS", "登记和修改住户"
    ASSIGN_HOUSEHOLDS = "ASSIGN_HOUSEHOLDS", "指定走访责任人"
    REVEAL_PERSONS = "REVEAL_PERSONS", "说明理由后查看住户信息"
    FIND_PERSONS = "FIND_PERSONS", "按姓名或电话尾号找人"
    SEARCH = "SEARCH", "搜索"
    READ_AUDIT = "READ_AUDIT", "查看审计日志"
    MANAGE_ORGANISATIONS = "MANAGE_ORGANISATIONS", "维护单位"
    MANAGE_USERS = "MANAGE_USERS", "建立账号"
    GRANT_POSTS = "GRANT_POSTS", "任免岗位"


_EVERYBODY: Final = frozenset(Role)
_VISITORS: Final = frozenset({Role.COMMUNITY_WORKER, Role.OFFICER, Role.LEADER, Role.DELEGATE})
_CONTACT: Final = _VISITORS | UNIT_WIDE | {Role.CLERK}
_REGISTER: Final = frozenset({Role.COMMUNITY_WORKER, Role.LEADER, Role.STREET_ADMIN})

ROLES: Final[dict[Permission, frozenset[Role]]] = {
    Permission.USE_PORTAL: _EVERYBODY,
    Permission.SEE_VISITS: _CONTACT,
    Permission.LOG_HOME_VISIT: frozenset({Role.COMMUNITY_WORKER, Role.OFFICER, Role.LEADER}),
    Permission.SEE_DIARY: _VISITORS | UNIT_WIDE,
    Permission.SEE_DIARY_OF_OTHERS: UNIT_WIDE,
    Permission.VOID_VISIT_OF_OTHERS: frozenset({Role.STREET_ADMIN}),
    Permission.SEE_HOUSEHOLDS: _CONTACT,
    Permission.EDIT_HOUSEHOLDS: _REGISTER,
    Permission.ASSIGN_HOUSEHOLDS: frozenset({Role.LEADER, Role.STREET_ADMIN}),
    Permission.REVEAL_PERSONS: _REGISTER | {Role.OFFICER},
    Permission.FIND_PERSONS: _REGISTER | {Role.OFFICER},
    Permission.SEARCH: _CONTACT,
    Permission.READ_AUDIT: frozenset({Role.AUDITOR}),
    Permission.MANAGE_ORGANISATIONS: frozenset({Role.SYSTEM_ADMIN}),
    Permission.MANAGE_USERS: frozenset({Role.SYSTEM_ADMIN}),
    Permission.GRANT_POSTS: frozenset({Role.SECURITY_ADMIN}),
}

_BY_THE_SECURITY_ADMIN: Final = SEPARATED | {Role.DISTRICT_ADMIN}


def whom_to_ask(role: str, *, in_street: bool) -> str:
    """Whom a refused person is told to ask: who keeps the unit, or who grants the posts."""
    if role in _BY_THE_SECURITY_ADMIN:
        return "安全管理员（岗位由其任免）"
    if in_street and role != Role.STREET_ADMIN:
        return "本单位的街道管理员"
    return "区管理员"


def needs_second_factor(role: str) -> bool:
    """Whether a post with this role may only be used after a second factor (quality §4)."""
    return role in ADMINISTRATORS
