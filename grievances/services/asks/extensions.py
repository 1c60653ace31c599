"""延期: asked for before the time is over, decided by somebody else, told to the resident."""

from __future__ import annotations

import datetime as dt

from grievances.clocks import facts, standing
from grievances.clocks.explanation import Deadline
from grievances.clocks.kinds import Step
from grievances.models import ExtensionRequest, Grievance
from grievances.selectors import due
from grievances.selectors.beside import length_words
from grievances.services.asks.common import Asked, Done, tell_resident
from portal.accounts.models import Post
from portal.core.errors import DomainError


def ask_extension(asked: Asked) -> Done:
    """Ask for more time, within what the clock's policy allows in all."""
    words = request_extension(
        asked.grievance,
        length=asked.entry.length,
        reason=asked.entry.reason,
        actor=asked.actor,
        unit_id=asked.unit_id,
        now=asked.now,
    )
    return Done(words)


def request_extension(
    grievance: Grievance,
    *,
    length: int,
    reason: str,
    actor: Post | None,
    unit_id: int,
    now: dt.datetime,
) -> str:
    """Keep what is asked for, until somebody decides; in words. Raises ``DomainError``.

    ``actor`` is None for a unit without an account, by 办理链接.
    """
    if grievance.extensions.filter(decided_at__isnull=True).exists():
        raise DomainError("已有一份延期申请在等批复。")
    deadline = _deadline(grievance)
    if standing.is_overdue(deadline, now):
        raise DomainError("期限已过，不能再申请延期。", field="length")
    told = facts.extend(
        deadline.policy,
        deadline.extensions,
        length=length,
        approved_at=now,
        reason=reason,
    )
    ExtensionRequest.objects.create(
        grievance=grievance,
        length=told.length,
        reason=told.reason,
        asked_at=now,
        asked_by=actor,
        unit_id=unit_id,
    )
    return f"申请延长{length_words(told.length, deadline.policy)}：{told.reason}"


def decide_extension(asked: Asked) -> Done:
    """Grant it whole, which counts at once and is told, or refuse it; never one's own."""
    grievance, entry = asked.grievance, asked.entry
    request = grievance.extensions.filter(decided_at__isnull=True).first()
    if request is None:
        raise DomainError("没有等批复的延期申请。")
    if request.asked_by_id == asked.actor.pk:
        raise DomainError("这是您申请的，请由另一人批复。")
    if entry.is_approved is None:
        raise DomainError("请选同意或不同意。", field="is_approved")
    policy = _deadline(grievance).policy
    if entry.is_approved:
        # The policy, or what it leaves, may be another one since it was asked for.
        earlier = _deadline(grievance).extensions
        facts.extend(
            policy,
            earlier,
            length=request.length,
            approved_at=asked.now,
            reason=request.reason,
        )
    request.decided_at, request.decided_by = asked.now, asked.actor
    request.is_approved, request.decision = entry.is_approved, entry.reason.strip()
    request.save(update_fields=["decided_at", "decided_by", "is_approved", "decision"])
    if not entry.is_approved:
        return Done(f"不同意延期：{request.decision}")
    tell_resident(asked)
    due.refresh(grievance)
    grievance.save()
    return Done(f"同意延长{length_words(request.length, policy)}：{request.decision}")


def _deadline(grievance: Grievance) -> Deadline:
    found = due.deadline_of(grievance, Step.SETTLE)
    if found is None:
        raise DomainError("这件诉求没有办结期限，不需要延期。")
    return found
