"""本周建议走访: whom to visit next among the own households, and why, in words.

``choose`` is the rule and knows no database; ``proposals`` gathers what it needs in a fixed number
of queries. The help page prints ``RULES``, so the words there are the words here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from django.db.models import Q, QuerySet

from contacts.models import Household, HouseholdCare, Promise, Visit
from contacts.querysets import HouseholdQuerySet
from contacts.workflow import YEAR
from portal.accounts.models import Post
from portal.core.periods import Quarter, Week

#: Nobody is proposed again so soon without something due: people are not to be pestered.
REST_DAYS: Final = 30
LIMIT: Final = 5
#: How long an attempt (无人在家) stays worth mentioning.
_ATTEMPT_DAYS: Final = 30


class Urgency(IntEnum):
    """Why a household is proposed; the smaller number comes first."""

    DUE = 1
    HARDSHIP = 2
    NEVER = 3
    YEAR = 4
    LONG_AGO = 5


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the rule as people read it."""

    urgency: Urgency
    title: str
    words: str


RULES: Final = (
    Rule(Urgency.DUE, "有到期的下一步或答应的事", "本周日前到期或已经过期的，先去。"),
    Rule(
        Urgency.HARDSHIP,
        "困难家庭本季度未走访",
        "户内有标为“困难家庭”的关爱类别，本季度还没有上门见到人。",
    ),
    Rule(Urgency.NEVER, "从未走访", "登记以来没有上门见到过人。"),
    Rule(
        Urgency.YEAR,
        "未走访满12个月",
        f"上次上门见到人，距今超过{YEAR.days}天。",
    ),
    Rule(
        Urgency.LONG_AGO,
        "距上次走访时间较长",
        f"距上次走访满{REST_DAYS}天，间隔最长的在前；不满{REST_DAYS}天又没有到期事项的不建议，免得打扰。",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What the rule needs to know of one household."""

    household_id: int
    #: Place on the way: the building, then the door in the order of the stairs.
    door: tuple[str, str] = ("", "")
    #: 暂不上门, 改电话: contact by any channel counts, and a call is proposed instead.
    by_phone: bool = False
    is_hardship: bool = False
    last_met_on: dt.date | None = None
    last_contact_on: dt.date | None = None
    step_on: dt.date | None = None
    promise_on: dt.date | None = None
    declined_on: dt.date | None = None

    @property
    def last_on(self) -> dt.date | None:
        """The last day that counts for this household."""
        return self.last_contact_on if self.by_phone else self.last_met_on

    @property
    def due_on(self) -> dt.date | None:
        return min((d for d in (self.step_on, self.promise_on) if d is not None), default=None)


@dataclass(frozen=True, slots=True)
class Choice:
    """One chosen household with everything that speaks for it, the strongest first."""

    candidate: Candidate
    reasons: tuple[Urgency, ...]

    @property
    def urgency(self) -> Urgency:
        return self.reasons[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One line of 本周建议走访."""

    household: Household
    by_phone: bool
    urgency: Urgency
    #: In words, the strongest first: never empty.
    reasons: tuple[str, ...]
    #: What to bring along: the next step, the promise, the last attempt.
    facts: tuple[str, ...] = ()


def choose(candidates: Iterable[Candidate], *, today: dt.date, limit: int = LIMIT) -> list[Choice]:
    """The most urgent ``limit`` candidates, in the order in which one walks.

    Never one that was reached this week (at the door, or by any channel where only calls are
    wanted) nor one that declined this week. The same day and data give the same answer.
    """
    week = Week.of(today)
    choices = [
        Choice(one, reasons)
        for one in candidates
        if not _rests(one, week) and (reasons := _reasons(one, today, week))
    ]
    choices.sort(key=_rank)
    return sorted(
        choices[: max(limit, 0)], key=lambda c: (c.candidate.door, c.candidate.household_id)
    )


def _rests(one: Candidate, week: Week) -> bool:
    met = one.last_met_on is not None and one.last_met_on >= week.start
    reached = one.last_on is not None and one.last_on >= week.start
    declined = one.declined_on is not None and one.declined_on >= week.start
    return met or reached or declined


def _reasons(one: Candidate, today: dt.date, week: Week) -> tuple[Urgency, ...]:
    last = one.last_on
    found = []
    if one.due_on is not None and one.due_on < week.end:
        found.append(Urgency.DUE)
    if one.is_hardship and (last is None or last < Quarter.of(today).start):
        found.append(Urgency.HARDSHIP)
    if last is None:
        found.append(Urgency.NEVER)
    elif last < today - YEAR:
        found.append(Urgency.YEAR)
    elif (today - last).days >= REST_DAYS:
        found.append(Urgency.LONG_AGO)
    return tuple(found)


def _rank(choice: Choice) -> tuple[object, ...]:
    one = choice.candidate
    due = one.due_on if choice.urgency is Urgency.DUE else None
    return (
        choice.urgency,
        due or dt.date.max,
        one.last_on or dt.date.min,
        one.door,
        one.household_id,
    )


@dataclass(slots=True)
class _Facts:
    """What is open at the own households, by household."""

    hardship: set[int] = field(default_factory=set)
    steps: dict[int, tuple[dt.date, str]] = field(default_factory=dict)
    promises: dict[int, tuple[dt.date, str]] = field(default_factory=dict)
    #: The last time nobody was met, and what it was.
    attempts: dict[int, tuple[dt.date, str]] = field(default_factory=dict)
    declined: dict[int, dt.date] = field(default_factory=dict)


def proposals(
    *, post: Post, today: dt.date, limit: int = LIMIT, leave_out: Collection[int] = ()
) -> list[Proposal]:
    """Whom the person of ``post`` may visit next; five queries whatever the number of households.

    ``leave_out`` are households that the page names already, as due today. Everything shown is of
    own households, which the person sees in full (domain §3).
    """
    own = Household.objects.own(post).in_use()
    households = {row.pk: row for row in _on_the_way(own)}
    if not households:
        return []
    facts = _gather(own, today)
    candidates = [
        _candidate(row, facts, today) for pk, row in households.items() if pk not in leave_out
    ]
    chosen = choose(candidates, today=today, limit=limit)
    return [
        _proposal(choice, households[choice.candidate.household_id], facts, today)
        for choice in chosen
    ]


def _on_the_way(own: HouseholdQuerySet) -> HouseholdQuerySet:
    """What the rule and a line need, and no more: the encrypted notes of 400 doors stay closed."""
    rows: HouseholdQuerySet = own.select_related("building").only(
        "building__path",
        "building__name",
        "community_id",
        "unit",
        "room",
        "door_order",
        "door_wish",
        "door_wish_until",
        "last_met_on",
        "last_contact_on",
    )
    return rows


def _gather(own: HouseholdQuerySet, today: dt.date) -> _Facts:
    ids = own.order_by().values("pk")
    in_force = Q(since__lte=today) & (Q(until__isnull=True) | Q(until__gt=today))
    cares = HouseholdCare.objects.filter(household__in=ids, category__is_hardship=True)
    facts = _Facts(hardship=set(cares.filter(in_force).values_list("household_id", flat=True)))
    _gather_due(facts, ids, Week.of(today).end)
    attempts = (
        Visit.objects.valid()
        .filter(household__in=ids, occurred_on__gt=today - dt.timedelta(days=_ATTEMPT_DAYS))
        .exclude(result=Visit.Result.MET)
    )
    for visit in attempts.order_by("occurred_at", "pk"):
        if visit.household_id is None:
            continue
        facts.attempts[visit.household_id] = (visit.occurred_on, visit.result_words)
        if visit.result == Visit.Result.DECLINED:
            facts.declined[visit.household_id] = visit.occurred_on
    return facts


def _gather_due(facts: _Facts, ids: QuerySet, end: dt.date) -> None:
    """The earliest open step and promise of each household, due before ``end``."""
    steps = Visit.objects.valid().filter(
        household__in=ids, next_step_on__lt=end, next_step_done_at__isnull=True
    )
    for household_id, on, text in steps.order_by("-next_step_on", "pk").values_list(
        "household_id", "next_step_on", "next_step"
    ):
        if household_id is not None and on is not None:
            facts.steps[household_id] = (on, text)
    promises = Promise.objects.filter(
        household__in=ids, kept_on__isnull=True, due_on__lt=end, visit__voided_at__isnull=True
    )
    for household_id, on, text in promises.order_by("-due_on", "pk").values_list(
        "household_id", "due_on", "text"
    ):
        facts.promises[household_id] = (on, text)


def _candidate(row: Household, facts: _Facts, today: dt.date) -> Candidate:
    step = facts.steps.get(row.pk)
    promise = facts.promises.get(row.pk)
    return Candidate(
        household_id=row.pk,
        door=(row.building.path, row.door_order),
        by_phone=row.wishes_phone(today),
        is_hardship=row.pk in facts.hardship,
        last_met_on=row.last_met_on,
        last_contact_on=row.last_contact_on,
        step_on=step[0] if step else None,
        promise_on=promise[0] if promise else None,
        declined_on=facts.declined.get(row.pk),
    )


def _proposal(choice: Choice, household: Household, facts: _Facts, today: dt.date) -> Proposal:
    one = choice.candidate
    return Proposal(
        household=household,
        by_phone=one.by_phone,
        urgency=choice.urgency,
        reasons=tuple(_words(reason, one, today) for reason in choice.reasons),
        facts=_facts_of(one, facts),
    )


def _words(reason: Urgency, one: Candidate, today: dt.date) -> str:
    verb = "联系" if one.by_phone else "走访"
    last = one.last_on or today
    return {
        Urgency.DUE: lambda: _due_words(one, today),
        Urgency.HARDSHIP: lambda: f"困难家庭，本季度未{verb}",
        Urgency.NEVER: lambda: f"从未{verb}",
        Urgency.YEAR: lambda: f"未{verb}满12个月，上次 {last:%Y-%m-%d}",
        Urgency.LONG_AGO: lambda: f"距上次{verb} {(today - last).days} 天",
    }[reason]()


def _due_words(one: Candidate, today: dt.date) -> str:
    due = one.due_on or today
    what = "答应的事" if one.promise_on == due else "下一步"
    if due < today:
        return f"{what}已过期 {(today - due).days} 天"
    return f"{what}今天到期" if due == today else f"{what} {due:%m-%d} 到期"


def _facts_of(one: Candidate, facts: _Facts) -> tuple[str, ...]:
    pk = one.household_id
    lines = []
    if pk in facts.promises:
        lines.append(f"答应过：{facts.promises[pk][1]}")
    if pk in facts.steps:
        lines.append(f"下一步：{facts.steps[pk][1]}")
    if pk in facts.attempts:
        on, result = facts.attempts[pk]
        if one.last_met_on is None or on >= one.last_met_on:
            lines.append(f"{on:%m-%d} {result}")
    return tuple(lines)
