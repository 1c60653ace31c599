"""What a backup says of itself, and how a restored portal is held against it."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count

from contacts.models import Household, Visit
from portal.audit import sealfile
from portal.audit.models import AuditSeal
from portal.audit.selectors import Report, verify
from portal.core.db import copying
from portal.core.encryption import current_key_id

VERSION: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The head of a backup. Numbers and codes only, no personal data."""

    version: int
    vendor: str
    made_at: str
    key_id: str
    #: Secret → a fingerprint that tells whether the restoring portal has the same one. Each of
    #: ``FIELD_KEYS`` for itself, as ``FIELD_KEYS:<id>``: any of them may be needed.
    fingerprints: dict[str, str]
    #: (app, migration) applied, sorted.
    migrations: list[tuple[str, str]]
    rows: dict[str, int]
    figures: dict[str, int]
    last_seal: str
    #: The newest seal in the file outside the database; 0 without one.
    filed: int

    @classmethod
    def read(cls, content: dict[str, Any]) -> Manifest:
        content["migrations"] = [tuple(one) for one in content["migrations"]]
        return cls(**content)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def manifest_now(*, now: dt.datetime, filed: int) -> Manifest:
    """The head for what the database holds at this moment; call it inside ``one_moment``."""
    return Manifest(
        version=VERSION,
        vendor=connection.vendor,
        made_at=now.isoformat(),
        key_id=current_key_id(),
        fingerprints=fingerprints(),
        migrations=sorted(MigrationRecorder(connection).applied_migrations()),
        rows=copying.row_counts(),
        figures=figures(),
        last_seal=last_seal(),
        filed=filed,
    )


def fingerprints() -> dict[str, str]:
    """One per secret and per field key."""
    found = {name: getattr(settings, name) for name in ("BLIND_INDEX_KEY", "AUDIT_SEAL_KEY")}
    found |= {f"FIELD_KEYS:{entry.partition(':')[0]}": entry for entry in settings.FIELD_KEYS}
    return {
        name: hmac.new(secret.encode(), b"portal.backup", hashlib.sha256).hexdigest()[:16]
        for name, secret in found.items()
    }


def figures() -> dict[str, int]:
    """Numbers that a person knows the portal by; equal before and after, or the restore failed."""
    visits = Visit.objects.valid().order_by()
    found = {
        f"有效{Visit.Kind(kind).label}": number
        for kind, number in visits.values_list("kind").annotate(Count("pk"))
    }
    households = Household.objects.all().in_use()
    return found | {
        "在册住户": households.count(),
        "从未走访": households.filter(last_met_on__isnull=True).count(),
        "走访到的户数": visits.met_at_door().aggregate(n=Count("household", distinct=True))["n"],
    }


def last_seal() -> str:
    last = AuditSeal.objects.order_by("pk").last()
    return last.digest if last else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was counted after a restore, and what of it differs from the backup's head."""

    #: Counted before the tables are brought up to this version, which may add rows of its own.
    rows: dict[str, int]
    figures: dict[str, int]
    trail: Report
    differences: list[str]


def hold_against(manifest: Manifest, *, rows: dict[str, int]) -> Found:
    """Count everything again, walk the whole trail, and compare; ``rows`` as they were filled."""
    now, walked = figures(), verify()
    found = [
        *_unlike("表 {name}：备份时 {before} 行，恢复后 {after} 行", manifest.rows, rows),
        *_unlike("{name}：备份时 {before}，恢复后 {after}", manifest.figures, now),
    ]
    if manifest.last_seal != last_seal():
        found.append("最后一次封存与备份时不同")
    if sealfile.extent().newest < manifest.filed:
        found.append(f"封存文件只到封存 {sealfile.extent().newest}，备份时到 {manifest.filed}")
    found += [str(problem) for problem in walked.problems]
    return Found(rows=rows, figures=now, trail=walked, differences=found)


def _unlike(words: str, before: dict[str, int], after: dict[str, int]) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        then, now = before.get(name, 0), after.get(name, 0)
        if then != now:
            yield words.format(name=name, before=then, after=now)
