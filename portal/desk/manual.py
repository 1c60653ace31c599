"""What each post is for and what it sees, in words: read by 今日 and by the help pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from contacts.services.households import REVEAL_FOR
from grievances.asks import Ask
from grievances.kinds import Party, State
from grievances.workflow import Move, Needs
from portal.accounts.permissions import ROLES, Permission
from portal.accounts.role_words import SEES
from portal.accounts.roles import Role


@dataclass(frozen=True, slots=True)
class Manual:
    """One role: what it is for, whose households and visits it sees, what it does not see."""

    purpose: str
    sees: str
    hidden: str


_MINUTES: Final = int(REVEAL_FOR.total_seconds() // 60)
_NO_RESIDENTS: Final = "住户和走访记录。"
_MASKED: Final = "姓名、电话、门牌打星号，地址只到楼栋；"

#: Purpose and what is hidden; what is seen is said in accounts.
_TEXTS: Final[dict[Role, tuple[str, str]]] = {
    Role.COMMUNITY_WORKER: (
        "走访住户，把听到的事写一次。日记、名单和统计都从这一次记录里来，不用再填第二遍。",
        "同事负责的住户，"
        + _MASKED
        + f"同事记的走访不显示。选一个理由后，可以看这一户的全部信息和走访记录{_MINUTES}分钟，并会留痕。",
    ),
    Role.OFFICER: (
        "走访自己联系的住户，到联系点下访，把听到的事写一次，答应的事按期兑现。",
        "其他住户，和别人的走访记录。",
    ),
    Role.LEADER: (
        "看本单位的民情：本周走访了多少户、哪些户还没走到、哪些事转成了诉求；自己也走访，到联系点下访，接待来访的居民。",
        f"住户的全部信息。要看，先选一个理由，{_MINUTES}分钟有效，会留痕。",
    ),
    Role.DELEGATE: (
        "联系选区、界别的群众：自己接访自己记，或由窗口登记；和社区工作者一同走访，由对方记录并把您列为同行人。都会出现在您的日记里。",
        "没有参加过的走访，和其他住户。",
    ),
    Role.CLERK: (
        "窗口受理：登记来访的居民、由谁接待、反映了什么。您登记过的可以再看、按事情搜索。",
        "没有参加过的走访，和其他住户。",
    ),
    Role.HANDLER: (
        "承办交给您单位的诉求：签收、办理、答复，期限和为什么到您这里都写在“诉求待办”里。",
        _NO_RESIDENTS,
    ),
    Role.STREET_ADMIN: (
        "管好本街道的人员岗位、网格楼栋、住户登记和走访责任人，更正误记，看本街道的民情。",
        f"住户的全部信息。要看，先选一个理由，{_MINUTES}分钟有效，会留痕。",
    ),
    Role.DISTRICT_LEADER: (
        "看全区的民情：各街道本周走访了多少户，哪些户还没走到，哪些事转成了诉求。",
        "住户的姓名、电话、门牌和关爱类别。",
    ),
    Role.DISTRICT_ADMIN: (
        "管全区的账号、岗位和单位，任命街道管理员和街道班子成员，提出督查授权，为区里汇总民情。",
        "住户的姓名、电话、门牌和关爱类别。",
    ),
    Role.INSPECTOR: (
        "按批准的督查事项，在批准的期限内看一个单位的走访记录和住户，只看不改。每打开一条都记在事项名下。",
        "住户的姓名、电话、门牌和关爱类别；不能按人查找、搜索、导出和说明理由查看。",
    ),
    Role.SYSTEM_ADMIN: (
        "建立和停用账号，给没有岗位或已绑定动态口令的人登录链接，维护单位，保证门户正常运行；岗位由安全管理员任免，动态口令由安全管理员解除。",
        _NO_RESIDENTS,
    ),
    Role.SECURITY_ADMIN: (
        "任免区管理员、区领导、督查员和以下的岗位，解锁账号，解除动态口令；不建账号，不给登录链接。",
        _NO_RESIDENTS,
    ),
    Role.AUDITOR: (
        "查看审计日志：谁在什么时候看了、改了、打印了什么。日志只有编号和字段名，没有内容。",
        _NO_RESIDENTS,
    ),
}
MANUALS: Final = {
    role: Manual(purpose=purpose, sees=SEES[role], hidden=hidden)
    for role, (purpose, hidden) in _TEXTS.items()
}

#: What is done on the server while there is no page for it: the command and what it does.
COMMANDS: Final[dict[Role, tuple[tuple[str, str], ...]]] = {
    Role.SYSTEM_ADMIN: (
        ("import_divisions", "导入或更新行政区划"),
        ("create_administrator", "建立系统、安全管理员和审计员的账号和岗位，给出一次性登录链接"),
        (
            "reset_sign_in",
            "系统、安全管理员、审计员和区级岗位的人密码忘了、账号锁了：解锁，重给登录链接；两人在场",
        ),
        ("load_care_categories", "更新关爱类别"),
        (
            "open_waiting_matters",
            "把诉求受理开通以前记为“待转诉求”的事登记为诉求；可以重复运行",
        ),
        ("load_topics", "载入诉求分类，已有的不改"),
        ("evaluate_suggestions", "用自己的文件检验分类建议：准确率、宏平均F1、不给建议的数量"),
        ("load_clock_policies", "装入随系统提供的办理时限"),
        ("recount_due", "重新计算未办结诉求的期限（日历、时限变动后自动做）"),
        ("backup", "备份成一个加密文件，并当场试恢复"),
        ("restore", "恢复到一个空的安装"),
        ("rebuild_search", "重建搜索"),
        ("rebuild_figures", "批量装入数据以后，重建数字汇总"),
        ("reconcile_figures", "用另一种办法核对全部数字（每天夜里自动做一次）"),
    ),
    Role.SECURITY_ADMIN: (
        ("reset_sign_in", "解锁系统、安全管理员和审计员的账号；加 --second-factor 解除动态口令"),
        ("permission_table", "列出每个角色能做什么"),
        ("rotate_field_keys", "换加密密钥以后，重新加密已有内容"),
    ),
}


def slug(role: Role) -> str:
    """How the role is written in an address: community-worker."""
    return role.value.lower().replace("_", "-")


def allowed(role: Role) -> list[str]:
    """What the role may do, in the words of the one table; using the portal goes without saying."""
    return [
        permission.label
        for permission in Permission
        if role in ROLES[permission] and permission != Permission.USE_PORTAL
    ]


@dataclass(frozen=True, slots=True)
class Step:
    """One move of 诉求, or what stands beside its state, in the words of the table."""

    label: str
    states: str
    #: Where it leads to; "" where the state stays.
    to: str
    who: str
    needs: str
    article: str


def step_of(move: Move) -> Step:
    """A move in words."""
    to = move.to.label + ("（新一轮）" if move.new_round else "")
    return Step(move.label, _states(move.from_states), to, _who(move), _needs(move), move.article)


def aside_of(ask: Ask) -> Step:
    """A request or a word beside the state."""
    return Step(ask.label, _states(ask.states), "", _who(ask), _needs(ask), "")


def _states(states: frozenset[State]) -> str:
    return "、".join(state.label for state in State if state in states)


def _who(what: Move | Ask) -> str:
    return "、".join(party.label for party in Party if party in what.parties)


def _needs(what: Move | Ask) -> str:
    words = {Needs.REASON: what.says, Needs.REPLY: what.says} if isinstance(what, Ask) else {}
    return "、".join(words.get(need, Needs(need).label) for need in what.needs)
