"""What is read of visits to show dozens or thousands of them: tuples, in a few short queries."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, NamedTuple

from django.db.models import (
    Case,
    F,
    IntegerField,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Left

from contacts.models import Matter, Visit, VisitGuest, VisitPerson
from contacts.models.visits import NO_ANSWER
from contacts.selectors.name_book import Place
from contacts.selectors.sight import ShortLine, short_lines
from portal.accounts.models import Organisation, Post
from portal.core.db.bulk import Among
from portal.core.db.prepared import Numbers, Prepared

#: How much of a matter is read for a row: what it shows, and a name beyond.
MATTER_READ: Final = 70
_LED, _WENT, _RAISED = range(3)
#: Plain texts: a member of an enumeration takes several times as long to compare.
_HOME: Final = Visit.Kind.HOME.value
_NOT_HOME: Final = Visit.Result.NOT_HOME.value
_DOOR: Final = Visit.Channel.DOOR.value
_ESCALATED: Final = Matter.Outcome.ESCALATED.value
_CHANNELS: Final = {value: str(label) for value, label in Visit.Channel.choices}
_RESULTS: Final = {value: str(label) for value, label in Visit.Result.choices}
_KINDS: Final = {value: str(label) for value, label in Visit.Kind.choices}


class VisitRead(NamedTuple):
    """What is read of a visit."""

    pk: int
    client_id: uuid.UUID
    kind: str
    household_id: int | None
    building_id: int | None
    community_id: int | None
    street_id: int
    post_id: int
    author_id: int
    occurred_at: dt.datetime
    channel: str
    result: str
    place: str
    #: As much of the text as was asked for.
    beginning: str
    to_complete: bool
    voided_at: dt.datetime | None
    lives_in: int | None

    @property
    def is_home(self) -> bool:
        return self.kind == _HOME

    @property
    def kind_words(self) -> str:
        return _KINDS[self.kind]

    @property
    def channel_words(self) -> str:
        return _CHANNELS[self.channel]

    @property
    def result_words(self) -> str:
        """As ``Visit.result_words``."""
        if self.result == _NOT_HOME and self.channel != _DOOR:
            return NO_ANSWER
        return _RESULTS[self.result]

    @property
    def said_at(self) -> Place:
        return Place(
            self.household_id, self.building_id, self.community_id, self.street_id, self.lives_in
        )


class Part(NamedTuple):
    """Somebody who went along, or a matter that was raised."""

    visit_id: int
    #: Somebody who led or went along, or a matter: in this order.
    what: int
    #: In the order of who went, and of the matters.
    rank: int
    user_id: int
    post_id: int | None
    #: The name, or what was said.
    words: str
    outcome: str
    grievance: str

    @property
    def is_matter(self) -> bool:
        return self.what == _RAISED

    @property
    def has_led(self) -> bool:
        return self.what == _LED

    @property
    def is_waiting(self) -> bool:
        """As ``Matter.is_waiting``."""
        return self.outcome == _ESCALATED and not self.grievance


def read_visits(ids: Iterable[int], *, of_text: int) -> list[VisitRead]:
    """Those of them that there are, in no order, with so much of their texts; one query.

    SECURITY: ``ids`` are of visits that whoever reads may see.
    """
    return list(map(VisitRead._make, _VISITS.rows(of_text, ids=set(ids))))


def columns(visits: QuerySet[Visit], *, beginning: Combinable) -> QuerySet[Any]:
    """``visits`` as ``VisitRead``: ``map(VisitRead._make, …)``."""
    rows: QuerySet[Any] = visits.annotate(
        lives_in=F("household__building_id"), beginning=beginning
    ).values_list(*VisitRead._fields)
    return rows


class VisitReading:
    """What a post may read of visits; remembers the names of places."""

    def __init__(self, post: Post, now: dt.datetime) -> None:
        self.post, self.now = post, now
        self._community_id = post.organisation.scope_ids().community_id
        self._places: dict[int, str] = {post.organisation_id: post.organisation.name}

    def lines(self, household_ids: Iterable[int | None]) -> dict[int, ShortLine]:
        """Households the post may know of; one query."""
        ids = [pk for pk in household_ids if pk is not None]
        return short_lines(ids, post=self.post, now=self.now)

    def sees_words(self, row: VisitRead, line: ShortLine | None, parts: Sequence[Part]) -> bool:
        """As ``VisitReader.sees_words``: what one wrote or led, and a household seen in full."""
        if row.post_id == self.post.pk:
            return True
        if not row.is_home and any(p.has_led and p.post_id == self.post.pk for p in parts):
            return True
        return line is not None and line.is_full

    def name_places(self, rows: Iterable[VisitRead], lines: Mapping[int, ShortLine]) -> None:
        """Before ``place`` is asked: where there is no line, the place of the day stands."""
        ids = {_place_of(row) for row in rows if row.household_id not in lines}
        if missing := ids - self._places.keys():
            names = Organisation.objects.filter(pk__in=missing).values_list("pk", "name")
            self._places |= dict(names)

    def place(self, row: VisitRead) -> str:
        """Where it was, as far as everybody who reads it may know."""
        return self._places[_place_of(row)]


def parts_of(ids: Collection[int], *, whole: bool = False) -> defaultdict[int, list[Part]]:
    """By visit: who went, the leading one in front, then the matters; one query.

    Of a matter no more is read than a row shows, unless the ``whole``.
    """
    found: defaultdict[int, list[Part]] = defaultdict(list)
    read = _PARTS.rows(whole, visits=ids)
    for part in map(Part._make, sorted(read, key=itemgetter(1, 2))):
        found[part.visit_id].append(part)
    return found


def guests_of(ids: Collection[int]) -> dict[int, set[str]]:
    """By visit: whom a 下访 or 接访 was with; one query, if there is any such visit."""
    found: dict[int, set[str]] = {}
    if ids:
        rows = VisitGuest.objects.filter(Among("visit_id", ids)).order_by()
        for visit, name in rows.values_list("visit_id", "name"):
            found.setdefault(visit, set()).add(name)
    return found


def _place_of(row: VisitRead) -> int:
    return row.community_id or row.street_id


def _visits(of_text: int, *, ids: Any) -> QuerySet[Any]:
    rows = Visit.objects.filter(Among("pk", ids)).order_by()
    return columns(rows, beginning=Left("text", of_text))


_VISITS: Final = Prepared(_visits, ids=Numbers)


def _parts(
    whole: bool,  # noqa: FBT001 -- part of the query's shape
    *,
    visits: Any,
) -> QuerySet[Any]:
    number, words = IntegerField(), TextField()
    went = VisitPerson.objects.filter(Among("visit_id", visits)).annotate(
        what=Case(When(is_lead=True, then=Value(_LED)), default=Value(_WENT), output_field=number),
        rank=F("pk"),
        words=F("user__name"),
        outcome=Value("", words),
        grievance=Value("", words),
    )
    raised = Matter.objects.filter(Among("visit_id", visits)).annotate(
        what=Value(_RAISED, number),
        rank=F("position"),
        user_id=Value(0, number),
        post_id=Value(0, number),
        words=F("text") if whole else Left("text", MATTER_READ),
        grievance=F("grievance_number"),
    )
    told = [rows.order_by().values_list(*Part._fields) for rows in (went, raised)]
    return told[0].union(told[1], all=True)


_PARTS: Final = Prepared(_parts, visits=Numbers)
