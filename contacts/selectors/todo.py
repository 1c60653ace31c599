"""What is due in the contact work: one list, read by 今日 and later by the digest."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from django.db.models import (
    Case,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    TextChoices,
    When,
)
from django.db.models.functions import Coalesce, Left
from django.utils import timezone

from contacts.models import Promise, Visit
from contacts.querysets import VisitQuerySet
from contacts.selectors.asked import PROMISE_AHEAD, last_meeting_on, put_off_at
from contacts.selectors.own_homes import own_homes
from contacts.selectors.visit_places import LEADS
from portal.accounts.models import Post
from portal.accounts.outline import Scoped
from portal.core.db.prepared import Day, Numbers
from portal.core.paths import path_of

#: More than this is not a list for a day; the page says how many are left out.
LIMIT: Final = 30
#: How much of a text is read.
_READ: Final = 200


class Kind(TextChoices):
    PROMISE = "PROMISE", "答应的事"
    NEXT_STEP = "NEXT_STEP", "下一步"
    TO_COMPLETE = "TO_COMPLETE", "待补记"


class OpenEnd(NamedTuple):
    """Something promised, planned or left to write in a visit, and not done yet."""

    kind: str
    #: Of a promise, else 0.
    promise_id: int
    visit_id: int
    client_id: uuid.UUID
    household_id: int | None
    #: The beginning of it.
    text: str
    #: None for what has no date (待补记).
    due_on: dt.date | None
    occurred_at: dt.datetime
    visit_kind: str
    #: Where the visit was, as far as everybody who reads it may know.
    unit: str
    #: When contact was last made there: with the household, or by a 下访 or 接访 of the same lead.
    last_contact_on: dt.date | None
    #: Of a next step: when it was last put off.
    answered_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DueItem:
    """One thing the person of a post has to do, with the visit it comes from."""

    kind: Kind
    visit_id: int
    client_id: uuid.UUID
    household_id: int | None
    text: str
    occurred_at: dt.datetime
    #: Where a visit without a household was.
    place: str
    #: None for what has no date (待补记).
    due_on: dt.date | None = None
    #: Of a promise, else 0.
    promise_id: int = 0
    days_overdue: int = 0
    #: When somebody was there (or rang) since it was planned or put off, so that it is asked; of a
    #: promise today only.
    contacted_on: dt.date | None = None

    @property
    def is_overdue(self) -> bool:
        """Due today is not overdue."""
        return self.days_overdue > 0

    @property
    def url(self) -> str:
        return path_of("contacts:visit", self.client_id)


@dataclass(frozen=True, slots=True)
class DueList:
    items: tuple[DueItem, ...]
    #: There is more than is listed.
    has_more: bool = False

    @property
    def household_ids(self) -> frozenset[int]:
        """Where something is due: not the households of visits that only wait to be completed."""
        dated = (item.household_id for item in self.items if item.due_on is not None)
        return frozenset(pk for pk in dated if pk is not None)

    def of(self, kind: Kind) -> tuple[DueItem, ...]:
        return tuple(item for item in self.items if item.kind == kind)


def due_items(*, post: Post, today: dt.date, ends: Collection[OpenEnd] | None = None) -> DueList:
    """Promises and next steps due today or overdue, then visits to complete; two queries.

    ``ends`` are those of the post where they have been read already (to ``asked_before``), later
    ones among them. A next step is the plan of whoever wrote it, and of whoever is responsible for the household now;
    a promise binds the responsible person and whoever gave it. A plan with a contact since comes
    first: a word from whoever was there settles it.
    """
    if ends is None:
        homes = [home.id for home in own_homes(post=post, today=today)]
        ends = open_ends(post=post, homes=homes, before=asked_before(today))
    due = [one for one in ends if one.due_on is not None and _is_due(one, one.due_on, today)]
    due.sort(key=lambda one: _urgency(one, today))
    undated = [one for one in ends if one.due_on is None]
    undated.sort(key=lambda one: one.occurred_at)
    found = [*due, *undated]
    items = tuple(_item(one, today) for one in found[:LIMIT])
    return DueList(items, has_more=len(found) > LIMIT)


def asked_before(today: dt.date) -> dt.date:
    """The first day of which nothing can be asked today."""
    return today + PROMISE_AHEAD + dt.timedelta(days=1)


def _is_due(one: OpenEnd, on: dt.date, today: dt.date) -> bool:
    """A promise is asked for on the day of a contact at its door already when it is due soon."""
    if on <= today:
        return True
    soon = one.kind == Kind.PROMISE and on <= today + PROMISE_AHEAD
    return soon and _contacted_on(one, today) is not None


def _urgency(one: OpenEnd, today: dt.date) -> tuple[Any, ...]:
    asked = _contacted_on(one, today) is not None
    return not asked, one.due_on, one.visit_id, one.kind != Kind.PROMISE, one.promise_id


def _contacted_on(end: OpenEnd, today: dt.date) -> dt.date | None:
    """The last contact, of what is older than it and was not answered for since."""
    last = end.last_contact_on
    if end.kind == Kind.TO_COMPLETE or last is None:
        return None
    if end.kind == Kind.PROMISE and last != today:
        return None  # asked once; unanswered it stands in the list by its day
    is_later = last > timezone.localdate(end.answered_at or end.occurred_at)
    return last if is_later else None


def _item(end: OpenEnd, today: dt.date) -> DueItem:
    return DueItem(
        kind=Kind(end.kind),
        visit_id=end.visit_id,
        client_id=end.client_id,
        household_id=end.household_id,
        text=end.text or "还没有写情况",
        occurred_at=end.occurred_at,
        place=f"{Visit.Kind(end.visit_kind).label} · {end.unit}",
        due_on=end.due_on,
        promise_id=end.promise_id,
        days_overdue=max(0, (today - end.due_on).days) if end.due_on else 0,
        contacted_on=_contacted_on(end, today),
    )


def open_ends(*, post: Post, homes: Collection[int], before: dt.date) -> list[OpenEnd]:
    """What is the post's to do and due before a day, or to be completed; one query.

    ``homes`` are the households it answers for (``HouseholdQuerySet.own``), read for this answer.
    """
    rows = [_Row(*row) for row in _OPEN.rows(post, homes=homes, before=before)]
    visits = {row.visit_id: row for row in rows}.values()
    return [
        *(_end(row, Kind.PROMISE) for row in rows if row.promise_id),
        *(_end(row, Kind.NEXT_STEP) for row in visits if row.step_on),
        *(_end(row, Kind.TO_COMPLETE) for row in visits if row.to_complete),
    ]


class _Row(NamedTuple):
    """A visit with one of its open promises, if it has any."""

    visit_id: int
    client_id: uuid.UUID
    household_id: int | None
    occurred_at: dt.datetime
    visit_kind: str
    unit: str
    last_contact_on: dt.date | None
    answered_at: dt.datetime | None
    #: Only of what the post wrote.
    to_complete: bool
    text: str
    next_step: str
    #: Only of an open step that is due before the day.
    step_on: dt.date | None
    promise_id: int | None
    promise: str | None
    promise_on: dt.date | None
    #: When contact was last made with whom the promise was given to.
    promise_contact_on: dt.date | None


def _end(row: _Row, kind: Kind) -> OpenEnd:
    text, due_on, contact_on, answered_at = {
        Kind.PROMISE: (row.promise or "", row.promise_on, row.promise_contact_on, None),
        Kind.NEXT_STEP: (row.next_step, row.step_on, row.last_contact_on, row.answered_at),
        Kind.TO_COMPLETE: (row.text, None, None, None),
    }[kind]
    return OpenEnd(
        kind=kind,
        promise_id=(row.promise_id or 0) if kind == Kind.PROMISE else 0,
        text=text,
        due_on=due_on,
        last_contact_on=contact_on,
        answered_at=answered_at,
        **{name: getattr(row, name) for name in _OF_VISIT},
    )


def _open(post: Post, *, homes: Any, before: Any) -> QuerySet[Any, Any]:
    rows = _ends(Visit.objects.with_open_ends_of(post, homes), post, before)
    if post.role in _LEADING:
        rows = rows.union(_ends(Visit.objects.led_under(post), post, before))
    return rows


def _ends(visits: VisitQuerySet, post: Post, before: Any) -> QuerySet[Any, Any]:
    promised = Promise.objects.filter(visit=OuterRef("pk"), kept_on__isnull=True, due_on__lt=before)
    open_promise = Q(promises__kept_on__isnull=True, promises__due_on__lt=before)
    unfinished = Q(to_complete=True, post_id=post.pk)
    step_is_due = Q(next_step_on__lt=before, next_step_done_at__isnull=True)
    columns = {
        "from_visit": F("pk"),
        "key": F("client_id"),
        "home": F("household_id"),
        "at": F("occurred_at"),
        "sort": F("kind"),
        "unit": Coalesce("community__name", "street__name"),
        "contact_on": Case(
            When(household__isnull=False, then=F("household__last_contact_on")),
            default=last_meeting_on(),
        ),
        "answered_at": put_off_at(),
        "unfinished": unfinished,
        "words": Left("text", _READ),
        "step": F("next_step"),
        "step_on": Case(When(step_is_due, then=F("next_step_on"))),
        "promise": F("promised__pk"),
        "promise_text": F("promised__text"),
        "promise_on": F("promised__due_on"),
        "promise_contact_on": F("promised__household__last_contact_on"),
    }
    here = visits.valid().filter(household__ended_on__isnull=True).order_by()
    # Asked before anything is joined: of hundreds of visits a few are open.
    here = here.filter(step_is_due | unfinished | Exists(promised))
    here = here.annotate(promised=FilteredRelation("promises", condition=open_promise))
    found = here.annotate(**columns)
    named: QuerySet[Any, Any] = found.values_list(*columns)
    return named


_OPEN: Final = Scoped(_open, homes=Numbers, before=Day)
#: What an open end tells of its visit.
_OF_VISIT: Final = (
    "visit_id", "client_id", "household_id", "occurred_at", "visit_kind", "unit",
)  # fmt: skip
#: Who leads what others write down: a 下访 or 接访.
_LEADING: Final = LEADS[Visit.Kind.FIELD] | LEADS[Visit.Kind.RECEPTION]
