"""A co-handler signs and answers the own part; the lead answers the resident."""

from __future__ import annotations

from grievances.models import Assignment
from grievances.selectors.beside import co_rows
from grievances.services.asks.common import Asked, Done, pick
from portal.core.errors import DomainError


def co_sign(asked: Asked) -> Done:
    """Signed for once."""
    rows = [row for row in _rows(asked) if row.signed_at is None]
    found = pick(rows, asked.entry.which, none="您的单位已经签收。")
    found.signed_at = asked.now
    found.save(update_fields=["signed_at"])
    return _done(asked, found)


def co_reply(asked: Asked) -> Done:
    """What the own unit did; read by the lead, not sent to the resident."""
    rows = [row for row in _rows(asked) if row.answered_at is None]
    found = pick(rows, asked.entry.which, none="您的单位已经答复。")
    if found.signed_at is None:
        raise DomainError("请先签收。")
    found.answered_at, found.reply = asked.now, asked.entry.reply.strip()
    found.save(update_fields=["answered_at", "reply"])
    return _done(asked, found)


def _rows(asked: Asked) -> list[Assignment]:
    current = asked.grievance.assignments.filter(withdrawn_at__isnull=True)
    return co_rows(asked.actor, asked.handlers, asked.parties, current.select_related("unit"))


def _done(asked: Asked, row: Assignment) -> Done:
    is_own = row.unit_id == asked.actor.organisation_id
    return Done(on_behalf_of=None if is_own else row.unit_id)
