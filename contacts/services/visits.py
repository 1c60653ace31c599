"""What a person can do with a visit: log, edit, amend, void; keep a promise, do a next step or put it off.

Each is one transaction with its audit row, its search row and the dates of the household.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from contacts import workflow
from contacts.metrics import touch_visit
from contacts.models import Household, Promise, Visit, VisitAmendment
from contacts.search import index_visit
from contacts.selectors.visit_places import LOGS
from contacts.selectors.visits import takes_part
from contacts.services import contact_dates, drafts, visit_parts, visit_places
from contacts.services.visit_entries import (
    MatterEntry,
    VisitEntry,
    check_ahead,
    check_companions,
    check_entry,
    check_met,
    entry_of,
    ordinary_entry,
    settled,
    told_already,
)
from contacts.services.visit_places import Spot
from portal.accounts.models import Post
from portal.accounts.permissions import Permission
from portal.audit.services import record
from portal.core.errors import DomainError

__all__ = [
    "MatterEntry",
    "VisitEntry",
    "amend_visit",
    "complete_next_step",
    "edit_visit",
    "entry_of",
    "keep_promise",
    "log_visit",
    "ordinary_entry",
    "put_off_next_step",
    "void_visit",
]
#: What a change writes straight into the row.
_COLUMNS: Final = (
    "channel",
    "result",
    "text",
    "met_other",
    "next_step",
    "next_step_on",
    "to_complete",
    "place",
    "by_appointment",
)


@transaction.atomic
def log_visit(*, actor: Post, entry: VisitEntry, now: dt.datetime) -> Visit:
    """Write a visit down; told again, it is the visit that is already there.

    The same ``client_id`` tells it again, and so does another form that says the same within ten
    minutes (decision 0020).
    Raises ``DomainError`` for what no visit can be and for a household outside the scope.
    """
    actor.require(_logs(entry.kind))
    if (logged := _already_logged(actor, entry)) is not None:
        return logged
    entry = settled(entry, author_id=actor.user_id)
    check_entry(entry, before=None, now=now)
    today = timezone.localdate(now)
    spot = visit_places.locate(actor=actor, entry=entry, today=today)
    entry = replace(entry, place=entry.place or spot.place)
    if (logged := told_already(entry, actor=actor, now=now)) is not None:
        drafts.forget(user_id=actor.user_id, client_id=entry.client_id)
        return logged
    lead = _check_people(actor, entry, before=None, spot=spot, today=today)
    try:
        with transaction.atomic():
            visit = _create(actor, entry, spot, now)
    except IntegrityError:
        # Two taps at once: the other one has just committed the same visit.
        if (logged := _already_logged(actor, entry)) is not None:
            return logged
        raise
    _write_parts(visit, entry, lead_post=lead, actor=actor, now=now, new_at=spot)
    record(actor=actor, action="visit.log", obj=visit, district_id=visit.district_id)
    drafts.forget(user_id=actor.user_id, client_id=entry.client_id)
    return visit


def _logs(kind: str) -> Permission:
    """The permission that it takes. Raises ``DomainError`` for no kind at all."""
    if kind not in LOGS:
        raise DomainError("请选走访、下访或接访。", field="kind")
    return LOGS[kind]


def _check_people(
    actor: Post,
    entry: VisitEntry,
    *,
    before: VisitEntry | None,
    spot: Spot,
    today: dt.date,
) -> int | None:
    """Refuse people who cannot have been there; the post under which a new lead led."""
    visit_places.check_place(entry, before=before)
    check_companions(entry, before=before, street_id=spot.street_id, today=today)
    check_met(entry, before=before)
    if entry.kind != Visit.Kind.HOME:
        visit_places.check_guests(actor, entry, before=before)
    return visit_places.lead_post(actor, entry, before=before, spot=spot, today=today)


def _already_logged(actor: Post, entry: VisitEntry) -> Visit | None:
    """The visit this person has sent before. SECURITY: somebody else's id tells nothing."""
    visit = Visit.objects.filter(client_id=entry.client_id).first()
    if visit is not None and visit.post_id != actor.pk:
        raise DomainError("这张表单已失效，请重新打开表单再填。")
    return visit


def _create(actor: Post, entry: VisitEntry, spot: Spot, now: dt.datetime) -> Visit:
    occurred_at = min(entry.occurred_at, now)
    return Visit.objects.create(
        client_id=entry.client_id,
        kind=entry.kind,
        household=spot.household,
        district_id=spot.district_id,
        street_id=spot.street_id,
        community_id=spot.community_id,
        grid_id=spot.grid_id,
        building_id=spot.building_id,
        point=spot.point,
        place=entry.place,
        by_appointment=entry.by_appointment,
        author_id=actor.user_id,
        post=actor,
        occurred_at=occurred_at,
        occurred_on=timezone.localdate(occurred_at),
        recorded_at=now,
        channel=entry.channel,
        result=entry.result,
        met_other=entry.met_other,
        text=entry.text,
        to_complete=entry.to_complete,
        next_step=entry.next_step,
        next_step_on=entry.next_step_on,
    )


def _write_parts(
    visit: Visit,
    entry: VisitEntry,
    *,
    lead_post: int | None,
    actor: Post,
    now: dt.datetime,
    new_at: Spot | None = None,
) -> None:
    """Everything that hangs on the visit row; the ports (and their locks) come last.

    ``new_at`` is given of a visit just written: nothing hangs on it yet, its household is held.
    """
    is_new, today = new_at is not None, timezone.localdate(now)
    visit_parts.write_people(visit, entry, lead_post=lead_post, today=today, is_new=is_new)
    if entry.kind != Visit.Kind.HOME:
        visit_places.write_guests(visit, entry.guests, is_new=is_new)
    elif entry.met or not is_new:
        visit.met.set(entry.met)
    visit_parts.write_promise(visit, entry, is_new=is_new)
    if visit.household_id is not None:
        contact_dates.refresh(visit.household_id, held=new_at.household if new_at else None)
    matters = visit_parts.write_matters(visit, entry.matters, actor=actor, now=now, is_new=is_new)
    index_visit(visit, matters)
    touch_visit(visit)


@transaction.atomic
def edit_visit(*, actor: Post, visit_id: int, entry: VisitEntry, now: dt.datetime) -> Visit:
    """Change the own record within seven days of writing it. Nothing changed is no error."""
    visit = _own_record(actor, visit_id)
    if not workflow.may_edit_freely(visit.recorded_at, now=now):
        raise DomainError("记录已满7天，请写明原因后更正。", field="reason")
    fields = _change(visit, entry, actor=actor, now=now)[0]
    if fields:
        record(
            actor=actor,
            action="visit.edit",
            obj=visit,
            fields=fields,
            district_id=visit.district_id,
        )
    return visit


@transaction.atomic
def amend_visit(
    *, actor: Post, visit_id: int, entry: VisitEntry, reason: str, now: dt.datetime
) -> Visit:
    """Change the own record after the seven days: a reason, and the old words stay readable."""
    visit = _own_record(actor, visit_id)
    if not reason.strip():
        raise DomainError("记录已满7天，请写明更正原因。", field="reason")
    fields, before = _change(visit, entry, actor=actor, now=now)
    if not fields:
        raise DomainError("内容没有改动。要更正哪里，请先改好再保存。")
    VisitAmendment.objects.create(
        visit=visit, at=now, by_id=actor.user_id, reason=reason.strip(), before=before
    )
    record(
        actor=actor, action="visit.amend", obj=visit, fields=fields, district_id=visit.district_id
    )
    return visit


def _locked(actor: Post, visit_id: int) -> Visit:
    """The visit with its household locked first, as in ``log_visit``. Raises ``DoesNotExist``."""
    visible = Visit.objects.visible_to(actor)
    household_id = visible.values_list("household_id", flat=True).get(pk=visit_id)
    list(Household.objects.filter(pk=household_id).select_for_update(no_key=True))
    visit: Visit = visible.select_for_update(of=("self",), no_key=True).get(pk=visit_id)
    return visit


def _own_record(actor: Post, visit_id: int) -> Visit:
    visit = _locked(actor, visit_id)
    actor.require(_logs(visit.kind))
    if visit.post_id != actor.pk:
        raise PermissionDenied("只有记录人能修改这份记录。如有误，请联系记录人或街道管理员。")
    if visit.is_voided:
        raise DomainError("这份记录已作废，不能再改。需要时请重新记一次。")
    return visit


def _change(
    visit: Visit, entry: VisitEntry, *, actor: Post, now: dt.datetime
) -> tuple[list[str], dict[str, str]]:
    """Apply the entry; the names of what changed and how it read before."""
    before = entry_of(visit)
    entry = settled(entry, author_id=visit.author_id)
    if _which(entry) != _which(before):
        if visit.kind != Visit.Kind.HOME:
            raise DomainError("地方不能改。选错了，请作废这份记录后重新记。", field="where")
        raise DomainError("走访的住户不能改。选错了户，请作废这份记录后重新记。", field="household")
    fields = visit_parts.changed_fields(before, entry)
    if not fields:
        return [], {}
    check_entry(entry, before=before, now=now)
    today = timezone.localdate(now)
    entry = replace(entry, place=entry.place or before.place)
    lead = _check_people(actor, entry, before=before, spot=_spot_of(visit), today=today)
    old_words = visit_parts.shown(before, fields)
    if "occurred_at" in fields:
        touch_visit(visit)  # the day it leaves
        # Never after it was written down, whatever the clocks say.
        visit.occurred_at = min(entry.occurred_at, visit.recorded_at)
        visit.occurred_on = timezone.localdate(visit.occurred_at)
    if "next_step" in fields or "next_step_on" in fields:
        visit.next_step_done_at = None
    for name in _COLUMNS:
        setattr(visit, name, getattr(entry, name))
    visit.save()
    _write_parts(visit, entry, lead_post=lead, actor=actor, now=now)
    drafts.forget(user_id=actor.user_id, client_id=drafts.edit_id(visit.client_id))
    return fields, old_words


def _which(entry: VisitEntry) -> tuple[object, ...]:
    """What makes it this visit: to be changed only by voiding it."""
    return entry.client_id, entry.kind, entry.household_id, entry.point_id, entry.unit_id


def _spot_of(visit: Visit) -> Spot:
    return Spot(
        district_id=visit.district_id,
        street_id=visit.street_id,
        community_id=visit.community_id,
        grid_id=visit.grid_id,
        building_id=visit.building_id,
    )


@transaction.atomic
def void_visit(*, actor: Post, visit_id: int, reason: str, now: dt.datetime) -> Visit:
    """作废: it stays readable with its reason and counts nowhere. Never deleted."""
    visit = _locked(actor, visit_id)
    own = visit.post_id == actor.pk
    actor.require(_logs(visit.kind) if own else Permission.VOID_VISIT_OF_OTHERS)
    if visit.is_voided:
        raise DomainError("这份记录已经作废了。")
    if not reason.strip():
        raise DomainError("请写明作废原因。", field="reason")
    if (
        number := visit.matters.exclude(grievance_number="")
        .values_list("grievance_number", flat=True)
        .first()
    ):
        raise DomainError(f"其中一件事已转为诉求 {number}，请先在诉求里撤回，再作废这份记录。")
    visit.voided_at, visit.voided_by_id = now, actor.user_id
    visit.void_reason = reason.strip()
    visit.save(update_fields=["voided_at", "voided_by", "void_reason"])
    if visit.household_id is not None:
        contact_dates.refresh(visit.household_id)
    index_visit(visit)
    touch_visit(visit)
    record(actor=actor, action="visit.void", obj=visit, district_id=visit.district_id)
    return visit


def _require_answers(actor: Post, visit: Visit) -> None:
    actor.require(_logs(visit.kind))
    if not takes_part(post=actor, visit=visit):
        raise PermissionDenied("只有走访人或这一户现在的走访责任人能做这件事。")
    if visit.is_voided:
        raise DomainError("这份记录已作废。")


@transaction.atomic
def complete_next_step(*, actor: Post, visit_id: int, now: dt.datetime) -> Visit:
    """Tick off the plan made in a visit; a second tap changes nothing."""
    visit = _locked(actor, visit_id)
    _require_answers(actor, visit)
    if not visit.next_step:
        raise DomainError("这份记录没有写下一步。")
    if visit.next_step_done_at is None:
        visit.next_step_done_at = now
        visit.save(update_fields=["next_step_done_at"])
        record(actor=actor, action="visit.step_done", obj=visit, district_id=visit.district_id)
    return visit


@transaction.atomic
def put_off_next_step(*, actor: Post, visit_id: int, until: dt.date, now: dt.datetime) -> Visit:
    """Plan it for a later day; the day it had stays readable. A second tap changes nothing.

    Raises ``DomainError`` for a day before tomorrow or after a year, and for what is done already.
    """
    visit = _locked(actor, visit_id)
    _require_answers(actor, visit)
    if not visit.next_step:
        raise DomainError("这份记录没有写下一步。")
    if visit.next_step_done_at is not None:
        raise DomainError("这件事已经记为做了，不用再改日期。")
    today = timezone.localdate(now)
    # Before a second tap is let pass: a day that is over is no later day, even the one it has.
    if until <= today:
        raise DomainError("改到哪天，请选明天或以后的日期。", field="until")
    if visit.next_step_on == until:
        return visit
    check_ahead(until, today=today, field="until", what="下一步")
    VisitAmendment.objects.create(
        visit=visit,
        at=now,
        by_id=actor.user_id,
        reason=f"下一步还要做，改到 {until}",
        before=visit_parts.shown(entry_of(visit), ["next_step_on"]),
    )
    visit.next_step_on = until
    visit.save(update_fields=["next_step_on"])
    record(actor=actor, action="visit.step_later", obj=visit, district_id=visit.district_id)
    return visit


@transaction.atomic
def keep_promise(*, actor: Post, promise_id: int, now: dt.datetime) -> Promise:
    """Say that what was promised has been done; a second tap changes nothing."""
    visible = Promise.objects.filter(visit__in=Visit.objects.visible_to(actor).order_by())
    visit = _locked(actor, visible.values_list("visit_id", flat=True).get(pk=promise_id))
    _require_answers(actor, visit)
    # Locked in the order of every change of a visit: household, visit, promise.
    promise: Promise = visit.promises.select_for_update(of=("self",)).get(pk=promise_id)
    if promise.kept_on is None:
        promise.kept_on, promise.kept_by_id = timezone.localdate(now), actor.user_id
        promise.save(update_fields=["kept_on", "kept_by"])
        record(actor=actor, action="promise.keep", obj=promise, district_id=visit.district_id)
    return promise
