"""What happened to a grievance, newest first, and with whom the time went."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from grievances.asks import ASKS
from grievances.clocks.holders import Held, split_by_holder
from grievances.clocks.kinds import Step, Unit
from grievances.kinds import State
from grievances.models import Event, Grievance, Told
from grievances.selectors import due
from grievances.selectors.rules import Rules
from grievances.workflow import BY_KEY, RECOUNT, REGISTER
from portal.core.workdays.working_calendar import WorkingCalendar

_LABELS: Final = {
    REGISTER: "登记",
    RECOUNT: "重新计算期限",
    "mirror": "平台更新",
    **{key: move.label for key, move in BY_KEY.items()},
    **{ask.key: ask.label for ask in ASKS},
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline, for ``components/_timeline.html``."""

    when: dt.datetime
    title: str
    text: str
    who: str
    badge: str
    badge_tone: str = ""
    met: bool = False


def entries_of(
    events: Sequence[Event], tellings: Sequence[Told], mask: Callable[[str], str]
) -> tuple[Entry, ...]:
    """Events and what was told of them, newest first; what is still to be told is none yet."""
    said = [_of_event(event, mask) for event in events]
    said += [_of_telling(told, told.told_at, mask) for told in tellings if told.told_at]
    said.sort(key=lambda entry: entry.when)
    return tuple(said[::-1])


def shares_of(
    grievance: Grievance,
    events: Sequence[Event],
    calendar: WorkingCalendar,
    rules: Rules,
    *,
    now: dt.datetime,
) -> tuple[tuple[str, str], ...]:
    """社区 1 天, 城管 3 天: with whom the time went, in the unit that its settling is counted in."""
    held = [event for event in events if event.holder_id]
    if not held:
        return ()
    policy = due.policy_for(grievance, Step.SETTLE, rules=rules)
    unit = policy.unit if policy and policy.unit is Unit.WORKING_DAYS else Unit.DAYS
    ends = [*(event.at for event in held[1:]), grievance.ended_at or max(now, held[-1].at)]
    stretches = [
        Held(event.holder.name if event.holder else "", event.at, max(end, event.at))
        for event, end in zip(held, ends, strict=True)
    ]
    shares = split_by_holder(stretches, calendar, unit)
    word = "个工作日" if unit is Unit.WORKING_DAYS else "天"
    return tuple((share.name, f"{share.time.days}{word}") for share in shares)


def _of_event(event: Event, mask: Callable[[str], str]) -> Entry:
    moved = bool(event.from_state) and event.from_state != event.to_state
    return Entry(
        when=event.at,
        title=_LABELS.get(event.move, event.move),
        text=mask(event.words),
        who=_who(event),
        badge=State(event.to_state).label if moved else "",
        met=moved,
    )


def _who(event: Event) -> str:
    unit = event.unit.name if event.unit else ""
    if event.post is None:
        return unit or "诉求人"
    person = event.post.user.name
    if event.on_behalf:
        return f"{unit}（{person} 代录）"
    return f"{person} {event.post.organisation.name}"


def _of_telling(told: Told, at: dt.datetime, mask: Callable[[str], str]) -> Entry:
    return Entry(
        when=at,
        title=f"已{told.get_channel_display()}告知",
        text=mask(told.words),
        who=told.told_by.user.name if told.told_by else "",
        badge="",
    )
