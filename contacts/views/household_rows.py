"""The rows of a list of households as they are printed: made once for each, not cell by cell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from contacts.selectors import duties
from contacts.selectors.sight import HouseholdLine, lines_of
from portal.accounts.models import Post
from portal.core.templatetags.portal import cn_date, icon_use, names

_NOBODY: Final = mark_safe('<span class="muted">未登记</span>')
_NO_DUTY: Final = mark_safe('<span class="muted">未指定</span>')
_OWN: Final = mark_safe('<span class="own-mark">我负责</span>')
_BESIDE: Final = '<span class="visually-hidden"> {}</span>'
_NEVER: Final = mark_safe('<span class="muted">从未走访</span>')


@dataclass(frozen=True, slots=True)
class HouseholdRow:
    """One row; masked already where it must be."""

    url: str
    address: str
    #: Who lives there, for those who hear the links only: many share the address to the building.
    beside: str
    wish: str
    people: str
    #: "" where there is none.
    cares: str
    responsible: str
    met: str


def household_rows(
    household_ids: Iterable[int], *, post: Post, now: dt.datetime
) -> list[HouseholdRow]:
    """Each household with who answers for it."""
    lines = lines_of(household_ids, post=post, now=now)
    answering = duties.responsible_names(lines)
    return [_row(line, answering.get(line.id, "")) for line in lines.values()]


def _row(line: HouseholdLine, responsible: str) -> HouseholdRow:
    return HouseholdRow(
        url=line.url,
        address=line.address,
        beside=format_html(_BESIDE, names(line.people)) if line.people and not line.is_full else "",
        wish=_wish(line.door_wish) if line.door_wish else "",
        people=_people(line),
        cares="、".join(line.cares),
        responsible=_OWN if line.is_own else responsible or _NO_DUTY,
        met=cn_date(line.last_met_on) if line.last_met_on else _NEVER,
    )


def _wish(words: str) -> SafeString:
    return format_html(' <span class="tag tag-due">{}{}</span>', icon_use("telephone"), words)


def _people(line: HouseholdLine) -> str:
    if not line.people:
        return _NOBODY
    more = f"等 {line.people_count} 人" if line.people_count > len(line.people) else ""
    return format_html("<span>{}{}</span>", names(line.people), more)
