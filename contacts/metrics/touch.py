"""Saying that figures have changed, in the transaction of the change.

    touch_visit(visit)                        # written, edited, voided, a matter changed
    touch_visit(visit, also_on=[old_day])     # its day was changed
    touch_household(household)                # registered, ended, merged, last met on another day;
                                              # for a move: once before and once after the change
    touch_households(queryset)                # the same for many
    touch_cares(household_id)                 # its care categories changed
    touch_service(session)                    # a session or an entry written or voided

Loading rows past the services: ``portal.metrics.services.forget`` or ``rebuild_figures``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from contacts.metrics.rules import DOOR, LEAF
from contacts.models import Household, ServiceSession, Visit
from contacts.querysets import HouseholdQuerySet
from portal.metrics.registry import Leaf
from portal.metrics.services import mark


def _leaf_of(row: Visit | Household | ServiceSession) -> Leaf:
    return (row.district_id, row.street_id, row.community_id or 0)


def touch_visit(visit: Visit, *, also_on: Collection[dt.date] = ()) -> None:
    """The numbers of its place around its day; call it while the household is locked.

    A household that was met elsewhere too is counted once above both places, so these others
    change as well.
    """
    leaves = {_leaf_of(visit)}
    if visit.household_id is not None:
        elsewhere = Visit.objects.filter(household_id=visit.household_id).exclude(
            district_id=visit.district_id,
            street_id=visit.street_id,
            community_id=visit.community_id,
        )
        found = elsewhere.order_by().values_list(*LEAF).distinct()
        leaves |= {(top, middle, leaf or 0) for top, middle, leaf in found}
    mark("visits", leaves=sorted(leaves), days=sorted({visit.occurred_on, *also_on}))


def touch_household(household: Household) -> None:
    """The numbers of the register where it lives now."""
    mark("register", leaves=[_leaf_of(household)])


def touch_households(households: HouseholdQuerySet) -> None:
    """The same for many at once: one mark for each of their communities."""
    leaves = households.order_by().values_list(*LEAF).distinct()
    mark("register", leaves=sorted((top, middle, leaf) for top, middle, leaf in leaves))


def touch_cares(household_id: int) -> None:
    """Whether its visits were to a hardship household: on every day it was met."""
    met = Visit.objects.valid().filter(DOOR, household_id=household_id).order_by()
    for top, middle, leaf, day in met.values_list(*LEAF, "occurred_on").distinct():
        mark("visits", leaves=[(top, middle, leaf or 0)], days=[day])


def touch_service(session: ServiceSession, *, also_on: Collection[dt.date] = ()) -> None:
    """The numbers of its community around its day."""
    mark("services", leaves=[_leaf_of(session)], days=sorted({session.held_on, *also_on}))
