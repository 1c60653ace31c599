"""The shapes that the demo world is written in: situations, scenes and what comes out of them."""

from dataclasses import dataclass
from typing import Final

#: The values of contacts.models.Matter.Outcome; a test holds them together.
ON_SPOT: Final = "SOLVED"
EXPLAINED: Final = "EXPLAINED"
GRIEVANCE: Final = "ESCALATED"
MUTUAL: Final = "MUTUAL_AID"
OUTCOMES: Final = (ON_SPOT, EXPLAINED, GRIEVANCE, MUTUAL)

WINTER: Final = (11, 12, 1, 2, 3)
SUMMER: Final = (6, 7, 8)
RAINS: Final = (6, 7, 8, 9)


@dataclass(frozen=True)
class Situation:
    """One thing that comes up at a door, written with variants and slots (see phrases).

    `ends` are (outcome, what the visitor did); `needs` and `without` are tags of a scene.
    """

    key: str
    theme: str
    say: tuple[str, ...]
    ends: tuple[tuple[str, str], ...]
    matter: str
    more: tuple[str, ...] = ()
    step: str = ""
    later: str = ""
    months: tuple[int, ...] = ()
    needs: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def fits(self, month: int, tags: frozenset[str]) -> bool:
        return (
            (not self.months or month in self.months)
            and all(tag in tags for tag in self.needs)
            and not any(tag in tags for tag in self.without)
        )


@dataclass(frozen=True)
class Line:
    """A sentence of everyday life: no matter comes of it."""

    text: str
    needs: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    months: tuple[int, ...] = ()
    #: The kind of remark; a record holds at most one of a kind.
    about: str = ""

    def fits(self, month: int, tags: frozenset[str]) -> bool:
        return (
            (not self.months or month in self.months)
            and all(tag in tags for tag in self.needs)
            and not any(tag in tags for tag in self.without)
        )


@dataclass(frozen=True)
class MatterDraft:
    theme: str
    text: str
    outcome: str


@dataclass(frozen=True)
class Note:
    """What a visitor wrote down: the text, the matters in it and the own next step."""

    text: str = ""
    matters: tuple[MatterDraft, ...] = ()
    next_step: str = ""
    #: Keys of the situations told, so that a later visit can take them up again.
    keys: tuple[str, ...] = ()
