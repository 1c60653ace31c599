"""A co-handler signs and answers the own part; the lead answers the resident."""

from __future__ import annotations

import datetime as dt

from grievances.models import Assignment
from grievances.selectors.beside import co_rows
from grievances.services.asks.common import Asked, Done, pick
from grievances.services.move_checks import REPLY_LIMIT
from portal.core.errors import DomainError


def co_sign(asked: Asked) -> Done:
    """Signed for once."""
    rows = [row for row in _rows(asked) if row.signed_at is None]
    found = pick(rows, asked.entry.which, none="您的单位已经签收。")
    sign(found, asked.now)
    return _done(asked, found)


def co_reply(asked: Asked) -> Done:
    """What the own unit did; read by the lead, not sent to the resident."""
    rows = [row for row in _rows(asked) if row.answered_at is None]
    found = pick(rows, asked.entry.which, none="您的单位已经答复。")
    answer(found, asked.entry.reply, asked.now)
    return _done(asked, found)


def sign(assignment: Assignment, now: dt.datetime) -> None:
    """The unit has it, by an ask or by a link."""
    assignment.signed_at = now
    assignment.save(update_fields=["signed_at"])


def answer(assignment: Assignment, reply: str, now: dt.datetime) -> None:
    """What the unit did, by an ask or by a link. Raises ``DomainError``."""
    if assignment.signed_at is None:
        raise DomainError("请先签收。")
    if not reply.strip():
        raise DomainError("请写明答复内容。", field="reply")
    if len(reply) > REPLY_LIMIT:
        raise DomainError(f"最多写{REPLY_LIMIT}字。", field="reply")
    assignment.answered_at, assignment.reply = now, reply.strip()
    assignment.save(update_fields=["answered_at", "reply"])


def _rows(asked: Asked) -> list[Assignment]:
    current = asked.grievance.assignments.filter(withdrawn_at__isnull=True)
    return co_rows(asked.actor, asked.handlers, asked.parties, current.select_related("unit"))


def _done(asked: Asked, row: Assignment) -> Done:
    is_own = row.unit_id == asked.actor.organisation_id
    return Done(on_behalf_of=None if is_own else row.unit_id)
