"""Writing the histories: numbers in the order of registration, then the rows in batches."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.db.models import prefetch_related_objects
from django.utils import timezone

from contacts.models import Matter
from grievances.clocks.kinds import Step
from grievances.models import (
    Assignment,
    Event,
    FollowUp,
    Grievance,
    GrievanceAccess,
    HotlineTicket,
    NumberSeries,
    Opinion,
    Pause,
    Raiser,
    Told,
)
from grievances.selectors import due
from grievances.services.links import link_for
from grievances.services.numbers import numbered, short_code
from portal.audit.services import record
from portal.desk.demo.grievances.history import History, World

BATCH: Final = 500
_DUE: Final = ("due_step", "due_at", "due_on", "due_version", "replied_due_at")


def write(world: World, histories: Sequence[History], tickets: Iterable[HotlineTicket]) -> int:
    """Everything; one audit row for each batch. How many grievances."""
    _number(histories)
    ordered = sorted(histories, key=_moment)
    # What another one was merged into is there first.
    whole = [history for history in ordered if history.grievance.merged_into is None]
    merged = [history for history in ordered if history.grievance.merged_into is not None]
    batches = [rows[i : i + BATCH] for rows in (whole, merged) for i in range(0, len(rows), BATCH)]
    for number, batch in enumerate(batches, 1):
        _write_batch(world, batch)
        record(actor=None, action="grievance.load", reason=f"demo-{number:03d}")
    HotlineTicket.objects.bulk_create(tickets, batch_size=BATCH)
    return len(ordered)


def _moment(history: History) -> tuple[Any, ...]:
    row = history.grievance
    return row.registered_at, row.received_at, str(row.client_id)


def _number(histories: Sequence[History]) -> None:
    """Gapless in each street and month, and the series as the next one needs it."""
    last: Counter[tuple[str, str]] = Counter()
    for history in sorted(histories, key=_moment):
        row = history.grievance
        code = short_code(history.office.street) + ("F" if row.is_restricted else "")
        month = f"{timezone.localtime(row.registered_at):%Y%m}"
        last[code, month] += 1
        row.number = numbered(code, month, last[code, month])
    NumberSeries.objects.bulk_create(
        [NumberSeries(code=code, month=month, last=n) for (code, month), n in last.items()]
    )


def _write_batch(world: World, batch: Sequence[History]) -> None:
    Grievance.objects.bulk_create([h.grievance for h in batch])
    Raiser.objects.bulk_create([h.raiser for h in batch if h.raiser])
    _insert(Pause, (row for h in batch for row in h.pauses))
    _count_due(world, batch)
    _insert(Event, (row for h in batch for row in h.events))
    _insert(Assignment, (row for h in batch for row in h.assignments))
    _insert(Opinion, (row for h in batch for row in h.opinions))
    _insert(Told, (row for h in batch for row in h.tellings))
    _insert(FollowUp, (row for h in batch for row in h.follow_ups))
    _insert(GrievanceAccess, (row for h in batch for row in _access(h)))
    _tell_matters(batch)
    for history in batch:
        if history.link_at is not None:
            link_for(history.grievance, now=history.link_at)


def _insert(model: Any, rows: Iterable[Any]) -> None:
    model.objects.bulk_create(rows, batch_size=BATCH)


def _count_due(world: World, batch: Sequence[History]) -> None:
    """Due dates as ``services.moving`` counts them, with one calendar and one set of rules."""
    rows = [history.grievance for history in batch]
    prefetch_related_objects(rows, "pauses", "extensions")
    for row in rows:
        due.refresh(row, calendar=world.calendar, rules=world.rules)
        if row.replied_at is not None:
            limit = due.deadline_of(row, Step.SETTLE, calendar=world.calendar, rules=world.rules)
            row.replied_due_at = limit.at if limit else None
    Grievance.objects.bulk_update(rows, _DUE, batch_size=BATCH)


def _access(history: History) -> Iterable[GrievanceAccess]:
    row = history.grievance
    for unit in sorted(history.units):
        yield GrievanceAccess(grievance=row, unit_id=unit, received_at=row.received_at)
    for post in sorted(history.posts):
        yield GrievanceAccess(grievance=row, post_id=post, received_at=row.received_at)


def _tell_matters(batch: Sequence[History]) -> None:
    """The number of each stands at the matter that it was opened for."""
    matters = []
    for history in batch:
        if (matter := history.grievance.matter) is not None:
            matter.grievance_number = history.grievance.number
            matters.append(matter)
    Matter.objects.bulk_update(matters, ["grievance_number"])
