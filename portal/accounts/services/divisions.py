"""Bringing the tree in line with a list of administrative divisions, again and again."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.db import transaction

from portal.accounts.divisions import DivisionRow
from portal.accounts.kinds import NATIONAL, OrganisationKind
from portal.accounts.models import Organisation
from portal.accounts.services import organisations as units
from portal.audit.services import record
from portal.core.errors import DomainError

ABOVE: Final = {
    OrganisationKind.DISTRICT: None,
    OrganisationKind.STREET: OrganisationKind.DISTRICT,
    OrganisationKind.COMMUNITY: OrganisationKind.STREET,
}


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that cannot be taken, and why."""

    line: int
    code: str
    reason: str


@dataclass(slots=True)
class ImportResult:
    """What an import did, as codes; with ``refused`` rows it did nothing at all."""

    created: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    reopened: list[str] = field(default_factory=list)
    unchanged: int = 0
    refused: list[RefusedRow] = field(default_factory=list)
    #: Own units (grids, buildings …) still in force inside units that were ended: somebody has
    #: to move them, a list of divisions does not know where to.
    stranded: list[str] = field(default_factory=list)


@transaction.atomic
def import_divisions(
    *, rows: Iterable[DivisionRow], under: str | None, on: dt.date
) -> ImportResult:
    """Make the districts, streets and communities what ``rows`` say from the day ``on``.

    The list speaks for everything below ``under``; without it, for everything below its own
    topmost units. New units are made; a new name keeps the former one; a unit the list no longer
    holds is ended and one that comes back is opened again; a unit under another parent moves with
    all that lies in it. Doing it twice changes nothing. One bad row refuses the whole list: half
    a tree would end units that are only misspelt. Rows outside ``under`` are passed over.
    It is run on the server: nobody changes the national tree from a page.
    """
    taken = _below(list(rows), under)
    if not taken:
        raise DomainError(f"名单里没有 {under or '任何单位'} 的数据，没有改动。")
    known = {unit.code: unit for unit in Organisation.objects.filter(kind__in=ABOVE)}
    refused = _refusals(taken, known, under)
    if refused:
        return ImportResult(refused=refused)
    result = ImportResult()
    for row in sorted(taken, key=lambda row: len(row.code)):
        _apply(row, known, result, on=on)
    _end_missing(taken, under, result, on=on)
    return result


def _below(rows: Sequence[DivisionRow], under: str | None) -> list[DivisionRow]:
    """The rows of the subtree, by code or by the chain of parents in the list."""
    if under is None:
        return list(rows)
    inside = {row.code for row in rows if row.code.startswith(under)} | {under}
    for row in sorted(rows, key=lambda row: len(row.code)):
        if row.parent in inside:
            inside.add(row.code)
    return [row for row in rows if row.code in inside]


def _refusals(
    rows: Sequence[DivisionRow], known: dict[str, Organisation], under: str | None
) -> list[RefusedRow]:
    times = Counter(row.code for row in rows)
    # A unit whose street is not on the list would be left below a street that is ended.
    outside = [under] if under else [row.parent for row in rows if row.parent not in times]
    parents = set(times) | {code for code in outside if code in known}
    reasons = ((row, _reason(row, times, parents)) for row in rows)
    return [RefusedRow(row.line, row.code, reason) for row, reason in reasons if reason]


def _reason(row: DivisionRow, times: Counter[str], parents: set[str]) -> str:
    """Why the row cannot be taken; empty when it can."""
    kind = _kind(row.code)
    if kind is None:
        return "代码应为 6 位（区）、9 位（街道）或 12 位（社区）数字"
    if times[row.code] > 1:
        return "代码在名单里出现了不止一次"
    if not row.name or len(row.name) > units.NAME_LENGTH:
        return f"名称要有 1 至 {units.NAME_LENGTH} 个字"
    above = ABOVE[kind]
    if above is not None and (row.parent not in parents or _kind(row.parent) != above):
        return f"上级 {row.parent or '（空）'} 不是名单里的{above.label}"
    return ""


def _kind(code: str) -> OrganisationKind | None:
    return NATIONAL.get(len(code)) if code.isascii() and code.isdigit() else None


def _apply(
    row: DivisionRow,
    known: dict[str, Organisation],
    result: ImportResult,
    *,
    on: dt.date,
) -> None:
    kind = NATIONAL[len(row.code)]
    parent = known[row.parent] if ABOVE[kind] else None
    unit = known.get(row.code)
    if unit is None:
        unit = known[row.code] = units.new_row(kind, row.code, row.name, parent, on)
        unit.save()
        record(
            actor=None,
            action="organisation.create",
            obj=unit,
            district_id=unit.scope_ids().district_id,
        )
        result.created.append(row.code)
        return
    if result.moved:  # an earlier move may have changed the path of this one
        unit.refresh_from_db()
    before = _changes(result)
    if unit.name != row.name:
        units.rename_organisation(actor=None, organisation=unit, name=row.name, on=on)
        result.renamed.append(row.code)
    if unit.valid_until is not None:
        units.reopen_organisation(actor=None, organisation=unit)
        result.reopened.append(row.code)
    if parent is not None and unit.parent_id != parent.pk:
        units.move_organisation(actor=None, organisation=unit, parent=parent)
        result.moved.append(row.code)
    result.unchanged += _changes(result) == before


def _changes(result: ImportResult) -> int:
    return len(result.renamed) + len(result.reopened) + len(result.moved)


def _end_missing(
    rows: Sequence[DivisionRow],
    under: str | None,
    result: ImportResult,
    *,
    on: dt.date,
) -> None:
    """End the units the list speaks for and no longer holds."""
    listed = {row.code for row in rows}
    tops = [under] if under else [row.code for row in rows if row.parent not in listed]
    for top in Organisation.objects.filter(code__in=tops):
        missing = Organisation.objects.within(top.path).filter(kind__in=ABOVE)
        for unit in missing.exclude(code__in=listed).exclude(pk=top.pk):
            day = units.last_day_outside(unit, on)
            if unit.valid_until is None or unit.valid_until > day:
                units.end_organisation(actor=None, organisation=unit, on=on)
                result.ended.append(unit.code)
                result.stranded += _own_units_inside(unit, on)


def _own_units_inside(unit: Organisation, on: dt.date) -> list[str]:
    inside = Organisation.objects.within(unit.path).exclude(kind__in=ABOVE).in_force(on)
    return list(inside.order_by("code").values_list("code", flat=True))
