"""本周建议走访: whom to visit next among the own households, and why, in words.

``proposal_rule`` chooses; here is what it needs to know, in a fixed number of queries, and its
answer as people read it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import F, Q, QuerySet

from contacts.models import Household, HouseholdCare, Promise, Visit
from contacts.querysets import HouseholdQuerySet
from contacts.selectors.proposal_rule import LIMIT, Candidate, Choice, Urgency, choose
from portal.accounts.models import Post
from portal.core.periods import Week


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


class _Attempt(NamedTuple):
    """One time nobody was met; the names are those of ``Visit``."""

    on: dt.date
    result: str
    channel: str

    @property
    def words(self) -> str:
        return Visit(result=self.result, channel=self.channel).result_words


@dataclass(slots=True)
class _Facts:
    """What is open at the own households, by household."""

    hardship: set[int] = field(default_factory=set)
    steps: dict[int, tuple[dt.date, str]] = field(default_factory=dict)
    promises: dict[int, tuple[dt.date, str]] = field(default_factory=dict)
    #: When nobody was met since the last meeting at the door, the latest last.
    attempts: defaultdict[int, list[_Attempt]] = field(default_factory=lambda: defaultdict(list))


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
    for household_id, *attempt in _not_met(ids):
        facts.attempts[household_id].append(_Attempt(*attempt))
    return facts


def _not_met(ids: QuerySet) -> QuerySet:
    """Household, day, result and channel of each attempt since the last meeting at the door."""
    since = Q(household__last_met_on__isnull=True) | Q(occurred_on__gte=F("household__last_met_on"))
    rows = Visit.objects.valid().filter(since, household__in=ids)
    rows = rows.exclude(result=Visit.Result.MET).order_by("occurred_at", "pk")
    return rows.values_list("household_id", "occurred_on", "result", "channel")


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
    by_phone = row.wishes_phone(today)
    attempts = facts.attempts.get(row.pk, [])
    last_on = row.last_contact_on if by_phone else row.last_met_on
    tried = [
        one.on
        for one in attempts
        if (by_phone or one.channel == Visit.Channel.DOOR) and (not last_on or one.on > last_on)
    ]
    declined = (one.on for one in attempts if one.result == Visit.Result.DECLINED)
    return Candidate(
        household_id=row.pk,
        door=(row.building.path, row.door_order),
        by_phone=by_phone,
        is_hardship=row.pk in facts.hardship,
        last_met_on=row.last_met_on,
        last_contact_on=row.last_contact_on,
        step_on=step[0] if step else None,
        promise_on=promise[0] if promise else None,
        declined_on=max(declined, default=None),
        tried_on=max(tried, default=None),
        weeks_tried=len({Week.of(day).start for day in tried}),
    )


def _proposal(choice: Choice, household: Household, facts: _Facts, today: dt.date) -> Proposal:
    one = choice.candidate
    return Proposal(
        household=household,
        by_phone=one.by_phone,
        urgency=choice.urgency,
        reasons=tuple(_words(reason, one, today) for reason in choice.reasons),
        facts=_facts_of(one, facts, today),
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


def _facts_of(one: Candidate, facts: _Facts, today: dt.date) -> tuple[str, ...]:
    pk = one.household_id
    lines = []
    if pk in facts.promises:
        lines.append(f"答应过：{facts.promises[pk][1]}")
    if pk in facts.steps:
        lines.append(f"下一步：{facts.steps[pk][1]}")
    if attempts := facts.attempts.get(pk):
        last = attempts[-1]
        day = f"{last.on:%m-%d}" if last.on.year == today.year else f"{last.on:%Y-%m-%d}"
        lines.append(f"{day} {last.words}")
    return tuple(lines)
