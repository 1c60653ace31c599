"""催办单: what units have to answer soon or should have, together for each unit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final, NamedTuple

from django.db import models
from django.db.models import Count, Q

from contacts.selectors.words import masked_texts
from grievances.kinds import State
from grievances.models import Grievance
from grievances.parties import runs_desk
from grievances.selectors.rows import SOON, GrievanceRow, RowReader
from portal.accounts.models import Organisation, Post
from portal.core.periods import day_of, start_of

#: The event of an ask in the table.
CHASE: Final = "chase"
#: It is the unit's turn; what a unit objects to waits for the desk.
_WITH_UNIT: Final = (State.ASSIGNED, State.IN_HAND)
#: On one sheet; more are said to be left.
SHEET: Final = 50


class ChaseUnit(NamedTuple):
    """One unit with what it has to answer."""

    id: int
    name: str
    total: int
    overdue: int


def to_chase(post: Post, *, now: dt.datetime) -> models.QuerySet[Grievance]:
    """Due within three days or overdue, with a unit of the desk's own place; no restricted one."""
    place = runs_desk(post)
    if place is None:
        return Grievance.objects.none()
    last = day_of(now) + dt.timedelta(days=SOON)
    rows = Grievance.objects.listed_for(post).filter(**{place: post.organisation_id})
    found: models.QuerySet[Grievance] = rows.filter(
        state__in=_WITH_UNIT, lead__isnull=False, due_on__lte=last
    )
    return found


def chase_units(post: Post, *, now: dt.datetime) -> list[ChaseUnit]:
    """Units by official order; one query for the counts, one for the names."""
    counts = {
        row["lead"]: (row["total"], row["late"])
        for row in to_chase(post, now=now)
        .order_by()
        .values("lead")
        .annotate(total=Count("pk"), late=Count("pk", filter=Q(due_at__lt=now)))
    }
    units = Organisation.objects.filter(pk__in=counts).select_related("street", "community")
    return [ChaseUnit(unit.pk, unit.full_name, *counts[unit.pk]) for unit in units.order_by("code")]


class ChaseSheet(NamedTuple):
    """What is read out to one unit; nothing in here needs masking again."""

    rows: Sequence[GrievanceRow]
    total: int
    #: Numbers of those chased today already.
    done: frozenset[str]


def chase_sheet(post: Post, unit_id: int, *, now: dt.datetime) -> ChaseSheet:
    """The sheet of one unit, the nearest day first."""
    found = to_chase(post, now=now).filter(lead=unit_id)
    ids = list(found.order_by("due_at", "pk").values_list("pk", flat=True)[:SHEET])
    return ChaseSheet(
        rows=RowReader(masked_texts, now=now).rows(ids),
        total=found.count(),
        done=frozenset(chased_today(found.filter(pk__in=ids), now=now)),
    )


def chased_today(
    rows: models.QuerySet[Grievance], *, now: dt.datetime
) -> models.QuerySet[Grievance, str]:
    """Numbers of those chased since midnight, by whomever."""
    since = start_of(day_of(now))
    numbers: models.QuerySet[Grievance, str] = (
        rows.filter(events__move=CHASE, events__at__gte=since)
        .order_by()
        .values_list("number", flat=True)
    )
    return numbers
