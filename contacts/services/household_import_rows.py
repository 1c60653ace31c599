"""One row of an uploaded list as it was meant, or why it cannot be taken."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from contacts.models import Household, Resident
from contacts.selectors.household_doors import bare_room, bare_unit
from contacts.services.household_entries import (
    NOTE_LIMIT,
    ResidentEntry,
    check_plain,
    clean_floor,
    clean_resident,
    clean_room,
)
from contacts.services.household_import_columns import BY_KEY
from portal.core.errors import DomainError
from portal.core.sheets.reading import Row

T = TypeVar("T")

_RELATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    Resident.Relation.HEAD: ("户主", "本人", "自己", "户主本人"),
    Resident.Relation.SPOUSE: ("配偶", "妻", "夫", "妻子", "丈夫", "老伴", "爱人"),
    Resident.Relation.CHILD: (
        "子女", "子", "女", "儿子", "女儿", "长子", "次子", "长女", "次女", "独生子", "独生女",
    ),
    Resident.Relation.PARENT: ("父母", "父", "母", "父亲", "母亲"),
    Resident.Relation.GRANDCHILD: ("孙辈", "孙子", "孙女", "外孙", "外孙女", "孙"),
    Resident.Relation.TENANT: ("租户", "租客", "房客", "承租人", "租住"),
    Resident.Relation.CARER: ("照护人", "保姆", "护工", "住家保姆"),
    Resident.Relation.OTHER: (
        "其他", "其它", "亲属", "亲戚", "儿媳", "女婿", "兄弟", "姐妹", "兄弟姐妹", "岳父",
        "岳母", "公公", "婆婆", "祖父", "祖母", "非亲属", "朋友", "同住人",
    ),
}  # fmt: skip
_RELATION: Final = {word: value for value, words in _RELATIONS.items() for word in words}
_AT_DOOR: Final = frozenset({"可上门", "可以", "可以上门", "是", "愿意", "上门"})
_BY_PHONE: Final = frozenset(
    {"暂不上门", "不上门", "电话", "电话联系", "改电话", "否", "不愿意", "暂不上门，改电话"}
)
#: When a list says no to visits and not why.
WISH_REASON: Final = "住户名单里写明"
_REASON_LIMIT: Final = 100
_IDENTITY: Final = re.compile(r"\d{6}(\d{4})\d{7}[\dXx]")
_OLD_IDENTITY: Final = re.compile(r"\d{6}(\d{2})\d{7}")
_YEAR: Final = re.compile(r"((?:18|19|20|21)\d{2})(?:\D.*|\d{2}|\d{4})?")
_FLOOR: Final = re.compile(r"(-?\d{1,3})(?:层|楼|F)?", re.IGNORECASE)
#: What is a name or a number on a door; the other short columns have words or digits of their own.
_NAMES: Final = ("community", "grid", "estate", "building", "unit", "room", "name", "responsible")
_PARTS: Final = re.compile(r"[、,，;；/|\s]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a row says, tidied. "" and None: nothing was said."""

    row: int
    community: str
    grid: str
    estate: str
    building: str
    unit: str
    room: str
    floor: int | None
    resident: ResidentEntry | None
    #: Whether the relation was said, or is our guess.
    relation_told: bool
    cares: tuple[str, ...]
    responsible: str
    wish_reason: str
    note: str


def read_row(row: Row, columns: Mapping[str, int], *, today: dt.date) -> Told:
    """Raises ``DomainError`` with the whole reason, led by the name of the column."""
    said = {key: _cell(row.cells, number) for key, number in columns.items()}
    _check_names(said)
    building = _part("building", lambda: _required(said.get("building", "")))
    return Told(
        row=row.number,
        community=said.get("community", ""),
        grid=said.get("grid", ""),
        estate=said.get("estate", ""),
        building=building,
        unit=_part("unit", lambda: _short(bare_unit(said.get("unit", "")), 10)),
        room=_part("room", lambda: _short(clean_room(bare_room(said.get("room", ""))), 20)),
        floor=_part("floor", lambda: _floor(said.get("floor", ""))),
        resident=_resident(said, today=today),
        relation_told=bool(said.get("relation")),
        cares=tuple(part for part in _PARTS.split(said.get("cares", "")) if part),
        responsible=said.get("responsible", ""),
        wish_reason=_part("wish", lambda: _wish(said)),
        note=_part("note", lambda: _short(said.get("note", ""), NOTE_LIMIT)),
    )


def _check_names(said: Mapping[str, str]) -> None:
    """What a row names, before its blanks are tidied; the rule is that of every door."""
    for key in _NAMES:
        _part(
            key, partial(check_plain, said.get(key, ""), field=key, opens_with_minus=key == "room")
        )


def birth_year(text: str) -> int | None:
    """From a year, a day or an identity number, of which nothing else is kept."""
    plain = re.sub(r"\s", "", text)
    if not plain:
        return None
    if (found := _IDENTITY.fullmatch(plain)) or (found := _YEAR.fullmatch(plain)):
        return int(found.group(1))
    if found := _OLD_IDENTITY.fullmatch(plain):
        return 1900 + int(found.group(1))
    raise DomainError("看不懂，请写四位年份如 1950，或出生日期。", field="birth_year")


def _resident(said: Mapping[str, str], *, today: dt.date) -> ResidentEntry | None:
    """The person of the row; none when the row is about the door alone."""
    name = said.get("name", "")
    if not name:
        if said.get("phone") or said.get("birth") or said.get("relation"):
            raise DomainError("姓名：没有写。有电话、出生年份或关系的行要写姓名。")
        return None
    entry = ResidentEntry(
        name=name,
        relation=_part("relation", lambda: _relation(said.get("relation", ""))),
        birth_year=_part("birth", lambda: birth_year(said.get("birth", ""))),
        phone=said.get("phone", ""),
    )
    try:
        return clean_resident(entry, today=today)
    except DomainError as error:
        key = {"birth_year": "birth"}.get(error.field or "", error.field or "name")
        raise DomainError(f"{BY_KEY[key].label}：{error.message}") from error


def _part(key: str, read: Callable[[], T]) -> T:
    """What ``read`` gives, its refusal led by the name of the column."""
    try:
        return read()
    except DomainError as error:
        raise DomainError(f"{BY_KEY[key].label}：{error.message}") from error


def _cell(cells: Sequence[str], number: int) -> str:
    return cells[number] if number < len(cells) else ""


def _required(text: str) -> str:
    if not text:
        raise DomainError("没有写。")
    return _short(text, 60)


def _short(text: str, limit: int) -> str:
    if len(text) > limit:
        raise DomainError(f"最多写 {limit} 个字。")
    return text


def _floor(text: str) -> int | None:
    if not text:
        return None
    found = _FLOOR.fullmatch(text)
    if found is None:
        raise DomainError("看不懂，请写数字，如 5。")
    return clean_floor(int(found.group(1)))


def _relation(text: str) -> str:
    if not text:
        return Resident.Relation.HEAD
    try:
        return _RELATION[text]
    except KeyError:
        words = "、".join(Resident.Relation.labels)
        raise DomainError(f"看不懂，请写其中之一：{words}。") from None


def _wish(said: Mapping[str, str]) -> str:
    """The reason of a wish not to be visited; "" when there is no such wish."""
    text = said.get("wish", "")
    if not text or text in _AT_DOOR:
        return ""
    if text in _BY_PHONE:
        return _short(said.get("wish_reason", "") or WISH_REASON, _REASON_LIMIT)
    label = Household.DoorWish.PHONE.label
    raise DomainError(f"看不懂，请写“可上门”或“{label}”。")
