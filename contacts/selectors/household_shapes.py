"""What a household's page is given: plain values, masked already where they must be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from contacts.models import Visit
from contacts.ports import HouseholdSection
from portal.core.paging import KeyPage


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLine:
    """One resident as the acting post may read it."""

    id: int
    name: str
    phone: str
    #: Digits to ring; only when the post sees the household in full.
    tel: str
    relation: str
    #: Such as 78岁左右; only when seen in full.
    age: str
    is_contact: bool
    left_on: dt.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterLine:
    """反映事项 that may come up again."""

    text: str
    on: dt.date
    url: str
    state: str
    waiting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseLine:
    id: int
    text: str
    due_on: dt.date
    url: str
    overdue: bool
    due_today: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStepLine:
    text: str
    on: dt.date | None
    url: str
    overdue: bool
    who: str
    #: Where to say that it is done, or still to do on a later day.
    answer_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RaisedLine:
    """A matter inside one entry of the history."""

    text: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """One contact. What the post may not read shows its day, channel and result, nothing else."""

    readable: bool
    on: dt.date
    at: dt.datetime | None
    title: str
    met: bool
    url: str
    who: str
    text: str
    raised: tuple[RaisedLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CareLine:
    name: str
    basis: str
    since: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyLine:
    user_id: int
    name: str
    since: dt.date
    until: dt.date | None
    #: In force today.
    is_now: bool = False
    #: Begins on a later day.
    is_planned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBefore:
    """What to know before knocking; only the wish itself is for everybody."""

    wish: str
    wish_reason: str
    avoid: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepAtDoor:
    """What was to be done next, for who is about to knock or has just been there."""

    text: str
    on: dt.date | None
    url: str
    overdue: bool
    #: Where to say that it is done, or still to do on a later day.
    answer_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AtDoor:
    """The least one knows before knocking, for the head of a visit form; empty when masked."""

    avoid: str = ""
    promises: tuple[PromiseLine, ...] = ()
    next_steps: tuple[StepAtDoor, ...] = ()
    #: Matters handed on, not yet answered here.
    waiting: tuple[MatterLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class May:
    """What the acting post may do from this page."""

    edit: bool
    assign: bool
    #: Register a move, merge a second record of it.
    merge: bool
    reveal: bool
    log: bool
    #: Say that a promise is kept, a next step done or put off.
    answer: bool
    see_looks: bool = False

    @classmethod
    def out_of_doors(cls, *, log: bool) -> May:
        """In the limited state of an 外勤会话: what opens there without the password."""
        return cls(edit=False, assign=False, merge=False, reveal=False, log=log, answer=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdPage:
    """Everything the page prints, masked already where it must be."""

    id: int
    place: str
    address: str
    is_full: bool
    is_own: bool
    #: Open by a stated reason until then.
    open_until: dt.datetime | None
    sees_cares: bool
    ended_on: dt.date | None
    known: KnownBefore
    last_met_on: dt.date | None
    last_contact_on: dt.date | None
    days_since_met: int | None
    residents: tuple[PersonLine, ...]
    cares: tuple[CareLine, ...]
    duties: tuple[DutyLine, ...]
    matters: tuple[MatterLine, ...]
    promises: tuple[PromiseLine, ...]
    next_steps: tuple[NextStepLine, ...]
    history: tuple[HistoryLine, ...]
    history_page: KeyPage[Visit]
    sections: Sequence[HouseholdSection]
    may: May

    @property
    def people(self) -> tuple[PersonLine, ...]:
        """Who lives there now, who to ring first in front."""
        return tuple(person for person in self.residents if person.left_on is None)

    @property
    def left(self) -> tuple[PersonLine, ...]:
        """Who lived there; a matter for those who see the household in full."""
        return tuple(person for person in self.residents if person.left_on and self.is_full)

    @property
    def responsible(self) -> DutyLine | None:
        return next((duty for duty in self.duties if duty.is_now), None)

    @property
    def next_duty(self) -> DutyLine | None:
        """Who answers for it from a later day."""
        return next((duty for duty in self.duties if duty.is_planned), None)

    @property
    def former_duties(self) -> tuple[DutyLine, ...]:
        return tuple(duty for duty in self.duties if not (duty.is_now or duty.is_planned))
