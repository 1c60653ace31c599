"""Grievances that a search found, as one post may read them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

from django.urls import reverse

from grievances.kinds import State
from grievances.models import Grievance
from grievances.selectors.words import GrievanceWords
from portal.accounts.models import Post


class FoundGrievance(NamedTuple):
    """Nothing in here needs masking again."""

    number: str
    #: All of its words.
    text: str
    place: str
    state: str
    received_at: dt.datetime

    @property
    def url(self) -> str:
        return reverse("grievances:grievance", args=[self.number])


def found_grievances(post: Post, ids: Iterable[int]) -> dict[int, FoundGrievance]:
    """By id, those that the post may still find; restricted ones never. At most four queries."""
    asked = list(ids)
    if not asked:
        return {}
    rows = list(
        Grievance.objects.listed_for(post)
        .filter(pk__in=asked)
        .select_related("street", "community")
        .order_by()
    )
    lines = {
        row.pk: " · ".join(" ".join(t.split()) for t in (row.text, row.place) if t) for row in rows
    }
    words = GrievanceWords(rows, texts=lines.values())
    return {
        row.pk: FoundGrievance(
            number=row.number,
            text=words.masked(row, lines[row.pk]),
            place=(row.community or row.street).name,
            state=str(State(row.state).label),
            received_at=row.received_at,
        )
        for row in rows
    }
