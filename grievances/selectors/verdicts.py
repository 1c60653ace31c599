"""What the resident said of it: which round it is about, whether it can be said now, and what it asks for."""

from __future__ import annotations

from typing import Final

from django.db.models import Q

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


def has_bad_verdict(grievance: Grievance) -> bool:
    """Whether a resident said of this round that it was not solved, or not well.

    Also one whose own grievance was merged into it: each keeps the own verdict.
    """
    verdicts = FollowUp.objects.filter(
        Q(grievance=grievance) | Q(grievance__merged_into=grievance),
        round=grievance.round,
        outcome=FollowUp.Outcome.ANSWERED,
    )
    return any(verdict.is_bad for verdict in verdicts)


def is_upheld(grievance: Grievance) -> bool:
    """Whether 维持 was decided in this round."""
    return grievance.events.filter(move="uphold", round=grievance.round).exists()
