"""维持: the resident is not satisfied, somebody else looked again, and the result stays."""

from __future__ import annotations

from grievances.selectors.verdicts import has_bad_verdict, is_upheld
from grievances.services.asks.common import Asked, Done, tell_resident
from grievances.services.move_checks import check_not_by_whom_concluded
from portal.core.errors import DomainError


def uphold(asked: Asked) -> Done:
    """Decided once a round, with the basis, by somebody else than who passed the result."""
    grievance = asked.grievance
    if is_upheld(grievance):
        raise DomainError("已决定维持原办理结果。")
    if not has_bad_verdict(grievance):
        raise DomainError("诉求人没有表示不满意或未解决，不需要维持说明。")
    check_not_by_whom_concluded(grievance, asked.actor)
    tell_resident(asked)
    grievance.save(update_fields=["public_words"])
    return Done(asked.entry.reason.strip())
