"""待转诉求 of all time: the head of the list of their records."""

from __future__ import annotations

from contacts.models import Matter
from contacts.querysets import VisitQuerySet
from contacts.selectors.figures import Figure
from portal.metrics import registry


def waiting_figure(visits: VisitQuerySet) -> Figure:
    """How many matters of these visits wait; a visit may have several. One query.

    What waits is open whatever its day, so the figure is asked of no period; the list it heads
    is the one it is counted in.
    """
    waiting = Matter.objects.filter(
        visit__in=visits.order_by().values("pk"),
        outcome=Matter.Outcome.ESCALATED,
        grievance_number="",
    )
    return Figure(metric=registry.get("waiting"), value=waiting.count())


__all__ = ["waiting_figure"]
