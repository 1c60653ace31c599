"""What the resident said of it: which round it is about, and whether it can be said now."""

from __future__ import annotations

from typing import Final

from grievances.kinds import Regime, State
from grievances.models import FollowUp, Grievance

#: The office has said what became of it.
_RATEABLE: Final = frozenset({State.CONCLUDED, State.FOLLOWED_UP, State.FILED})


def main_of(grievance: Grievance) -> Grievance:
    """The one that is handled: itself, or the one it was merged into."""
    return grievance.merged_into or grievance


def verdict_of(grievance: Grievance) -> FollowUp | None:
    """What its resident said of the present round of the one that is handled."""
    found: FollowUp | None = FollowUp.objects.filter(
        grievance=grievance, round=main_of(grievance).round, outcome=FollowUp.Outcome.ANSWERED
    ).first()
    return found


def is_rateable(grievance: Grievance) -> bool:
    """Whether there is a result of the present round that the resident may judge."""
    main = main_of(grievance)
    return main.state in _RATEABLE and main.regime != Regime.PETITION
