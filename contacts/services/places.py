"""What follows a unit that moves or changes its name: addresses do, visits keep their day's place."""

from __future__ import annotations

from itertools import islice
from typing import Final

from django.db import transaction
from django.db.models import Case, OuterRef, Subquery, When

from contacts.metrics import touch_households
from contacts.models import Household
from contacts.querysets import HouseholdQuerySet
from contacts.search import HOUSEHOLD, household_document
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation
from portal.search import services as search

BATCH: Final = 500
#: Units whose name or place a household is found by.
_SPOKEN: Final = frozenset(
    {OrganisationKind.COMMUNITY, OrganisationKind.GRID, OrganisationKind.BUILDING}
)


@transaction.atomic
def follow_unit(*, unit: Organisation) -> None:
    """Bring the households of the unit's buildings to where the buildings lie now.

    In the transaction of the change. Visits, duties and former moves are not touched.
    """
    if unit.kind not in _SPOKEN | {OrganisationKind.STREET}:
        return
    inside = _households(unit)
    touch_households(inside.in_use())  # where they are counted now
    building = Organisation.objects.filter(pk=OuterRef("building_id"))
    in_grid = Case(When(parent__kind=OrganisationKind.GRID, then="parent_id"))
    inside.update(
        district_id=Subquery(building.values("district_id")),
        street_id=Subquery(building.values("street_id")),
        community_id=Subquery(building.values("community_id")),
        grid_id=Subquery(building.annotate(in_grid=in_grid).values("in_grid")),
    )
    touch_households(inside.in_use())
    _find_again(inside)


def keeps_unit(*, unit: Organisation) -> str:
    """Households that would be left without a building; "" when there are none."""
    count = _households(unit).in_use().count() if unit.kind in _SPOKEN else 0
    return f"还有{count}户住户登记在这里" if count else ""


def _households(unit: Organisation) -> HouseholdQuerySet:
    buildings = Organisation.objects.within(unit.path).filter(kind=OrganisationKind.BUILDING)
    found: HouseholdQuerySet = Household.objects.filter(building__in=buildings)
    return found


def _find_again(households: HouseholdQuerySet) -> None:
    """A household is found by the names of its places: make them the present ones."""
    rows = households.in_use().select_related("community", "grid", "building").order_by("pk")
    each = rows.iterator(chunk_size=BATCH)
    while batch := list(islice(each, BATCH)):
        search.index_several(kind=HOUSEHOLD, documents=[household_document(row) for row in batch])
