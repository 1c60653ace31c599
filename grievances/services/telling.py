"""告知: told means somebody told, or a message was delivered; until then it is an open task."""

from __future__ import annotations

import datetime as dt

from grievances.models import Grievance, Told
from portal.accounts.models import Post


def tell(
    grievance: Grievance,
    *,
    about: str,
    words: str,
    channel: str,
    actor: Post | None,
    now: dt.datetime,
) -> Told:
    """Keep that the resident was told by ``channel``, or, without one, that it is still to be done."""
    was_told = channel in {Told.Channel.PHONE, Told.Channel.DOOR, Told.Channel.SLIP}
    return Told.objects.create(
        grievance=grievance,
        about=about,
        round=grievance.round,
        words=words,
        channel=channel or Told.Channel.PHONE,
        asked_at=now,
        told_at=now if was_told else None,
        told_by=actor if was_told else None,
    )
