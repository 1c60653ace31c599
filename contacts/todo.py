"""What is due in the contact work: one list, read by 今日 and later by the digest."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.db.models import Exists, F, OuterRef, Q, TextChoices

from contacts.models import Household, Promise, Visit, VisitPerson
from contacts.querysets import VisitQuerySet
from portal.accounts.models import Post

#: More than this is not a list for a day; the page says how many are left out.
LIMIT: Final = 30


class Kind(TextChoices):
    PROMISE = "PROMISE", "答应的事"
    NEXT_STEP = "NEXT_STEP", "下一步"
    TO_COMPLETE = "TO_COMPLETE", "待补记"


@dataclass(frozen=True, slots=True, kw_only=True)
class DueItem:
    """One thing the person of a post has to do; ``visit`` is the record it comes from."""

    kind: Kind
    visit: Visit
    text: str
    #: None for what has no date (待补记).
    due_on: dt.date | None = None
    promise_id: int | None = None
    days_overdue: int = 0

    @property
    def is_overdue(self) -> bool:
        """Due today is not overdue."""
        return self.days_overdue > 0


@dataclass(frozen=True, slots=True)
class DueList:
    items: tuple[DueItem, ...]
    #: There is more than was fetched.
    has_more: bool = False

    @property
    def household_ids(self) -> frozenset[int]:
        """Where something is due: not the households of visits that only wait to be completed."""
        dated = (item.visit.household_id for item in self.items if item.due_on is not None)
        return frozenset(pk for pk in dated if pk is not None)

    def of(self, kind: Kind) -> tuple[DueItem, ...]:
        return tuple(item for item in self.items if item.kind == kind)


def due_items(*, post: Post, today: dt.date) -> DueList:
    """Promises and next steps due today or overdue, then visits to complete; two queries.

    A next step is the plan of whoever wrote it, and of whoever is responsible for the household
    now; a promise binds the responsible person and whoever gave it.
    """
    visits = (
        Visit.objects.visible_to(post)
        .valid()
        .select_related("household__building", "community", "street")
    )
    visits = visits.defer("household__avoid", "household__note")
    mine = _mine(visits, post)
    step_due = Q(next_step_on__lte=today, next_step_done_at__isnull=True)
    unfinished = Q(post=post, to_complete=True)
    rows = list(
        mine.filter(step_due | unfinished).order_by(F("next_step_on").asc(nulls_last=True), "pk")[
            : LIMIT * 2
        ]
    )
    items = [_promise(row, today) for row in _promises(mine, today)]
    items += [_step(row, today) for row in rows if _step_is_due(row, today)]
    items.sort(key=lambda item: (item.due_on or today, item.visit.pk))
    written = [row for row in rows if row.to_complete and row.post_id == post.pk]
    items += [_unfinished(row) for row in sorted(written, key=lambda row: row.occurred_at)]
    return DueList(tuple(items[:LIMIT]), has_more=len(items) > LIMIT)


def _step_is_due(visit: Visit, today: dt.date) -> bool:
    on = visit.next_step_on
    return on is not None and on <= today and visit.next_step_done_at is None


def _mine(visits: VisitQuerySet, post: Post) -> VisitQuerySet:
    own = Household.objects.own(post).filter(pk=OuterRef("household"))
    led = VisitPerson.objects.filter(visit=OuterRef("pk"), post=post, is_lead=True)
    # A 下访 or 接访 may be written down for who led it: what was planned is theirs.
    mine: VisitQuerySet = visits.filter(Q(post=post) | Exists(own) | Exists(led))
    return mine.filter(household__ended_on__isnull=True)


def _promises(mine: VisitQuerySet, today: dt.date) -> list[Promise]:
    return list(
        Promise.objects.filter(visit__in=mine.order_by(), kept_on__isnull=True, due_on__lte=today)
        .select_related("visit__household__building", "visit__community", "visit__street")
        .defer("visit__household__avoid", "visit__household__note")
        .order_by("due_on", "pk")[: LIMIT + 1]
    )


def _promise(promise: Promise, today: dt.date) -> DueItem:
    return DueItem(
        kind=Kind.PROMISE,
        visit=promise.visit,
        text=promise.text,
        due_on=promise.due_on,
        promise_id=promise.pk,
        days_overdue=(today - promise.due_on).days,
    )


def _step(visit: Visit, today: dt.date) -> DueItem:
    due_on = visit.next_step_on or today
    return DueItem(
        kind=Kind.NEXT_STEP,
        visit=visit,
        text=visit.next_step,
        due_on=due_on,
        days_overdue=(today - due_on).days,
    )


def _unfinished(visit: Visit) -> DueItem:
    return DueItem(kind=Kind.TO_COMPLETE, visit=visit, text=visit.text or "还没有写情况")
