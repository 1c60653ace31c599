"""From a start and a policy to a deadline."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace

from django.utils.timezone import get_default_timezone

from grievances.clocks.explanation import NOTHING, DayCount, Deadline
from grievances.clocks.facts import Extension, Pause, pause_on, running
from grievances.clocks.kinds import Unit
from grievances.clocks.policy import Policy
from portal.core.periods import day_of, start_of
from portal.core.workdays.working_calendar import WorkingCalendar

_ONE_DAY = dt.timedelta(days=1)
_LAST_INSTANT = dt.timedelta(microseconds=1)


def end_of(day: dt.date) -> dt.datetime:
    """The last moment of ``day`` in Asia/Shanghai."""
    return start_of(day + _ONE_DAY) - _LAST_INSTANT


def deadline(
    start: dt.datetime,
    policy: Policy,
    calendar: WorkingCalendar,
    pauses: Sequence[Pause] = (),
    extensions: Sequence[Extension] = (),
) -> Deadline:
    """Until when what began at ``start`` is due.

    ``ValueError`` for a ``start`` without a zone, for a pause or an extension that the policy does
    not allow, and for a policy whose date is stated.
    """
    if pauses and not policy.may_pause:
        raise ValueError("This policy allows no pause.")
    return _deadline(start, policy, calendar, pauses, extensions)


def stated(
    start: dt.datetime, at: dt.datetime, policy: Policy, calendar: WorkingCalendar
) -> Deadline:
    """A date that somebody else has set, kept as it is (北京市接诉即办工作条例 第13条).

    Raises ``ValueError`` for a policy that is computed.
    """
    if policy.unit is not Unit.STATED:
        raise ValueError("This policy is computed.")
    return Deadline(start, policy, calendar, (), (), _local(at), ())


def changed(
    before: Deadline,
    policy: Policy,
    at: dt.datetime,
    pauses: Sequence[Pause] = (),
    extensions: Sequence[Extension] = (),
) -> Deadline:
    """The deadline after ``policy`` took the place of the one before, at ``at``.

    Nothing begins anew: the start, the pauses and the time used stay. ``pauses`` and
    ``extensions`` are those since the change. Earlier extensions stay as far as the policy counts
    in the same unit and allows them; a pause still open ends with the change where it allows none.

    Time that is used up already is no debt of whoever has the case: then it is due by the end of
    the day of the change, or when it was due before if that is earlier. What was overdue stays so
    unless the policy itself allows longer.
    """
    if pauses and not policy.may_pause:
        raise ValueError("This policy allows no pause.")
    kept = before.pauses if policy.may_pause else [each.ended_by(at) for each in before.pauses]
    after = _deadline(
        before.start,
        policy,
        before.calendar,
        [*kept, *pauses],
        [*_carried(before, policy), *extensions],
    )
    day = day_of(at)
    if after.reads_calendar:
        day = after.calendar.next_working(day)
    due = min(before.at, end_of(day)) if before.at else end_of(day)
    if after.at is None or after.at >= due:
        return after
    told = DayCount(day_of(due), note="时限变更时已用完，至本日到期")
    return replace(after, at=_local(due), days=(*after.days, told))


def elapsed(
    since: dt.datetime,
    until: dt.datetime,
    calendar: WorkingCalendar,
    unit: Unit,
    pauses: Sequence[Pause] = (),
) -> dt.timedelta:
    """The time that a clock of ``unit`` runs from ``since`` to ``until``; nothing if it is earlier.

    Days: those after the day of ``since`` up to the day of ``until``, so that stretches that
    follow one another add up. A stated date counts natural days.
    """
    if unit is Unit.HOURS:
        stretches = running(since, until, pauses)
        return sum((end - begin for begin, end in stretches), NOTHING)
    first, last = day_of(since), day_of(until)
    days = (first + dt.timedelta(days=n) for n in range(1, (last - first).days + 1))
    return _ONE_DAY * sum(_not_counted(day, calendar, unit, pauses) is None for day in days)


def _local(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(get_default_timezone())


def _carried(before: Deadline, policy: Policy) -> list[Extension]:
    room = policy.extension if before.policy.unit is policy.unit else 0
    carried = []
    for extension in before.extensions:
        length = min(extension.length, room)
        if length:
            carried.append(replace(extension, length=length))
            room -= length
    return carried


def _deadline(
    start: dt.datetime,
    policy: Policy,
    calendar: WorkingCalendar,
    pauses: Sequence[Pause],
    extensions: Sequence[Extension],
) -> Deadline:
    if policy.unit is Unit.STATED:
        raise ValueError("This date is stated, not computed.")
    if start.tzinfo is None:
        raise ValueError("A moment without a zone belongs to no day.")
    extra = sum(each.length for each in extensions)
    if extra > policy.extension:
        raise ValueError("The extensions are longer than the policy allows.")
    period = policy.period(policy.length + extra)
    if policy.unit is Unit.HOURS:
        at, days = _hours(start, period, pauses)
    else:
        at, days = _days(start, period.days, policy, calendar, pauses)
    return Deadline(
        start, policy, calendar, tuple(pauses), tuple(extensions), at and _local(at), tuple(days)
    )


def _not_counted(
    day: dt.date, calendar: WorkingCalendar, unit: Unit, pauses: Sequence[Pause]
) -> str | None:
    """Why a clock of days leaves ``day`` out; ``None`` when it counts it."""
    if pause := pause_on(day, pauses):
        return f"暂停：{pause.reason}"
    if unit is Unit.WORKING_DAYS and not calendar.is_working(day):
        return calendar.word(day)
    return None


def _stands_still(day: dt.date, pauses: Sequence[Pause]) -> bool:
    pause = pause_on(day, pauses)
    return pause is not None and pause.until is None


def _days(
    start: dt.datetime,
    length: int,
    policy: Policy,
    calendar: WorkingCalendar,
    pauses: Sequence[Pause],
) -> tuple[dt.datetime | None, list[DayCount]]:
    """The end of the last day, and each day; no end when a pause is still open before it."""
    rows, number, day = [], 0, day_of(start)
    if not policy.first_day_counts:
        rows.append(DayCount(day, note="始日不计"))
        day += _ONE_DAY
    while number < length:
        why = _not_counted(day, calendar, policy.unit, pauses)
        if why is None:
            number += 1
            rows.append(DayCount(day, _ONE_DAY, number))
        else:
            rows.append(DayCount(day, note=why))
        if _stands_still(day, pauses):
            return None, rows
        day += _ONE_DAY
    last = rows[-1].day
    for row in _rolled(last, policy, calendar, pauses):
        rows.append(row)
        if _stands_still(row.day, pauses):
            return None, rows
    return end_of(rows[-1].day), rows


def _rolled(
    last: dt.date, policy: Policy, calendar: WorkingCalendar, pauses: Sequence[Pause]
) -> Iterator[DayCount]:
    """末日顺延: the days after a last day that is not worked, up to the one that is."""
    if not policy.rolls_over or calendar.is_working(last):
        return
    word = calendar.word(last)
    while True:
        last += _ONE_DAY
        why = _not_counted(last, calendar, Unit.WORKING_DAYS, pauses)
        yield DayCount(last, note=f"末日顺延：{why or f'末日为{word}，至本日到期'}")
        if why is None:
            return


def _hours(
    start: dt.datetime, period: dt.timedelta, pauses: Sequence[Pause]
) -> tuple[dt.datetime | None, list[DayCount]]:
    """The moment at which ``period`` has run, and what ran on each local day."""
    left, ran, at = period, list[tuple[dt.datetime, dt.datetime]](), None
    late_enough = max([start, *(each.until for each in pauses if each.until)]).astimezone(dt.UTC)
    for begin, end in running(start, late_enough + period, pauses):
        stop = min(end, begin + left)
        ran.append((begin, stop))
        left -= stop - begin
        if not left:
            at = stop
            break
    stands = at or max([start, *(each.since for each in pauses if each.until is None)])
    return at, [*_hours_by_day(start, stands, ran, pauses)]


def _hours_by_day(
    start: dt.datetime,
    stands: dt.datetime,
    ran: Sequence[tuple[dt.datetime, dt.datetime]],
    pauses: Sequence[Pause],
) -> Iterator[DayCount]:
    day = day_of(start)
    while day <= day_of(stands):
        midnight, next_one = start_of(day), start_of(day + _ONE_DAY)
        parts = (min(end, next_one) - max(begin, midnight) for begin, end in ran)
        time = sum((part for part in parts if part > NOTHING), NOTHING)
        reasons = {
            each.reason: None
            for each in pauses
            if each.since < min(next_one, stands) and (each.until is None or each.until > midnight)
        }
        note = f"暂停：{'、'.join(reasons)}" if reasons else ""
        if time or note:
            yield DayCount(day, time, note=note)
        day += _ONE_DAY
