"""Rows of lists of grievances, for a page and for a file: what each shows, masked together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from contacts.selectors.words import Spoken
from grievances.kinds import ENDED, Nature, Regime, Source, State, Urgency
from grievances.models import Grievance
from grievances.selectors.words import place_of, raisers_of
from portal.core import rows
from portal.core.periods import day_of
from portal.core.templatetags.portal import cn_date

#: How much of a text a row carries; the page of the grievance has it all.
ROW_TEXT: Final = 60
#: Longer than a name: half of one must not begin where a row ends.
_MARGIN: Final = 40
RESTRICTED: Final = "封存"
#: What stands in place of a restricted text wherever several are shown together.
SEALED: Final = "内容已封存，点开编号查看"
#: So many days before the day something is shown as due soon.
SOON: Final = 3

Mask = Callable[[Sequence[Spoken]], list[str]]

_STATES: Final = {value: str(label) for value, label in State.choices}
_NATURES: Final = {value: str(label) for value, label in Nature.choices}
_REGIMES: Final = {value: str(label) for value, label in Regime.choices}
_SOURCES: Final = {value: str(label) for value, label in Source.choices}
_URGENCIES: Final = {value: str(label) for value, label in Urgency.choices}


class Due(NamedTuple):
    """How a deadline stands, in words, with the tone of its tag ("" , due or overdue)."""

    words: str
    tone: str = ""

    @property
    def tag(self) -> SafeString:
        tone = f" tag-{self.tone}" if self.tone else ""
        return mark_safe(f'<span class="tag{tone}">{rows.safe(self.words)}</span>')  # noqa: S308 -- escaped


class GrievanceRow(NamedTuple):
    """One grievance in a list; nothing in here needs masking again."""

    number: str
    regime: str
    nature: str
    source: str
    urgency: str
    state: str
    text: str
    #: Down to the building, with the words about the place.
    place: str
    #: The unit that leads; "" while none does.
    lead: str
    received_at: dt.datetime
    due: Due | None
    due_on: dt.date | None
    is_restricted: bool

    @property
    def url(self) -> str:
        return reverse("grievances:grievance", args=[self.number])

    @property
    def line(self) -> rows.Line:
        """How it reads in a list."""
        return rows.Line(
            url=self.url,
            title=self.number,
            tags=self.tags,
            text=self.text,
            notes=(self.with_due(self.facts),),
        )

    @property
    def tags(self) -> list[str]:
        tags = [self.state]
        if self.urgency != _URGENCIES[Urgency.ORDINARY]:
            tags.append(self.urgency)
        return [*tags, RESTRICTED] if self.is_restricted else tags

    def with_due(self, words: str) -> str:
        """``words`` behind the tag of the day."""
        if self.due is None:
            return words
        return mark_safe(f"{self.due.tag} {rows.safe(words)}")  # noqa: S308 -- both escaped

    @property
    def facts(self) -> str:
        lead = f"主办：{self.lead}" if self.lead else ""
        told = (self.nature, self.place, lead, f"{cn_date(self.received_at)} 收到")
        return " · ".join(filter(None, told))


def due_of(grievance: Grievance, *, now: dt.datetime) -> Due | None:
    """今天到期, 还有3天, 过期2天: in days of the calendar; None where nothing is waited for.

    Due today is not overdue. How the day was counted is said on the page of the grievance.
    """
    if grievance.state in ENDED:
        return None
    if grievance.due_at is None or grievance.due_on is None:
        return Due(f"{grievance.relook_on} 回看") if grievance.relook_on else None
    days = (grievance.due_on - day_of(now)).days
    if now > grievance.due_at:
        return Due(f"过期{-days}天" if days else "已过期", "overdue")
    if not days:
        return Due("今天到期", "due")
    return Due(f"还有{days}天", "due" if days <= SOON else "")


def read_rows(ids: Iterable[int]) -> dict[int, Grievance]:
    """What rows show of these grievances; one query.

    SECURITY: ``ids`` are of grievances the post may read.
    """
    named: QuerySet[Grievance] = Grievance.objects.filter(pk__in=list(ids)).select_related(
        "street", "community", "building", "lead"
    )
    return {row.pk: row for row in named.order_by()}


class RowReader:
    """Makes rows of any number of grievances, batch by batch; ``mask`` hides whom texts name."""

    def __init__(self, mask: Mask, *, now: dt.datetime) -> None:
        self.mask, self.now = mask, now

    def rows(self, ids: Sequence[int]) -> list[GrievanceRow]:
        """One for each of the grievances there are, in the order of ``ids``; few queries.

        SECURITY: ``ids`` are of grievances the post may read.
        """
        read = read_rows(ids)
        batch = [read[pk] for pk in ids if pk in read]
        return [
            self._row(row, text, place)
            for row, (text, place) in zip(batch, self._words(batch), strict=True)
        ]

    def _words(self, batch: Sequence[Grievance]) -> list[tuple[str, str]]:
        """Text and place of each as they may be read: masked all at once, then cut."""
        if not batch:
            return []
        raisers = raisers_of([row.pk for row in batch])
        spoken = [
            Spoken(place_of(row), words, raisers.get(row.pk, frozenset()))
            for row in batch
            for words in (row.text[: ROW_TEXT + 2 * _MARGIN], row.place)
        ]
        words = iter(self.mask(spoken))
        return [(_cut(text), place) for text, place in zip(words, words, strict=True)]

    def _row(self, row: Grievance, text: str, place: str) -> GrievanceRow:
        return GrievanceRow(
            number=row.number,
            regime=_REGIMES[row.regime],
            nature=_NATURES[row.nature],
            source=_SOURCES[row.source],
            urgency=_URGENCIES[row.urgency],
            state=_STATES[row.state],
            text=SEALED if row.is_restricted else text,
            place=" ".join(filter(None, (*_units(row), place))),
            lead=row.lead.name if row.lead else "",
            received_at=row.received_at,
            due=due_of(row, now=self.now),
            due_on=row.due_on,
            is_restricted=row.is_restricted,
        )


def _units(row: Grievance) -> tuple[str, ...]:
    """Where it lies, never nearer than the building; of a restricted one the street alone."""
    if row.is_restricted or row.community is None:
        return (row.street.name,)
    return (row.community.name, row.building.name) if row.building else (row.community.name,)


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= ROW_TEXT else f"{text[:ROW_TEXT]}…"
