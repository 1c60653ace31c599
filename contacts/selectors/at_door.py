"""What one knows before knocking: the head of the visit form."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final, NamedTuple

from django.db.models import Q, QuerySet

from contacts.models import Household, Matter, Visit
from contacts.selectors.household_shapes import AtDoor, MatterLine, PromiseLine, StepAtDoor
from portal.accounts.models import Post
from portal.accounts.outline import Scoped
from portal.core.db.prepared import Number
from portal.core.paths import path_of

#: Matters handed on; who stands at a door reads no more.
MATTERS_SHOWN: Final = 6


class _Row(NamedTuple):
    """One visit with one of its matters and its promise; the latter may be missing."""

    visit_id: int
    client_id: Any
    occurred_on: dt.date
    next_step: str
    next_step_on: dt.date | None
    next_step_done_at: dt.datetime | None
    matter_id: int | None
    matter: str
    outcome: str
    grievance_number: str
    promise_id: int | None
    promise: str
    promised_to: int
    due_on: dt.date
    kept_on: dt.date | None

    @property
    def url(self) -> str:
        return path_of("contacts:visit", self.client_id)


_COLUMNS: Final = (
    "pk", "client_id", "occurred_on",
    "next_step", "next_step_on", "next_step_done_at",
    "matters__pk", "matters__text", "matters__outcome", "matters__grievance_number",
    "promises__pk", "promises__text", "promises__household_id",
    "promises__due_on", "promises__kept_on",
)  # fmt: skip


def at_door(*, post: Post, household: Household, full: bool, today: dt.date) -> AtDoor:
    """What is open with the household, in one query.

    SECURITY: nothing unless ``post`` sees the household in ``full``, and of that only the visits
    which it may read.
    """
    if not full:
        return AtDoor()
    rows = [_Row(*row) for row in _OPEN.rows(post, home=household.pk)]
    return AtDoor(
        avoid=household.avoid,
        promises=_promises(rows, household, today),
        next_steps=_next_steps(rows, today),
        waiting=_waiting(rows),
    )


def _open(post: Post, *, home: Any) -> QuerySet[Visit, Any]:
    """Visits that left something open, newest first, once for each matter."""
    step = Q(next_step_done_at__isnull=True) & ~Q(next_step="")
    promised = Q(promises__household_id=home, promises__kept_on__isnull=True)
    handed_on = Q(matters__outcome=Matter.Outcome.ESCALATED)
    visits = Visit.objects.of_household(home, post=post, full=True).valid()
    found = visits.filter(step | promised | handed_on).order_by(
        "-occurred_at", "-pk", "matters__position", "matters__pk", "promises__pk"
    )
    return found.values_list(*_COLUMNS)


_OPEN: Final = Scoped(_open, home=Number)


def _promises(rows: list[_Row], household: Household, today: dt.date) -> tuple[PromiseLine, ...]:
    """The first to fall due first."""
    unkept = {
        row.promise_id: row
        for row in rows
        if row.promise_id is not None and row.kept_on is None and row.promised_to == household.pk
    }
    return tuple(
        PromiseLine(
            id=number,
            text=row.promise,
            due_on=row.due_on,
            url=row.url,
            overdue=row.due_on < today,
            due_today=row.due_on == today,
        )
        for number, row in sorted(unkept.items(), key=lambda one: (one[1].due_on, one[0]))
    )


def _next_steps(rows: list[_Row], today: dt.date) -> tuple[StepAtDoor, ...]:
    planned = {row.visit_id: row for row in rows if row.next_step and row.next_step_done_at is None}
    return tuple(step_line(row, row.url, today) for row in planned.values())


def step_line(row: _Row | Visit, url: str, today: dt.date) -> StepAtDoor:
    """A plan with its day and where to answer for it."""
    return StepAtDoor(
        text=row.next_step,
        on=row.next_step_on,
        url=url,
        overdue=row.next_step_on is not None and row.next_step_on < today,
        answer_url=path_of("contacts:next_step", row.client_id),
    )


def _waiting(rows: list[_Row]) -> tuple[MatterLine, ...]:
    handed_on = {row.matter_id: row for row in rows if row.outcome == Matter.Outcome.ESCALATED}
    return tuple(
        MatterLine(
            text=row.matter,
            on=row.occurred_on,
            url=row.url,
            state=Matter(outcome=row.outcome, grievance_number=row.grievance_number).state_words,
            waiting=True,
        )
        for row in list(handed_on.values())[:MATTERS_SHOWN]
    )
