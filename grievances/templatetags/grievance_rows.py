"""Rows of what waits for somebody, drawn in Python."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.utils.safestring import SafeString

from grievances.selectors.inbox import InboxItem
from portal.core.rows import draw_rows

register = template.Library()


@register.simple_tag
def inbox_rows(items: Iterable[InboxItem]) -> SafeString:
    """Each with why it is here, and until when."""
    return draw_rows(
        one.row.line._replace(notes=(one.row.with_due(f"为什么：{one.why}"), one.row.facts))
        for one in items
    )
