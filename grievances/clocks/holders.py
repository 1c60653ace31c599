"""With whom the time went: 社区 1，城管 3，物业 8."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from grievances.clocks.counting import elapsed
from grievances.clocks.explanation import NOTHING, hours_words
from grievances.clocks.facts import Pause
from grievances.clocks.kinds import Unit
from portal.core.workdays.working_calendar import WorkingCalendar


class Held(NamedTuple):
    """Somebody had it from ``since`` to ``until`` (aware; for who has it now, the present)."""

    name: str
    since: dt.datetime
    until: dt.datetime


class Share(NamedTuple):
    name: str
    #: In the unit asked for: a day, worked or not, is one day.
    time: dt.timedelta


def split_by_holder(
    holders: Sequence[Held],
    calendar: WorkingCalendar,
    unit: Unit,
    pauses: Sequence[Pause] = (),
) -> tuple[Share, ...]:
    """The time of each holder, in the order of who had it first; pauses are nobody's.

    The parts add up to the time between the first ``since`` and the last ``until``: the day of a
    handover counts for who had it when that day began. Raises ``ValueError`` for a gap, an
    overlap, or an end before its beginning.
    """
    shares: dict[str, dt.timedelta] = {}
    for held, following in zip(holders, [*holders[1:], None], strict=True):
        if held.until < held.since or (following and following.since != held.until):
            raise ValueError("Holders follow one another without a gap.")
        time = elapsed(held.since, held.until, calendar, unit, pauses)
        shares[held.name] = shares.get(held.name, NOTHING) + time
    return tuple(Share(name, time) for name, time in shares.items())


def split_words(shares: Sequence[Share], unit: Unit) -> str:
    """社区 1，城管 3，物业 8; in hours 社区 1小时20分，城管 3小时."""
    return "，".join(
        f"{name} {hours_words(time) if unit is Unit.HOURS else time.days}" for name, time in shares
    )
