"""The time limits of a visit record, in one place; pure functions, no database."""

from __future__ import annotations

import datetime as dt
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
