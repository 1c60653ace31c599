"""What a backup says of itself, and how a restored portal is held against it."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count

from contacts.models import Household, Visit
from portal.audit.models import AuditSeal
from portal.core.db import copying
from portal.core.encryption import current_key_id

VERSION: Final = 1
_SECRETS: Final = ("FIELD_KEYS", "BLIND_INDEX_KEY", "AUDIT_SEAL_KEY")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The head of a backup. Numbers and codes only, no personal data."""

    version: int
    vendor: str
    made_at: str
    key_id: str
    #: Secret → a fingerprint that tells whether the restoring portal has the same one.
    fingerprints: dict[str, str]
    #: (app, migration) applied, sorted.
    migrations: list[tuple[str, str]]
    rows: dict[str, int]
    figures: dict[str, int]
    last_seal: str

    @classmethod
    def read(cls, content: dict[str, Any]) -> Manifest:
        content["migrations"] = [tuple(one) for one in content["migrations"]]
        return cls(**content)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def manifest_now(*, now: dt.datetime) -> Manifest:
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
        last_seal=_last_seal(),
    )


def fingerprints() -> dict[str, str]:
    """One per secret; a field key is known by the first of the ring, which encrypts."""
    found = {}
    for name in _SECRETS:
        value = getattr(settings, name)
        secret = value[0] if isinstance(value, list) else value
        found[name] = hmac.new(secret.encode(), b"portal.backup", hashlib.sha256).hexdigest()[:16]
    return found


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


def _last_seal() -> str:
    last = AuditSeal.objects.order_by("pk").last()
    return last.digest if last else ""


def differences(manifest: Manifest) -> list[str]:
    """What the database now says differently, in words; empty when it is whole."""
    found = []
    rows = copying.row_counts()
    for name in sorted(manifest.rows.keys() | rows.keys()):
        before, after = manifest.rows.get(name, 0), rows.get(name, 0)
        if before != after:
            found.append(f"表 {name}：备份时 {before} 行，恢复后 {after} 行")
    now = figures()
    for title in sorted(manifest.figures.keys() | now.keys()):
        before, after = manifest.figures.get(title, 0), now.get(title, 0)
        if before != after:
            found.append(f"{title}：备份时 {before}，恢复后 {after}")
    if manifest.last_seal != _last_seal():
        found.append("最后一次封存与备份时不同")
    return found
