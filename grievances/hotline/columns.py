"""What an export of the hotline can tell, and under which headings (they differ by city)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from portal.core.sheets.heads import IDENTITY, NAME, PHONE, TIME, YEAR, Field, Layout

#: 一级 to 五级: the hotline's own classes.
LEVELS: Final = ("level1", "level2", "level3", "level4", "level5")
FIELDS: Final = (
    Field("number", "工单编号", ("工单号", "编号", "受理编号", "派单编号", "诉求编号", "案件编号")),
    Field("received", "接收时间", ("受理时间", "派单时间", "来电时间", "登记时间", "录入时间", "诉求时间", "转办时间")),
    Field("due", "办结时限", ("办理时限", "截止时间", "到期时间", "要求办结时间", "反馈时限", "办结期限")),
    Field("name", "联系人", ("诉求人", "来电人", "姓名", "来电人姓名", "诉求人姓名", "市民姓名", "反映人")),
    Field("phone", "联系电话", ("电话", "来电号码", "联系方式", "手机号", "来电电话", "诉求人电话", "主叫号码")),
    Field("address", "地址", ("事发地址", "诉求地址", "详细地址", "事件地址", "问题地址", "发生地点", "所属位置")),
    Field("text", "问题描述", ("诉求内容", "来电内容", "主要内容", "反映内容", "工单内容", "内容", "诉求描述", "案件描述")),
    Field("forward", "转办意见", ("派单意见", "处理意见", "批转意见", "转办要求")),
    Field("urgency", "紧急程度", ("缓急程度", "工单等级", "优先级")),
    Field("secret", "是否保密", ("保密", "信息保密", "是否匿名")),
    Field("channel", "信息来源", ("来源", "诉求来源", "受理渠道", "来源渠道", "渠道")),
    Field("nature", "来电类别", ("诉求类型", "工单类型", "受理类型", "诉求性质", "类别", "工单类别")),
    Field("level1", "一级分类", ("问题一级分类", "一级", "大类")),
    Field("level2", "二级分类", ("问题二级分类", "二级", "小类")),
    Field("level3", "三级分类", ("问题三级分类", "三级", "细类")),
    Field("level4", "四级分类", ("四级",)),
    Field("level5", "五级分类", ("五级",)),
    Field("unit", "承办单位", ("主办单位", "办理单位", "责任单位", "处理单位", "承办部门", "组织机构", "被派单位")),
    Field("state", "工单状态", ("状态", "办理状态", "当前状态", "处理状态")),
    Field("reply", "办理情况", ("答复内容", "办理结果", "处理结果", "回复内容", "反馈内容", "办理反馈")),
    Field("replied", "答复时间", ("办结时间", "反馈时间", "回复时间", "完成时间")),
    Field("satisfied", "是否满意", ("满意度", "满意情况", "群众满意度", "回访满意度", "评价结果")),
    Field("solved", "是否解决", ("解决情况", "问题是否解决", "回访解决情况")),
)  # fmt: skip
_DAYS: Final = frozenset({TIME, YEAR})
_PERSONS: Final = frozenset({PHONE, IDENTITY, NAME})
#: What must not stand in a column that means this: two columns have been swapped.
_NEVER: Final[Mapping[str, frozenset[str]]] = {
    "number": frozenset({NAME, TIME}),
    "received": _PERSONS,
    "due": _PERSONS,
    "replied": _PERSONS,
    "name": frozenset({PHONE, IDENTITY}) | _DAYS,
    "phone": frozenset({IDENTITY, NAME}) | _DAYS,
    "address": frozenset({PHONE, IDENTITY}) | _DAYS,
    "text": frozenset({PHONE, IDENTITY, NAME}) | _DAYS,
    "reply": frozenset({PHONE, IDENTITY}) | _DAYS,
    "unit": frozenset({PHONE, IDENTITY}) | _DAYS,
    "state": frozenset({PHONE, IDENTITY}) | _DAYS,
    "satisfied": frozenset({PHONE, IDENTITY}) | _DAYS,
    **{
        key: frozenset({PHONE, IDENTITY}) | _DAYS
        for key in ("nature", "urgency", "channel", *LEVELS)
    },
}
LAYOUT: Final = Layout(fields=FIELDS, required=("number", "received", "text"), never=_NEVER)
