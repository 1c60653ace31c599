"""Who is told what became of a message: each app binds its kinds in ``AppConfig.ready()``."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Final, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The end of one message."""

    uid: uuid.UUID
    #: Of ``kinds.Channel``.
    channel: str
    about_id: int
    #: Taken over by the gateway or the mail server; else it will not be tried again.
    sent: bool
    at: dt.datetime
    reference: str
    #: Of ``kinds.Failure``; "" for what was sent. UNCLEAR: the person may have got it.
    failure: str


class OnOutcome(Protocol):
    """Write down that the person was told, or let somebody ring.

    Called inside the transaction of the message's end, once if it commits. If it raises, the end
    stays and it is called again later: it must not send anything itself.
    """

    def __call__(self, *, outcome: Outcome) -> None: ...


_BOUND: Final[dict[str, OnOutcome]] = {}


def register(kind: str, tell: OnOutcome) -> None:
    """Bind ``tell`` to ``about_kind``. Registering the same kind again replaces it."""
    _BOUND[kind] = tell


def unregister(kind: str) -> None:
    _BOUND.pop(kind, None)


def get(kind: str) -> OnOutcome:
    """Raises ``KeyError`` for a kind nobody registered."""
    return _BOUND[kind]
