"""The rows of the list of visits as plain cells, at the pace of an export.

The same cells as ``visit_rows`` gives (a test holds them together for every role): ordinary home
visits are read without models and masked by ``Veil``; whatever is not ordinary by the page's own
rows.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

from django.db.models import F
from django.utils import timezone

from contacts.models import Household, Matter, Resident, Visit, VisitPerson
from contacts.models.households import door_words
from contacts.models.visits import NO_ANSWER
from contacts.querysets import VisitQuerySet
from contacts.selectors.sight import Sight, shown_name, sight
from contacts.selectors.veil import Spoken, Veil
from contacts.selectors.visits import ROW_READ, ROW_TEXT, VisitRow, visit_rows
from portal.accounts.models import Organisation, Post, User
from portal.core.sheets.writing import Cell

#: Rows read at once.
BATCH: Final = 2_000
#: How much of a matter a row of the page carries (28 with what stands for the rest).
MATTER_TEXT: Final = 25
VOIDED: Final = "作废"
TO_COMPLETE: Final = "待补记"
_CHANNELS: Final = {value: str(label) for value, label in Visit.Channel.choices}
_RESULTS: Final = {value: str(label) for value, label in Visit.Result.choices}
_OUTCOMES: Final = {value: str(label) for value, label in Matter.Outcome.choices}
_HOME: Final = str(Visit.Kind.HOME.label)


class _Read(NamedTuple):
    """What is read of a visit."""

    pk: int
    kind: str
    household_id: int | None
    building_id: int | None
    community_id: int | None
    post_id: int
    occurred_at: dt.datetime
    channel: str
    result: str
    text: str
    to_complete: bool
    voided_at: dt.datetime | None
    lives_in: int | None


class _Line(NamedTuple):
    """A household as the post may read it."""

    address: str
    people: str
    is_full: bool


class _Told(NamedTuple):
    """A matter of a visit."""

    outcome: str
    text: str
    waiting: bool


def visit_cells(
    *, post: Post, visits: VisitQuerySet, order: Sequence[str], now: dt.datetime
) -> Iterator[tuple[Cell, ...]]:
    """Time, whom, people, channel, place, result, text, matters, who went, marks."""
    reader = _Table(post, now)
    rows = visits.order_by(*order).annotate(lives_in=F("household__building_id"))
    read = rows.values_list(*_Read._fields).iterator(chunk_size=BATCH)
    while batch := [_Read._make(row) for row in islice(read, BATCH)]:
        yield from reader.cells(batch)


def cells_of(row: VisitRow) -> tuple[Cell, ...]:
    """The cells of a row of the page."""
    visit = row.visit
    at_home = visit.kind == Visit.Kind.HOME
    return (
        timezone.localtime(visit.occurred_at),
        row.title,
        row.people,
        _CHANNELS[visit.channel] if at_home else "",
        "" if at_home else row.place,
        VOIDED if row.is_voided else visit.result_words if at_home else "",
        row.text,
        _matters([(one.outcome_words, one.text) for one in row.matters]),
        row.who,
        _marks(
            to_complete=visit.to_complete and not row.is_voided,
            waiting=bool(row.waiting),
        ),
    )


class _Table:
    def __init__(self, post: Post, now: dt.datetime) -> None:
        self.post, self.now = post, now
        self.community_id = post.organisation.scope_ids().community_id
        self.zone = timezone.get_current_timezone()
        self.veil = Veil(Household.objects.visible_to(post))
        self.places: dict[int, str] = {}
        self.users: dict[int, str] = {}

    def cells(self, batch: Sequence[_Read]) -> Iterator[tuple[Cell, ...]]:
        plain = [row for row in batch if self._is_ordinary(row)]
        found = dict(zip((row.pk for row in plain), self._ordinary(plain), strict=True))
        others = [row.pk for row in batch if row.pk not in found]
        found |= self._others(others)
        for row in batch:
            yield found[row.pk]

    def _is_ordinary(self, row: _Read) -> bool:
        """A home visit to a household that lives where it was visited, and always has."""
        return (
            row.kind == Visit.Kind.HOME
            and row.community_id is not None
            and row.building_id is not None
            and row.building_id == row.lives_in
            and row.household_id not in self.veil.moved
        )

    def _others(self, ids: Collection[int]) -> dict[int, tuple[Cell, ...]]:
        if not ids:
            return {}
        visits = list(Visit.objects.visible_to(self.post).for_list().filter(pk__in=ids))
        rows = visit_rows(post=self.post, visits=visits, now=self.now)
        return {row.visit.pk: cells_of(row) for row in rows}

    def _ordinary(self, batch: Sequence[_Read]) -> Iterator[tuple[Cell, ...]]:
        if not batch:
            return
        ids = [row.pk for row in batch]
        self._name_places(batch)
        lines, who, matters = self._lines(batch), self._who(ids), _matters_of(ids)
        texts = self._texts(batch, lines, matters)
        for row in batch:
            yield self._cells(row, lines.get(row.household_id or 0), who.get(row.pk, ""), texts)

    def _cells(
        self, row: _Read, line: _Line | None, who: str, texts: Iterator[Any]
    ) -> tuple[Cell, ...]:
        text, matters, waiting = next(texts)
        voided = row.voided_at is not None
        return (
            row.occurred_at.astimezone(self.zone),
            line.address if line else f"{_HOME} · {self.places[row.community_id or 0]}",
            line.people if line else "",
            _CHANNELS[row.channel],
            "",
            VOIDED if voided else _result(row),
            text,
            matters,
            who,
            _marks(to_complete=row.to_complete and not voided, waiting=waiting),
        )

    def _texts(
        self,
        batch: Sequence[_Read],
        lines: dict[int, _Line],
        matters: defaultdict[int, list[_Told]],
    ) -> Iterator[tuple[str, str, bool]]:
        """Text, matters, and whether one waits, for each row: masked all at once."""
        spoken: list[Spoken] = []
        for row in batch:
            if not self._sees(row, lines):
                where = (row.building_id or 0, row.community_id or 0)
                spoken.append(Spoken(*where, row.text[:ROW_READ]))
                spoken.extend(Spoken(*where, one.text) for one in matters.get(row.pk, ()))
        masked = iter(self.veil.masked(spoken))
        for row in batch:
            told = matters.get(row.pk, ())
            if self._sees(row, lines):
                text, words = row.text, [one.text for one in told]
            else:
                text, words = next(masked), [next(masked) for _ in told]
                if len(row.text) > ROW_READ and len(text) <= ROW_TEXT:
                    [text] = self.veil.masked([spoken_whole(row)])
            shown = text if len(text) <= ROW_TEXT else f"{text[:ROW_TEXT]}…"
            pairs = [(_OUTCOMES[one.outcome], word) for one, word in zip(told, words, strict=True)]
            yield shown, _matters(pairs), any(one.waiting for one in told)

    def _sees(self, row: _Read, lines: dict[int, _Line]) -> bool:
        line = lines.get(row.household_id or 0)
        return row.post_id == self.post.pk or (line is not None and line.is_full)

    def _lines(self, batch: Sequence[_Read]) -> dict[int, _Line]:
        """The households of the batch that the post may know of, as ``household_lines`` has them."""
        ids = {row.household_id for row in batch if row.household_id is not None}
        seen = sight(post=self.post, household_ids=ids, now=self.now)
        people: defaultdict[int, list[str]] = defaultdict(list)
        living = Resident.objects.filter(household__in=ids, left_on__isnull=True)
        for pk, name in living.values_list("household_id", "name"):
            people[pk].append(name)
        rows = Household.objects.visible_to(self.post).filter(pk__in=seen.known).order_by()
        columns = ("pk", "community_id", "building_id", "unit", "room")
        return {
            pk: _Line(
                self._address(community, building, unit, room, full=seen.sees(pk)),
                _short(people.get(pk, ()), seen, pk),
                seen.sees(pk),
            )
            for pk, community, building, unit, room in rows.values_list(*columns)
        }

    def _address(self, community: int, building: int, unit: str, room: str, *, full: bool) -> str:
        parts = [] if community == self.community_id else [self.places[community]]
        parts.append(self.places[building])
        if full:
            parts.append(door_words(unit, room))
        return " ".join(parts)

    def _who(self, ids: Collection[int]) -> dict[int, str]:
        went: dict[int, str] = {}
        rows = list(
            VisitPerson.objects.filter(visit__in=ids)
            .order_by("-is_lead", "pk")
            .values_list("visit_id", "user_id")
        )
        missing = {user for _, user in rows} - self.users.keys()
        if missing:
            self.users |= dict(User.objects.filter(pk__in=missing).values_list("pk", "name"))
        for visit, user in rows:
            name = self.users[user]
            went[visit] = f"{went[visit]}、{name}" if visit in went else name
        return went

    def _name_places(self, batch: Sequence[_Read]) -> None:
        ids = {pk for row in batch for pk in (row.community_id, row.building_id) if pk}
        if missing := ids - self.places.keys():
            names = Organisation.objects.filter(pk__in=missing).values_list("pk", "name")
            self.places |= dict(names)


def spoken_whole(row: _Read) -> Spoken:
    return Spoken(row.building_id or 0, row.community_id or 0, row.text)


def _short(names: Sequence[str], seen: Sight, household_id: int) -> str:
    """The first person, and how many live there."""
    if not names:
        return ""
    first = shown_name(names[0], full=seen.sees(household_id))
    return first if len(names) == 1 else f"{first}等{len(names)}人"


def _result(row: _Read) -> str:
    if row.result == Visit.Result.NOT_HOME and row.channel != Visit.Channel.DOOR:
        return NO_ANSWER
    return _RESULTS[row.result]


def _matters_of(ids: Collection[int]) -> defaultdict[int, list[_Told]]:
    found: defaultdict[int, list[_Told]] = defaultdict(list)
    rows = Matter.objects.filter(visit__in=ids).order_by("position", "pk")
    columns = ("visit_id", "outcome", "text", "grievance_number")
    for visit, outcome, text, number in rows.values_list(*columns):
        waits = outcome == Matter.Outcome.ESCALATED and not number
        found[visit].append(_Told(outcome, text, waits))
    return found


def _matters(told: Sequence[tuple[str, str]]) -> str:
    return "；".join(
        f"{outcome}：{text if len(text) <= MATTER_TEXT else text[:MATTER_TEXT] + '…'}"
        for outcome, text in told
    )


def _marks(*, to_complete: bool, waiting: bool) -> str:
    if not (to_complete or waiting):
        return ""
    marks = [TO_COMPLETE] * to_complete + [Matter.WAITING_LABEL] * waiting
    return "、".join(marks)
