"""The pages that are measured, for whom, and what each may take."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from portal.desk.scale.texts import ABSENT, COMMON, RARE

LIST, PAGE, EMPTY = "L", "P'", "P"
#: At most so many times the floor (quality §3).
EMPTY_LIMIT, PAGE_LIMIT, RESIDENT_LIMIT = 4.0, 3.0, 2.0
#: Nobody signed in.
RESIDENT: Final = "RESIDENT"
QUERIES, MORE_QUERIES = 12, 25
LIST_BYTES: Final = 60_000
TYPICAL: Final = 12  # people that take turns


@dataclass(frozen=True)
class Row:
    """One page as several people of one role open it."""

    name: str
    who: str
    path: str
    floor: str = PAGE
    queries: int = QUERIES
    limit: float = PAGE_LIMIT
    #: Follow the link to the next page so many times first.
    turns: int = 0
    marks: dict[str, Any] = field(default_factory=dict)

    def path_for(self, person: dict[str, Any]) -> str:
        return self.path.format(**person, rare=RARE, absent=ABSENT, common=COMMON)


VISITS, HOMES, SEARCH = "/contacts/visits/", "/contacts/households/", "/search/"
_UNIT: Final = ("DISTRICT_LEADER", "LEADER_STREET")
_ALL: Final = ("COMMUNITY_WORKER", "FORTY", "LEADER", "LEADER_STREET", "DISTRICT_LEADER")
_VISIT_FILTERS: Final = {
    "见到了": "result=MET",
    "婉拒": "result=DECLINED",
    "电话": "channel=PHONE",
    "视频": "channel=VIDEO",
    "有事项": "matter=any",
    "转为诉求": "matter=ESCALATED",
    "不含作废": "state=valid",
    "待补记": "state=to_complete",
    "只看作废": "state=voided",
    "一个社区": "community={community}",
    "本月": "month={month}",
    "两年前的一周": "week={old_week}",
    "婉拒且有事项": "result=DECLINED&matter=any",
}
_HOME_FILTERS: Final = {
    "从未走访": "since=never",
    "满12个月": "since=year",
    "暂不上门": "since=phone",
    "一个街道": "street={street}",
    "一个社区": "community={community}",
    "一栋楼": "community={community}&building={building}",
    "按地址": "q=3号楼",
    "没有的地址": "q=9999号楼",
}
_WORDS: Final = {"罕见词": "{rare}", "没有的词": "{absent}", "常见词": "{common}",
                 "两个词": "{common} 维修"}  # fmt: skip


def rows() -> Iterator[Row]:
    """Every page that there may be; those without an address yet are left out by the runner."""
    yield from _visit_lists()
    yield from _registers()
    yield from _searches()
    yield from _others()
    yield from _forms()


def _visit_lists() -> Iterator[Row]:
    for who in (*_ALL, "CLERK", "DELEGATE", "OFFICER", "STREET_ADMIN", "DISTRICT_ADMIN"):
        yield Row("三访记录", who, VISITS, LIST)
    yield Row("三访记录 第500页", "DISTRICT_LEADER", VISITS, LIST, turns=499)
    for who in _UNIT:
        for name, query in _VISIT_FILTERS.items():
            yield Row(f"三访记录 {name}", who, f"{VISITS}?{query}", LIST)
    for who in ("COMMUNITY_WORKER", "FORTY"):
        for name in ("见到了", "有事项", "本月"):
            yield Row(f"三访记录 {name}", who, f"{VISITS}?{_VISIT_FILTERS[name]}", LIST)
        yield Row("三访记录 我参加的", who, f"{VISITS}?who=me", LIST)
    for who in (*_UNIT, "FORTY", "COMMUNITY_WORKER"):
        for name, word in _WORDS.items():
            yield Row(f"三访记录 {name}", who, f"{VISITS}?q={word}", LIST)


def _registers() -> Iterator[Row]:
    for who in (*_ALL, "OFFICER", "CLERK", "STREET_ADMIN"):
        yield Row("住户", who, f"{HOMES}?mine=all", LIST)
    yield Row("住户 我负责的", "FORTY", f"{HOMES}?mine=1", LIST)
    yield Row("住户 我负责的", "COMMUNITY_WORKER", f"{HOMES}?mine=1", LIST)
    yield Row("住户 第100页", "DISTRICT_LEADER", HOMES, LIST, turns=99)
    for who in _UNIT:
        for name, query in _HOME_FILTERS.items():
            yield Row(f"住户 {name}", who, f"{HOMES}?{query}", LIST)
    for name in ("从未走访", "满12个月", "按地址"):
        query = f"{HOMES}?mine=all&{_HOME_FILTERS[name]}"
        yield Row(f"住户 {name}", "COMMUNITY_WORKER", query, LIST)


def _searches() -> Iterator[Row]:
    for who in (*_UNIT, "COMMUNITY_WORKER", "FORTY", "CLERK"):
        for name, word in _WORDS.items():
            yield Row(f"搜索 {name}", who, f"{SEARCH}?q={word}", LIST)


def _others() -> Iterator[Row]:
    for who in (*_ALL, "OFFICER", "DELEGATE", "CLERK", "STREET_ADMIN", "DISTRICT_ADMIN",
                "HANDLER", "INSPECTOR", "SYSTEM_ADMIN", "SECURITY_ADMIN", "AUDITOR"):  # fmt: skip
        yield Row("今日", who, "/", queries=MORE_QUERIES)
    for who in _ALL:
        yield Row("一次走访", who, "/contacts/visits/{visit}/")
        yield Row("一户", who, "/contacts/households/{household}/")
        yield Row("日记", who, "/contacts/diary/")
        yield Row("民情地图", who, "/contacts/map/", queries=MORE_QUERIES)
    for who in ("LEADER", "LEADER_STREET", "DISTRICT_LEADER", "STREET_ADMIN"):
        yield Row("数字", who, "/contacts/figures/")
    for who in ("COMMUNITY_WORKER", "FORTY"):
        yield Row("扫楼 名单", who, "/contacts/visits/round/")
        yield Row("扫楼 一栋", who, "/contacts/visits/round/{building}/")
        yield Row("民情地图 一栋", who, "/contacts/map/?place={building_code}",
                  queries=MORE_QUERIES)  # fmt: skip
    yield Row("联系点", "LEADER_STREET", "/contacts/points/")
    yield Row("联系点", "DISTRICT_ADMIN", "/contacts/points/")
    yield Row("志愿服务", "LEADER_STREET", "/contacts/volunteers/")
    yield Row("导入导出", "LEADER_STREET", "/reports/exports/")
    yield Row("人员", "DISTRICT_ADMIN", "/accounts/people/")
    yield Row("人员", "STREET_ADMIN", "/accounts/people/")
    yield Row("岗位", "SECURITY_ADMIN", "/accounts/posts/")
    yield Row("单位", "DISTRICT_ADMIN", "/accounts/units/")
    yield Row("个人信息请求", "LEADER_STREET", "/contacts/rights/")
    yield Row("审计日志", "AUDITOR", "/audit/", LIST)
    yield Row("我的账号", "COMMUNITY_WORKER", "/accounts/me/")
    yield Row("帮助", "COMMUNITY_WORKER", "/help/")
    yield Row("个人信息告知", RESIDENT, "/privacy/", limit=RESIDENT_LIMIT)


def _forms() -> Iterator[Row]:
    for who in ("COMMUNITY_WORKER", "FORTY"):
        yield Row("记走访 选户", who, "/contacts/visits/new/")
        yield Row("记走访 表单", who, "/contacts/visits/new/?household={household}")
        yield Row("登记住户 表单", who, "/contacts/households/new/")
        yield Row("修改住户 表单", who, "/contacts/households/{household}/edit/")
        yield Row("找人 表单", who, "/contacts/households/find/")
    yield Row("记下访 表单", "LEADER_STREET", "/contacts/visits/new/?kind=field")
    yield Row("记接访 表单", "CLERK", "/contacts/visits/new/?kind=reception")
    yield Row("登记住户 表单", "STREET_ADMIN", "/contacts/households/new/")
    yield Row("走访责任人 表单", "STREET_ADMIN", "/contacts/households/{household}/duty/")
    yield Row("说明理由 表单", "LEADER_STREET", "/contacts/households/{household}/reveal/")
    yield Row("导入 表单", "STREET_ADMIN", "/contacts/households/import/")
    yield Row("导出 表单", "LEADER_STREET", "/reports/exports/new/visits/")
    yield Row("建服务队 表单", "STREET_ADMIN", "/contacts/volunteers/new/")
    yield Row("代记个人信息请求 表单", "STREET_ADMIN", "/contacts/rights/new/")
    for who in ("STREET_ADMIN", "DISTRICT_ADMIN"):
        yield Row("设联系点 表单", who, "/contacts/points/new/")
        yield Row("建账号 表单", who, "/accounts/people/new/")
        yield Row("任命岗位 表单", who, "/accounts/posts/new/")
        yield Row("建单位 表单", who, "/accounts/units/{community}/new/")
        yield Row("修改单位 表单", who, "/accounts/units/{building}/edit/")
    yield Row("督查授权 表单", "DISTRICT_ADMIN", "/accounts/inspections/new/")
    yield Row("意见 表单", "COMMUNITY_WORKER", "/feedback/")
    yield Row("改密码 表单", "COMMUNITY_WORKER", "/accounts/me/password/")
    yield Row("登录 表单", RESIDENT, "/accounts/login/")
    yield Row("个人信息请求 表单", RESIDENT, "/privacy/request/", limit=RESIDENT_LIMIT)
