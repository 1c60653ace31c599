"""The present of the account `worker`: a week under way, and proposals for different reasons."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from contacts.models import Visit
from portal.core.periods import Quarter, Week
from portal.desk.demo import rhythm, texts
from portal.desk.demo.kinds import Note
from portal.desk.demo.people import HOME_COMMUNITY, WORKER_ACCOUNT
from portal.desk.demo.plans import Plan, Planner
from portal.desk.demo.register import Row

_SLOTS: Final = ((10, 10), (15, 20), (19, 5))
_THIS_WEEK: Final = 3
#: What was said so many days ago at most still has something to follow up.
_FRESH: Final = 15


def arrange(planner: Planner, plans: Sequence[Plan]) -> list[Plan]:
    """The plans with the present of `worker` put in order; everything else stays."""
    week = Week.of(planner.today)
    mine = [
        row
        for row in planner.rows
        if row.responsible.username == WORKER_ACCOUNT and row.home.door.community == HOME_COMMUNITY
    ]
    calls = [row for row in mine if row.home.phone_reason]
    mine = [row for row in mine if not row.home.phone_reason]
    hard = [row for row in mine if "hardship" in row.home.tags]
    plain = [row for row in mine if not row.home.cares]
    if len(plain) < 8 or not hard:  # noqa: PLR2004 -- a world too small to arrange
        return list(plans)
    never, year, step, promise = plain[:4]
    kept = [plan for plan in plans if _stays(plan, planner, week, hard[0], (never, year))]
    kept += _missing(planner, [row for row in mine if row not in (never, year, hard[0])], kept)
    kept += _calls(planner, calls, kept)
    for plan in kept:
        if plan.row.responsible.username == WORKER_ACCOUNT:
            _settle(plan, planner.today)
    added = planner.household(year, [planner.today - dt.timedelta(days=405)])
    for plan in added:
        plan.author, plan.channel, plan.result = year.responsible, "DOOR", Visit.Result.MET
        _settle(plan, planner.today)
    added += _due_step(planner, step) + _due_promise(planner, promise, week)
    added += _this_week(planner, plain[4:7], week)
    return kept + [plan for plan in added if not plan.void_reason]


def _stays(plan: Plan, planner: Planner, week: Week, hard: Row, aside: tuple[Row, Row]) -> bool:
    """Own visits of this week are arranged by hand; some households wait to be proposed."""
    if plan.row.responsible.username != WORKER_ACCOUNT or not plan.names_household:
        return True
    if plan.row in aside or plan.day >= week.start:
        return False
    return plan.row is not hard or plan.day < Quarter.of(planner.today).start


def _missing(planner: Planner, rows: Sequence[Row], plans: Sequence[Plan]) -> list[Plan]:
    """A visit at the door to those that would otherwise be proposed beside the arranged ones."""
    quarter = Quarter.of(planner.today).start
    met: dict[int, dt.date] = {}
    for plan in plans:
        if plan.channel == "DOOR" and plan.result == Visit.Result.MET and not plan.void_reason:
            met[id(plan.row)] = max(plan.day, met.get(id(plan.row), plan.day))
    added = []
    for row in rows:
        first = quarter if "hardship" in row.home.tags else planner.today - dt.timedelta(days=300)
        last = min(Week.of(planner.today).start, planner.today) - dt.timedelta(days=1)
        if met.get(id(row), dt.date.min) < first <= last:
            day = first + dt.timedelta(days=planner.rng.randint(0, (last - first).days))
            added.append(_recent(planner, row, (planner.today - day).days))
    return added


def _calls(planner: Planner, rows: Sequence[Row], plans: Sequence[Plan]) -> list[Plan]:
    """A call to those who asked for calls and were not reached lately."""
    lately = planner.today - dt.timedelta(days=45)
    reached = {
        id(plan.row)
        for plan in plans
        if plan.result == Visit.Result.MET and plan.day >= lately and not plan.void_reason
    }
    added = [_recent(planner, row, 21) for row in rows if id(row) not in reached]
    for plan in added:
        plan.channel, plan.note = Visit.Channel.PHONE, Note()
    return added


def _settle(plan: Plan, today: dt.date) -> None:
    """What was due is done: only what is arranged below stays open."""
    if plan.next_step_on is not None and plan.next_step_on <= Week.of(today).last_day:
        plan.step_done_on = max(plan.day, min(plan.next_step_on, today))
    if plan.promise is not None and plan.promise[1] <= Week.of(today).last_day:
        text, due, kept = plan.promise
        plan.promise = (text, due, kept or max(plan.day, min(due, today)))


def _recent(planner: Planner, row: Row, days_ago: int) -> Plan:
    """A visit with a matter some days ago, met at the door by `worker`."""
    day = planner.today - dt.timedelta(days=days_ago)
    scene = planner.scene(row, row.responsible, day)
    at = dt.datetime(day.year, day.month, day.day, 15, 40, tzinfo=rhythm.ZONE)
    plan = Plan(
        row=row, author=row.responsible, at=at, recorded=at + dt.timedelta(minutes=25), met=(0,)
    )
    writing = texts.write if days_ago < _FRESH else texts.write_quiet
    plan.note = writing(planner.rng, replace(scene, speaker=row.home.people[0]))
    return plan


def _due_step(planner: Planner, row: Row) -> list[Plan]:
    """A next step that was due yesterday."""
    plan = _recent(planner, row, 13)
    step = plan.note.next_step or "问问上次说的事有没有回音"
    plan.note = replace(plan.note, next_step=step)
    plan.next_step_on = planner.today - dt.timedelta(days=1)
    return [plan]


def _due_promise(planner: Planner, row: Row, week: Week) -> list[Plan]:
    """A promise for the end of this week."""
    plan = _recent(planner, row, 10)
    plan.note = replace(plan.note, next_step="")
    due = min(planner.today + dt.timedelta(days=2), week.last_day)
    plan.promise = ("把问来的办理材料清单送到家", due, None)
    return [plan]


def _this_week(planner: Planner, rows: Sequence[Row], week: Week) -> list[Plan]:
    """Up to three visits since Monday: one told, one with a tap, one with a matter and a plan."""
    moments = [
        dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=rhythm.ZONE)
        for day in week.days
        for hour, minute in _SLOTS
    ]
    past = [at for at in moments if at + dt.timedelta(minutes=30) < planner.now]
    chosen = sorted(planner.rng.sample(past, min(_THIS_WEEK, len(past))))
    plans = []
    for number, (at, row) in enumerate(zip(chosen, rows, strict=False)):
        day = at.date()
        scene = replace(planner.scene(row, row.responsible, day), speaker=row.home.people[0])
        writing = (texts.write_quiet, None, texts.write)[number]
        note = writing(planner.rng, scene) if writing else Note()
        plan = Plan(
            row=row,
            author=row.responsible,
            at=at,
            recorded=at + dt.timedelta(minutes=15),
            note=note,
            met=(0,),
        )
        if note.next_step:
            plan.next_step_on = week.end + dt.timedelta(days=2)
        plans.append(plan)
    return plans
