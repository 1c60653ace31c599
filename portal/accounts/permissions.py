"""What each role may do: the one table that views, services, navigation and docs read."""

from typing import Final

from django.db.models import TextChoices

from portal.accounts.roles import ADMINISTRATORS, SEPARATED, UNIT_WIDE, Role


class Permission(TextChoices):
    USE_PORTAL = "USE_PORTAL", "使用门户"
    SEE_VISITS = "SEE_VISITS", "查看三访记录"
    LOG_HOME_VISIT = "LOG_HOME_VISIT", "记走访"
    LOG_FIELD_VISIT = "LOG_FIELD_VISIT", "记下访"
    LOG_RECEPTION = "LOG_RECEPTION", "记接访"
    SEE_POINTS = "SEE_POINTS", "查看联系点"
    MANAGE_POINTS = "MANAGE_POINTS", "安排联系点"
    SEE_VOLUNTEERS = "SEE_VOLUNTEERS", "查看志愿服务"
    MANAGE_TEAMS = "MANAGE_TEAMS", "维护志愿队伍"
    LOG_SERVICE = "LOG_SERVICE", "记志愿服务"
    SEE_DIARY = "SEE_DIARY", "查看民情日记"
    SEE_DIARY_OF_OTHERS = "SEE_DIARY_OF_OTHERS", "查看下属民情日记"
    VOID_VISIT_OF_OTHERS = "VOID_VISIT_OF_OTHERS", "作废他人误记"
    SEE_HOUSEHOLDS = "SEE_HOUSEHOLDS", "查看住户"
    EDIT_HOUSEHOLDS = "EDIT_HOUSEHOLDS", "登记和修改住户"
    ASSIGN_HOUSEHOLDS = "ASSIGN_HOUSEHOLDS", "指定走访责任人"
    REVEAL_PERSONS = "REVEAL_PERSONS", "说明理由后查看住户信息"
    FIND_PERSONS = "FIND_PERSONS", "按姓名或电话尾号找人"
    IMPORT_HOUSEHOLDS = "IMPORT_HOUSEHOLDS", "导入住户"
    MERGE_HOUSEHOLDS = "MERGE_HOUSEHOLDS", "合并、迁移住户"
    SEE_WHO_LOOKED = "SEE_WHO_LOOKED", "查看谁看过住户"
    SEE_MAP = "SEE_MAP", "查看民情地图"
    SEE_FIGURES = "SEE_FIGURES", "查看本单位数字"
    EXPORT_LISTS = "EXPORT_LISTS", "导出列表"
    HANDLE_RIGHTS = "HANDLE_RIGHTS", "办理个人信息请求"
    SEE_GRIEVANCES = "SEE_GRIEVANCES", "查看诉求"
    REGISTER_GRIEVANCES = "REGISTER_GRIEVANCES", "登记诉求"
    HANDLE_GRIEVANCES = "HANDLE_GRIEVANCES", "办理诉求"
    IMPORT_HOTLINE = "IMPORT_HOTLINE", "导入12345工单"
    MANAGE_TOPICS = "MANAGE_TOPICS", "维护诉求分类"
    MANAGE_CLOCKS = "MANAGE_CLOCKS", "设定时限和工作日历"
    SEARCH = "SEARCH", "搜索"
    READ_AUDIT = "READ_AUDIT", "查看审计日志"
    MANAGE_ORGANISATIONS = "MANAGE_ORGANISATIONS", "维护单位"
    SEE_PEOPLE = "SEE_PEOPLE", "查看人员和账号"
    MANAGE_USERS = "MANAGE_USERS", "建立、停用账号"
    GRANT_POSTS = "GRANT_POSTS", "任免岗位"
    UNLOCK_ACCOUNTS = "UNLOCK_ACCOUNTS", "解锁账号、解除动态口令"
    SEE_INSPECTIONS = "SEE_INSPECTIONS", "查看督查授权"
    ASK_INSPECTION = "ASK_INSPECTION", "提出督查授权"
    APPROVE_INSPECTION = "APPROVE_INSPECTION", "批准督查授权"
    ANSWER_FEEDBACK = "ANSWER_FEEDBACK", "答复系统意见"


_EVERYBODY: Final = frozenset(Role)
_VISITORS: Final = frozenset({Role.COMMUNITY_WORKER, Role.OFFICER, Role.LEADER, Role.DELEGATE})
_CONTACT: Final = _VISITORS | UNIT_WIDE | {Role.CLERK}
_UNIT_ADMINS: Final = frozenset({Role.STREET_ADMIN, Role.DISTRICT_ADMIN})
_REGISTER: Final = frozenset({Role.COMMUNITY_WORKER, Role.LEADER, Role.STREET_ADMIN})
#: An inspector reads what an approved case opens (``Inspection``), and nothing without one.
_READERS: Final = _CONTACT | {Role.INSPECTOR}

ROLES: Final[dict[Permission, frozenset[Role]]] = {
    Permission.USE_PORTAL: _EVERYBODY,
    Permission.SEE_VISITS: _READERS,
    Permission.LOG_HOME_VISIT: frozenset({Role.COMMUNITY_WORKER, Role.OFFICER, Role.LEADER}),
    Permission.LOG_FIELD_VISIT: frozenset({Role.OFFICER, Role.LEADER}),
    Permission.LOG_RECEPTION: frozenset({Role.CLERK, Role.LEADER, Role.DELEGATE}),
    Permission.SEE_POINTS: _CONTACT,
    Permission.MANAGE_POINTS: frozenset({Role.STREET_ADMIN, Role.DISTRICT_ADMIN}),
    Permission.SEE_VOLUNTEERS: _CONTACT,
    Permission.MANAGE_TEAMS: frozenset({Role.LEADER, Role.STREET_ADMIN}),
    Permission.LOG_SERVICE: frozenset({Role.COMMUNITY_WORKER, Role.OFFICER, Role.LEADER}),
    Permission.SEE_DIARY: _VISITORS | UNIT_WIDE,
    Permission.SEE_DIARY_OF_OTHERS: UNIT_WIDE,
    Permission.VOID_VISIT_OF_OTHERS: frozenset({Role.STREET_ADMIN}),
    Permission.SEE_HOUSEHOLDS: _READERS,
    Permission.EDIT_HOUSEHOLDS: _REGISTER,
    Permission.ASSIGN_HOUSEHOLDS: frozenset({Role.LEADER, Role.STREET_ADMIN}),
    Permission.REVEAL_PERSONS: _REGISTER | {Role.OFFICER},
    Permission.FIND_PERSONS: _REGISTER | {Role.OFFICER},
    Permission.IMPORT_HOUSEHOLDS: frozenset({Role.LEADER, Role.STREET_ADMIN}),
    Permission.MERGE_HOUSEHOLDS: frozenset({Role.LEADER, Role.STREET_ADMIN}),
    Permission.SEE_WHO_LOOKED: _REGISTER,
    Permission.SEE_MAP: UNIT_WIDE | {Role.COMMUNITY_WORKER},
    Permission.SEE_FIGURES: UNIT_WIDE,
    # What is exported takes the right to the list itself too. Not an inspector: a case is read.
    Permission.EXPORT_LISTS: _CONTACT | SEPARATED,
    Permission.HANDLE_RIGHTS: frozenset({Role.LEADER, Role.STREET_ADMIN, Role.CLERK}),
    Permission.SEE_GRIEVANCES: _READERS | {Role.HANDLER},
    Permission.REGISTER_GRIEVANCES: _VISITORS | _UNIT_ADMINS | {Role.CLERK},
    # Which move is whose: grievances.workflow, by what the post is to the case.
    Permission.HANDLE_GRIEVANCES: _CONTACT | {Role.HANDLER},
    Permission.IMPORT_HOTLINE: _UNIT_ADMINS,
    Permission.MANAGE_TOPICS: frozenset({Role.DISTRICT_ADMIN}),
    Permission.MANAGE_CLOCKS: frozenset({Role.DISTRICT_ADMIN}),
    Permission.SEARCH: _CONTACT,
    Permission.READ_AUDIT: frozenset({Role.AUDITOR}),
    Permission.MANAGE_ORGANISATIONS: _UNIT_ADMINS | {Role.SYSTEM_ADMIN},
    Permission.SEE_PEOPLE: _UNIT_ADMINS | {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN},
    Permission.MANAGE_USERS: _UNIT_ADMINS | {Role.SYSTEM_ADMIN},
    Permission.GRANT_POSTS: _UNIT_ADMINS | {Role.SECURITY_ADMIN},
    # Apart from the link of the system administrator: no single one of the two takes over an
    # account that has a second factor.
    Permission.UNLOCK_ACCOUNTS: _UNIT_ADMINS | {Role.SECURITY_ADMIN},
    Permission.SEE_INSPECTIONS: frozenset(
        {Role.DISTRICT_ADMIN, Role.DISTRICT_LEADER, Role.INSPECTOR}
    ),
    Permission.ASK_INSPECTION: frozenset({Role.DISTRICT_ADMIN}),
    Permission.APPROVE_INSPECTION: frozenset({Role.DISTRICT_LEADER}),
    Permission.ANSWER_FEEDBACK: frozenset({Role.DISTRICT_ADMIN, Role.SYSTEM_ADMIN}),
}

_BY_THE_SECURITY_ADMIN: Final = SEPARATED | {
    Role.DISTRICT_ADMIN,
    Role.DISTRICT_LEADER,
    Role.INSPECTOR,
}


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
