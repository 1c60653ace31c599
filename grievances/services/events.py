"""The timeline: the only place that writes an ``Event``."""

from __future__ import annotations

import datetime as dt
from typing import Final

from grievances.kinds import State
from grievances.models import Event, Grievance
from portal.accounts.models import Post

_WITH_LEAD: Final = frozenset({State.ASSIGNED, State.IN_HAND, State.NOT_NOW})


def add_event(
    grievance: Grievance,
    move: str,
    *,
    actor: Post | None,
    now: dt.datetime,
    from_state: str = "",
    words: str = "",
    unit_id: int | None = None,
    on_behalf: bool = False,
) -> Event:
    """What has just happened; state and round are those that the grievance has by now.

    ``unit_id`` is for whom it was done, the actor's own unless said.
    """
    return Event.objects.create(
        grievance=grievance,
        move=move,
        at=now,
        from_state=from_state,
        to_state=grievance.state,
        round=grievance.round,
        post=actor,
        unit_id=unit_id or (actor.organisation_id if actor else None),
        holder_id=holder_of(grievance),
        on_behalf=on_behalf,
        words=words,
    )


def holder_of(grievance: Grievance) -> int:
    """The unit whose turn it is: the street's desk until a unit leads it, and after its reply."""
    with_lead = {State.ASSIGNED, State.IN_HAND, State.NOT_NOW}
    if grievance.state in with_lead and grievance.lead_id:
        return grievance.lead_id
    return grievance.street_id
