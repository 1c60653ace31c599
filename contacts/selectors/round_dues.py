"""What is open at the own doors of a round, in a line each: promises, and next steps that are due."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from contacts.models import Promise, Visit
from portal.accounts.models import Post

#: Lines at one door, and characters of one; the household's page has the rest.
LINES: Final = 2
LENGTH: Final = 24


def dues_by_door(
    post: Post, household_ids: Iterable[int], *, today: dt.date
) -> Mapping[int, tuple[str, ...]]:
    """What stands on each card, the earliest day first; two queries.

    SECURITY: the words are as they were written, so the households must be the own duty.
    """
    visits = Visit.objects.visible_to(post).valid()
    found: dict[int, list[tuple[dt.date, str]]] = defaultdict(list)
    promises = Promise.objects.filter(
        visit__in=visits.order_by().values("pk"),
        household__in=household_ids,
        kept_on__isnull=True,
    )
    for home, due_on, text in promises.values_list("household_id", "due_on", "text"):
        late = "，已过期" if due_on < today else ""
        found[home].append((due_on, f"答应 {due_on:%m-%d} 前：{_short(text)}{late}"))
    steps = visits.filter(
        household__in=household_ids, next_step_on__lte=today, next_step_done_at__isnull=True
    )
    for home, on, text in steps.values_list("household_id", "next_step_on", "next_step"):
        if home is not None and on is not None:
            found[home].append((on, f"下一步 {on:%m-%d}：{_short(text)}"))
    return {home: _told(lines) for home, lines in found.items()}


def _told(lines: list[tuple[dt.date, str]]) -> tuple[str, ...]:
    words = [line for _, line in sorted(lines)]
    if len(words) <= LINES:
        return tuple(words)
    return (*words[:LINES], f"还有 {len(words) - LINES} 件")


def _short(text: str) -> str:
    return text if len(text) <= LENGTH else f"{text[:LENGTH]}…"
