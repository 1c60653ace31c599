"""待转诉求: matters that waited for the grievance desk become grievances, once there is one."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction

from contacts import ports
from contacts.metrics.touch import touch_visit
from contacts.models import Matter
from portal.audit.services import record

#: Opened in one transaction: the numbers of a street are held as long.
BATCH: Final = 50


def open_waiting(*, now: dt.datetime) -> int:
    """Open a grievance for every matter that waits; how many.

    Again, it opens nothing twice; interrupted, it goes on. Voided visits are left alone. Opens
    nothing while there is no desk.
    """
    opened, after = 0, 0
    while True:
        with transaction.atomic():
            batch = list(
                Matter.objects.select_for_update(of=("self",))
                .filter(
                    outcome=Matter.Outcome.ESCALATED,
                    grievance_number="",
                    visit__voided_at__isnull=True,
                    pk__gt=after,
                )
                .select_related("visit")
                .order_by("pk")[:BATCH]
            )
            if not batch:
                return opened
            opened += sum(_open(matter, now) for matter in batch)
            after = batch[-1].pk


def _open(matter: Matter, now: dt.datetime) -> bool:
    number = ports.escalate.implementation(matter=matter, actor=None, now=now)
    if not number:
        return False
    matter.grievance_number = number
    matter.save(update_fields=["grievance_number"])
    touch_visit(matter.visit)
    visit = matter.visit
    record(actor=None, action="visit.escalate", obj=visit, district_id=visit.district_id)
    return True
