"""What happens to a running clock: pauses and extensions, and who may have them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from grievances.clocks.policy import Policy
from portal.core.errors import DomainError
from portal.core.periods import day_of


@dataclass(frozen=True, slots=True)
class Pause:
    """The clock stands still from ``since``; ``until`` ``None`` is still standing.

    In a clock of days the day on which a pause begins is counted and the day on which it ends is
    not, like the first day of a period: a pause costs as many days as lie between its dates, and
    one of ten minutes none. In a clock of hours it costs its exact time. Aware moments; raises
    ``ValueError`` when it ends before it begins.
    """

    since: dt.datetime
    until: dt.datetime | None
    reason: str

    def __post_init__(self) -> None:
        if self.until is not None and self.until < self.since:
            raise ValueError("A pause ends after it begins.")

    def covers(self, day: dt.date) -> bool:
        """Whether a clock of days leaves this day out."""
        return day_of(self.since) < day and (self.until is None or day <= day_of(self.until))

    def ended_by(self, at: dt.datetime) -> Pause:
        """The same pause, over at ``at`` at the latest; ``ValueError`` if it began after."""
        if self.until is not None and self.until <= at:
            return self
        return replace(self, until=at)


@dataclass(frozen=True, slots=True)
class Extension:
    """``length`` more units of the policy, approved by a person; from 1."""

    length: int
    approved_at: dt.datetime
    reason: str

    def __post_init__(self) -> None:
        if self.length < 1:
            raise ValueError("An extension has at least one unit.")


def begin_pause(policy: Policy, *, since: dt.datetime, reason: str) -> Pause:
    """A pause that this policy allows. Raises ``DomainError`` where none is allowed."""
    if not policy.may_pause:
        raise DomainError(f"这一时限不能暂停（{policy.article}）。")
    if not reason.strip():
        raise DomainError("请写明暂停的原因。", field="reason")
    return Pause(since, None, reason.strip())


def extend(
    policy: Policy,
    earlier: Sequence[Extension],
    *,
    length: int,
    approved_at: dt.datetime,
    reason: str,
) -> Extension:
    """An extension within what the policy allows in all, as 信访工作条例 第34条 has it (≤30日).

    Raises ``DomainError`` for more than is left, and without a reason.
    """
    room = policy.extension - sum(each.length for each in earlier)
    if room <= 0:
        raise DomainError(f"这一时限不能再延长（{policy.article}）。")
    if not 1 <= length <= room:
        unit = policy.unit.label
        raise DomainError(f"最多还能延长{room}个{unit}（{policy.article}）。", field="length")
    if not reason.strip():
        raise DomainError("请写明延长的理由，并告知诉求人。", field="reason")
    return Extension(length, approved_at, reason.strip())


def pause_on(day: dt.date, pauses: Iterable[Pause]) -> Pause | None:
    """The pause for which a clock of days leaves ``day`` out."""
    return next((pause for pause in pauses if pause.covers(day)), None)


def running(
    since: dt.datetime, until: dt.datetime, pauses: Iterable[Pause]
) -> list[tuple[dt.datetime, dt.datetime]]:
    """The stretches of ``since`` to ``until`` outside every pause, in order, in UTC."""
    stretches, begin, until = [], since.astimezone(dt.UTC), until.astimezone(dt.UTC)
    for pause in sorted(pauses, key=lambda each: each.since):
        if pause.since >= until:
            break
        if pause.since > begin:
            stretches.append((begin, pause.since.astimezone(dt.UTC)))
        begin = max(begin, pause.until.astimezone(dt.UTC)) if pause.until else until
    if begin < until:
        stretches.append((begin, until))
    return stretches
