"""The two dates a household carries: derived from its valid visits, never typed."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max, Q

from contacts.metrics import touch_household
from contacts.models import Household, Visit


@transaction.atomic
def refresh(household_id: int) -> None:
    """Recompute ``last_contact_on`` and ``last_met_on``; call after any change of a visit.

    The row is locked before the visits are read: of two visits written at the same time, the
    second sees the first.
    """
    rows = Household.objects.select_for_update(no_key=True)
    household = rows.only("district", "street", "community", "last_met_on").get(pk=household_id)
    dates = (
        Visit.objects.filter(household_id=household_id)
        .contact_made()
        .aggregate(
            last_contact_on=Max("occurred_on"),
            last_met_on=Max("occurred_on", filter=Q(channel=Visit.Channel.DOOR)),
        )
    )
    Household.objects.filter(pk=household_id).update(**dates)
    if dates["last_met_on"] != household.last_met_on:
        touch_household(household)
