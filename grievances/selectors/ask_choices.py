"""Which asks a post may make of one grievance now: the buttons, and what their forms choose from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from grievances.asks import Ask, asks_from
from grievances.clocks.explanation import Deadline
from grievances.clocks.kinds import Step
from grievances.kinds import Party
from grievances.models import Assignment, Event, Grievance, Measure
from grievances.parties import Handlers, parties_of
from grievances.selectors import due
from grievances.selectors.beside import (
    Beside,
    Mask,
    beside_of,
    co_rows,
    measures_to_end,
    room_of,
    was_chased,
)
from grievances.selectors.handlers import handlers_of
from grievances.selectors.verdicts import has_bad_verdict, is_upheld
from portal.accounts.models import Post

#: Signs of a text in a choice; cut after it was masked.
_SHORT: Final = 40


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

    @property
    def room(self) -> int:
        """By how much more time may be asked for."""
        is_asked = self.beside.open_extension is not None
        return room_of(self.deadline, is_asked=is_asked, now=self.now)

    def measures_to_end(self) -> list[Measure]:
        """The open measures that the post may call done."""
        return measures_to_end(self.post, self.parties, self.beside.open_measures)

    def co_rows(self) -> list[Assignment]:
        """The assignments as co-handler that the post acts for."""
        return co_rows(self.post, self.handlers, self.parties, self.assignments)


def standing_of(post: Post, grievance: Grievance, *, now: dt.datetime) -> Standing:
    """Where one grievance stands for the post, for the page of one ask."""
    handlers = handlers_of(grievance, now=now)
    current = grievance.assignments.filter(withdrawn_at__isnull=True).select_related("unit")
    return Standing(
        post=post,
        grievance=grievance,
        handlers=handlers,
        parties=parties_of(post, grievance, handlers),
        beside=beside_of(grievance),
        assignments=list(current),
        events=list(grievance.events.defer("words")),
        deadline=due.deadline_of(grievance, Step.SETTLE),
        now=now,
    )


def asks_for(standing: Standing) -> list[Ask]:
    """The asks that the post can make now; the service has the last word."""
    found = asks_from(
        standing.grievance.state, regime=standing.grievance.regime, parties=standing.parties
    )
    return [ask for ask in found if _SENSIBLE[ask.key](standing)]


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


def which_of(ask: Ask, standing: Standing, mask: Mask) -> list[tuple[int, str]]:
    """What there is to choose from where the ask is about one of several: ids with masked words."""
    if ask.key == "reply_supervision":
        return [
            (row.pk, f"{row.get_kind_display()}：{_short(mask(row.words))}")
            for row in standing.beside.open_supervisions
        ]
    if ask.key == "measure_done":
        return [
            (row.pk, f"{row.get_kind_display()}：{_short(mask(row.words))}")
            for row in standing.measures_to_end()
        ]
    waits = [row for row in standing.co_rows() if not _is_through(row, ask.key)]
    return [(row.pk, row.unit.name) for row in waits]


def _has_own(standing: Standing, key: str) -> bool:
    return not all(_is_through(row, key) for row in standing.co_rows())


def _is_through(row: Assignment, key: str) -> bool:
    if key == "co_sign":
        return row.signed_at is not None
    return row.signed_at is None or row.answered_at is not None


def _short(words: str) -> str:
    return words if len(words) <= _SHORT else f"{words[:_SHORT]}…"


_SENSIBLE: Final[dict[str, Callable[[Standing], bool]]] = {
    "ask_extension": lambda standing: standing.room > 0,
    "decide_extension": _may_decide,
    "co_sign": lambda standing: _has_own(standing, "co_sign"),
    "co_reply": lambda standing: _has_own(standing, "co_reply"),
    "uphold": _may_uphold,
    "chase": _may_chase,
    "supervise": lambda _standing: True,
    "directive": lambda _standing: True,
    "reply_supervision": lambda standing: bool(standing.beside.open_supervisions),
    "add_measure": lambda _standing: True,
    "measure_done": lambda standing: bool(standing.measures_to_end()),
    # Its page is that of the words to tell.
    "tell": lambda _standing: False,
}
