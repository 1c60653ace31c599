"""督查授权: asked for by one, approved by another, closed by either; and what was read under it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from django.db import models, transaction
from django.utils import timezone

from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Inspection, Organisation, Post
from portal.accounts.models.inspections import State
from portal.accounts.permissions import Permission
from portal.accounts.roles import Role
from portal.audit.services import record
from portal.core.errors import DomainError

#: The longest a case may be read.
LONGEST: Final = dt.timedelta(days=180)
#: A case is about a street or a community, never about a whole district.
KINDS: Final = frozenset({OrganisationKind.STREET, OrganisationKind.COMMUNITY})
TITLE_LENGTH: Final = 120


@dataclass(frozen=True, kw_only=True, slots=True)
class NewInspection:
    """What is asked for; ``until`` is the first day outside."""

    post: Post
    title: str
    organisation: Organisation
    since: dt.date
    until: dt.date


@transaction.atomic
def ask(*, actor: Post, entry: NewInspection, now: dt.datetime) -> Inspection:
    """Ask that an inspector may read the records of one unit for one case."""
    actor.require(Permission.ASK_INSPECTION)
    if not entry.organisation.path.startswith(actor.organisation.path):
        raise Organisation.DoesNotExist
    title = " ".join(entry.title.split())
    if not title or len(title) > TITLE_LENGTH:
        raise DomainError(f"请写督查事项，最多{TITLE_LENGTH}字。", field="title")
    _check_who(actor, entry, today=timezone.localdate(now))
    _check_days(entry, today=timezone.localdate(now))
    made = Inspection.objects.create(
        post=entry.post,
        title=title,
        organisation=entry.organisation,
        since=entry.since,
        until=entry.until,
        asked_by=actor,
        asked_at=now,
    )
    record(actor=actor, action="inspection.ask", obj=made, district_id=actor.district_id)
    return made


def _check_who(actor: Post, entry: NewInspection, *, today: dt.date) -> None:
    post = entry.post
    if post.role != Role.INSPECTOR or not post.in_force(today):
        raise DomainError("请选一位在任的督查员。", field="post")
    if post.user_id == actor.user_id:
        raise DomainError("不能给自己提出督查授权，请由另一位区管理员提出。", field="post")
    if entry.organisation.kind not in KINDS:
        raise DomainError("督查单位选一个街道或社区。", field="organisation")
    if not entry.organisation.path.startswith(post.organisation.path):
        raise DomainError("这位督查员的岗位不含这个单位，请另选督查员。", field="organisation")


def _check_days(entry: NewInspection, *, today: dt.date) -> None:
    if entry.since < today:
        raise DomainError("请填今天或以后的日期。", field="since")
    if entry.until <= entry.since:
        raise DomainError("结束日期要不早于开始日期。", field="until")
    if entry.until - entry.since > LONGEST:
        raise DomainError(f"一次授权最长{LONGEST.days}天，请缩短，或到期后另提。", field="until")


@transaction.atomic
def approve(*, actor: Post, inspection: Inspection, now: dt.datetime) -> None:
    """Let it begin. By another person than who asked and who inspects."""
    found = _locked(actor, Permission.APPROVE_INSPECTION, inspection)
    _require_waiting(actor, found, now)
    found.approved_by, found.approved_at = actor, now
    found.save(update_fields=["approved_by", "approved_at"])
    _note(actor, "inspection.approve", found, ["approved_at"])


@transaction.atomic
def refuse(*, actor: Post, inspection: Inspection, now: dt.datetime) -> None:
    found = _locked(actor, Permission.APPROVE_INSPECTION, inspection)
    _require_waiting(actor, found, now)
    found.closed_at = now
    found.save(update_fields=["closed_at"])
    _note(actor, "inspection.refuse", found, ["closed_at"])


@transaction.atomic
def close(*, actor: Post, inspection: Inspection, now: dt.datetime) -> None:
    """End it now, or take back what was asked; whoever may ask or approve may do it."""
    if not actor.may(Permission.APPROVE_INSPECTION):
        actor.require(Permission.ASK_INSPECTION)
    found = _locked(actor, Permission.SEE_INSPECTIONS, inspection)
    if found.state(timezone.localdate(now)) not in {State.ASKED, State.APPROVED, State.IN_FORCE}:
        raise DomainError("这项授权已经结束。")
    found.closed_at = now
    found.save(update_fields=["closed_at"])
    _note(actor, "inspection.close", found, ["closed_at"])


def note_read(
    *,
    actor: Post,
    obj: models.Model,
    places: Collection[int | None],
    on: dt.date | None = None,
) -> None:
    """An inspector opened a record: the trail says under which case.

    The record lies in ``places`` and belongs to the day ``on``, if it belongs to one.
    """
    if actor.role != Role.INSPECTOR:
        return
    cases = Inspection.objects.mandates(actor, timezone.localdate()).order_by("pk")
    opening = cases.filter(organisation_id__in=[pk for pk in places if pk])
    case = next((case for case in opening if on is None or case.reads_from <= on), None)
    if case is not None:
        record(actor=actor, action="inspection.read", obj=obj, reason=f"case-{case.pk}")


def note_listed(*, actor: Post) -> None:
    """An inspector read through a list: the trail says under which cases."""
    if actor.role != Role.INSPECTOR:
        return
    for case in Inspection.objects.mandates(actor, timezone.localdate()).order_by("pk"):
        record(actor=actor, action="inspection.list", reason=f"case-{case.pk}")


def _locked(actor: Post, permission: Permission, inspection: Inspection) -> Inspection:
    actor.require(permission)
    rows = Inspection.objects.visible_to(actor).select_for_update(of=("self",))
    found: Inspection = rows.select_related("asked_by", "post").get(pk=inspection.pk)
    return found


def _require_waiting(actor: Post, inspection: Inspection, now: dt.datetime) -> None:
    if inspection.state(timezone.localdate(now)) != State.ASKED:
        raise DomainError("这项授权已经办过，或已过期。")
    if actor.user_id in {inspection.asked_by.user_id, inspection.post.user_id}:
        raise DomainError("提出人和督查员本人不能批准，请由另一位区领导办理。")


def _note(actor: Post, action: str, inspection: Inspection, fields: list[str]) -> None:
    record(actor=actor, action=action, obj=inspection, fields=fields)
