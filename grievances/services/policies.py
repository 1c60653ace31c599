"""Changing the clocks: the shipped rows from their file, a district's own by its administrator."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from grievances.clocks import shipped
from grievances.clocks.kinds import Step, Unit
from grievances.clocks.policy import Policy, choose
from grievances.kinds import Regime
from grievances.models import ClockPolicy
from grievances.models.policies import ARTICLE_LIMIT, KEY, RIGHTS, SAID
from grievances.services.recounting import ask_for_recount
from portal.accounts.models import Organisation, Post
from portal.accounts.permissions import Permission
from portal.audit.services import record
from portal.core.errors import DomainError


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a run changed."""

    created: int
    changed: int
    ended: int


@transaction.atomic
def load_shipped(policies: Iterable[Policy] | None = None, *, now: dt.datetime) -> Loaded:
    """Bring the shipped rows to the file; running it again changes nothing.

    The first time they hold from ever. Later a changed row is a new version from ``now`` on, and
    one that is gone ends: what had begun keeps its limit.
    """
    kept = ClockPolicy.objects.select_for_update().filter(district__isnull=True)
    first = not kept.exists()
    standing = {_key(row): row for row in kept.filter(valid_until__isnull=True)}
    created = changed = 0
    for policy in shipped.read() if policies is None else policies:
        row = standing.pop(_key(policy), None)
        if row is not None and row.policy == policy:
            continue
        if row is not None:
            _end(row, now)
        ClockPolicy.objects.create(**_columns(policy), valid_from=None if first else now)
        created, changed = created + (row is None), changed + (row is not None)
    for row in standing.values():
        _end(row, now)
    if created or changed or standing:
        ask_for_recount()
    return Loaded(created, changed, len(standing))


@transaction.atomic
def change_policy(*, actor: Post, policy: Policy, now: dt.datetime) -> ClockPolicy:
    """The district's own row of this key, from ``now`` on.

    Raises ``PermissionDenied``; ``DomainError`` for what a law or another office has set.
    """
    actor.require(Permission.MANAGE_CLOCKS)
    check(policy)
    own = _held(actor).filter(**{name: getattr(policy, name) for name in KEY})
    row: ClockPolicy | None = own.first()
    if row is not None:
        if row.policy == policy:
            return row
        _end(row, now)
    made = ClockPolicy.objects.create(
        **_columns(policy), district_id=actor.district_id, valid_from=now, created_by=actor
    )
    _note(actor, "clock.change", made)
    return made


@transaction.atomic
def end(*, actor: Post, policy_id: int, now: dt.datetime) -> ClockPolicy:
    """Take the district's own row back: the shipped one limits what begins from ``now`` on.

    Raises ``PermissionDenied``, ``DoesNotExist`` for a row that is not the district's or has ended.
    """
    actor.require(Permission.MANAGE_CLOCKS)
    row: ClockPolicy = _held(actor).get(pk=policy_id)
    _end(row, now)
    _note(actor, "clock.end", row)
    return row


def check(policy: Policy) -> None:
    """Raises ``DomainError`` for a row that a district may not set."""
    if not policy.regime:
        raise DomainError("请选办理渠道。", field="regime")
    if len(policy.article) > ARTICLE_LIMIT:
        raise DomainError(f"依据不超过{ARTICLE_LIMIT}个字。", field="article")
    if policy.regime == Regime.HOTLINE and policy.step == Step.SETTLE:
        raise DomainError("12345工单的办结时限以工单注明的为准，这里不能设。", field="step")
    if policy.unit is Unit.STATED:
        raise DomainError("请写明时长：只有12345工单的时限由别处注明。", field="unit")
    if policy.regime == Regime.PETITION and (law := _law_of(policy)) is not None:
        _within(policy, law)


def _law_of(policy: Policy) -> Policy | None:
    """The article that limits such a step, where the regulation has one."""
    return choose(
        shipped.read(),
        policy.step,
        regime=policy.regime,
        nature=policy.nature,
        urgency=policy.urgency,
        source=policy.source,
    )


def _within(policy: Policy, law: Policy) -> None:
    """No more than the article allows, in nothing that lengthens a period."""
    if policy.step in RIGHTS:
        raise DomainError(f"这是法定的权利期限，不能改（{law.article}）。", field="length")
    if (policy.unit, policy.start) != (law.unit, law.start):
        raise DomainError(
            f"法定时限按“{law.start.label}”起{law.unit.label}计算，不能改（{law.article}）。",
            field="unit",
        )
    if policy.length > law.length:
        raise DomainError(
            f"不能长于法定的{law.length}{law.unit.label}（{law.article}）。", field="length"
        )
    if policy.extension > law.extension:
        raise DomainError(
            f"最多延长{law.extension}{law.unit.label}（{law.article}）。", field="extension"
        )
    if policy.may_pause > law.may_pause or policy.rolls_over > law.rolls_over:
        raise DomainError(f"法定时限不能暂停，末日不顺延（{law.article}）。", field="may_pause")


def _held(actor: Post) -> Any:
    """The rows in force of the actor's district; held with it, so that two never change one."""
    Organisation.objects.select_for_update().get(pk=actor.district_id or 0)
    return ClockPolicy.objects.filter(district_id=actor.district_id, valid_until__isnull=True)


def _end(row: ClockPolicy, now: dt.datetime) -> None:
    if row.valid_from is not None and row.valid_from >= now:
        row.delete()  # nothing has begun under it
        return
    row.valid_until = now
    row.save(update_fields=["valid_until"])


def _note(actor: Post, action: str, row: ClockPolicy) -> None:
    record(actor=actor, action=action, obj=row, district_id=actor.district_id)
    ask_for_recount()


def _key(row: Policy | ClockPolicy) -> tuple[str, ...]:
    return tuple(str(getattr(row, name)) for name in KEY)


def _columns(policy: Policy) -> dict[str, Any]:
    return {name: getattr(policy, name) for name in (*KEY, *SAID)}
