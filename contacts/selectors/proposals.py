"""本周建议走访: whom to visit next among the own households, and why, in words.

``proposal_rule`` chooses; here is what it needs to know, in a fixed number of queries, and its
answer as people read it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from django.db.models import F, Q, QuerySet

from contacts.models import Visit
from contacts.models.households import wish_holds
from contacts.models.visits import result_words
from contacts.selectors.own_homes import OwnHome, own_homes
from contacts.selectors.proposal_rule import LIMIT, Candidate, Choice, Urgency, choose
from contacts.selectors.todo import Kind, OpenEnd, open_ends
from portal.accounts.models import Post
from portal.core.db.bulk import Among
from portal.core.db.prepared import Numbers, Prepared
from portal.core.periods import Week


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One line of 本周建议走访."""

    household_id: int
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
        return result_words(self.result, self.channel)


@dataclass(slots=True)
class _Facts:
    """What is open at the own households, by household."""

    steps: dict[int, tuple[dt.date, str]] = field(default_factory=dict)
    promises: dict[int, tuple[dt.date, str]] = field(default_factory=dict)
    #: When nobody was met since the last meeting at the door, the latest last.
    attempts: defaultdict[int, list[_Attempt]] = field(default_factory=lambda: defaultdict(list))


def proposals(
    *,
    post: Post,
    today: dt.date,
    limit: int = LIMIT,
    leave_out: Collection[int] = (),
    homes: Sequence[OwnHome] | None = None,
    ends: Sequence[OpenEnd] | None = None,
) -> list[Proposal]:
    """Whom the person of ``post`` may visit next; three queries whatever the number of households.

    ``leave_out`` are households that the page names already, as due today; ``homes`` and ``ends``
    (those before the end of the week) what the page has read already. Everything shown is of own
    households, which the person sees in full (domain §3).
    """
    homes = own_homes(post=post, today=today) if homes is None else homes
    if not homes:
        return []
    ids = [home.id for home in homes]
    if ends is None:
        ends = open_ends(post=post, homes=ids, before=Week.of(today).end)
    facts = _gather(ends, _NOT_MET.rows(homes=ids))
    candidates = [_candidate(home, facts, today) for home in homes if home.id not in leave_out]
    return [
        _proposal(choice, facts, today) for choice in choose(candidates, today=today, limit=limit)
    ]


def _gather(ends: Iterable[OpenEnd], attempts: Iterable[tuple[Any, ...]]) -> _Facts:
    """The earliest open step and promise of each household, and when nobody was met there."""
    facts = _Facts()
    told: dict[str, dict[int, tuple[dt.date, str]]] = {
        Kind.NEXT_STEP: facts.steps,
        Kind.PROMISE: facts.promises,
    }
    for end in sorted(
        ends, key=lambda one: (one.due_on or dt.date.max, -one.visit_id, -one.promise_id)
    ):
        if end.due_on is not None and end.household_id is not None:
            told[end.kind].setdefault(end.household_id, (end.due_on, end.text))
    for household_id, *attempt in attempts:
        facts.attempts[household_id].append(_Attempt(*attempt))
    return facts


def _not_met(*, homes: Any) -> QuerySet[Visit, Any]:
    """Household, day, result and channel of each attempt since the last meeting at the door."""
    since = Q(household__last_met_on__isnull=True) | Q(occurred_on__gte=F("household__last_met_on"))
    rows = Visit.objects.valid().filter(since, Among("household_id", homes))
    rows = rows.exclude(result=Visit.Result.MET).order_by("occurred_at", "pk")
    return rows.values_list("household_id", "occurred_on", "result", "channel")


_NOT_MET: Final = Prepared(_not_met, homes=Numbers)


def _candidate(home: OwnHome, facts: _Facts, today: dt.date) -> Candidate:
    step, promise = facts.steps.get(home.id), facts.promises.get(home.id)
    by_phone = wish_holds(home.wish, home.wish_until, today)
    attempts = facts.attempts.get(home.id, ())
    last_on = home.last_contact_on if by_phone else home.last_met_on
    tried = [
        one.on
        for one in attempts
        if (by_phone or one.channel == Visit.Channel.DOOR) and (not last_on or one.on > last_on)
    ]
    declined = (one.on for one in attempts if one.result == Visit.Result.DECLINED)
    return Candidate(
        household_id=home.id,
        door=(home.path, home.door),
        by_phone=by_phone,
        is_hardship=home.is_hardship,
        last_met_on=home.last_met_on,
        last_contact_on=home.last_contact_on,
        step_on=step[0] if step else None,
        promise_on=promise[0] if promise else None,
        declined_on=max(declined, default=None),
        tried_on=max(tried, default=None),
        weeks_tried=len({Week.of(day).start for day in tried}),
    )


def _proposal(choice: Choice, facts: _Facts, today: dt.date) -> Proposal:
    one = choice.candidate
    return Proposal(
        household_id=one.household_id,
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
