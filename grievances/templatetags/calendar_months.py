"""The months of the working calendar drawn in Python: a year has some four hundred cells."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django import template
from django.utils.safestring import SafeString, mark_safe

from grievances.selectors.year import Cell, Month
from portal.core.rows import safe

register = template.Library()

_HEAD: Final = "".join(f'<th scope="col">{day}</th>' for day in "一二三四五六日")


@register.simple_tag
def calendar_month(month: Month, today: dt.date) -> SafeString:
    """One month as a small table: the number of each day, and 休 or 班 where it is named."""
    rows = "".join(
        f"<tr>{''.join(_cell(cell, today) for cell in week)}</tr>" for week in month.weeks
    )
    # SECURITY: numbers, marks and classes of our own; names are escaped.
    return mark_safe(  # noqa: S308
        f'<table class="month"><caption>{month.number}月 '
        f'<span class="muted">{month.worked}个工作日</span></caption>'
        f"<thead><tr>{_HEAD}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _cell(cell: Cell | None, today: dt.date) -> str:
    if cell is None:
        return "<td></td>"
    css = f"day-{cell.sort}" + (" day-local" if cell.is_local else "")
    now = ' aria-current="date"' if cell.day == today else ""
    mark = f"<b>{cell.mark}</b>" if cell.mark else ""
    name = f'<span class="visually-hidden">{safe(cell.name)}</span>' if cell.name else ""
    return f'<td class="{css}"{now}>{cell.day.day}{mark}{name}</td>'
