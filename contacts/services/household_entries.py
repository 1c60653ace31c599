"""What a person says about a household, before it is a record; and which of it a rule forbids."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from contacts.models import Household, Resident
from contacts.selectors.household_doors import bare_room, bare_unit
from portal.core.encryption import EXTENSION, normalise_phone
from portal.core.errors import DomainError
from portal.core.sheets.writing import FORMULA

MOST_RESIDENTS: Final = 20
NAME_LIMIT: Final = 40
NOTE_LIMIT: Final = 1000
OLDEST_YEAR: Final = 1900
FLOORS: Final = range(-5, 200)
#: Control characters, those that turn the direction of writing among them.
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_BELOW_GROUND: Final = re.compile(r"-\d{1,4}")
#: A mobile number; a landline with its area code; a landline without it (7 or 8 digits).
_PHONE: Final = re.compile(r"1[3-9]\d{9}|0\d{9,11}|[2-9]\d{6,7}")


@dataclass(frozen=True, kw_only=True, slots=True)
class ResidentEntry:
    """One person of a household as told. ``id`` names the resident it changes; None is new."""

    name: str
    relation: str = Resident.Relation.HEAD
    birth_year: int | None = None
    phone: str = ""
    is_contact: bool = False
    left_on: dt.date | None = None
    id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class HouseholdEntry:
    """One household as told. ``cares`` are category codes; None leaves them as they are."""

    building_id: int
    room: str
    unit: str = ""
    floor: int | None = None
    door_wish: str = Household.DoorWish.NONE
    door_wish_until: dt.date | None = None
    door_wish_reason: str = ""
    avoid: str = ""
    note: str = ""
    residents: tuple[ResidentEntry, ...] = ()
    cares: tuple[str, ...] | None = None


def check_plain(text: str, *, field: str, opens_with_minus: bool = False) -> None:
    """SECURITY: nobody and nothing is registered under a formula, nor under what cannot be seen.

    A room below ground may open with a minus (-101).
    """
    if text[:1] in FORMULA and not (opens_with_minus and _BELOW_GROUND.fullmatch(text)):
        raise DomainError("不能以 = + - @ 开头，请改成真实内容。", field=field)
    if _CONTROL.search(text):
        raise DomainError("里面有换行或看不见的控制字符，请重新填写。", field=field)


def clean_unit(value: str) -> str:
    """The unit without its word; empty where a building has none."""
    unit = bare_unit(value)
    check_plain(unit, field="unit")
    return unit


def clean_room(value: str) -> str:
    """The room without its word. Raises ``DomainError`` when there is none."""
    room = bare_room(value)
    if not room:
        raise DomainError("必须填写，如 502。", field="room")
    check_plain(room, field="room", opens_with_minus=True)
    return room


def clean_floor(value: int | None) -> int | None:
    if value is not None and value not in FLOORS:
        raise DomainError("请填 -5 到 199 之间的数字。", field="floor")
    return value


def clean_phone(value: str) -> str:
    """The number as digits. Raises ``DomainError`` when it cannot be rung."""
    if not value.strip():
        return ""
    if EXTENSION.search(unicodedata.normalize("NFKC", value)):
        raise DomainError("请填不带分机的号码，分机可以写在备注里。", field="phone")
    digits = normalise_phone(value)
    if not _PHONE.fullmatch(digits):
        raise DomainError(
            "号码不对，请核对。手机号是11位；座机可带区号，如 010-68870000。", field="phone"
        )
    return digits


def clean_birth_year(value: int | None, *, today: dt.date) -> int | None:
    if value is not None and not OLDEST_YEAR <= value <= today.year:
        raise DomainError(
            f"请填 {OLDEST_YEAR} 到 {today.year} 之间的四位年份，如 1950。", field="birth_year"
        )
    return value


def clean_name(value: str) -> str:
    """The name of a person tidied. Raises ``DomainError`` for what is none."""
    name = " ".join(value.split())
    if not name:
        raise DomainError("必须填写，写全名。", field="name")
    check_plain(name, field="name")
    if len(name) > NAME_LIMIT:
        raise DomainError(f"姓名最多{NAME_LIMIT}个字。", field="name")
    return name


def clean_resident(entry: ResidentEntry, *, today: dt.date) -> ResidentEntry:
    """The entry tidied. Raises ``DomainError`` for what no resident can be."""
    name = clean_name(entry.name)
    if entry.relation not in Resident.Relation:
        raise DomainError("请选一项。", field="relation")
    if entry.left_on is not None and entry.left_on > today:
        raise DomainError("这一天还没到，请等离开以后再填。", field="left_on")
    return replace(
        entry,
        name=name,
        phone=clean_phone(entry.phone),
        birth_year=clean_birth_year(entry.birth_year, today=today),
        is_contact=entry.is_contact and entry.left_on is None,
    )


def check_one_contact(contacts: Iterable[bool]) -> None:
    """``contacts`` says of each person who lives there whether to ring it first."""
    if sum(contacts) > 1:
        raise DomainError("首选联系人只能选一位。", field="residents")


def check_wish(
    wish: str, *, until: dt.date | None, reason: str, before: Household | None, today: dt.date
) -> None:
    """A wish has a reason and has not run out. A date that was accepted once is not judged again."""
    if wish not in Household.DoorWish:
        raise DomainError("请选一项。", field="door_wish")
    if wish == Household.DoorWish.NONE:
        return
    if not reason.strip():
        raise DomainError("选了“暂不上门”，请写明原因。", field="door_wish_reason")
    same = before is not None and before.door_wish_until == until
    if until is not None and until < today and not same:
        raise DomainError("这一天已经过去，请改成今天或以后的日期。", field="door_wish_until")


def clean_household(
    entry: HouseholdEntry, *, before: Household | None, today: dt.date
) -> HouseholdEntry:
    """The entry tidied. Raises ``DomainError`` for what no household can be."""
    wish, reason = entry.door_wish, entry.door_wish_reason.strip()
    check_wish(wish, until=entry.door_wish_until, reason=reason, before=before, today=today)
    wished = wish == Household.DoorWish.PHONE
    for field in ("avoid", "note"):
        if len(getattr(entry, field)) > NOTE_LIMIT:
            raise DomainError(f"最多写{NOTE_LIMIT}字。", field=field)
    if len(entry.residents) > MOST_RESIDENTS:
        raise DomainError(f"一户最多登记{MOST_RESIDENTS}人。", field="residents")
    residents = tuple(clean_resident(each, today=today) for each in entry.residents)
    check_one_contact(each.is_contact for each in residents)
    return replace(
        entry,
        unit=clean_unit(entry.unit),
        room=clean_room(entry.room),
        floor=clean_floor(entry.floor),
        door_wish_reason=reason if wished else "",
        door_wish_until=entry.door_wish_until if wished else None,
        avoid=entry.avoid.strip(),
        note=entry.note.strip(),
        residents=residents,
    )
