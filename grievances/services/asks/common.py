"""What every ask is given, what it gives back, and what several of them do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from django.db import models

from grievances.asks import Ask
from grievances.kinds import Party
from grievances.models import Grievance
from grievances.parties import Handlers
from grievances.services import telling
from grievances.services.moving import MoveEntry
from portal.accounts.models import Post
from portal.core.errors import DomainError

_Row = TypeVar("_Row", bound=models.Model)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskEntry(MoveEntry):
    """What was typed with an ask; what the ask does not ask for is left alone."""

    #: The last event that the form was drawn with: the same form sent again does nothing.
    seen_event: int | None = None
    #: Of an extension, in the units of its clock.
    length: int = 0
    is_approved: bool | None = None
    #: Of a measure: a key of ``Measure.Kind``.
    kind: str = ""
    #: Id of the supervision, the measure or the co-handler's assignment that is meant.
    which: int | None = None
    done_on: dt.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One ask of somebody who may make it; the grievance is held."""

    grievance: Grievance
    ask: Ask
    entry: AskEntry
    actor: Post
    parties: frozenset[Party]
    handlers: Handlers
    #: For which unit it is made.
    unit_id: int
    now: dt.datetime


class Done(NamedTuple):
    """What the timeline keeps of it."""

    words: str = ""
    #: Made for this unit by 代录, if not for the actor's own.
    on_behalf_of: int | None = None


def pick(rows: Sequence[_Row], which: int | None, *, none: str) -> _Row:
    """The one that is meant, the only one unless said. Raises ``DomainError``: ``none`` without any."""
    if not rows:
        raise DomainError(none)
    if which is None and len(rows) == 1:
        return rows[0]
    for row in rows:
        if row.pk == which:
            return row
    raise DomainError("请选是哪一项。", field="which")


def tell_resident(asked: Asked) -> None:
    """Keep the plain words for the resident, and that they were told or are to be; the caller saves."""
    grievance, words = asked.grievance, asked.entry.public_words.strip()
    grievance.public_words = "" if grievance.is_restricted else words
    telling.tell(
        grievance,
        about=asked.ask.key,
        words=words,
        channel=asked.entry.told,
        actor=asked.actor,
        now=asked.now,
    )
