"""One ask: who may make it, what has to be said with it, and what it leaves behind.

The table in ``grievances.asks`` decides, as that of ``grievances.workflow`` does for the moves.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction

from grievances.asks import ASK_BY_KEY, Ask
from grievances.kinds import Party, Regime, State
from grievances.models import Grievance
from grievances.parties import parties_of, unit_for
from grievances.selectors.handlers import handlers_of
from grievances.services.asks import co_handling, extensions, measures, supervision, verdicts
from grievances.services.asks.common import Asked, AskEntry, Done
from grievances.services.events import add_event
from grievances.services.move_checks import check_said
from grievances.services.moving import held
from grievances.workflow import Needs
from portal.accounts.models import Post
from portal.audit.services import record
from portal.core.errors import DomainError


class AlreadyAskedError(Exception):
    """The same form was sent twice: what it asks for is done."""


@transaction.atomic
def make_ask(*, actor: Post, number: str, key: str, entry: AskEntry, now: dt.datetime) -> Grievance:
    """Make the ask.

    Raises ``DoesNotExist`` outside the scope, ``PermissionDenied``, ``DomainError``, and
    ``AlreadyAskedError`` for a form sent again.
    """
    grievance = held(actor, number)
    if entry.seen_event is not None:
        later = grievance.events.filter(pk__gt=entry.seen_event, move=key, post=actor)
        if later.exists():
            raise AlreadyAskedError
    handlers = handlers_of(grievance, now=now)
    parties = parties_of(actor, grievance, handlers)
    ask = allowed_ask(grievance, key, parties)
    check_said(grievance, ask, _needs(ask, entry), entry, now=now)
    unit_id, on_behalf = actor.organisation_id, False
    if Party.LEAD in ask.parties:
        unit_id, on_behalf = unit_for(actor, handlers, parties)
    asked = Asked(
        grievance=grievance,
        ask=ask,
        entry=entry,
        actor=actor,
        parties=parties,
        handlers=handlers,
        unit_id=unit_id,
        now=now,
    )
    _keep(asked, _EFFECTS[key](asked), on_behalf=on_behalf)
    return grievance


def _keep(asked: Asked, done: Done, *, on_behalf: bool) -> None:
    """The event of the timeline and the row of the trail."""
    grievance, key = asked.grievance, asked.ask.key
    add_event(
        grievance,
        key,
        actor=asked.actor,
        now=asked.now,
        words=done.words,
        unit_id=done.on_behalf_of or asked.unit_id,
        on_behalf=on_behalf or done.on_behalf_of is not None,
    )
    record(
        actor=asked.actor,
        action="grievance.ask",
        obj=grievance,
        reason=f"ASK_{key.upper()}",
        district_id=grievance.district_id,
    )


def allowed_ask(grievance: Grievance, key: str, parties: frozenset[Party]) -> Ask:
    """The ask, when the state knows it and it is theirs to make."""
    ask = ASK_BY_KEY.get(key)
    if ask is None or key not in _EFFECTS or Regime(grievance.regime) not in ask.regimes:
        raise DomainError("这件诉求没有这一项。")
    if grievance.state not in ask.states:
        raise DomainError(
            f"“{State(grievance.state).label}”的诉求不能“{ask.label}”，请刷新后再看。"
        )
    if not ask.parties & parties:
        whose = "、".join(Party(party).label for party in sorted(ask.parties))
        raise PermissionDenied(f"“{ask.label}”由{whose}办理。")
    return ask


def _needs(ask: Ask, entry: AskEntry) -> tuple[Needs, ...]:
    """An extension that is refused changes nothing for the resident: there is nothing to tell."""
    is_refused = Needs.DECISION in ask.needs and not entry.is_approved
    return tuple(need for need in ask.needs if not (is_refused and need == Needs.TOLD))


_EFFECTS: Final[dict[str, Callable[[Asked], Done]]] = {
    "ask_extension": extensions.ask_extension,
    "decide_extension": extensions.decide_extension,
    "co_sign": co_handling.co_sign,
    "co_reply": co_handling.co_reply,
    "uphold": verdicts.uphold,
    "chase": supervision.chase,
    "supervise": supervision.supervise,
    "directive": supervision.directive,
    "reply_supervision": supervision.reply_supervision,
    "add_measure": measures.add_measure,
    "measure_done": measures.measure_done,
}
