"""One workflow move: who may make it, what has to be said with it, and what it changes.

The table in ``grievances.workflow`` decides; page, bulk, link, import and task all come here.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import transaction

from grievances.kinds import ENDED, Manner, Party, Regime, State
from grievances.models import Event, Grievance
from grievances.parties import parties_of, unit_for
from grievances.selectors import due
from grievances.selectors.handlers import handlers_of
from grievances.services import effects
from grievances.services.events import add_event
from grievances.services.move_checks import check_needs
from grievances.workflow import BY_KEY, Move
from portal.accounts.models import Post
from portal.audit.services import record
from portal.core.errors import DomainError


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitEntry:
    """A unit that is to handle it, as co-handler with its own day."""

    unit_id: int
    due_on: dt.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveEntry:
    """What was typed with a move; what the move does not ask for is left alone."""

    #: The state the form was drawn in: somebody else may have moved it since.
    seen_state: str = ""
    reason: str = ""
    lead_id: int | None = None
    manner: str = Manner.ASSIGN
    co_handlers: tuple[UnitEntry, ...] = ()
    #: Which unit has it now, or which path is open, in words.
    where: str = ""
    #: Plain words for the resident, written by a person.
    public_words: str = ""
    #: How the resident was told; "" asks for it to be done (a task that stays open).
    told: str = ""
    reply: str = ""
    basis: str = ""
    result: str = ""
    day: dt.date | None = None
    other_number: str = ""


@transaction.atomic
def make_move(
    *, actor: Post, number: str, key: str, entry: MoveEntry, now: dt.datetime
) -> Grievance:
    """Make the move. Raises ``DoesNotExist`` outside the scope, ``PermissionDenied``, ``DomainError``."""
    grievance = held(actor, number)
    handlers = handlers_of(grievance, now=now)
    parties = parties_of(actor, grievance, handlers)
    move = allowed_move(grievance, key, parties)
    if entry.seen_state and entry.seen_state != grievance.state:
        raise DomainError(
            f"这件诉求刚被别人办到“{State(grievance.state).label}”，请看过最新情况再办。"
        )
    unit_id, on_behalf = unit_for(actor, handlers, parties)
    apply(grievance, move, entry, actor=actor, unit_id=unit_id, on_behalf=on_behalf, now=now)
    return grievance


def held(actor: Post, number: str) -> Grievance:
    """The grievance, held for this transaction. Raises ``DoesNotExist`` outside the scope."""
    seen = Grievance.objects.visible_to(actor).only("pk").get(number=number)
    found: Grievance = Grievance.objects.select_for_update(of=("self",)).get(pk=seen.pk)
    return found


def allowed_move(grievance: Grievance, key: str, parties: frozenset[Party]) -> Move:
    """The move, when it leads from here and is theirs to make."""
    move = BY_KEY.get(key)
    if move is None or Regime(grievance.regime) not in move.regimes:
        raise DomainError("这件诉求没有这一步。")
    if grievance.state not in move.from_states:
        raise DomainError(
            f"“{State(grievance.state).label}”的诉求不能“{move.label}”，请刷新后再看。"
        )
    if not move.parties & parties:
        whose = "、".join(Party(party).label for party in sorted(move.parties))
        raise PermissionDenied(f"“{move.label}”由{whose}办理。")
    return move


def apply(
    grievance: Grievance,
    move: Move,
    entry: MoveEntry,
    *,
    actor: Post | None,
    unit_id: int | None,
    on_behalf: bool = False,
    now: dt.datetime,
) -> Event:
    """What every move does, and what this one does besides; the grievance is held."""
    check_needs(grievance, move, entry, actor=actor, now=now)
    before = grievance.state
    effects.before_move(grievance, move, entry, actor=actor, unit_id=unit_id, now=now)
    grievance.state, grievance.state_since = move.to, now
    grievance.ended_at = now if move.to in ENDED else None
    effects.after_move(grievance, move, entry, actor=actor, unit_id=unit_id, now=now)
    due.refresh(grievance)
    grievance.save()
    event = add_event(
        grievance,
        move.key,
        actor=actor,
        now=now,
        from_state=before,
        words=effects.event_words(move, entry),
        unit_id=unit_id,
        on_behalf=on_behalf,
    )
    record(
        actor=actor,
        action="grievance.move",
        obj=grievance,
        reason=f"MOVE_{move.key.upper()}",
        district_id=grievance.district_id,
    )
    return event
