"""Writing the trail: ``record`` in the transaction of what is done, ``seal`` every minute."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Sequence
from typing import Any, Final

import structlog
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from portal.audit import sealfile
from portal.audit.actors import Actor, PostLike, actor_of
from portal.audit.models import AuditEvent, AuditSeal
from portal.audit.sealing import GENESIS, holes_between, row_mac, seal_digest
from portal.core.db.locks import TableBusyError, exclusive_read

logger = logging.getLogger(__name__)

ACTION: Final = re.compile(r"[a-z][a-z_]*\.[a-z][a-z_]*")
FIELD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
REASON: Final = re.compile(r"[A-Za-z0-9_.-]{0,64}")
BATCH: Final = 20_000
WRITTEN_AT_ONCE: Final = 500


def record(
    *,
    actor: PostLike | Actor | None,
    action: str,
    obj: models.Model | None = None,
    fields: Sequence[str] = (),
    reason: str = "",
    district_id: int | None = None,
) -> AuditEvent:
    """Add one event to the caller's transaction: no change without its trail, no trail without it.

    ``actor`` is the acting post, an ``Actor`` (somebody signing in) or ``None`` (the system).
    ``action`` is "noun.verb". ``fields`` are names of changed or shown fields; ``reason`` is a
    code, not a sentence. ``district_id`` says whose auditor reads it, if not the actor's.
    Raises ``ValueError`` when something other than names and codes is passed: the trail holds no
    values.
    """
    _check(action, fields, reason)
    event = _event(actor_of(actor), action, obj, fields, reason, district_id)
    event.save(force_insert=True)
    return event


def record_all(
    *,
    actor: PostLike | Actor | None,
    action: str,
    objs: Sequence[models.Model],
    fields: Sequence[str] = (),
    reason: str = "",
) -> None:
    """``record`` for many objects at once: an event each, in few statements."""
    _check(action, fields, reason)
    who = actor_of(actor)
    AuditEvent.objects.bulk_create(
        [_event(who, action, obj, fields, reason, None) for obj in objs], batch_size=WRITTEN_AT_ONCE
    )


def _check(action: str, fields: Sequence[str], reason: str) -> None:
    if not ACTION.fullmatch(action) or not REASON.fullmatch(reason):
        raise ValueError("An audit event takes an action noun.verb and a reason code.")
    if not all(FIELD.fullmatch(name) for name in fields):
        raise ValueError("An audit event takes field names, never values.")


def _event(
    who: Actor,
    action: str,
    obj: models.Model | None,
    fields: Sequence[str],
    reason: str,
    district_id: int | None,
) -> AuditEvent:
    """An unsaved event with its signature."""
    content: dict[str, Any] = {
        "uid": uuid.uuid4(),
        "at": timezone.now(),
        "actor_id": who.user_id,
        "actor_username": who.username,
        "post_id": who.post_id,
        "role": who.role,
        "organisation_id": who.organisation_id,
        "district_id": who.district_id if district_id is None else district_id,
        "action": action,
        "object_kind": obj._meta.label_lower if obj else "",
        "object_id": str(obj.pk) if obj else "",
        "fields": list(fields),
        "reason_code": reason,
        "request_id": str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64],
    }
    return AuditEvent(**content, mac=row_mac(content))


def seal() -> list[AuditSeal]:
    """Seal every finished row that is not sealed yet; the new seals, none when there is no news.

    Right beside open writers: the highest id is read at a moment when no write is half-way, so
    every id up to it is either a committed row or will never be one. If that moment does not
    come within half a second, the rows wait for the next call. Two calls at once are harmless:
    the second meets a unique constraint and stops.
    """
    seals: list[AuditSeal] = []
    try:
        with exclusive_read(AuditEvent._meta.db_table):
            newest = AuditEvent.objects.aggregate(newest=models.Max("pk"))["newest"] or 0
    except TableBusyError:
        logger.info("audit: writers are busy, sealing waits for the next minute")
        newest = 0
    while (new := _seal_batch(newest)) is not None:
        seals.append(new)
    sealfile.append_missing()
    return seals


def _seal_batch(newest: int) -> AuditSeal | None:
    """The next seal, over at most 20,000 rows up to ``newest``."""
    last = AuditSeal.objects.order_by("pk").last()
    first = last.to_id + 1 if last else 1
    unsealed = AuditEvent.objects.filter(pk__gte=first, pk__lte=newest).order_by("pk")
    rows = list(unsealed.values_list("pk", "mac")[:BATCH])
    if not rows:
        return None
    holes, previous, at = (
        holes_between(first, (row_id for row_id, _ in rows)),
        last.digest if last else GENESIS,
        timezone.now(),
    )
    try:
        with transaction.atomic():
            return AuditSeal.objects.create(
                from_id=first,
                to_id=rows[-1][0],
                count=len(rows),
                holes=holes,
                previous=previous,
                digest=seal_digest(previous=previous, at=at, holes=holes, rows=rows),
                at=at,
            )
    except IntegrityError:
        logger.info("audit: another worker has just sealed the same rows")
        return None
