"""Counting due dates again after the calendar or a policy changed: in batches, as often as one likes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import partial
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from grievances.clocks.counting import end_of
from grievances.models import Grievance
from grievances.selectors import due
from grievances.selectors.rules import Rules, rules_of
from grievances.services.events import add_event
from grievances.workflow import RECOUNT
from portal.core.periods import day_of
from portal.core.waking import wake
from portal.core.workdays.selectors import working_calendar
from portal.core.workdays.working_calendar import WorkingCalendar

BATCH: Final = 500
TASK: Final = "grievances.tasks.recount_due"
#: Beat asks so often: a message that nobody took by then is void.
SWEEP_EVERY: Final = 600.0
_COUNTED: Final = ("due_step", "due_at", "due_on", "due_version")


def recount_due(*, now: dt.datetime) -> int:
    """Count every open grievance again whose due date is of another version; how many moved."""
    return sum(recount_in_batches(now=now))


def recount_in_batches(*, now: dt.datetime, size: int = BATCH) -> Iterator[int]:
    """The same, batch by batch: how many moved in each.

    Each is a transaction of its own: killed in the middle, what is done stays done, and the next
    run goes on with the rest. What somebody holds is left for the next run.
    """
    calendar = working_calendar()
    districts = Grievance.objects.open().order_by("district_id").values_list("district_id")
    for (district_id,) in districts.distinct():
        rules, after = rules_of(district_id), 0
        while (done := _one_batch(district_id, calendar, rules, after, size, now)) is not None:
            after, moved = done
            yield moved


def ask_for_recount() -> None:
    """Once the transaction is through, wake a worker to count again what it changed."""
    transaction.on_commit(partial(wake, TASK, expires=SWEEP_EVERY))


@transaction.atomic
def _one_batch(
    district_id: int,
    calendar: WorkingCalendar,
    rules: Rules,
    after: int,
    size: int,
    now: dt.datetime,
) -> tuple[int, int] | None:
    """The next ones behind ``after``: the last of them, and how many moved; None: no more."""
    version = due.version_of(calendar, rules)
    other = Q(due_version__lt=version) | Q(due_version__gt=version)  # read off the index
    stale = Grievance.objects.open().filter(other, district_id=district_id, pk__gt=after)
    held = stale.select_for_update(of=("self",), skip_locked=True).order_by("pk")
    # Not the texts: a batch of them is decrypted for nothing.
    rows = list(held.defer("text", "sealed_text").prefetch_related("pauses", "extensions")[:size])
    if not rows:
        return None
    moved = 0
    for row in rows:
        before = row.due_at
        due.refresh(row, calendar=calendar, rules=rules)
        if row.due_at != before:
            moved += 1
            words = f"期限重新计算：{_words(before)} → {_words(row.due_at)}"
            add_event(row, RECOUNT, actor=None, now=now, from_state=row.state, words=words)
    Grievance.objects.bulk_update(rows, _COUNTED)
    return rows[-1].pk, moved


def _words(at: dt.datetime | None) -> str:
    """The day; of a clock of hours the minute too."""
    if at is None:
        return "未定"
    day = day_of(at)
    return f"{day}" if at == end_of(day) else f"{timezone.localtime(at):%Y-%m-%d %H:%M}"
