"""The figures of the contact work, each declared once; every page asks for them by key."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from contacts.metrics.stocks import band_key
from contacts.models import Matter, Visit
from contacts.workflow import BANDS, Band
from portal.metrics.registry import Metric

VISIT_LIST: Final = "contacts:visit_list"
HOUSEHOLD_LIST: Final = "contacts:household_list"
#: Headings, in the order in which pages show them.
VISITS: Final = "三访"
MET: Final = "见到的住户"
MATTERS: Final = "反映的事"
REGISTER: Final = "住户"
SERVICES: Final = "志愿服务"
GROUPS: Final = (VISITS, MET, MATTERS, REGISTER, SERVICES)

_BY_DAY: Final = "按事情发生的日期（上海时间），不按记录的日期"
_AS_OF: Final = "按今天的住户名册，不随所选时间变化"
_PLACE: Final = "作废的不算；地点按当天的归属，住户以后搬走不改变过去的数字。"
_DOOR: Final = {"result": Visit.Result.MET.value, "channel": Visit.Channel.DOOR.value}
_PHONE: Final = {"result": Visit.Result.MET.value, "channel": Visit.Channel.PHONE.value}


def _of_visits(key: str, title: str, formula: str, unit: str = "次", **more: Any) -> Metric:
    filters = {"state": "valid", **more.pop("filters", {})}
    values = {"group": VISITS, "page": VISIT_LIST, "basis": _BY_DAY, **more}
    return Metric(
        key=key,
        source="visits",
        title=title,
        unit=unit,
        formula=f"{formula}{_PLACE}",
        filters=filters,
        **values,
    )


def _kinds() -> list[Metric]:
    said = {
        Visit.Kind.HOME: "走访住户的记录数，见到、无人在家、婉拒、电话联系都算一次。",
        Visit.Kind.FIELD: "领导干部到联系点下访的记录数。",
        Visit.Kind.RECEPTION: "接待来访群众的记录数。",
    }
    return [
        _of_visits(f"visits_{kind.lower()}", kind.label, said[kind], filters={"kind": kind.value})
        for kind in Visit.Kind
    ]


def _results() -> list[Metric]:
    return [
        _of_visits(
            result.lower(),
            result.label,
            f"结果记为“{result.label}”的三访记录数。",
            filters={"result": result.value},
            is_minor=True,
        )
        for result in Visit.Result
    ]


def _met() -> list[Metric]:
    more: dict[str, Any] = {"group": MET, "unit": "户"}
    return [
        *_at_the_door(more),
        *_by_phone(more),
        _of_visits(
            "hardship",
            "其中困难家庭",
            "上门见到的不同住户中，走访当天属于困难家庭类别的户数。",
            filters={**_DOOR, "hardship": "1"},
            **more,
        ),
    ]


def _at_the_door(more: dict[str, Any]) -> list[Metric]:
    return [
        _of_visits(
            "door",
            "上门见到",
            "上门并且见到人的不同住户数，同一户见几次都算一户。周、月、季、年各自去重，不能相加。",
            filters=_DOOR,
            **more,
        ),
        _of_visits(
            "door_visits",
            "上门见到的次数",
            "上门并且见到人的走访记录数。",
            group=MET,
            filters=_DOOR,
            is_minor=True,
        ),
    ]


def _by_phone(more: dict[str, Any]) -> list[Metric]:
    return [
        _of_visits(
            "phone",
            "电话联系到",
            "打电话联系到的不同住户数，单独列出，不算上门；同一户两样都有时两边各算一户。",
            filters=_PHONE,
            **more,
        ),
        _of_visits(
            "phone_visits",
            "电话联系到的次数",
            "打电话联系到的走访记录数。",
            group=MET,
            filters=_PHONE,
            is_minor=True,
        ),
    ]


def _late() -> list[Metric]:
    return [
        _of_visits(
            "late",
            "补记",
            "发生后超过24小时才记下的三访记录数。补记很正常，不作评价。",
            filters={"late": "1"},
            is_minor=True,
        ),
    ]


def _raised(key: str, title: str, formula: str, matter: str) -> list[Metric]:
    filters = {"matter": matter}
    return [
        _of_visits(f"matters{key}", title, formula, unit="件", group=MATTERS, filters=filters),
        _of_visits(
            f"raising{key}",
            f"{title}的记录",
            "有这样的事的三访记录数；一次可以反映几件事。",
            group=MATTERS,
            filters=filters,
            is_minor=True,
        ),
    ]


def _matters() -> list[Metric]:
    found = _raised("", "反映的事", "三访中记下的事项数，一次记几件算几件。", "any")
    for outcome in Matter.Outcome:
        text = f"结果记为“{outcome.label}”的事项数。"
        found += _raised(f"_{outcome.lower()}", outcome.label, text, outcome.value)
    text = "结果为“转为诉求”、但还没有诉求编号的事项数。"
    waiting, with_waiting = _raised("", Matter.WAITING_LABEL, text, "waiting")
    return [
        *found,
        replace(waiting, key="waiting"),
        replace(with_waiting, key="raising_waiting"),
    ]


def _of_register(key: str, title: str, formula: str, **more: Any) -> Metric:
    return Metric(
        key=key,
        source="register",
        title=title,
        unit="户",
        formula=formula,
        basis=_AS_OF,
        group=REGISTER,
        page=HOUSEHOLD_LIST,
        **more,
    )


#: The choice of the register's filter 走访情况 that lists exactly a band.
BAND_FILTERS: Final = {
    Band.NEVER: "never",
    Band.YEAR: "lapsed",
    Band.HALF: "half",
    Band.QUARTER: "quarter",
    Band.RECENT: "recent",
}


def _register() -> list[Metric]:
    bands = [
        _of_register(
            band_key(rule.band),
            rule.label,
            _band_formula(rule.more_than, rule.at_most),
            of="households",
            filters={"since": BAND_FILTERS[rule.band]},
            is_minor=True,
        )
        for rule in BANDS
    ]
    return [
        _of_register("households", "在册住户", "没有停用的住户数。"),
        _of_register(
            "unvisited",
            "未走访满12个月",
            "在册住户中，从未上门见到、或最近一次上门见到已超过365天的户数。",
            of="households",
            filters={"since": "year"},
        ),
        *bands,
    ]


def _band_formula(more_than: int | None, at_most: int | None) -> str:
    if more_than is None and at_most is None:
        return "在册住户中从未上门见到的户数。"
    low = f"超过{more_than}天" if more_than is not None else ""
    high = f"不超过{at_most}天" if at_most is not None else ""
    return f"在册住户中，最近一次上门见到距今{'、'.join(filter(None, (low, high)))}的户数。"


def _services() -> list[Metric]:
    more: dict[str, Any] = {
        "source": "services",
        "group": SERVICES,
        "basis": "按服务当天的日期（上海时间）",
    }
    return [
        Metric(
            key="services",
            title="服务人次",
            unit="人次",
            formula="志愿服务记录中有效的条目数：一个人得到一次一样服务算一人次。作废的不算。",
            **more,
        ),
        Metric(
            key="service_sessions",
            title="服务场次",
            unit="场",
            formula="至少有一条有效条目的志愿服务场次数。作废的不算。",
            is_minor=True,
            **more,
        ),
    ]


def all_metrics() -> list[Metric]:
    """Every figure, in the order in which pages show them."""
    visits = _of_visits("visits", "三访记录", "走访、下访、接访记录的总数。")
    return [
        visits,
        *_kinds(),
        *_results(),
        *_late(),
        *_met(),
        *_matters(),
        *_register(),
        *_services(),
    ]
