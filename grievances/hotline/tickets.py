"""One row of an export as it was meant, or why it cannot be taken.

What a ticket cannot do without refuses the row: number, time of receipt, text. Everything else is
tolerated: left empty and said in a notice.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from grievances.hotline.columns import LAYOUT, LEVELS
from grievances.hotline.moments import moment
from grievances.kinds import Grade, Nature, Urgency
from portal.core.errors import DomainError
from portal.core.sheets.reading import Row

TEXT_LIMIT: Final = 4000
REPLY_LIMIT: Final = 4000
_SHORT: Final = 40
_LONG: Final = 200
_NUMBER: Final = re.compile(r"[0-9A-Za-z〔〕\[\]()（）_\-/年号第]{4,40}")
_PHONE: Final = re.compile(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}|\d{7,8}")
_NOBODY: Final = frozenset(
    {"无", "匿名", "不详", "未知", "-", "--", "/", "无名氏", "先生", "女士", "市民"}
)
_BLANK: Final = frozenset({"无", "-", "--", "/", "null", "none", "n/a", "空"})
_DAY_END: Final = dt.timedelta(days=1, microseconds=-1)

_NATURES: Final[Mapping[str, Nature]] = {
    "咨询": Nature.ENQUIRY, "求助": Nature.HELP, "投诉": Nature.COMPLAINT, "举报": Nature.REPORT,
    "建议": Nature.PROPOSAL, "意见": Nature.PROPOSAL, "感谢": Nature.THANKS, "表扬": Nature.THANKS,
    "诉求": Nature.HELP,
}  # fmt: skip
_URGENCIES: Final[Mapping[str, Urgency]] = {
    "一般": Urgency.ORDINARY, "普通": Urgency.ORDINARY, "平件": Urgency.ORDINARY,
    "正常": Urgency.ORDINARY, "低": Urgency.ORDINARY, "中": Urgency.ORDINARY,
    "特急": Urgency.CRITICAL, "非常紧急": Urgency.CRITICAL, "特别紧急": Urgency.CRITICAL,
    "紧急": Urgency.URGENT, "急件": Urgency.URGENT, "加急": Urgency.URGENT, "急": Urgency.URGENT,
    "高": Urgency.URGENT,
}  # fmt: skip
_YES: Final = frozenset({"是", "保密", "y", "yes", "true", "1", "√", "匿名"})
_NO: Final = frozenset({"否", "不保密", "公开", "n", "no", "false", "0", "×", "实名", ""})
_GRADES: Final[Mapping[str, Grade]] = {
    "非常满意": Grade.VERY_GOOD, "很满意": Grade.VERY_GOOD, "满意": Grade.GOOD, "是": Grade.GOOD,
    "基本满意": Grade.FAIR, "较满意": Grade.FAIR, "一般": Grade.FAIR,
    "非常不满意": Grade.VERY_BAD, "很不满意": Grade.VERY_BAD, "不满意": Grade.BAD, "否": Grade.BAD,
}  # fmt: skip
#: Parts of a state by which the platform says that it is done.
_CLOSED: Final = ("办结", "归档", "结案", "完成", "关闭", "评价", "已反馈", "已回复", "已答复")
_NOT_CLOSED: Final = ("未", "待", "不")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What a row says, tidied. "" and None: nothing was said."""

    row: int
    number: str
    received_at: dt.datetime
    text: str
    due_at: dt.datetime | None
    name: str
    phone: str
    address: str
    forward: str
    urgency: Urgency
    is_secret: bool
    channel: str
    nature: Nature
    #: 一级/二级/…, as the hotline has them.
    classes: str
    unit: str
    state: str
    is_closed: bool
    reply: str
    replied_at: dt.datetime | None
    satisfied: str
    grade: str
    solved: bool | None
    #: What was tolerated: 办结时限“尽快”看不懂，按空处理.
    notices: tuple[str, ...]


class _Said:
    """The cells of a row by field, and what had to be tolerated."""

    def __init__(self, row: Row, columns: Mapping[str, int]) -> None:
        self._cells = {
            key: " ".join(row.cells[number].split()) if number < len(row.cells) else ""
            for key, number in columns.items()
        }
        self.notices: list[str] = []

    def text(self, key: str, limit: int) -> str:
        found = self._cells.get(key, "")
        if found.casefold() in _BLANK:
            return ""
        if len(found) > limit:
            self.notices.append(f"“{_LABELS[key]}”超过{limit}字，只取前面的")
        return found[:limit]

    def moment(self, key: str, *, ends: bool = False) -> dt.datetime | None:
        """A moment; of a bare day its end where a period ``ends`` with it."""
        written = self.text(key, _LONG)
        if not written:
            return None
        found = moment(written)
        if found is None:
            self.notices.append(f"“{_LABELS[key]}”写的“{written[:20]}”看不懂，按空处理")
            return None
        at, timed = found
        return at + _DAY_END if ends and not timed else at

    def one_of(self, key: str, choices: Mapping[str, str], default: str) -> str:
        """What the cell means; the longest word of ``choices`` in it decides."""
        written = self.text(key, _LONG)
        if not written:
            return default
        fitting = [word for word in choices if word in written]
        if fitting:
            return choices[max(fitting, key=len)]
        self.notices.append(f"“{_LABELS[key]}”写的“{written[:20]}”不认识，按默认处理")
        return default


_LABELS: Final = {field.key: field.label for field in LAYOUT.fields}


def read_ticket(row: Row, columns: Mapping[str, int], *, now: dt.datetime) -> Ticket:
    """Raises ``DomainError`` with the whole reason, led by the name of the column."""
    said = _Said(row, columns)
    received_at = _received(said, now)
    due_at = said.moment("due", ends=True)
    if due_at is not None and due_at < received_at:
        raise DomainError("办结时限：早于接收时间，请看两列是不是填反了。")
    state, satisfied = said.text("state", _SHORT), said.text("satisfied", _SHORT)
    replied_at = _replied(said, received_at, now)
    return Ticket(
        row=row.number,
        number=_number(said),
        received_at=received_at,
        text=_text(said),
        due_at=due_at,
        name=_name(said),
        phone=_phone(said),
        address=said.text("address", _LONG),
        forward=said.text("forward", TEXT_LIMIT),
        urgency=Urgency(said.one_of("urgency", _URGENCIES, Urgency.ORDINARY)),
        is_secret=_yes(said, "secret"),
        channel=said.text("channel", _SHORT),
        nature=Nature(said.one_of("nature", _NATURES, Nature.HELP)),
        classes="/".join(filter(None, (said.text(level, _SHORT) for level in LEVELS))),
        unit=said.text("unit", _LONG),
        state=state,
        is_closed=_is_closed(state) if state else replied_at is not None,
        reply=said.text("reply", REPLY_LIMIT),
        replied_at=replied_at,
        satisfied=satisfied,
        grade=_GRADES.get(satisfied, ""),
        solved=_solved(said.text("solved", _SHORT)),
        notices=tuple(said.notices),
    )


def _number(said: _Said) -> str:
    number = "".join(said.text("number", _LONG).split())
    if not _NUMBER.fullmatch(number):
        raise DomainError("工单编号：空着，或不像编号。")
    return number


def _received(said: _Said, now: dt.datetime) -> dt.datetime:
    received_at = said.moment("received")
    if received_at is None:
        raise DomainError("接收时间：空着，或看不懂。请写成 2026-11-03 14:22 的样子。")
    if received_at > now:
        raise DomainError("接收时间：晚于现在，请核对。")
    return received_at


def _text(said: _Said) -> str:
    text = said.text("text", TEXT_LIMIT)
    if not text:
        raise DomainError("问题描述：空着。")
    return text


def _replied(said: _Said, received_at: dt.datetime, now: dt.datetime) -> dt.datetime | None:
    found = said.moment("replied")
    if found is not None and not received_at.date() <= found.date() <= now.date():
        said.notices.append("“答复时间”早于接收时间或晚于今天，按空处理")
        return None
    # A bare day stands for its morning, a receipt on the same day for its hour.
    return max(found, received_at) if found else None


def _name(said: _Said) -> str:
    name = said.text("name", _SHORT)
    return "" if name in _NOBODY else name


def _phone(said: _Said) -> str:
    written = said.text("phone", _LONG)
    if not written:
        return ""
    found = _PHONE.search(re.sub(r"(?<=\d)[\s-](?=\d)", "", written))
    if found is None:
        said.notices.append("“联系电话”不像电话，按空处理")
        return ""
    return found.group()


def _yes(said: _Said, key: str) -> bool:
    word = said.text(key, _SHORT).casefold()
    if word not in _YES | _NO:
        said.notices.append(f"“{_LABELS[key]}”写的“{word[:10]}”不认识，按保密处理")
    return word not in _NO


def _solved(word: str) -> bool | None:
    if not word:
        return None
    return not any(part in word for part in ("未", "否", "没"))


def _is_closed(state: str) -> bool:
    bare = state.replace("已", "")
    if any(bare.startswith(part) for part in _NOT_CLOSED):
        return False
    return any(part.replace("已", "") in bare for part in _CLOSED)
