"""One row of the clocks: a period, where it applies, and the article it rests on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from grievances.clocks.kinds import Start, Step, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How long a step may take.

    ``regime``, ``nature``, ``urgency`` and ``source`` are codes of the grievance; "" is any.
    Raises ``ValueError`` for a row that says two things at once.
    """

    step: Step
    start: Start
    unit: Unit
    #: In units, from 1; 0 for ``STATED`` only.
    length: int
    #: 依据: the article, or that it is the product's own default.
    article: str
    #: Whether the day of the start is day 1 (始日不计 is False).
    first_day_counts: bool = False
    #: Whether a last day on a day off moves to the next working day (末日顺延).
    rolls_over: bool = False
    may_pause: bool = False
    #: The most units by which it may be extended in all; 0 is never.
    extension: int = 0
    regime: str = ""
    nature: str = ""
    urgency: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        flags = self.first_day_counts or self.rolls_over
        if not self.article.strip():
            raise ValueError("A policy names its article.")
        if self.unit is Unit.STATED:
            if flags or self.length or self.extension or self.may_pause:
                raise ValueError("A stated date is not computed: no length, no flags.")
        elif self.length < 1 or self.extension < 0:
            raise ValueError("A period has at least one unit, an extension none or more.")
        if self.unit is Unit.HOURS and flags:
            raise ValueError("Hours run from the moment: there is no first or last day.")

    def period(self, units: int) -> dt.timedelta:
        """``units`` as a stretch: a day, worked or not, is one day."""
        return dt.timedelta(hours=units) if self.unit is Unit.HOURS else dt.timedelta(days=units)

    def matches(self, *, regime: str, nature: str, urgency: str, source: str) -> bool:
        """Whether it is for grievances of this kind, leaving the step aside."""
        pairs = zip(self._named, (regime, urgency, nature, source), strict=True)
        return all(not named or named == given for named, given in pairs)

    @property
    def _named(self) -> tuple[str, str, str, str]:
        """What it is for; the weightiest first."""
        return self.regime, self.urgency, self.nature, self.source

    @property
    def rank(self) -> tuple[int, tuple[bool, ...]]:
        """How specific it is: by how much it names; at a tie 渠道, 紧急程度, 性质, 来源 in turn."""
        named = tuple(bool(each) for each in self._named)
        return sum(named), named


def choose(
    policies: Iterable[Policy], step: Step, *, regime: str, nature: str, urgency: str, source: str
) -> Policy | None:
    """The most specific policy of ``step`` for such a grievance; ``None`` where no clock runs.

    Raises ``ValueError`` when two rows of one step are for exactly the same grievances.
    """
    fitting = [
        policy
        for policy in policies
        if policy.step == step
        and policy.matches(regime=regime, nature=nature, urgency=urgency, source=source)
    ]
    if not fitting:
        return None
    best = max(policy.rank for policy in fitting)
    first, *others = [policy for policy in fitting if policy.rank == best]
    if others:
        raise ValueError(f"Two policies of {step} are for the same grievances.")
    return first
