"""One grievance from the first word on, in memory: every move as ``grievances.services`` makes it.

The table of moves is asked at each step, so that nothing is written that could not have happened.
"""

import datetime as dt
from collections.abc import Sequence
from functools import partial
from random import Random
from typing import Final

from grievances.clocks.kinds import Step
from grievances.kinds import ENDED, Manner, Part, Regime
from grievances.models import (
    Assignment,
    Event,
    FollowUp,
    Grievance,
    Opinion,
    Pause,
    Raiser,
    Told,
)
from grievances.selectors import due
from grievances.selectors.rules import Rules
from grievances.services.events import holder_of
from grievances.workflow import BY_KEY, REGISTER, Needs
from portal.accounts.models import Organisation, Post
from portal.core.periods import day_of
from portal.core.workdays.working_calendar import WorkingCalendar
from portal.desk.demo.grievances.office import Office, house_of, is_own
from portal.desk.demo.phrases import Teller
from portal.desk.demo.rhythm import ZONE

_OPENS: Final = 9
_CLOSES: Final = 18
_TRIES: Final = 12
#: Of what was said in the last days, some is still to be told.
_UNTOLD: Final = 4
_CHANNELS: Final = (Told.Channel.PHONE,) * 6 + (Told.Channel.DOOR,) * 3 + (Told.Channel.SLIP,)


class Pen:
    """Writes from patterns, nothing twice while there is another way to say it."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._used: set[str] = set()

    def write(self, *parts: Sequence[str], **slots: str) -> str:
        """One pattern of each part, one after the other."""
        said = {key: partial(str, value) for key, value in slots.items()}
        text = ""
        for _ in range(_TRIES):
            text = "".join(Teller(self._rng, said).tell(self._rng.choice(part)) for part in parts)
            if text not in self._used:
                break
        self._used.add(text)
        return text


class World:
    """What all histories share."""

    def __init__(
        self, rng: Random, *, now: dt.datetime, calendar: WorkingCalendar, rules: Rules
    ) -> None:
        self.rng, self.now, self.calendar, self.rules = rng, now, calendar, rules
        self.pen = Pen(rng)


class History:
    """The row with all that hangs on it; ``at`` is the moment of what is done next."""

    def __init__(
        self, world: World, grievance: Grievance, raiser: Raiser | None, office: Office
    ) -> None:
        self.world, self.grievance, self.raiser, self.office = world, grievance, raiser, office
        self.rng, self.at = world.rng, grievance.registered_at
        self.house = house_of(grievance)
        self.events: list[Event] = []
        self.assignments: list[Assignment] = []
        self.opinions: list[Opinion] = []
        self.tellings: list[Told] = []
        self.follow_ups: list[FollowUp] = []
        self.pauses: list[Pause] = []
        self.posts: set[int] = {grievance.registered_by_id or 0}
        self.units: set[int] = set()
        #: Of the last result: who wrote and who passed it.
        self.passed_by = 0
        #: When the resident was given the private link.
        self.link_at: dt.datetime | None = None
        self.event(REGISTER, grievance.registered_by)

    @property
    def day(self) -> dt.date:
        return day_of(self.at)

    def wait(self, low: float, high: float) -> None:
        """Some hours later, at office hours; never in the future, and never at the same moment."""
        rng, now = self.rng, self.world.now
        at = (self.at + dt.timedelta(hours=rng.uniform(low, high))).astimezone(ZONE)
        day = at.date() + dt.timedelta(days=at.hour >= _CLOSES)
        working = self.world.calendar.next_working(day)
        if working != at.date() or at.hour < _OPENS:
            at = dt.datetime(
                working.year, working.month, working.day, rng.randrange(_OPENS, _CLOSES),
                rng.randrange(60), rng.randrange(60), tzinfo=ZONE,
            )  # fmt: skip
        at = at.replace(microsecond=0)
        if not self.at < at < now:
            at = self.at + (now - self.at) * rng.uniform(0.1, 0.35)
        self.at = at

    def write(self, *parts: Sequence[str], **slots: str) -> str:
        lead = next((a.unit.name for a in reversed(self.assignments)), self.office.street.name)
        return self.world.pen.write(*parts, **{"楼": self.house, "单位": lead, **slots})

    def event(
        self,
        key: str,
        post: Post | None,
        *,
        before: str = "",
        words: str = "",
        unit: Organisation | None = None,
        on_behalf: bool = False,
    ) -> None:
        """What ``services.events.add_event`` writes."""
        row = self.grievance
        self.events.append(
            Event(
                grievance=row,
                move=key,
                at=self.at,
                from_state=before,
                to_state=row.state,
                round=row.round,
                post=post,
                unit_id=unit.pk if unit else (post.organisation_id if post else None),
                holder_id=holder_of(row),
                on_behalf=on_behalf,
                words=words,
            )
        )

    def move(
        self,
        key: str,
        post: Post | None,
        *,
        words: str = "",
        plain: str = "",
        unit: Organisation | None = None,
        on_behalf: bool = False,
    ) -> None:
        """The state and the event; what a move changes besides was done by the caller."""
        row, move = self.grievance, BY_KEY[key]
        if row.state not in move.from_states or Regime(row.regime) not in move.regimes:
            raise ValueError(f"{key} does not lead from {row.state} of {row.regime}")
        before, row.state, row.state_since = row.state, move.to, self.at
        row.ended_at = self.at if move.to in ENDED else None
        if Needs.TOLD in move.needs:
            self.tell(key, plain, post)
        self.event(key, post, before=before, words=words, unit=unit, on_behalf=on_behalf)

    def tell(self, about: str, plain: str, post: Post | None) -> None:
        """The resident was told; of what was said lately, some are still to be told."""
        row = self.grievance
        row.public_words = "" if row.is_restricted else plain
        waits = not row.is_restricted and (self.world.now - self.at).days < _UNTOLD
        is_open = waits and self.rng.random() < 0.5  # noqa: PLR2004 -- every other one
        self.tellings.append(
            Told(
                grievance=row,
                about=about,
                round=row.round,
                words=row.public_words,
                channel=Told.Channel.PHONE if is_open else self.rng.choice(_CHANNELS),
                asked_at=self.at,
                told_at=None if is_open else self.at,
                told_by=None if is_open else post,
            )
        )

    def leave_untold(self) -> None:
        """What was said last is still to be told."""
        last = self.tellings[-1]
        last.channel, last.told_at, last.told_by = Told.Channel.PHONE, None, None

    def assign(self, lead: Organisation, manner: str, co_handlers: Sequence[Organisation]) -> None:
        """The lead and the co-handlers take the place of those before."""
        row = self.grievance
        for each in self.assignments:
            each.withdrawn_at = each.withdrawn_at or self.at
        later = self.day + dt.timedelta(days=10)
        by = self.office.desk(self.rng, self.day)
        for unit in (lead, *co_handlers):
            is_lead = unit == lead
            other = Manner.ASSIGN if is_own(unit) else Manner.COORDINATE
            self.assignments.append(
                Assignment(
                    grievance=row,
                    unit=unit,
                    part=Part.LEAD if is_lead else Part.CO_HANDLER,
                    manner=manner if is_lead else other,
                    round=row.round,
                    assigned_at=self.at,
                    assigned_by=by,
                    due_on=None if is_lead else later,
                )
            )
        row.lead, row.assigned_at = lead, self.at
        if not row.is_restricted:
            self.units |= {unit.pk for unit in (lead, *co_handlers)}

    def by_lead(self) -> tuple[Post, Organisation, bool]:
        """Who acts for the leading unit, and whether it is the desk (代录)."""
        unit = self.lead.unit
        post = self.office.handler(self.rng, unit, self.day)
        return post or self.office.desk(self.rng, self.day), unit, post is None

    @property
    def lead(self) -> Assignment:
        rows = (a for a in reversed(self.assignments) if a.part == Part.LEAD and not a.withdrawn_at)
        return next(rows)

    def opinion(self, key: str, result: str, reply: str, post: Post, basis: str = "") -> None:
        row = self.grievance
        row.result = result
        own = key in {"reply", "issue_opinion"}
        if own:
            row.replied_at = self.at
            self.lead.answered_at, self.lead.reply = self.at, reply
        self.opinions.append(
            Opinion(
                grievance=row,
                round=row.round,
                move=key,
                result=result,
                reply=reply,
                basis=basis,
                unit_id=self.lead.unit_id if own else post.organisation_id,
                by=post,
                at=self.at,
            )
        )

    def may_pause(self) -> bool:
        policy = due.policy_for(self.grievance, Step.SETTLE, rules=self.world.rules)
        return policy is not None and policy.may_pause

    def run_again(self) -> None:
        self.grievance.relook_on = None
        for pause in self.pauses:
            pause.until = pause.until or self.at
