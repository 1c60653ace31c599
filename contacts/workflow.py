"""The time limits of a visit record, in one place; pure functions, no database."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

#: The author changes a record freely for seven days after writing it (domain §4); then it is
#: amended with a reason. 168 hours, whatever the hour it was written.
EDIT_WINDOW: Final = dt.timedelta(hours=168)
#: A phone's clock may run ahead of the server's by this much.
CLOCK_TOLERANCE: Final = dt.timedelta(minutes=5)
#: How far back a visit may be written down, and how far ahead a next step may be planned.
REACH: Final = dt.timedelta(days=365)
#: Written down later than this after it happened is shown as 补记; normal, never judged.
LATE_AFTER: Final = dt.timedelta(hours=24)


def edit_until(recorded_at: dt.datetime) -> dt.datetime:
    """The first moment at which a change needs a reason."""
    return recorded_at + EDIT_WINDOW


def may_edit_freely(recorded_at: dt.datetime, *, now: dt.datetime) -> bool:
    return now < edit_until(recorded_at)


def was_recorded_late(*, occurred_at: dt.datetime, recorded_at: dt.datetime) -> bool:
    return recorded_at - occurred_at > LATE_AFTER


#: 未走访满12个月 (domain §4), as days, so that a leap year changes nothing.
YEAR: Final = dt.timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Clocks:
    """What both clocks showed when a device last heard from the server before a tap."""

    server: dt.datetime
    device: dt.datetime


def moment_of_tap(
    *, tapped: dt.datetime, sent: dt.datetime, now: dt.datetime, heard: Clocks | None = None
) -> tuple[dt.datetime, bool]:
    """When something written down on a device happened, by the server's clock.

    ``tapped`` and ``sent`` are what the device's clock said, ``now`` is when it arrived. How far
    the clock was off when the server was ``heard`` it was at the tap, whatever it shows at the
    sending; if that gives a moment before the device heard it or after ``now``, the clock was set
    in between. Then, and where nothing was heard, a clock that agrees at the sending is taken at
    its word; of one that is off, only the time between tap and sending counts. Never after
    ``now``, before what was heard, nor beyond ``REACH``; the second value: it was corrected.
    """
    if heard is None or heard.server > now + CLOCK_TOLERANCE:
        return _by_sending(tapped, sent, now)
    moment = heard.server + (tapped - heard.device)
    corrected = abs(moment - tapped) > CLOCK_TOLERANCE
    earliest = max(heard.server - CLOCK_TOLERANCE, now - REACH)
    if not earliest <= moment <= now + CLOCK_TOLERANCE:
        moment, corrected = _by_sending(tapped, sent, now)
    return min(max(moment, earliest), now), corrected or moment < earliest


def _by_sending(
    tapped: dt.datetime, sent: dt.datetime, now: dt.datetime
) -> tuple[dt.datetime, bool]:
    if abs(now - sent) <= CLOCK_TOLERANCE and tapped <= sent + CLOCK_TOLERANCE:
        moment = min(tapped, now)
        return (moment, False) if moment >= now - REACH else (now - REACH, True)
    elapsed = min(max(sent - tapped, dt.timedelta()), REACH)
    return now - elapsed, True


class Band(StrEnum):
    """How long ago a household was last met at the door; the one scale of map, lists and figures.

    Each holds the days since the last meeting; a leap year changes nothing.
    """

    NEVER = "never"
    YEAR = "year"
    HALF = "half"
    QUARTER = "quarter"
    RECENT = "recent"


@dataclass(frozen=True, slots=True)
class BandRule:
    """``more_than`` < days since last met ≤ ``at_most`` (None: no bound)."""

    band: Band
    label: str
    more_than: int | None
    at_most: int | None


#: From the longest unvisited to the newest. 未走访满12个月 (domain §4) is NEVER and YEAR together.
BANDS: Final = (
    BandRule(Band.NEVER, "从未走访", None, None),
    BandRule(Band.YEAR, "超过12个月", YEAR.days, None),
    BandRule(Band.HALF, "半年到12个月", 182, YEAR.days),
    BandRule(Band.QUARTER, "三个月到半年", 91, 182),
    BandRule(Band.RECENT, "三个月以内", None, 91),
)


def band_of(last_met_on: dt.date | None, *, today: dt.date) -> Band:
    """The band of a household on ``today``."""
    if last_met_on is None:
        return Band.NEVER
    days = (today - last_met_on).days
    found = next(r for r in BANDS[1:] if r.more_than is None or days > r.more_than)
    return found.band
