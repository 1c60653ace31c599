"""看板: the open grievances of a post by what is done with them next."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db.models import Case, Count, F, Value, When, Window
from django.db.models.functions import RowNumber
from django.urls import reverse

from grievances.kinds import State
from grievances.models import Grievance
from grievances.selectors.rows import GrievanceRow, Mask, RowReader

if TYPE_CHECKING:
    from grievances.querysets import GrievanceQuerySet
    from portal.accounts.models import Post

#: So many of each column are shown; the rest is behind the links of its states.
COLUMN_ROWS: Final = 10
#: Every open state, once.
COLUMNS: Final[tuple[tuple[State, ...], ...]] = (
    (State.REGISTERED, State.ACCEPTED),
    (State.ASSIGNED, State.OBJECTED),
    (State.IN_HAND,),
    (State.NOT_NOW,),
    (State.REPLIED,),
    (State.CONCLUDED, State.FOLLOWED_UP),
    (State.OPINION, State.IN_REVIEW, State.REVIEWED, State.IN_RECHECK),
)
#: The states after a 处理意见书 belong together under the name of what may follow it.
_TITLES: Final = {State.OPINION: "处理意见·复查复核"}


@dataclass(frozen=True, slots=True)
class StateLink:
    """One state of a column, how many are in it, and the list of them."""

    label: str
    number: int
    url: str


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    states: tuple[StateLink, ...]
    #: The first by due date, masked already.
    rows: tuple[GrievanceRow, ...]

    @property
    def number(self) -> int:
        """How many there are, exactly."""
        return sum(state.number for state in self.states)

    @property
    def is_cut(self) -> bool:
        return self.number > len(self.rows)


def board_of(*, post: Post, now: dt.datetime, mask: Mask) -> list[Column]:
    """The columns for this post, restricted ones in none; the number of queries is constant."""
    listed = Grievance.objects.listed_for(post).open().order_by()
    counts = dict(listed.values_list("state").annotate(number=Count("pk")))
    first = _first_of(listed)
    read = RowReader(mask, now=now).rows([pk for column in first.values() for pk, _ in column])
    rows = {row.number: row for row in read}
    return [
        Column(
            title=_TITLES.get(states[0], "·".join(str(state.label) for state in states)),
            states=tuple(_link(state, counts.get(state, 0)) for state in states),
            rows=tuple(rows[number] for _, number in first[place] if number in rows),
        )
        for place, states in enumerate(COLUMNS)
    ]


def _first_of(listed: GrievanceQuerySet) -> dict[int, list[tuple[int, str]]]:
    """Column → id and number of those shown in it, the nearest day first; one query."""
    places = [When(state__in=states, then=Value(place)) for place, states in enumerate(COLUMNS)]
    by_day = (F("due_at").asc(nulls_last=True), F("relook_on").asc(nulls_last=True), F("pk").asc())
    found = (
        listed.annotate(column=Case(*places))
        .annotate(nth=Window(RowNumber(), partition_by=F("column"), order_by=by_day))
        .filter(nth__lte=COLUMN_ROWS)
        .order_by("column", "nth")
        .values_list("column", "pk", "number")
    )
    first: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for place, pk, number in found:
        first[place].append((pk, number))
    return first


def _link(state: State, number: int) -> StateLink:
    return StateLink(str(state.label), number, f"{reverse('grievances:list')}?state={state.value}")
