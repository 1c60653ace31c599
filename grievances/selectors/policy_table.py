"""The clocks in words, by 办理渠道 and step: what 时限 shows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.db.models import Q

from grievances.clocks import shipped
from grievances.clocks.kinds import Start, Step, Unit
from grievances.kinds import Nature, Regime, Source, Urgency
from grievances.models import ClockPolicy
from grievances.models.policies import KEY, SAID, is_fixed

_UNIT_WORDS: Final = {Unit.DAYS: "日", Unit.WORKING_DAYS: "个工作日", Unit.HOURS: "小时"}
_SHIPPED: Final = "系统提供"


@dataclass(frozen=True, slots=True)
class Line:
    """One row in words."""

    step: str
    #: Which grievances of the regime: 紧急, 投诉; "" is all of them.
    whose: str
    length: str
    start: str
    first_day: str
    last_day: str
    pause: str
    extension: str
    article: str
    is_own: bool
    by: str
    since: dt.datetime | None
    until: dt.datetime | None
    #: Of the row, where the district's own can be taken back.
    own_id: int | None
    #: The key, as an address names it; empty where nothing can be set.
    query: Mapping[str, str]

    @property
    def address(self) -> str:
        return urlencode(self.query)


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class PolicyTable:
    #: In force now, by regime.
    groups: Sequence[Group]
    #: Rows that were in force, the last one first.
    history: Sequence[Line]


def amount(length: int, unit: Unit) -> str:
    """15日, 2个工作日, 24小时; for a stated date that it is one."""
    return unit.label if unit is Unit.STATED else f"{length}{_UNIT_WORDS[unit]}"


def policy_table(district_id: int | None) -> PolicyTable:
    """The rows of a district and the shipped ones that it has none of its own for; one query."""
    rows = _rows(district_id)
    standing = [row for row in rows if row.valid_until is None]
    own = {_key(row) for row in standing if row.district_id}
    shown = [row for row in standing if row.district_id or _key(row) not in own]
    order = {step: at for at, step in enumerate(Step)}
    shown.sort(key=lambda row: (order[Step(row.step)], row.nature, row.source, _urgency(row)))
    groups = [
        Group(regime.label, [_line(row) for row in shown if row.regime == regime])
        for regime in Regime
    ]
    ended = [row for row in rows if row.valid_until is not None]
    ended.sort(key=lambda row: (row.valid_until, row.pk), reverse=True)
    return PolicyTable(groups, [_line(row) for row in ended])


def in_force(district_id: int | None, key: Sequence[str]) -> ClockPolicy | None:
    """The row of exactly this key that limits what begins now; one query. Maybe unsaved."""
    rows = [row for row in _rows(district_id) if row.valid_until is None and _key(row) == key]
    rows.sort(key=lambda row: row.district_id is None)
    return rows[0] if rows else None


def _rows(district_id: int | None) -> list[ClockPolicy]:
    rows = list(
        ClockPolicy.objects.filter(Q(district__isnull=True) | Q(district_id=district_id))
        .select_related("created_by__user")
        .order_by("pk")
    )
    if any(row.district_id is None for row in rows):
        return rows
    columns = (*KEY, *SAID)
    loose = (ClockPolicy(**{n: getattr(each, n) for n in columns}) for each in shipped.read())
    return [*loose, *rows]


def _key(row: ClockPolicy) -> tuple[str, ...]:
    return tuple(str(getattr(row, name)) for name in KEY)


def _urgency(row: ClockPolicy) -> int:
    return Urgency.values.index(row.urgency) if row.urgency else -1


def _line(row: ClockPolicy) -> Line:
    policy = row.policy
    counts_days = policy.unit in {Unit.DAYS, Unit.WORKING_DAYS}
    by = "本区" if row.district_id else _SHIPPED
    if row.created_by is not None:
        by = f"本区（{row.created_by.user.name}）"
    return Line(
        step=policy.step.label,
        whose="、".join(_named(row)),
        length=amount(policy.length, policy.unit),
        start="" if policy.unit is Unit.STATED else Start(policy.start).label,
        first_day=("当日计入" if policy.first_day_counts else "次日起算") if counts_days else "",
        last_day=("遇休息日顺延" if policy.rolls_over else "不顺延") if counts_days else "",
        pause="可以" if policy.may_pause else "",
        extension=f"最多{amount(policy.extension, policy.unit)}" if policy.extension else "",
        article=policy.article,
        is_own=row.district_id is not None,
        by=by,
        since=row.valid_from,
        until=row.valid_until,
        own_id=row.pk if row.district_id and row.valid_until is None else None,
        query={} if is_fixed(policy) else dict(zip(KEY, _key(row), strict=True)),
    )


def _named(row: ClockPolicy) -> Iterable[str]:
    if row.urgency:
        yield Urgency(row.urgency).label
    if row.nature:
        yield Nature(row.nature).label
    if row.source:
        yield f"来源{Source(row.source).label}"
