"""What each move changes beside the state: units, dates, replies, what is told, who may see it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from grievances.clocks.kinds import Step
from grievances.kinds import Manner, Part, State
from grievances.models import (
    Assignment,
    Grievance,
    GrievanceAccess,
    Opinion,
    Pause,
)
from grievances.selectors import due
from grievances.services import telling
from grievances.workflow import Move, Needs
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post
from portal.core.errors import DomainError

if TYPE_CHECKING:
    from grievances.services.moving import MoveEntry

_Effect = Callable[[Grievance, "MoveEntry", "Post | None", "int | None", dt.datetime], None]
#: What a street orders is its own (domain §5); everything else it asks for.
_OWN: Final = frozenset({OrganisationKind.SECTION, OrganisationKind.COMMUNITY})


def before_move(
    grievance: Grievance,
    move: Move,
    entry: MoveEntry,
    *,
    actor: Post | None,
    unit_id: int | None,
    now: dt.datetime,
) -> None:
    """Changes that need the state as it was."""
    if grievance.state == State.IN_HAND:
        _lapse_extension(grievance, now)
    if move.key in {"reply", "issue_opinion"}:
        limit = due.deadline_of(grievance, Step.SETTLE)
        grievance.replied_due_at = limit.at if limit else None
    if (effect := _BEFORE.get(move.key)) is not None:
        effect(grievance, entry, actor, unit_id, now)


def _lapse_extension(grievance: Grievance, now: dt.datetime) -> None:
    """What was asked for and not decided is nobody's to decide once it is not in hand any more."""
    for each in grievance.extensions.filter(decided_at__isnull=True):
        each.decided_at, each.is_approved, each.decision = now, False, "没有批复，办理状态已变。"
        each.save(update_fields=["decided_at", "is_approved", "decision"])


def after_move(
    grievance: Grievance,
    move: Move,
    entry: MoveEntry,
    *,
    actor: Post | None,
    unit_id: int | None,
    now: dt.datetime,
) -> None:
    """Changes that belong to the new state."""
    if (effect := _AFTER.get(move.key)) is not None:
        effect(grievance, entry, actor, unit_id, now)
    if Needs.RESULT in move.needs:
        _keep_opinion(grievance, move, entry, actor, unit_id, now)
    if Needs.TOLD in move.needs:
        grievance.public_words = "" if grievance.is_restricted else entry.public_words.strip()
        telling.tell(
            grievance,
            about=move.key,
            words=_told_words(move, entry),
            channel=entry.told,
            actor=actor,
            now=now,
        )


def event_words(move: Move, entry: MoveEntry) -> str:
    """What the timeline keeps of what was typed; the reply stands in its ``Opinion``."""
    said = [entry.reason.strip()] if Needs.REASON in move.needs else []
    if Needs.WHERE in move.needs:
        said.append(f"现由：{entry.where.strip()}")
    return "\n".join(filter(None, said))


def _told_words(move: Move, entry: MoveEntry) -> str:
    where = f"\n{entry.where.strip()}" if Needs.WHERE in move.needs else ""
    return f"{entry.public_words.strip()}{where}"


def _accept(
    grievance: Grievance,
    _entry: MoveEntry,
    _actor: Post | None,
    _unit_id: int | None,
    now: dt.datetime,
) -> None:
    grievance.accepted_at = now
    grievance.settle_from = now


def _assign(
    grievance: Grievance,
    entry: MoveEntry,
    actor: Post | None,
    _unit_id: int | None,
    now: dt.datetime,
) -> None:
    """The lead and the co-handlers of ``entry`` take the place of those before."""
    wanted: dict[int, tuple[Part, dt.date | None]] = {
        entry.lead_id or 0: (Part.LEAD, None),
        **{each.unit_id: (Part.CO_HANDLER, each.due_on) for each in entry.co_handlers},
    }
    units = {unit.pk: unit for unit in Organisation.objects.filter(pk__in=wanted)}
    for pk in wanted:
        _check_unit(grievance, units.get(pk), entry.manner if pk == entry.lead_id else "", actor)
    grievance.assignments.filter(withdrawn_at__isnull=True).update(withdrawn_at=now)
    Assignment.objects.bulk_create(
        [
            Assignment(
                grievance=grievance,
                unit_id=pk,
                part=part,
                manner=entry.manner if part == Part.LEAD else _manner_of(units[pk]),
                round=grievance.round,
                assigned_at=now,
                assigned_by=actor,
                due_on=day,
            )
            for pk, (part, day) in wanted.items()
        ]
    )
    grievance.lead_id = entry.lead_id
    grievance.assigned_at = now
    if not grievance.is_restricted:
        open_to_units(grievance, wanted)


def _check_unit(
    grievance: Grievance, unit: Organisation | None, manner: str, actor: Post | None
) -> None:
    """Refuse a unit that cannot have it, and an order where there is no power to give one."""
    if unit is None or unit.kind not in _HANDLING or not _is_reachable(grievance, unit):
        raise DomainError("请从列出的单位里选。", field="lead_id")
    if manner and manner not in Manner.values:
        raise DomainError("请选交办、吹哨协调、移送或报区协调。", field="manner")
    by_district = actor is not None and actor.organisation_id == grievance.district_id
    is_own = unit.kind in _OWN and unit.street_id == grievance.street_id
    if manner == Manner.ASSIGN and not is_own and not by_district:
        raise DomainError(
            "街道不能直接交办给区级部门或外部单位，请选吹哨协调、移送或报区协调。", field="manner"
        )


_HANDLING: Final = frozenset(
    {
        OrganisationKind.SECTION,
        OrganisationKind.COMMUNITY,
        OrganisationKind.DEPARTMENT,
        OrganisationKind.EXTERNAL,
    }
)


def _is_reachable(grievance: Grievance, unit: Organisation) -> bool:
    """Of the same street, or of the district and no other street."""
    ids = unit.scope_ids()
    same_district = ids.district_id == grievance.district_id
    return same_district and ids.street_id in {None, grievance.street_id}


def _manner_of(unit: Organisation) -> Manner:
    return Manner.ASSIGN if unit.kind in _OWN else Manner.COORDINATE


def open_to_units(grievance: Grievance, units: Iterable[int]) -> None:
    """Whoever has had it keeps seeing it: what one wrote stays readable."""
    GrievanceAccess.objects.bulk_create(
        [
            GrievanceAccess(grievance=grievance, unit_id=pk, received_at=grievance.received_at)
            for pk in units
        ],
        ignore_conflicts=True,
    )


def _sign(
    grievance: Grievance,
    _entry: MoveEntry,
    _actor: Post | None,
    _unit_id: int | None,
    now: dt.datetime,
) -> None:
    grievance.assignments.filter(part=Part.LEAD, withdrawn_at__isnull=True).update(signed_at=now)


def _withdraw_units(
    grievance: Grievance,
    _entry: MoveEntry,
    _actor: Post | None,
    _unit_id: int | None,
    now: dt.datetime,
) -> None:
    grievance.assignments.filter(withdrawn_at__isnull=True).update(withdrawn_at=now)
    grievance.lead = None


def _not_now(
    grievance: Grievance,
    entry: MoveEntry,
    _actor: Post | None,
    _unit_id: int | None,
    now: dt.datetime,
) -> None:
    grievance.relook_on = entry.day
    policy = due.policy_for(grievance, Step.SETTLE)
    if policy is not None and policy.may_pause:
        Pause.objects.create(grievance=grievance, since=now, reason=entry.reason.strip()[:200])


def _run_again(
    grievance: Grievance,
    _entry: MoveEntry,
    _actor: Post | None,
    _unit_id: int | None,
    now: dt.datetime,
) -> None:
    """Whatever ends 暂不具备条件 lets the clock run again."""
    grievance.relook_on = None
    grievance.pauses.filter(until__isnull=True).update(until=now)


def _reply(
    grievance: Grievance,
    entry: MoveEntry,
    _actor: Post | None,
    _unit_id: int | None,
    now: dt.datetime,
) -> None:
    grievance.replied_at = now
    grievance.result = entry.result
    lead = grievance.assignments.filter(part=Part.LEAD, withdrawn_at__isnull=True)
    for assignment in lead:
        assignment.answered_at, assignment.reply = now, entry.reply.strip()
        assignment.save(update_fields=["answered_at", "reply"])


def _returned(
    grievance: Grievance,
    _entry: MoveEntry,
    _actor: Post | None,
    _unit_id: int | None,
    _now: dt.datetime,
) -> None:
    grievance.replied_at, grievance.replied_due_at, grievance.result = None, None, ""


def _reopen(
    grievance: Grievance,
    entry: MoveEntry,
    actor: Post | None,
    unit_id: int | None,
    now: dt.datetime,
) -> None:
    _returned(grievance, entry, actor, unit_id, now)
    grievance.round += 1
    grievance.settle_from = now


def _reviewed(
    grievance: Grievance,
    entry: MoveEntry,
    _actor: Post | None,
    _unit_id: int | None,
    _now: dt.datetime,
) -> None:
    grievance.result = entry.result


def _merge(
    grievance: Grievance,
    entry: MoveEntry,
    actor: Post | None,
    unit_id: int | None,
    now: dt.datetime,
) -> None:
    """Each resident keeps the own link and verdict; handling goes on in the other one."""
    rows = Grievance.objects.visible_to(actor) if actor else Grievance.objects.none()
    other = rows.filter(number=entry.other_number.strip()).first()
    if other is None or other.has_ended or other.is_restricted != grievance.is_restricted:
        raise DomainError("没有这件还在办理的诉求，请核对编号。", field="other_number")
    if other.street_id != grievance.street_id or other.regime != grievance.regime:
        raise DomainError("只能并入本街道、同一办理渠道的诉求。", field="other_number")
    _run_again(grievance, entry, actor, unit_id, now)
    # One step leads to the one that is handled, also for those merged into this one before.
    grievance.merged.update(merged_into=other)
    grievance.merged_into = other


def _keep_opinion(
    grievance: Grievance,
    move: Move,
    entry: MoveEntry,
    actor: Post | None,
    unit_id: int | None,
    now: dt.datetime,
) -> None:
    Opinion.objects.create(
        grievance=grievance,
        round=grievance.round,
        move=move.key,
        result=entry.result,
        reply=entry.reply.strip(),
        basis=entry.basis.strip(),
        unit_id=unit_id or grievance.street_id,
        by=actor,
        at=now,
    )


_BEFORE: Final[dict[str, _Effect]] = {
    **dict.fromkeys(("resume", "reroute", "withdraw", "terminate"), _run_again),
    "merge": _merge,
}
_AFTER: Final[dict[str, _Effect]] = {
    "accept": _accept,
    "assign": _assign,
    "uphold_objection": _assign,
    "reroute": _assign,
    "recall": _withdraw_units,
    "sign": _sign,
    "not_now": _not_now,
    "reply": _reply,
    "issue_opinion": _reply,
    "return": _returned,
    "reopen": _reopen,
    "review": _reviewed,
    "recheck": _reviewed,
}
