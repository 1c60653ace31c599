"""The households a post answers for, read once for everything on a page that asks about them."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from contacts.models import Household, HouseholdCare
from portal.accounts.models import Post
from portal.accounts.outline import Scoped
from portal.core.db.prepared import Day


class OwnHome(NamedTuple):
    """One of them, as far as a choice among hundreds needs it."""

    id: int
    #: Place on the way: the building, then the door.
    path: str
    door: str
    wish: str
    wish_until: dt.date | None
    last_met_on: dt.date | None
    last_contact_on: dt.date | None
    is_hardship: bool


def own_homes(*, post: Post, today: dt.date) -> list[OwnHome]:
    """Every household in use that ``post`` answers for on that day; one query."""
    return [OwnHome(*row) for row in _OWN.rows(post, on=today)]


def _own(post: Post, *, on: Any) -> QuerySet[Household, Any]:
    in_force = Q(since__lte=on) & (Q(until__isnull=True) | Q(until__gt=on))
    cares = HouseholdCare.objects.filter(in_force, household=OuterRef("pk"))
    rows = Household.objects.own(post, on).in_use().order_by()
    rows = rows.annotate(hardship=Exists(cares.filter(category__is_hardship=True)))
    return rows.values_list(
        "pk", "building__path", "door_order", "door_wish", "door_wish_until",
        "last_met_on", "last_contact_on", "hardship",
    )  # fmt: skip


_OWN: Final = Scoped(_own, on=Day)
