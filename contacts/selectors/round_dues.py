"""What is open at the own doors of a round, in a line each: promises, and next steps that are due."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from contacts.selectors.todo import Kind, OpenEnd, open_ends
from portal.accounts.models import Post

#: Lines at one door, and characters of one; the household's page has the rest.
LINES: Final = 2
LENGTH: Final = 24


def dues_by_door(
    post: Post, household_ids: Iterable[int], *, today: dt.date
) -> Mapping[int, tuple[str, ...]]:
    """What stands on each card, the earliest day first; one query.

    SECURITY: the words are as they were written, so the households must be the own duty.
    """
    homes = frozenset(household_ids)
    found: dict[int, list[tuple[dt.date, str]]] = defaultdict(list)
    for end in open_ends(post=post, homes=homes, before=dt.date.max) if homes else ():
        if end.household_id in homes and end.due_on is not None and (words := _said(end, today)):
            found[end.household_id].append((end.due_on, words))
    return {home: _told(lines) for home, lines in found.items()}


def _said(end: OpenEnd, today: dt.date) -> str:
    """Nothing of a step of a later day."""
    on = end.due_on or today
    if end.kind == Kind.PROMISE:
        return f"答应 {on:%m-%d} 前：{_short(end.text)}{'，已过期' if on < today else ''}"
    return f"下一步 {on:%m-%d}：{_short(end.text)}" if on <= today else ""


def _told(lines: list[tuple[dt.date, str]]) -> tuple[str, ...]:
    words = [line for _, line in sorted(lines)]
    if len(words) <= LINES:
        return tuple(words)
    return (*words[:LINES], f"还有 {len(words) - LINES} 件")


def _short(text: str) -> str:
    return text if len(text) <= LENGTH else f"{text[:LENGTH]}…"
