"""The two dates a household carries: derived from its valid visits, never typed."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max, Q

from contacts.models import Household, Visit


@transaction.atomic
def refresh(household_id: int) -> None:
    """Recompute ``last_contact_on`` and ``last_met_on``; call after any change of a visit.

    The row is locked before the visits are read: of two visits written at the same time, the
    second sees the first.
    """
    Household.objects.select_for_update(no_key=True).only("pk").get(pk=household_id)
    dates = (
        Visit.objects.filter(household_id=household_id)
        .contact_made()
        .aggregate(
            last_contact_on=Max("occurred_on"),
            last_met_on=Max("occurred_on", filter=Q(channel=Visit.Channel.DOOR)),
        )
    )
    Household.objects.filter(pk=household_id).update(**dates)
