"""Which asks a post may make of one grievance now: the buttons, and what their forms choose from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from grievances.asks import Ask, asks_from
from grievances.clocks import standing as clock
from grievances.clocks.explanation import Deadline
from grievances.kinds import Party
from grievances.models import Assignment, Event, Grievance
from grievances.parties import Handlers
from grievances.selectors.beside import Beside, co_rows, was_chased
from grievances.selectors.verdicts import has_bad_verdict, is_upheld
from portal.accounts.models import Post


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What decides which asks make sense, besides state and party."""

    post: Post
    grievance: Grievance
    handlers: Handlers
    parties: frozenset[Party]
    beside: Beside
    #: In force.
    assignments: Sequence[Assignment]
    events: Sequence[Event]
    #: Of settling, while it runs.
    deadline: Deadline | None
    now: dt.datetime

    def co_rows(self) -> list[Assignment]:
        """The assignments as co-handler that the post acts for."""
        return co_rows(self.post, self.handlers, self.parties, self.assignments)


def asks_for(standing: Standing) -> list[Ask]:
    """The asks that the post can make now; the service has the last word."""
    found = asks_from(
        standing.grievance.state, regime=standing.grievance.regime, parties=standing.parties
    )
    return [ask for ask in found if _SENSIBLE[ask.key](standing)]


def _may_extend(standing: Standing) -> bool:
    """A clock that has room left and is not over, and nothing asked for already."""
    deadline = standing.deadline
    if deadline is None or standing.beside.open_extension:
        return False
    room = deadline.policy.extension - sum(each.length for each in deadline.extensions)
    return room > 0 and not clock.is_overdue(deadline, standing.now)


def _may_decide(standing: Standing) -> bool:
    asked = standing.beside.open_extension
    return asked is not None and asked.asked_by_id != standing.post.pk


def _may_uphold(standing: Standing) -> bool:
    grievance = standing.grievance
    passed = [
        event
        for event in standing.events
        if event.move == "conclude" and event.round == grievance.round
    ]
    is_own = bool(passed) and passed[-1].post_id == standing.post.pk
    return not is_own and has_bad_verdict(grievance) and not is_upheld(grievance)


def _may_chase(standing: Standing) -> bool:
    if standing.post.organisation_id in standing.handlers.units:
        return False
    return not was_chased((each for each in standing.events if each.move == "chase"), standing.now)


_SENSIBLE: Final[dict[str, Callable[[Standing], bool]]] = {
    "ask_extension": _may_extend,
    "decide_extension": _may_decide,
    "co_sign": lambda standing: any(row.signed_at is None for row in standing.co_rows()),
    "co_reply": lambda standing: any(
        row.signed_at is not None and row.answered_at is None for row in standing.co_rows()
    ),
    "uphold": _may_uphold,
    "chase": _may_chase,
    "supervise": lambda _standing: True,
    "directive": lambda _standing: True,
    "reply_supervision": lambda standing: bool(standing.beside.open_supervisions),
    "add_measure": lambda _standing: True,
    "measure_done": lambda standing: bool(standing.beside.open_measures),
    # Its page is that of the words to tell.
    "tell": lambda _standing: False,
}
