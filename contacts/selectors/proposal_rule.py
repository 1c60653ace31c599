"""Whom to visit next: the rule alone. It knows no database; ``proposals`` gathers what it needs.

The help page prints ``RULES``, so the words there are the words here. A *turn* of a household is
the last day somebody stood at its door (or rang, where only calls are wanted), met or not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from contacts.workflow import YEAR
from portal.core.periods import Quarter, Week

#: Nobody is proposed again so soon without something due: people are not to be pestered.
REST_DAYS: Final = 30
#: How many a week beside what is due.
LIMIT: Final = 5
#: Weeks until a door is proposed again where nobody was met: after the first week in which that
#: happened, after the second, and from then on.
RETRY_WEEKS: Final = (2, 4, 8)
#: Of ``LIMIT``, as long as others wait: doors that stay shut do not take the turns of the rest.
AGAIN_LIMIT: Final = 2


class Urgency(IntEnum):
    """Why a household is proposed; the smaller number comes first."""

    DUE = 1
    HARDSHIP = 2
    AGAIN = 3
    NEVER = 4
    YEAR = 5
    LONG_AGO = 6


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the rule as people read it."""

    urgency: Urgency
    title: str
    words: str


RULES: Final = (
    Rule(
        Urgency.DUE,
        "有到期的下一步或答应的事",
        f"本周日前到期或已经过期的，全部列出，不占{LIMIT}户的名额。",
    ),
    Rule(
        Urgency.HARDSHIP,
        "困难家庭本季度未走访",
        "户内有标为“困难家庭”的关爱类别，本季度还没有上门见到人。本季度去过、没见到人的，按下一条。",
    ),
    Rule(
        Urgency.AGAIN,
        "上次去没见到人",
        "无人在家或婉拒的，满{}周再建议；还没见到，再满{}周，以后每{}周一次。".format(*RETRY_WEEKS)
        + f"困难家庭在前，然后是最久没去的。别的户也在等的时候，{LIMIT}户里最多占{AGAIN_LIMIT}户："
        "总不在家的几户，不耽误别家。",
    ),
    Rule(Urgency.NEVER, "从未走访", "登记以来没有上门见到过人，也还没有去过。"),
    Rule(
        Urgency.YEAR,
        "未走访满12个月",
        f"上次上门见到人，距今超过{YEAR.days}天。后来又去过、没见到人的，从最后去的那天算先后。",
    ),
    Rule(
        Urgency.LONG_AGO,
        "距上次走访时间较长",
        f"距上次走访满{REST_DAYS}天，间隔最长的在前；不满{REST_DAYS}天又没有到期事项的不建议，免得打扰。",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What the rule needs to know of one household."""

    household_id: int
    #: Place on the way: the building, then the door in the order of the stairs.
    door: tuple[str, str] = ("", "")
    #: 暂不上门, 改电话: contact by any channel counts, and a call is proposed instead.
    by_phone: bool = False
    is_hardship: bool = False
    last_met_on: dt.date | None = None
    last_contact_on: dt.date | None = None
    step_on: dt.date | None = None
    promise_on: dt.date | None = None
    declined_on: dt.date | None = None
    #: The last time nobody was met (无人在家, 婉拒), if that was after ``last_on``.
    tried_on: dt.date | None = None
    #: In how many weeks that happened since ``last_on``.
    weeks_tried: int = 0

    @property
    def last_on(self) -> dt.date | None:
        """The last day that counts for this household."""
        return self.last_contact_on if self.by_phone else self.last_met_on

    @property
    def turn_on(self) -> dt.date | None:
        """The last day it had its turn."""
        return max((d for d in (self.last_on, self.tried_on) if d is not None), default=None)

    @property
    def due_on(self) -> dt.date | None:
        return min((d for d in (self.step_on, self.promise_on) if d is not None), default=None)


@dataclass(frozen=True, slots=True)
class Choice:
    """One chosen household: in which line of the rule, and everything that speaks for it."""

    candidate: Candidate
    urgency: Urgency
    #: The strongest first.
    reasons: tuple[Urgency, ...]


def choose(candidates: Iterable[Candidate], *, today: dt.date, limit: int = LIMIT) -> list[Choice]:
    """Everything that is due this week and the most urgent ``limit`` of the others, as one walks.

    Never one that was reached this week (at the door, or by any channel where only calls are
    wanted) nor one that declined this week. The same day and data give the same answer.
    """
    week = Week.of(today)
    due: list[Choice] = []
    again: list[Choice] = []
    others: list[Choice] = []
    for one in candidates:
        reasons = () if _rests(one, week) else _reasons(one, today, week)
        if not reasons:
            continue
        choice = Choice(one, _urgency(one, reasons, today), reasons)
        if choice.urgency is Urgency.DUE:
            due.append(choice)
        elif not _was_tried_lately(one, today):
            (again if choice.urgency is Urgency.AGAIN else others).append(choice)
    again = sorted(again, key=_rank)[: max(AGAIN_LIMIT, limit - len(others))]
    chosen = [*due, *sorted([*again, *others], key=_rank)[: max(limit, 0)]]
    return sorted(chosen, key=lambda c: (c.candidate.door, c.candidate.household_id))


def _rests(one: Candidate, week: Week) -> bool:
    met = one.last_met_on is not None and one.last_met_on >= week.start
    reached = one.last_on is not None and one.last_on >= week.start
    declined = one.declined_on is not None and one.declined_on >= week.start
    return met or reached or declined


def _was_tried_lately(one: Candidate, today: dt.date) -> bool:
    """Nobody was met, and it is too soon to go again; what is due does not ask."""
    if one.tried_on is None:
        return False
    weeks = RETRY_WEEKS[min(max(one.weeks_tried, 1), len(RETRY_WEEKS)) - 1]
    return today < one.tried_on + dt.timedelta(weeks=weeks)


def _reasons(one: Candidate, today: dt.date, week: Week) -> tuple[Urgency, ...]:
    last = one.last_on
    found = []
    if one.due_on is not None and one.due_on < week.end:
        found.append(Urgency.DUE)
    if one.is_hardship and (last is None or last < Quarter.of(today).start):
        found.append(Urgency.HARDSHIP)
    if last is None:
        found.append(Urgency.NEVER)
    elif last < today - YEAR:
        found.append(Urgency.YEAR)
    elif (today - last).days >= REST_DAYS:
        found.append(Urgency.LONG_AGO)
    return tuple(found)


def _urgency(one: Candidate, reasons: tuple[Urgency, ...], today: dt.date) -> Urgency:
    """The line of the rule: the strongest reason, until somebody went for it and met nobody."""
    strongest, turn = reasons[0], one.turn_on
    if one.tried_on is None or turn is None or strongest in (Urgency.DUE, Urgency.LONG_AGO):
        return strongest
    if strongest is Urgency.HARDSHIP and turn < Quarter.of(today).start:
        return strongest
    # After a year it stands in the row with everybody else, and cannot be held up there.
    return Urgency.YEAR if turn < today - YEAR else Urgency.AGAIN


def _rank(choice: Choice) -> tuple[object, ...]:
    one = choice.candidate
    is_hardship = Urgency.HARDSHIP in choice.reasons
    return (
        choice.urgency,
        choice.urgency is Urgency.AGAIN and not is_hardship,
        one.turn_on or dt.date.min,
        one.door,
        one.household_id,
    )
