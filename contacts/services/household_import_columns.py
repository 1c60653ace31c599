"""Which column of an uploaded list means what: guessed from its heading, checked by its content."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from contacts.models import Household, Resident
from portal.core.errors import DomainError
from portal.core.sheets.reading import Row

#: The heading stands in one of the first rows: lists often begin with a title.
HEADING_WITHIN: Final = 10
SAMPLES: Final = 5
_PROFILED: Final = 200


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a list can tell; ``words`` are other headings for it."""

    key: str
    label: str
    words: tuple[str, ...]
    hint: str = ""


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
REQUIRED: Final = ("building", "room")
_WORDS: Final = {word: f.key for f in FIELDS for word in (f.label, *f.words)}

#: What most cells of a column look like.
PHONE, IDENTITY, YEAR, NAME = "phone", "identity", "year", "name"
_KINDS: Final = {
    PHONE: re.compile(r"(?:\+?86[- ]?)?1[3-9]\d{9}|0\d{2,3}[- ]?\d{7,8}"),
    IDENTITY: re.compile(r"\d{17}[\dXx]|\d{15}"),
    YEAR: re.compile(r"(?:19|20)\d{2}(?:[-/.年].*)?"),
    NAME: re.compile(r"[\u4e00-\u9fff·]{2,4}"),
}
_KIND_WORDS: Final = {PHONE: "电话号码", IDENTITY: "身份证号", YEAR: "年份或日期", NAME: "姓名"}
#: What must not stand in a column that means this.
_NEVER: Final[Mapping[str, frozenset[str]]] = {
    "name": frozenset({PHONE, IDENTITY, YEAR}),
    "phone": frozenset({IDENTITY, NAME, YEAR}),
    "birth": frozenset({PHONE, NAME}),
    "room": frozenset({PHONE, IDENTITY, NAME}),
    "building": frozenset({PHONE, IDENTITY}),
    "relation": frozenset({PHONE, IDENTITY, YEAR}),
    "cares": frozenset({PHONE, IDENTITY, YEAR}),
    "responsible": frozenset({PHONE, IDENTITY, YEAR}),
    "note": frozenset({PHONE, IDENTITY}),
}


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a list before it is read to its end."""

    #: The number of the heading's row.
    heading: int
    titles: tuple[str, ...]
    #: Of each column the first cells, identity numbers starred.
    samples: tuple[tuple[str, ...], ...]
    #: Of each column what most of its cells are, "" when it is nothing in particular.
    kinds: tuple[str, ...]
    #: Rows below the heading.
    total: int


def read_head(rows: Iterable[Row], *, most: int) -> Head:
    """Find the heading, look at the columns, count the rows. Raises ``DomainError``."""
    source = iter(rows)
    first = [row for _, row in zip(range(HEADING_WITHIN), source, strict=False)]
    at = _heading_at(first)
    heading = first[at]
    below, total = first[at + 1 :], len(first) - at - 1
    for row in source:
        total += 1
        if len(below) < _PROFILED:
            below.append(row)
    if not total:
        raise DomainError("表头下面没有内容，请检查是不是选错了文件或工作表。")
    if total > most:
        raise DomainError(f"超过 {most:,} 行，请按社区或楼栋分成几个文件再上传。")
    width = max(len(heading.cells), *(len(row.cells) for row in below))
    columns = [_column(below, number) for number in range(width)]
    return Head(
        heading=heading.number,
        titles=tuple(_cell(heading, number) for number in range(width)),
        samples=tuple(_samples(cells) for cells in columns),
        kinds=tuple(_kind(cells) for cells in columns),
        total=total,
    )


def guess(titles: Sequence[str]) -> dict[str, int]:
    """Field → column, as far as the headings say it; the first of two that say the same."""
    found: dict[str, int] = {}
    for number, title in enumerate(titles):
        bare = _bare(title)
        key = "birth" if "身份证" in bare else _WORDS.get(bare)
        if key is not None:
            found.setdefault(key, number)
    return found


def signature(titles: Sequence[str]) -> str:
    """The same for lists with the same heading."""
    return hashlib.sha256("\x1f".join(map(_bare, titles)).encode()).hexdigest()


def check_columns(columns: Mapping[str, int], kinds: Sequence[str], *, sure: bool) -> None:
    """Raises ``DomainError`` for a mapping that lacks a column, or (unless ``sure``) looks swapped."""
    if missing := [BY_KEY[key].label for key in REQUIRED if key not in columns]:
        raise DomainError(f"还没有选哪一列是{'、'.join(f'“{label}”' for label in missing)}。")
    if sure:
        return
    for key, number in columns.items():
        kind = kinds[number] if number < len(kinds) else ""
        if kind in _NEVER.get(key, ()):
            raise DomainError(
                f"选作“{BY_KEY[key].label}”的那一列里多半是{_KIND_WORDS[kind]}，"
                "请看是不是选反了。确实如此，请在下面打钩后再继续。",
                field="sure",
            )


def _heading_at(rows: Sequence[Row]) -> int:
    """The row that says most of what we know; else the first with two cells or more."""
    known = [len(guess(row.cells)) for row in rows]
    best = max(known, default=0)
    if best > 1:
        return known.index(best)
    wide = (n for n, row in enumerate(rows) if sum(map(bool, row.cells)) > 1)
    return next(wide, 0)


def _column(rows: Iterable[Row], number: int) -> list[str]:
    return [cell for row in rows if (cell := _cell(row, number))]


def _cell(row: Row, number: int) -> str:
    return row.cells[number] if number < len(row.cells) else ""


def _samples(cells: Iterable[str]) -> tuple[str, ...]:
    """SECURITY: a whole identity number is shown nowhere."""
    shown = [cell for _, cell in zip(range(SAMPLES), cells, strict=False)]
    return tuple(_KINDS[IDENTITY].sub("（身份证号）", cell)[:40] for cell in shown)


def _kind(cells: Sequence[str]) -> str:
    """What more than half of the cells are."""
    for kind, pattern in _KINDS.items():
        fitting = sum(1 for cell in cells if pattern.fullmatch(cell))
        if fitting * 2 > len(cells):
            return kind
    return ""


def _bare(title: str) -> str:
    """A heading without blanks, brackets, stars and colons: 姓 名（必填） is 姓名."""
    plain = "".join(unicodedata.normalize("NFKC", title).split())
    return re.sub(r"\(.*?\)|[*:：#/、]", "", plain)
