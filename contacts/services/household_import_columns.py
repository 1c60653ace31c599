"""What a list of households can tell, and under which headings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from contacts.models import Household, Resident
from portal.core.sheets.heads import IDENTITY, NAME, PHONE, TIME, YEAR, Field, Layout

FIELDS: Final = (
    Field("community", "社区", ("居委会", "所属社区", "社区名称", "村居", "居村")),
    Field("grid", "网格", ("所属网格", "网格名称", "网格号")),
    Field("estate", "小区", ("小区名称", "院落", "所属小区")),
    Field("building", "楼栋", ("楼号", "楼", "栋", "幢", "楼栋号", "楼栋名称", "楼门", "楼幢")),
    Field("unit", "单元", ("单元号", "门洞", "单元门")),
    Field("floor", "楼层", ("层", "所在楼层")),
    Field(
        "room", "室", ("门牌", "房号", "门牌号", "房间号", "室号", "户号", "房屋号", "房间"),
    ),
    Field("name", "姓名", ("户主", "居民姓名", "户主姓名", "住户姓名", "人员姓名", "联系人")),
    Field("relation", "与户主关系", ("关系", "与户主的关系", "家庭关系"),
        f"写其中之一：{'、'.join(Resident.Relation.labels)}",
   ),
    Field("phone", "电话", ("手机", "手机号", "联系电话", "电话号码", "手机号码", "联系方式")),
    Field(
        "birth",
        "出生年份",
        ("出生日期", "出生年月", "生日", "身份证", "身份证号", "身份证号码", "公民身份号码", "出生年"),
        "身份证号只取出生年份，号码不保存",
    ),
    Field("cares", "关爱类别", ("类别", "人群类别", "重点人群", "特殊群体", "困难类别")),
    Field(
        "responsible",
        "走访责任人",
        ("责任人", "包户干部", "社工", "负责人", "网格员", "包联干部", "走访人"),
        "账号，或本社区里不重名的姓名",
    ),
    Field("wish", "上门意愿", ("是否上门", "可否上门", "上门"),
        f"写“可上门”或“{Household.DoorWish.PHONE.label}”，空着不改",
   ),
    Field("wish_reason", "暂不上门的原因", ("不上门原因", "暂不上门原因")),
    Field("note", "备注", ("说明", "情况说明", "其他情况")),
)  # fmt: skip
BY_KEY: Final = {field.key: field for field in FIELDS}
_DAYS: Final = frozenset({TIME, YEAR})
#: What must not stand in a column that means this.
_NEVER: Final[Mapping[str, frozenset[str]]] = {
    "name": frozenset({PHONE, IDENTITY}) | _DAYS,
    "phone": frozenset({IDENTITY, NAME}) | _DAYS,
    "birth": frozenset({PHONE, NAME}),
    "room": frozenset({PHONE, IDENTITY, NAME}),
    "building": frozenset({PHONE, IDENTITY}),
    "relation": frozenset({PHONE, IDENTITY}) | _DAYS,
    "cares": frozenset({PHONE, IDENTITY}) | _DAYS,
    "responsible": frozenset({PHONE, IDENTITY}) | _DAYS,
    "note": frozenset({PHONE, IDENTITY}),
}
LAYOUT: Final = Layout(
    fields=FIELDS, required=("building", "room"), never=_NEVER, within={"身份证": "birth"}
)
