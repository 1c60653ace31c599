"""The rows of the list of visits as plain cells, at the pace of an export.

The same cells as ``visit_rows`` gives (a test holds them together for every role): visits are read
without models and masked by ``Veil``; what is not ordinary by the page's own rows.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from django.db.models import F
from django.db.models.functions import Left
from django.utils import timezone

from contacts.models import Household, Matter, Resident, Visit, VisitGuest, VisitPerson
from contacts.models.households import door_words
from contacts.models.visits import NO_ANSWER
from contacts.querysets import VisitQuerySet
from contacts.selectors.sight import Sight, shown_name, sight_and
from contacts.selectors.veil import Spoken, Veil
from contacts.selectors.visits import ROW_READ, ROW_TEXT, VisitRow, visit_rows
from portal.accounts.models import Organisation, Post, User
from portal.core.db.bulk import Among
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
_KINDS: Final = {value: str(label) for value, label in Visit.Kind.choices}


class _Read(NamedTuple):
    """What is read of a visit."""

    pk: int
    kind: str
    household_id: int | None
    building_id: int | None
    community_id: int | None
    post_id: int
    author_id: int
    occurred_at: dt.datetime
    channel: str
    result: str
    place: str
    #: No more of the text than a row needs, and one character that tells of more.
    beginning: str
    to_complete: bool
    voided_at: dt.datetime | None
    lives_in: int | None

    @property
    def is_home(self) -> bool:
        return self.kind == Visit.Kind.HOME


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


class _Went(NamedTuple):
    """Somebody who went along."""

    user_id: int
    post_id: int | None
    is_lead: bool


class _Words(NamedTuple):
    """The texts of a row as they may be read, and whether a matter waits."""

    text: str
    place: str
    matters: str
    waiting: bool


def visit_cells(
    *, post: Post, visits: VisitQuerySet, order: Sequence[str], now: dt.datetime
) -> Iterator[tuple[Cell, ...]]:
    """Time, whom, people, channel, place, result, text, matters, who went, marks."""
    reader = _Table(post, now)
    rows = visits.order_by(*order).annotate(
        lives_in=F("household__building_id"), beginning=Left("text", ROW_READ + 1)
    )
    read = rows.values_list(*_Read._fields).iterator(chunk_size=BATCH)
    while batch := [_Read._make(row) for row in islice(read, BATCH)]:
        yield from reader.cells(batch)


def cells_of(row: VisitRow) -> tuple[Cell, ...]:
    """The cells of a row of the page."""
    visit = row.visit
    at_home = visit.kind == Visit.Kind.HOME
    return (
        timezone.make_naive(visit.occurred_at),
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
        """In a community, and at a household, if at one, that has always lived there."""
        if row.community_id is None:
            return False
        if row.household_id is None:
            return row.building_id is None
        return (
            row.building_id is not None
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
        self._name_places(batch)
        lines, went = self._lines(batch), self._went([row.pk for row in batch])
        words = self._words(batch, lines, went)
        for row in batch:
            line = lines.get(row.household_id or 0)
            yield self._cells(row, line, self._who(row, went[row.pk]), next(words))

    def _cells(self, row: _Read, line: _Line | None, who: str, words: _Words) -> tuple[Cell, ...]:
        voided = row.voided_at is not None
        nowhere = "" if line else f"{_KINDS[row.kind]} · {self.places[row.community_id or 0]}"
        return (
            row.occurred_at.astimezone(self.zone).replace(tzinfo=None),
            line.address if line else nowhere,
            line.people if line else "",
            _CHANNELS[row.channel] if row.is_home else "",
            words.place,
            VOIDED if voided else _result(row) if row.is_home else "",
            words.text,
            words.matters,
            who,
            _marks(to_complete=row.to_complete and not voided, waiting=words.waiting),
        )

    def _words(
        self, batch: Sequence[_Read], lines: dict[int, _Line], went: dict[int, list[_Went]]
    ) -> Iterator[_Words]:
        """The texts of each row: masked all at once."""
        matters = _matters_of([row.pk for row in batch])
        guests = _guests_of([row.pk for row in batch if not row.is_home])
        plain = [self._sees(row, lines, went[row.pk]) for row in batch]
        spoken: list[Spoken] = []
        for row, open_ in zip(batch, plain, strict=True):
            if not open_:
                here, whom = (row.building_id or 0, row.community_id or 0), guests.get(row.pk, ())
                spoken.append(Spoken(*here, row.beginning[:ROW_READ], whom))
                if not row.is_home:
                    spoken.append(Spoken(*here, row.place, whom))
                spoken.extend(Spoken(*here, one.text, whom) for one in matters.get(row.pk, ()))
        masked = iter(self.veil.masked(spoken))
        for row, open_ in zip(batch, plain, strict=True):
            told = matters.get(row.pk, ())
            text = row.beginning if open_ else next(masked)
            place = "" if row.is_home else row.place if open_ else next(masked)
            words = [one.text if open_ else next(masked) for one in told]
            if not open_ and len(row.beginning) > ROW_READ and len(text) <= ROW_TEXT:
                text = self._whole(row, guests.get(row.pk, ()))
            yield _Words(
                text if len(text) <= ROW_TEXT else f"{text[:ROW_TEXT]}…",
                place,
                _matters([(_OUTCOMES[m.outcome], w) for m, w in zip(told, words, strict=True)]),
                any(one.waiting for one in told),
            )

    def _whole(self, row: _Read, guests: Collection[str]) -> str:
        """The whole text of a row where stars took the place of nearly everything."""
        text = Visit.objects.visible_to(self.post).values_list("text", flat=True).get(pk=row.pk)
        here = (row.building_id or 0, row.community_id or 0)
        return self.veil.masked([Spoken(*here, text, guests)])[0]

    def _sees(self, row: _Read, lines: dict[int, _Line], went: Sequence[_Went]) -> bool:
        """As ``VisitReader.sees_words``: what one wrote or led, and a household seen in full."""
        if row.post_id == self.post.pk:
            return True
        if not row.is_home and any(one.is_lead and one.post_id == self.post.pk for one in went):
            return True
        line = lines.get(row.household_id or 0)
        return line is not None and line.is_full

    def _lines(self, batch: Sequence[_Read]) -> dict[int, _Line]:
        """The households of the batch that the post may know of, as ``household_lines`` has them."""
        ids = {row.household_id for row in batch if row.household_id is not None}
        columns = ("community_id", "building_id", "unit", "room")
        seen, homes = sight_and(columns, post=self.post, household_ids=ids, now=self.now)
        people: defaultdict[int, list[str]] = defaultdict(list)
        living = Resident.objects.filter(Among("household_id", homes), left_on__isnull=True)
        for pk, name in living.values_list("household_id", "name"):
            people[pk].append(name)
        return {
            pk: _Line(
                self._address(*home, full=seen.sees(pk)),
                _short(people.get(pk, ()), seen, pk),
                seen.sees(pk),
            )
            for pk, home in homes.items()
        }

    def _address(self, community: int, building: int, unit: str, room: str, *, full: bool) -> str:
        parts = [] if community == self.community_id else [self.places[community]]
        parts.append(self.places[building])
        if full:
            parts.append(door_words(unit, room))
        return " ".join(parts)

    def _went(self, ids: Collection[int]) -> defaultdict[int, list[_Went]]:
        """Who went, by visit, the leading one in front."""
        rows = VisitPerson.objects.filter(Among("visit_id", ids)).order_by("-is_lead", "pk")
        went: defaultdict[int, list[_Went]] = defaultdict(list)
        for visit, *one in rows.values_list("visit_id", *_Went._fields):
            went[visit].append(_Went._make(one))
        missing = {one.user_id for found in went.values() for one in found} - self.users.keys()
        if missing:
            self.users |= dict(User.objects.filter(pk__in=missing).values_list("pk", "name"))
        return went

    def _who(self, row: _Read, went: Sequence[_Went]) -> str:
        """Their names; at a reception without somebody who only wrote it down."""
        if row.kind == Visit.Kind.RECEPTION:
            wrote = {one.user_id for one in went if not one.is_lead} & {row.author_id}
            went = [one for one in went if one.user_id not in wrote]
        return "、".join([self.users[one.user_id] for one in went])

    def _name_places(self, batch: Sequence[_Read]) -> None:
        ids = {pk for row in batch for pk in (row.community_id, row.building_id) if pk}
        if missing := ids - self.places.keys():
            names = Organisation.objects.filter(pk__in=missing).values_list("pk", "name")
            self.places |= dict(names)


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
    rows = Matter.objects.filter(Among("visit_id", ids)).order_by("position", "pk")
    columns = ("visit_id", "outcome", "text", "grievance_number")
    for visit, outcome, text, number in rows.values_list(*columns):
        waits = outcome == Matter.Outcome.ESCALATED and not number
        found[visit].append(_Told(outcome, text, waits))
    return found


def _guests_of(ids: Collection[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    if ids:
        rows = VisitGuest.objects.filter(Among("visit_id", ids)).order_by()
        for visit, name in rows.values_list("visit_id", "name"):
            found.setdefault(visit, set()).add(name)
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
