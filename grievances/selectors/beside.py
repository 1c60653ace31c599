"""What stands beside the state of a grievance: asked extensions, 督办 and 批示, measures, own parts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from django.db.models import Prefetch, prefetch_related_objects

from grievances.clocks import standing
from grievances.clocks.explanation import Deadline
from grievances.clocks.kinds import Unit
from grievances.clocks.policy import Policy
from grievances.kinds import Part, Party
from grievances.models import Assignment, Event, ExtensionRequest, Grievance, Measure, Supervision
from grievances.parties import Handlers
from portal.accounts.models import Post
from portal.core.periods import day_of

Mask = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Beside:
    """The rows, loaded once; three queries."""

    extensions: tuple[ExtensionRequest, ...]
    supervisions: tuple[Supervision, ...]
    measures: tuple[Measure, ...]

    @property
    def open_extension(self) -> ExtensionRequest | None:
        return next((row for row in self.extensions if row.decided_at is None), None)

    @property
    def open_supervisions(self) -> list[Supervision]:
        return [row for row in self.supervisions if row.replied_at is None]

    @property
    def open_measures(self) -> list[Measure]:
        return [row for row in self.measures if row.done_on is None]

    def texts(self) -> list[str]:
        """Every text of them, for whoever masks."""
        said = [text for row in self.extensions for text in (row.reason, row.decision)]
        said += [text for row in self.supervisions for text in (row.words, row.reply)]
        return said + [row.words for row in self.measures]


@dataclass(frozen=True, slots=True)
class BesideLine:
    """One of them for the page; nothing in here needs masking again."""

    #: 申请延期, 督办, 批示, 应急处置, 根治方案.
    title: str
    #: Until when, or how long.
    detail: str
    #: 等批复, 同意, 等回复, 已完成…
    state: str
    #: "", due or overdue.
    tone: str
    words: str
    #: The decision or the reply.
    answer: str
    who: str
    at: dt.datetime


def beside_of(grievance: Grievance) -> Beside:
    """What stands beside the state of this one; kept with it, so that its clock reads it again."""
    prefetch_related_objects(
        [grievance],
        Prefetch("extensions", ExtensionRequest.objects.select_related("unit", "asked_by__user")),
        Prefetch("supervisions", Supervision.objects.select_related("by__user")),
        Prefetch("measures", Measure.objects.select_related("unit", "by__user")),
    )
    return Beside(
        tuple(grievance.extensions.all()),
        tuple(grievance.supervisions.all()),
        tuple(grievance.measures.all()),
    )


def co_rows(
    post: Post,
    handlers: Handlers,
    parties: Collection[Party],
    current: Iterable[Assignment],
) -> list[Assignment]:
    """Of the assignments in force those as co-handler that the post acts for.

    The own unit's; for the desk those of units that never sign in.
    """
    rows = [row for row in current if row.part == Part.CO_HANDLER]
    own = [row for row in rows if row.unit_id == post.organisation_id]
    if own or Party.DESK not in parties:
        return own
    return [row for row in rows if row.unit_id in handlers.silent]


def measures_to_end(
    post: Post, parties: Collection[Party], open_ones: Iterable[Measure]
) -> list[Measure]:
    """Of the measures that are not done those that the post may call done.

    All for who leads it or is the contact; for a co-handler those of the own unit.
    """
    if not {Party.LEAD, Party.OWNER}.isdisjoint(parties):
        return list(open_ones)
    return [row for row in open_ones if row.unit_id == post.organisation_id]


def was_chased(chases: Iterable[Event], now: dt.datetime) -> bool:
    """Whether one of the events of 催办 is of today."""
    return any(day_of(event.at) == day_of(now) for event in chases)


def unit_word(policy: Policy | None) -> str:
    """What the clock is counted in: 天, 个工作日, 小时."""
    unit = policy.unit if policy else Unit.DAYS
    return {Unit.HOURS: "小时", Unit.WORKING_DAYS: "个工作日"}.get(unit, "天")


def room_of(deadline: Deadline | None, *, is_asked: bool, now: dt.datetime) -> int:
    """By how many units more time may be asked for now; 0: no rule, used up, asked already, or late."""
    if deadline is None or is_asked or standing.is_overdue(deadline, now):
        return 0
    return deadline.policy.extension - sum(each.length for each in deadline.extensions)


def length_words(length: int, policy: Policy | None) -> str:
    """So many units of the clock: 10天, 3个工作日, 24小时."""
    return f"{length}{unit_word(policy)}"


def lines_of(
    beside: Beside, policy: Policy | None, mask: Mask, *, now: dt.datetime
) -> tuple[BesideLine, ...]:
    """Supervision first, then measures, then extensions; ``policy`` is that of settling."""
    today = day_of(now)
    return (
        *(_supervision(row, mask, today) for row in beside.supervisions),
        *(_measure(row, mask, today) for row in beside.measures),
        *(_extension(row, policy, mask) for row in beside.extensions),
    )


def waiting_lines(
    key: str, beside: Beside, policy: Policy | None, mask: Mask, *, now: dt.datetime
) -> tuple[BesideLine, ...]:
    """What an ask answers, to be read above its form; nothing for one that answers none."""
    if key == "decide_extension" and beside.open_extension:
        return (_extension(beside.open_extension, policy, mask),)
    if key == "reply_supervision":
        return tuple(_supervision(row, mask, day_of(now)) for row in beside.open_supervisions)
    return ()


def _extension(row: ExtensionRequest, policy: Policy | None, mask: Mask) -> BesideLine:
    states = {None: "等批复", True: "同意", False: "不同意"}
    return BesideLine(
        title="延期",
        detail=length_words(row.length, policy),
        state=states[row.is_approved],
        tone="due" if row.is_approved is None else "",
        words=mask(row.reason),
        answer=mask(row.decision),
        who=f"{row.unit.name} {_name(row.asked_by)}".strip(),
        at=row.asked_at,
    )


def _supervision(row: Supervision, mask: Mask, today: dt.date) -> BesideLine:
    waits = row.replied_at is None
    return BesideLine(
        title=row.get_kind_display(),
        detail=f"{row.due_on.month}月{row.due_on.day}日前回复",
        state="等回复" if waits else "已回复",
        tone=_tone(row.due_on, today) if waits else "",
        words=mask(row.words),
        answer=mask(row.reply),
        who=_name(row.by),
        at=row.at,
    )


def _measure(row: Measure, mask: Mask, today: dt.date) -> BesideLine:
    day = row.done_on or row.due_on
    waits = row.done_on is None
    return BesideLine(
        title=row.get_kind_display(),
        detail=f"{day.year}年{day.month}月{day.day}日{'前' if waits else ''}" if day else "",
        state="进行中" if waits else "已完成",
        tone=_tone(row.due_on, today) if waits and row.due_on else "",
        words=mask(row.words),
        answer="",
        who=f"{row.unit.name} {_name(row.by)}".strip(),
        at=row.at,
    )


def _tone(day: dt.date, today: dt.date) -> str:
    return "overdue" if day < today else "due" if day == today else ""


def _name(post: Post | None) -> str:
    return post.user.name if post else ""
