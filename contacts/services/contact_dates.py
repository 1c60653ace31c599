"""The two dates a household carries: derived from its valid visits, never typed."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max, Q

from contacts.metrics import touch_household
from contacts.models import Household, Visit


def refresh(household_id: int, *, held: Household | None = None) -> None:
    """Recompute ``last_contact_on`` and ``last_met_on``; call after any change of a visit.

    The row is locked before the visits are read: of two visits written at the same time, the
    second sees the first. ``held`` is the household as the caller has read and locked it.
    """
    with transaction.atomic(savepoint=False):
        _refresh(held or _locked(household_id))


def _locked(household_id: int) -> Household:
    rows = Household.objects.select_for_update(no_key=True)
    household: Household = rows.only(
        "district", "street", "community", "last_contact_on", "last_met_on"
    ).get(pk=household_id)
    return household


def _refresh(household: Household) -> None:
    dates = (
        Visit.objects.filter(household=household)
        .contact_made()
        .aggregate(
            last_contact_on=Max("occurred_on"),
            last_met_on=Max("occurred_on", filter=Q(channel=Visit.Channel.DOOR)),
        )
    )
    if all(getattr(household, name) == day for name, day in dates.items()):
        return
    Household.objects.filter(pk=household.pk).update(**dates)
    if dates["last_met_on"] != household.last_met_on:
        touch_household(household)
