"""Proving the trail: recompute every signature and name each row that was tampered with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db import connection

from portal.audit import sealfile
from portal.audit.models import AuditEvent, AuditSeal
from portal.audit.sealing import CONTENT, GENESIS, holes_between, row_mac, seal_digest
from portal.core.db.append_only import guarded_tables

CHUNK = 5_000


class Kind(StrEnum):
    """What is wrong, in the words of the report."""

    CHANGED = "被改动"
    REMOVED = "被删除"
    INSERTED = "被插入"
    SEAL_BROKEN = "封存不符"
    TAIL_CUT = "尾部被截"
    FILE = "封存文件不符"
    UNGUARDED = "防护缺失"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding; ``event_id`` or ``seal_id`` names the row where there is one."""

    kind: Kind
    message: str
    event_id: int | None = None
    seal_id: int | None = None

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}"


@dataclass(slots=True)
class Report:
    """The outcome of ``verify``: rows under seals, rows waiting for one, seals not yet on file."""

    problems: list[Problem] = field(default_factory=list)
    sealed: int = 0
    unsealed: int = 0
    seals: int = 0
    unfiled: int = 0

    @property
    def ok(self) -> bool:
        return not self.problems

    def add(self, kind: Kind, message: str, **where: int) -> None:
        self.problems.append(Problem(kind, message, **where))


def verify() -> Report:
    """Check every row, every seal, the chain, the file outside and the triggers.

    A row whose content does not fit its signature was changed, or not written by this system; an
    id that a seal covered and is gone was removed; one that a seal knew to be unused and is there
    was inserted. Rows newer than the last seal are checked one by one, but their removal cannot
    be seen until they are sealed (a minute).
    """
    report = Report()
    seals = list(AuditSeal.objects.order_by("pk"))
    report.seals = len(seals)
    _check_guards(report)
    _check_rows(report, AuditEvent.objects.filter(pk__lt=1), inserted=True)
    previous, first = GENESIS, 1
    for seal in seals:
        if seal.previous != previous or seal.from_id != first:
            report.add(Kind.SEAL_BROKEN, f"封存 {seal.pk} 与前一封存接不上", seal_id=seal.pk)
        _check_seal(report, seal)
        previous, first = seal.digest, seal.to_id + 1
    report.unsealed = len(_check_rows(report, AuditEvent.objects.filter(pk__gte=first)))
    _check_file(report, {seal.pk: seal for seal in seals})
    return report


def _check_guards(report: Report) -> None:
    guarded = guarded_tables(connection)
    for model in (AuditEvent, AuditSeal):
        if (table := model._meta.db_table) not in guarded:
            report.add(Kind.UNGUARDED, f"数据表 {table} 缺少禁止修改的触发器")


def _check_rows(report: Report, rows: Any, *, inserted: bool = False) -> list[tuple[int, str]]:
    """Test each row's signature; (id, mac) of all, in order."""
    seen: list[tuple[int, str]] = []
    for row in _values(rows):
        seen.append((row["id"], row["mac"]))
        if inserted:
            report.add(Kind.INSERTED, f"记录 {row['id']} 不在编号范围内", event_id=row["id"])
        elif row_mac(row) != row["mac"]:
            report.add(
                Kind.CHANGED,
                f"记录 {row['id']} 的内容与签名不符(被改动,或不是系统写入的)",
                event_id=row["id"],
            )
    return seen


def _values(rows: Any) -> Iterator[dict[str, Any]]:
    found: Iterator[dict[str, Any]] = (
        rows.order_by("pk").values("id", "mac", *CONTENT).iterator(chunk_size=CHUNK)
    )
    return found


def _check_seal(report: Report, seal: AuditSeal) -> None:
    """One seal against its rows."""
    before = len(report.problems)
    inside = AuditEvent.objects.filter(pk__gte=seal.from_id, pk__lte=seal.to_id)
    rows = _check_rows(report, inside)
    report.sealed += len(rows)
    ids = [row_id for row_id, _ in rows]
    gaps = holes_between(seal.from_id, [*ids, seal.to_id + 1])
    for first, last in _without(gaps, seal.holes):
        named = f"{first}" if first == last else f"{first} 至 {last}"
        report.add(Kind.REMOVED, f"记录 {named} 已被删除", event_id=first)
    if gaps != seal.holes:
        for row_id in ids:
            if any(first <= row_id <= last for first, last in seal.holes):
                report.add(Kind.INSERTED, f"记录 {row_id} 是封存之后插入的", event_id=row_id)
    digest = seal_digest(previous=seal.previous, at=seal.at, holes=seal.holes, rows=rows)
    explained = len(report.problems) > before
    if not explained and (digest != seal.digest or seal.count != len(rows)):
        report.add(
            Kind.SEAL_BROKEN,
            f"封存 {seal.pk}(记录 {seal.from_id} 至 {seal.to_id})与签名不符",
            seal_id=seal.pk,
        )


def _without(gaps: list[list[int]], holes: list[list[int]]) -> Iterator[tuple[int, int]]:
    """The parts of ``gaps`` that no hole covers; both ascending ranges with their ends."""
    for first, last in gaps:
        start = first
        for hole_first, hole_last in holes:
            if hole_last < start or hole_first > last:
                continue
            if hole_first > start:
                yield start, hole_first - 1
            start = hole_last + 1
        if start <= last:
            yield start, last


def _check_file(report: Report, seals: dict[int, AuditSeal]) -> None:
    """The file outside against the seals inside."""
    lines = sealfile.read()
    if lines is None:
        if seals:
            report.add(Kind.FILE, "封存文件不存在")
        return
    newest = max(seals, default=0)
    filed = {line["id"]: line for line in lines}
    for seal_id, line in sorted(filed.items()):
        if seal_id not in seals:
            kind = Kind.TAIL_CUT if seal_id > newest else Kind.REMOVED
            report.add(
                kind,
                f"封存文件中的封存 {seal_id}(记录 {line.get('from_id')} 至 {line.get('to_id')})"
                "已不在数据库中",
                seal_id=seal_id,
            )
        elif line != sealfile.line_of(seals[seal_id]):
            report.add(Kind.FILE, f"封存 {seal_id} 与封存文件不一致", seal_id=seal_id)
    last_filed = max(filed, default=0)
    for seal_id in sorted(set(seals) - set(filed)):
        if seal_id < last_filed:
            report.add(Kind.FILE, f"封存文件缺少封存 {seal_id}", seal_id=seal_id)
        else:
            report.unfiled += 1
