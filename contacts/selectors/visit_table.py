"""The rows of the list of visits as plain cells, at the pace of an export."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final

from django.utils import timezone

from contacts.querysets import VisitQuerySet
from contacts.selectors.visit_rows import VOIDED, RowReader, VisitRow
from contacts.selectors.words import People
from portal.accounts.models import Post
from portal.core.sheets.listing import in_batches
from portal.core.sheets.writing import Cell

#: Rows read at once.
BATCH: Final = 2_000


def visit_cells(
    *, post: Post, visits: VisitQuerySet, order: Sequence[str], now: dt.datetime
) -> Iterator[tuple[Cell, ...]]:
    """Time, whom, people, channel, place, result, text, matters, who went, marks.

    The list as it is now: which visits and in which order is asked once, what they say as they are
    written, so that the database need not put a million texts aside.
    """
    reader = RowReader(post, now, People(many=True).all_masked)
    ids = visits.order_by(*order).values_list("pk", flat=True).iterator(chunk_size=BATCH)
    zone = timezone.get_current_timezone()
    for batch in in_batches(ids, BATCH):
        for row in reader.rows(batch):
            yield cells_of(row, zone)


def cells_of(row: VisitRow, zone: dt.tzinfo | None = None) -> tuple[Cell, ...]:
    """The cells of a row of the page; times as in ``zone``, the current one unless said."""
    marks = row.marks
    return (
        timezone.make_naive(row.occurred_at, zone),
        row.title,
        row.people,
        row.channel,
        row.place,
        VOIDED if row.is_voided else row.result,
        row.text,
        row.matters,
        row.who,
        "、".join(marks) if marks else "",
    )
