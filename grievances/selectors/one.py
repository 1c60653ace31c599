"""One grievance on its page: facts, the clock day by day, who has had it, and what may be done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.urls import reverse

from grievances.clocks import standing
from grievances.clocks.explanation import Deadline
from grievances.clocks.kinds import Step
from grievances.kinds import ENDED, Part, Party, Regime, Result, State
from grievances.models import Assignment, CallBack, FollowUp, Grievance, Opinion, Raiser, Told
from grievances.parties import TELLS, Handlers, hands_out, parties_of
from grievances.selectors import due
from grievances.selectors.ask_choices import Standing, asks_for
from grievances.selectors.beside import BesideLine, beside_of, lines_of
from grievances.selectors.handlers import handlers_of
from grievances.selectors.rules import Rules, rules_of
from grievances.selectors.sight import RaisedBy, is_owner, raised_by, revealed_until
from grievances.selectors.timeline import Entry, entries_of, shares_of
from grievances.selectors.verdicts import main_of
from grievances.selectors.words import GrievanceWords
from grievances.workflow import Move, moves_from
from portal.accounts.models import Post
from portal.core.periods import day_of
from portal.core.workdays.selectors import working_calendar

Mask = Callable[[str], str]
#: Moves that nobody makes by a button: the verdict is written down where one asks for it.
_ELSEWHERE: Final = frozenset({"follow_up"})
#: Ends it without an answer: never the button that stands out.
_GIVES_UP: Final = frozenset({"merge", "withdraw", "terminate"})
_YES: Final = {None: "", True: "是", False: "否"}


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock that runs: until when, how much is left, and how that was counted."""

    step: str
    due: str
    left: str
    #: "", due or overdue.
    tone: str
    article: str
    days: tuple[str, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnitLine:
    """One unit that handles it."""

    name: str
    part: str
    manner: str
    state: str
    due_on: dt.date | None
    #: 协办意见.
    reply: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class OpinionLine:
    """办理结果 of one round."""

    title: str
    result: str
    reply: str
    basis: str
    unit: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class VerdictLine:
    """群众评价 of one round; never shown to whoever handled it (domain §6)."""

    round: int
    way: str
    grade: str
    contacted: str
    solved: str
    words: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class MoveLink:
    key: str
    label: str
    url: str
    is_main: bool


@dataclass(frozen=True, slots=True)
class GrievancePage:
    """Nothing in here needs masking again."""

    number: str
    state: str
    text: str
    place: str
    raised_by: RaisedBy
    is_full: bool
    is_own: bool
    full_until: dt.datetime | None
    may_reveal: bool
    owner: str
    public_words: str
    clock: Clock | None
    shares: tuple[tuple[str, str], ...]
    units: tuple[UnitLine, ...]
    opinions: tuple[OpinionLine, ...]
    #: None: hidden, for people of a unit that handles it.
    verdicts: tuple[VerdictLine, ...] | None
    #: Words and address of the form, "" for who may not tell.
    untold: tuple[tuple[str, str], ...]
    #: A call the resident asked for and nobody made: when, and what about.
    call_asked: tuple[dt.datetime, str] | None
    #: Beside the moves: asking the resident, the slip.
    others: tuple[tuple[str, str], ...]
    timeline: tuple[Entry, ...]
    moves: tuple[MoveLink, ...]
    #: What may be asked or kept beside the state: label, address, and whether somebody waits for it.
    asks: tuple[tuple[str, str, bool], ...]
    #: 督办, measures and extensions.
    beside: tuple[BesideLine, ...]
    #: Of who may do nothing: who is to act now.
    waits_for: str
    merged_into: str


def grievance_page(*, post: Post, grievance: Grievance, now: dt.datetime) -> GrievancePage:
    """The page for this post; the number of queries does not grow with what happened."""
    handlers = handlers_of(grievance, now=now)
    parties = parties_of(post, grievance, handlers)
    until = revealed_until(grievance, post=post, now=now)
    is_full = is_owner(grievance, post) or until is not None
    told = _Told(grievance)
    mask = told.masker(is_full=is_full)
    moves = moves_for(grievance, parties)
    calendar, rules = working_calendar(), rules_of(grievance.district_id)
    deadline = due.deadline_of(grievance, calendar=calendar, rules=rules)
    return GrievancePage(
        number=grievance.number,
        state=grievance.get_state_display(),
        text=mask(grievance.words),
        place=_place(grievance, mask),
        raised_by=raised_by(told.raiser, is_full=is_full),
        is_full=is_full,
        is_own=is_owner(grievance, post),
        full_until=until,
        may_reveal=not is_full and bool(parties) and told.raiser is not None,
        owner=_owner(grievance),
        public_words=mask(grievance.public_words),
        clock=_clock(deadline, now) if deadline else None,
        shares=shares_of(grievance, told.events, calendar, rules, now=now),
        units=tuple(_unit(row, mask) for row in told.assignments),
        opinions=tuple(_opinion(row, mask) for row in told.opinions),
        verdicts=_verdicts(told.verdicts, post, handlers, mask),
        untold=_untold(told.tellings, parties, mask),
        call_asked=_call(told.call, mask) if parties else None,
        others=_others(grievance, post, handlers, parties),
        timeline=entries_of(told.events, told.tellings, mask),
        moves=tuple(_link(grievance, move, number) for number, move in enumerate(moves)),
        asks=_asks(told, post, handlers, parties, deadline, now=now),
        beside=_beside(told, rules, mask, now=now),
        waits_for="" if moves or grievance.state in ENDED else _waits_for(grievance),
        merged_into=grievance.merged_into.number if grievance.merged_into else "",
    )


def _untold(
    tellings: list[Told], parties: frozenset[Party], mask: Mask
) -> tuple[tuple[str, str], ...]:
    return tuple(
        (
            mask(row.words),
            reverse("grievances:telling", args=[row.pk]) if parties & TELLS else "",
        )
        for row in tellings
        if row.told_at is None and row.outgoing is None
    )


def moves_for(grievance: Grievance, parties: frozenset[Party]) -> list[Move]:
    """The moves that somebody who is ``parties`` to it makes by a button."""
    found = moves_from(grievance.state, regime=grievance.regime, parties=parties)
    return [move for move in found if move.key not in _ELSEWHERE]


class _Told:
    """Everything that is said about one grievance; one query for each kind of row."""

    def __init__(self, grievance: Grievance) -> None:
        self.grievance = grievance
        self.beside = beside_of(grievance)
        self.raiser = Raiser.objects.filter(grievance=grievance).first()
        self.events = list(
            grievance.events.select_related("post__user", "post__organisation", "unit", "holder")
        )
        self.tellings = list(
            Told.objects.filter(grievance=grievance).select_related("told_by__user")
        )
        self.assignments = list(
            Assignment.objects.filter(grievance=grievance)
            .select_related("unit", "unit__street", "unit__community")
            .order_by("-withdrawn_at", "part", "pk")
        )
        self.opinions = list(Opinion.objects.filter(grievance=grievance).select_related("unit"))
        self.call = CallBack.objects.filter(grievance=grievance, done_at__isnull=True).first()
        self.verdicts = list(FollowUp.objects.filter(grievance=grievance))

    def masker(self, *, is_full: bool) -> Mask:
        if is_full:
            return str
        words = GrievanceWords([self.grievance], texts=self._texts())
        return lambda text: words.masked(self.grievance, text)

    def _texts(self) -> list[str]:
        row = self.grievance
        said = [row.words, row.place, row.public_words]
        said += [event.words for event in self.events]
        said += [told.words for told in self.tellings]
        said += [self.call.words] if self.call else []
        said += [verdict.words for verdict in self.verdicts]
        said += [assignment.reply for assignment in self.assignments]
        said += self.beside.texts()
        return said + [text for one in self.opinions for text in (one.reply, one.basis)]


def _call(call: CallBack | None, mask: Mask) -> tuple[dt.datetime, str] | None:
    return (call.asked_at, mask(call.words)) if call else None


def _others(
    grievance: Grievance, post: Post, handlers: Handlers, parties: frozenset[Party]
) -> tuple[tuple[str, str], ...]:
    """What else the post may open: asking the resident, the slip, the paper, the units' links."""
    found = []
    if Party.ASKER in parties and main_of(grievance).state == State.CONCLUDED:
        found.append(("登记回访", reverse("grievances:follow_up", args=[grievance.number])))
    if hands_out(post, handlers, parties):
        found.append(("居民纸条", reverse("grievances:slip", args=[grievance.number])))
    if parties:
        found.append(("办理单", reverse("grievances:print", args=[grievance.number])))
    if Party.DESK in parties and handlers.ever:
        found.append(("联络和办理链接", reverse("grievances:outside", args=[grievance.number])))
    return tuple(found)


def _asks(
    told: _Told,
    post: Post,
    handlers: Handlers,
    parties: frozenset[Party],
    deadline: Deadline | None,
    *,
    now: dt.datetime,
) -> tuple[tuple[str, str, bool], ...]:
    standing = Standing(
        post=post,
        grievance=told.grievance,
        handlers=handlers,
        parties=parties,
        beside=told.beside,
        assignments=[row for row in told.assignments if row.withdrawn_at is None],
        events=told.events,
        deadline=deadline,
        now=now,
    )
    number = told.grievance.number
    return tuple(
        (ask.label, reverse("grievances:ask", args=[number, ask.key]), ask.answers)
        for ask in asks_for(standing)
    )


def _beside(told: _Told, rules: Rules, mask: Mask, *, now: dt.datetime) -> tuple[BesideLine, ...]:
    policy = due.policy_for(told.grievance, Step.SETTLE, rules=rules)
    return lines_of(told.beside, policy, mask, now=now)


def _place(grievance: Grievance, mask: Mask) -> str:
    units = (grievance.street, grievance.community, grievance.building)
    named = [unit.name for unit in units[: 1 if grievance.is_restricted else 3] if unit]
    return " ".join(filter(None, (*named, mask(grievance.place))))


def _owner(grievance: Grievance) -> str:
    if grievance.owner is None:
        return "还没有"
    return f"{grievance.owner.user.name}（{grievance.owner.organisation.name}）"


def _clock(deadline: Deadline, now: dt.datetime) -> Clock:
    overdue = standing.is_overdue(deadline, now)
    is_today = deadline.at is not None and day_of(deadline.at) == day_of(now)
    return Clock(
        step=deadline.policy.step.label,
        due=f"{deadline.at:%Y-%m-%d %H:%M}" if deadline.at else "暂停中",
        left=standing.left(deadline, now).words,
        tone="overdue" if overdue else "due" if is_today else "",
        article=deadline.article,
        days=tuple(day.words for day in deadline.days),
        notices=deadline.notices,
    )


def _unit(row: Assignment, mask: Mask) -> UnitLine:
    if row.withdrawn_at:
        state = "已收回"
    elif row.answered_at:
        state = "已答复"
    else:
        state = "已签收" if row.signed_at else "待签收"
    return UnitLine(
        name=row.unit.full_name,
        part=row.get_part_display(),
        manner=row.get_manner_display(),
        state=state,
        due_on=row.due_on,
        # The lead's stands among the results.
        reply=mask(row.reply) if row.part == Part.CO_HANDLER else "",
        is_current=row.withdrawn_at is None,
    )


def _opinion(row: Opinion, mask: Mask) -> OpinionLine:
    return OpinionLine(
        title=f"第{row.round}轮" if row.round > 1 else "",
        result=Result(row.result).label,
        reply=mask(row.reply),
        basis=mask(row.basis),
        unit=row.unit.name,
        at=row.at,
    )


def _verdicts(
    rows: list[FollowUp], post: Post, handlers: Handlers, mask: Mask
) -> tuple[VerdictLine, ...] | None:
    if post.organisation_id in handlers.ever:
        return None
    return tuple(
        VerdictLine(
            round=row.round,
            way=row.get_way_display(),
            grade=row.get_grade_display() or row.get_outcome_display(),
            contacted=_YES[row.was_contacted],
            solved=_YES[row.was_solved],
            words=mask(row.words),
            at=row.at,
        )
        for row in rows
    )


def _link(grievance: Grievance, move: Move, number: int) -> MoveLink:
    return MoveLink(
        key=move.key,
        label=move.label,
        url=reverse("grievances:move", args=[grievance.number, move.key]),
        is_main=number == 0 and move.key not in _GIVES_UP,
    )


def _waits_for(grievance: Grievance) -> str:
    """Whose turn it is, for whoever can only read."""
    every = frozenset(Party)
    moves = moves_from(grievance.state, regime=Regime(grievance.regime), parties=every)
    if not moves:
        return ""
    whose = "、".join(Party(party).label for party in sorted(moves[0].parties))
    return f"等{whose}“{moves[0].label}”。"
