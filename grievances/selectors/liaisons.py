"""联络员 of a desk's own book; another desk's is not read, so no telephone leaves it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db import models

from grievances.models import Liaison
from grievances.selectors.move_choices import handling_units
from portal.accounts.models import Organisation, Post


def book_of(post: Post) -> models.QuerySet[Liaison]:
    """Every row that the post's own unit keeps, also those that ended."""
    return Liaison.objects.filter(keeper=post.organisation_id)


def choosable_units(post: Post, *, on: dt.date) -> models.QuerySet[Organisation]:
    """Units that may stand in the post's book: those its desk hands grievances to."""
    place = post.organisation.scope_ids()
    return handling_units(district_id=place.district_id, street_id=place.street_id, on=on)


def liaisons_by_unit(post: Post, units: Iterable[int]) -> Mapping[int, list[Liaison]]:
    """In force, of the post's own book; one query."""
    found: defaultdict[int, list[Liaison]] = defaultdict(list)
    for row in book_of(post).filter(unit__in=list(units), ended_on__isnull=True):
        found[row.unit_id].append(row)
    return found
