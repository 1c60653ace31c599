"""The shapes that the grievances of the demo are written in."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

#: Names of leads that differ from place to place; every other one is a section or an outside unit.
COMMUNITY: Final = "社区"
PROPERTY: Final = "物业"


class Goal(StrEnum):
    """How far a grievance has come by the demo's day."""

    REGISTERED = "REGISTERED"
    ACCEPTED = "ACCEPTED"
    ASSIGNED = "ASSIGNED"
    OBJECTED = "OBJECTED"
    IN_HAND = "IN_HAND"
    NOT_NOW = "NOT_NOW"
    REPLIED = "REPLIED"
    CONCLUDED = "CONCLUDED"
    FOLLOWED_UP = "FOLLOWED_UP"
    #: Followed up with a bad verdict that nobody has decided about.
    UNDECIDED = "UNDECIDED"
    #: In hand again after 重新办理.
    AGAIN = "AGAIN"
    FILED = "FILED"
    #: Filed after a bad verdict: handled again, or 维持.
    REDONE = "REDONE"
    UPHELD = "UPHELD"
    #: Filed though nobody was reached.
    UNREACHED = "UNREACHED"
    NOT_OURS = "NOT_OURS"
    LEGAL_PATH = "LEGAL_PATH"
    MERGED = "MERGED"
    WITHDRAWN = "WITHDRAWN"
    TERMINATED = "TERMINATED"
    OPINION = "OPINION"
    IN_REVIEW = "IN_REVIEW"
    REVIEWED = "REVIEWED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """What one kind of grievance is about; texts are patterns (see ``phrases``)."""

    key: str
    #: Themes of visits whose matters are of this kind.
    of: tuple[str, ...] = ()
    #: Who leads, the likeliest first.
    leads: tuple[str, ...]
    co_handlers: tuple[str, ...] = ()
    nature: str = "COMPLAINT"
    #: The hotline's classes.
    classes: str
    say: tuple[str, ...]
    solved: tuple[str, ...]
    partly: tuple[str, ...]
    explained: tuple[str, ...]
    #: The same in plain words.
    plain: tuple[str, ...]
    #: Why it cannot be done yet.
    not_now: tuple[str, ...]
    #: Why a unit says that it is not the one.
    objection: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A restricted one: only those named for it read it."""

    text: str
    lead: str
    reply: str
