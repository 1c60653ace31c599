"""What is asked after a contact: plans and promises that whoever was there can answer for."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from contacts.models import Household, Promise, Visit, VisitAmendment, VisitPerson
from contacts.querysets import VisitQuerySet
from contacts.selectors.at_door import step_line
from contacts.selectors.household_shapes import PromiseLine, StepAtDoor
from portal.accounts.models import Post
from portal.accounts.outline import Scoped
from portal.core.db.prepared import Day, Moment, Number, Text

#: A promise is asked for at its door from so many days before it falls due.
PROMISE_AHEAD: Final = dt.timedelta(days=7)
#: As amendments name the day of the next step.
_STEP_DAY: Final = Visit._meta.get_field("next_step_on").verbose_name


def _put_off() -> QuerySet[VisitAmendment]:
    """Of a visit (the outer row): when its next step was given another day."""
    rows: QuerySet[VisitAmendment] = VisitAmendment.objects.filter(
        visit=OuterRef("pk"), before__has_key=_STEP_DAY
    ).order_by()
    return rows


def put_off_at() -> Subquery:
    """When the plan of a visit was last put off: a contact before that is answered for."""
    return Subquery(_put_off().order_by("-at").values("at")[:1])


def last_meeting_on() -> Subquery:
    """Of a 下访 or 接访: when whoever led it last led one at the same point or place."""
    lead = VisitPerson.objects.filter(visit=OuterRef(OuterRef("pk")), is_lead=True).order_by()
    there = VisitPerson.objects.filter(
        Q(visit__point=OuterRef("point"))
        | Q(visit__street=OuterRef("street"), visit__place=OuterRef("place")),
        user=Subquery(lead.values("user")[:1]),
        is_lead=True,
        visit__kind__in=_MEETINGS,
        visit__voided_at__isnull=True,
    )
    return Subquery(there.order_by("-occurred_on").values("occurred_on")[:1])


def steps_to_answer(*, post: Post, visit: Visit, today: dt.date) -> tuple[StepAtDoor, ...]:
    """What was planned before a contact, is due and not answered: asked on its page.

    For a home visit that of its household; for a 下访 or 接访 what its lead had planned at the same
    point or place. SECURITY: only what ``post`` wrote or led itself or answers for now, so plain
    words (one query).
    """
    if visit.is_voided or visit.result != Visit.Result.MET:
        return ()
    before = visit.occurred_at
    if visit.household_id is not None:
        due = _AT_HOME.objects(post, home=visit.household_id, before=before, on=today)
    else:
        lead = next((one.user_id for one in visit.people.all() if one.is_lead), 0)
        due = _AT_MEETING.objects(
            post,
            lead=lead,
            point=visit.point_id or 0,
            street=visit.street_id,
            place=visit.place,
            before=before,
            on=today,
        )
    return tuple(step_line(one, one.get_absolute_url(), today) for one in due)


def promises_to_answer(*, post: Post, visit: Visit, today: dt.date) -> tuple[PromiseLine, ...]:
    """What was promised to the household before, is due soon or overdue and not kept.

    Asked once: on the day the visit was written down. SECURITY: as ``steps_to_answer``.
    """
    if visit.is_voided or visit.household_id is None or visit.result != Visit.Result.MET:
        return ()
    if timezone.localdate(visit.recorded_at) != today:
        return ()
    due = _PROMISED.objects(
        post, home=visit.household_id, before=visit.occurred_at, on=today + PROMISE_AHEAD
    )
    return tuple(
        PromiseLine(
            id=one.pk,
            text=one.text,
            due_on=one.due_on,
            url=one.visit.get_absolute_url(),
            overdue=one.due_on < today,
            due_today=one.due_on == today,
        )
        for one in due
    )


_MEETINGS: Final = (Visit.Kind.FIELD, Visit.Kind.RECEPTION)


def _answerable(post: Post) -> VisitQuerySet:
    """What the post wrote itself, or at a household it answers for now."""
    mine = Q(post_id=post.pk) | Q(household__in=Household.objects.own(post).order_by())
    rows: VisitQuerySet = Visit.objects.visible_to(post).valid().filter(mine)
    return rows


def _due(rows: VisitQuerySet, *, before: Any, on: Any) -> QuerySet[Visit]:
    due: QuerySet[Visit] = rows.filter(
        ~Exists(_put_off().filter(at__gte=before)),
        next_step_on__lte=on,
        next_step_done_at__isnull=True,
        occurred_at__lt=before,
    )
    return due.order_by("next_step_on", "pk")


def _at_home(post: Post, *, home: Any, before: Any, on: Any) -> QuerySet[Visit]:
    return _due(_answerable(post).filter(household_id=home), before=before, on=on)


def _at_meeting(
    post: Post, *, lead: Any, point: Any, street: Any, place: Any, before: Any, on: Any
) -> QuerySet[Visit]:
    led = VisitPerson.objects.filter(is_lead=True).order_by()
    rows = (
        Visit.objects.visible_to(post)
        .valid()
        .filter(
            Q(point_id=point) | Q(street_id=street, place=place),
            Q(post_id=post.pk) | Exists(led.filter(visit=OuterRef("pk"), post_id=post.pk)),
            kind__in=_MEETINGS,
            pk__in=led.filter(user_id=lead).values("visit"),
        )
    )
    return _due(rows, before=before, on=on)


def _promised(post: Post, *, home: Any, before: Any, on: Any) -> QuerySet[Promise]:
    given = _answerable(post).filter(occurred_at__lt=before).order_by()
    rows: QuerySet[Promise] = Promise.objects.filter(
        visit__in=given.values("pk"), household_id=home, kept_on__isnull=True, due_on__lte=on
    )
    return rows.select_related("visit").order_by("due_on", "pk")


_AT_HOME: Final = Scoped(_at_home, home=Number, before=Moment, on=Day)
_AT_MEETING: Final = Scoped(
    _at_meeting, lead=Number, point=Number, street=Number, place=Text, before=Moment, on=Day
)
_PROMISED: Final = Scoped(_promised, home=Number, before=Moment, on=Day)
