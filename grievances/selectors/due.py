"""Which clock of a grievance runs, and until when: counted, stored, never typed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial
from typing import Final

from grievances.clocks import counting, facts
from grievances.clocks.explanation import Deadline
from grievances.clocks.kinds import Start, Step, Unit
from grievances.clocks.policy import Policy
from grievances.kinds import Regime, State
from grievances.models import Grievance
from grievances.selectors.rules import Rules, rules_of
from portal.core.periods import day_of
from portal.core.workdays.selectors import working_calendar
from portal.core.workdays.working_calendar import WorkingCalendar

_SETTLING: Final = (State.ACCEPTED, State.ASSIGNED, State.OBJECTED, State.IN_HAND, State.NOT_NOW)
#: Which step is waited for in a state.
_STEPS: Final[dict[State, Step]] = {
    **dict.fromkeys(_SETTLING, Step.SETTLE),
    State.CONCLUDED: Step.FOLLOW_UP,
    State.OPINION: Step.ASK_REVIEW,
    State.IN_REVIEW: Step.REVIEW,
    State.REVIEWED: Step.ASK_RECHECK,
    State.IN_RECHECK: Step.RECHECK,
}
_FIRST: Final[dict[Regime, Step]] = {
    Regime.LOCAL: Step.CONTACT,
    Regime.HOTLINE: Step.SETTLE,
    Regime.PETITION: Step.INFORM,
}


def step_of(grievance: Grievance) -> Step | None:
    """What is waited for now; None where no clock runs."""
    state = State(grievance.state)
    return _FIRST[Regime(grievance.regime)] if state == State.REGISTERED else _STEPS.get(state)


def policy_for(grievance: Grievance, step: Step, *, rules: Rules | None = None) -> Policy | None:
    """The row that limits this step of this grievance: the one in force when the step began."""
    rules = rules or rules_of(grievance.district_id)
    return rules.choose(
        step,
        start_of=partial(start_of, grievance),
        regime=grievance.regime,
        nature=grievance.nature,
        urgency=grievance.urgency,
        source=grievance.source,
    )


def start_of(grievance: Grievance, policy: Policy) -> dt.datetime | None:
    """The moment from which the policy counts; None when that has not happened."""
    moments: dict[Start, dt.datetime | None] = {
        Start.RECEIVED: grievance.received_at,
        Start.FORWARDED: grievance.assigned_at,
        Start.ASSIGNED: grievance.assigned_at,
        Start.ACCEPTED: grievance.settle_from,
        Start.REPLIED: grievance.replied_at,
    }
    # 复查, 复核: what began with the state that it has now.
    return moments.get(policy.start, grievance.state_since)


def deadline_of(
    grievance: Grievance,
    step: Step | None = None,
    *,
    calendar: WorkingCalendar | None = None,
    rules: Rules | None = None,
) -> Deadline | None:
    """Until when the step (the one waited for, unless said) is due, with its explanation.

    Who counts many hands ``calendar`` and ``rules`` in: each is a query.
    """
    step = step or step_of(grievance)
    policy = policy_for(grievance, step, rules=rules) if step else None
    if policy is None:
        return None
    calendar = calendar or working_calendar()
    if policy.unit is Unit.STATED:
        at = grievance.official_due_at
        return counting.stated(grievance.received_at, at, policy, calendar) if at else None
    start = start_of(grievance, policy)
    if start is None:
        return None
    settling = step == Step.SETTLE
    return counting.deadline(
        start,
        policy,
        calendar,
        _pauses(grievance, start) if settling and policy.may_pause else (),
        _extensions(grievance, start, policy) if settling else (),
    )


def version_of(calendar: WorkingCalendar, rules: Rules) -> str:
    """What a due date was counted with; another one asks for it to be counted again."""
    return f"{calendar.version}.{rules.version}"


def refresh(
    grievance: Grievance, *, calendar: WorkingCalendar | None = None, rules: Rules | None = None
) -> None:
    """Count the running clock again and put it into the row; the caller saves."""
    calendar = calendar or working_calendar()
    rules = rules or rules_of(grievance.district_id)
    found = deadline_of(grievance, calendar=calendar, rules=rules)
    grievance.due_step = (step_of(grievance) or "") if found else ""
    grievance.due_at = found.at if found else None
    grievance.due_on = day_of(found.at) if found and found.at else None
    grievance.due_version = version_of(calendar, rules)


def _pauses(grievance: Grievance, start: dt.datetime) -> Sequence[facts.Pause]:
    """Those of the present round."""
    return [
        facts.Pause(max(each.since, start), each.until, each.reason)
        for each in grievance.pauses.all()
        if each.until is None or each.until > start
    ]


def _extensions(
    grievance: Grievance, start: dt.datetime, policy: Policy
) -> Sequence[facts.Extension]:
    """Those approved in the present round, as far as the policy still allows them."""
    room, found = policy.extension, []
    for each in grievance.extensions.all():
        if not each.is_approved or each.asked_at < start:
            continue
        length = min(each.length, room)
        if length:
            found.append(facts.Extension(length, each.decided_at or each.asked_at, each.reason))
            room -= length
    return found
