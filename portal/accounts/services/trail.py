"""Reading the trail leaves a trace too."""

from __future__ import annotations

from collections.abc import Sequence

from portal.accounts.models import Post
from portal.accounts.permissions import Permission
from portal.audit import selectors
from portal.audit.services import record


def record_reading(*, actor: Post, conditions: Sequence[str]) -> None:
    """The trail was opened; ``conditions`` names the filters, not what they said."""
    actor.require(Permission.READ_AUDIT)
    record(actor=actor, action="audit.read", fields=conditions)


def record_export(*, actor: Post, conditions: Sequence[str]) -> None:
    actor.require(Permission.READ_AUDIT)
    record(actor=actor, action="audit.export", fields=conditions)


def verify(*, actor: Post) -> selectors.Report:
    """Check every signature and seal now."""
    actor.require(Permission.READ_AUDIT)
    report = selectors.verify()
    record(actor=actor, action="audit.verify", reason="ok" if report.ok else "problems")
    return report
