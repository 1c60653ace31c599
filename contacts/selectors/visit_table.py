"""The rows of the list of visits as plain cells, at the pace of an export."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from django.utils import timezone

from contacts.models import Household
from contacts.querysets import VisitQuerySet
from contacts.selectors.veil import Veil
from contacts.selectors.visit_reading import VisitRead
from contacts.selectors.visit_rows import VOIDED, RowReader, VisitRow, row_columns
from contacts.selectors.words import Place, Spoken, masked_texts
from portal.accounts.models import Post
from portal.core.sheets.writing import Cell

#: Rows read at once.
BATCH: Final = 2_000


def visit_cells(
    *, post: Post, visits: VisitQuerySet, order: Sequence[str], now: dt.datetime
) -> Iterator[tuple[Cell, ...]]:
    """Time, whom, people, channel, place, result, text, matters, who went, marks."""
    reader = RowReader(post, now, _Masking(post).masked)
    read = row_columns(visits.order_by(*order)).iterator(chunk_size=BATCH)
    while batch := list(map(VisitRead._make, islice(read, BATCH))):
        yield from map(cells_of, reader.rows(batch))


def cells_of(row: VisitRow) -> tuple[Cell, ...]:
    """The cells of a row of the page."""
    return (
        timezone.make_naive(row.occurred_at),
        row.title,
        row.people,
        row.channel,
        row.place,
        VOIDED if row.is_voided else row.result,
        row.text,
        row.matters,
        row.who,
        "、".join(row.marks),
    )


class _Masking:
    """By ``Veil`` what was said where a household has always lived; the rest as on a page."""

    def __init__(self, post: Post) -> None:
        self._veil = Veil(Household.objects.visible_to(post))

    def masked(self, spoken: Sequence[Spoken]) -> list[str]:
        ordinary = [self._is_ordinary(one.place) for one in spoken]
        quick = iter(
            self._veil.masked([s for s, plain in zip(spoken, ordinary, strict=True) if plain])
        )
        slow = iter(
            masked_texts([s for s, plain in zip(spoken, ordinary, strict=True) if not plain])
        )
        return [next(quick) if plain else next(slow) for plain in ordinary]

    def _is_ordinary(self, place: Place) -> bool:
        """In a community, and at a household, if at one, that has always lived there."""
        if place.community_id is None:
            return False
        if place.household_id is None:
            return place.building_id is None
        return (
            place.building_id is not None
            and place.building_id == place.lives_in
            and place.household_id not in self._veil.moved
        )
