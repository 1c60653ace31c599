"""催办 of one unit for all its cases at once: one event on each, at most once a day."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from grievances.models import Grievance
from grievances.selectors.chases import CHASE, SHEET, chased_today, to_chase
from grievances.services.events import add_event
from grievances.services.liaisons import check_keeps_book
from portal.accounts.models import Post
from portal.audit.services import record_all


@transaction.atomic
def chase_unit(*, actor: Post, unit_id: int, now: dt.datetime) -> int:
    """Note that the unit was reminded of what stands on its sheet; how many are noted anew.

    Raises ``PermissionDenied`` for who runs no desk.
    """
    check_keeps_book(actor)
    found = to_chase(actor, now=now).filter(lead=unit_id).order_by("due_at", "pk")
    ids = list(found.values_list("pk", flat=True)[:SHEET])
    # Held before what was chased is read: two desks at once note one event.
    rows = list(Grievance.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))
    done = set(chased_today(Grievance.objects.filter(pk__in=ids), now=now))
    anew = [row for row in rows if row.number not in done]
    for row in anew:
        add_event(row, CHASE, actor=actor, now=now)
    record_all(actor=actor, action="grievance.chase", objs=anew)
    return len(anew)
