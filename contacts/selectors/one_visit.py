"""One visit with what was written of it, as its page and its forms need it; asked once each."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    DateField,
    F,
    IntegerField,
    QuerySet,
    Value,
    When,
)

from contacts.models import (
    Matter,
    Promise,
    Resident,
    Visit,
    VisitAmendment,
    VisitGuest,
    VisitPerson,
)
from portal.accounts.models import Post
from portal.accounts.outline import Scoped
from portal.core.db.prepared import Key, Number, Prepared, keep_along


class ReadVisit(NamedTuple):
    """A visit with who went, what was raised and what was promised; beside it who was met."""

    visit: Visit
    #: Names of those of the household, who to ring first in front.
    met: tuple[str, ...]


def one_visit(*, post: Post, client_id: uuid.UUID) -> ReadVisit | None:
    """The visit as far as ``post`` may read it; three queries. None outside the scope."""
    for visit in _VISIT.objects(post, client_id=client_id):
        keep_along(visit, "people", _PEOPLE.objects(visit=visit.pk))
        rows = [_Row(*row) for row in _WRITTEN.rows(visit=visit.pk)]
        keep_along(visit, "matters", _matters(visit, rows))
        keep_along(visit, "promises", _promises(visit, rows))
        met = sorted((row.rank, row.pk, row.text) for row in rows if row.what == _MET)
        return ReadVisit(visit, tuple(name for _, _, name in met))
    return None


def amendments_of(visit: Visit) -> list[VisitAmendment]:
    """Its later changes, the first in front, with who made them; kept along with the visit."""
    found = _AMENDMENTS.objects(visit=visit.pk)
    keep_along(visit, "amendments", found)
    return found


def guests_of(visit: Visit) -> list[VisitGuest]:
    """With whom a 下访 or 接访 was."""
    return _GUESTS.objects(visit=visit.pk)


def _visit(post: Post, *, client_id: Any) -> QuerySet[Visit]:
    rows: QuerySet[Visit] = Visit.objects.visible_to(post).filter(client_id=client_id)
    return rows.select_related("household", "community", "street", "voided_by")


def _people(*, visit: Any) -> QuerySet[VisitPerson]:
    return VisitPerson.objects.filter(visit_id=visit).select_related("user")


def _amendments(*, visit: Any) -> QuerySet[VisitAmendment]:
    return VisitAmendment.objects.filter(visit_id=visit).select_related("by")


def _guests(*, visit: Any) -> QuerySet[VisitGuest]:
    return VisitGuest.objects.filter(visit_id=visit)


_RAISED: Final = "raised"
_PROMISED: Final = "promised"
_MET: Final = "met"


class _Row(NamedTuple):
    """A matter, a promise, or somebody who was met."""

    pk: int
    what: str
    rank: int
    text: str
    outcome: str
    number: str
    household_id: int | None
    due_on: dt.date | None
    kept_on: dt.date | None


def _written(*, visit: Any) -> QuerySet[Any, Any]:
    nothing, nowhere = Value("", CharField()), Value(None, BigIntegerField())
    no_day = Value(None, DateField())

    def rows(what: str, found: QuerySet[Any], **columns: Any) -> QuerySet[Any, Any]:
        empty = {"b": nothing, "c": nothing, "d": nowhere, "e": no_day, "f": no_day}
        named = {"what": Value(what, CharField())} | empty | columns
        marked: QuerySet[Any, Any] = found.order_by().annotate(**named)
        return marked.values_list("pk", "what", "z", "a", *empty)

    met = Visit.met.through.objects.filter(visit_id=visit).values("resident_id")
    first = Case(When(is_contact=True, then=0), default=1, output_field=IntegerField())
    return rows(
        _RAISED,
        Matter.objects.filter(visit_id=visit),
        z=F("position"),
        a=F("text"),
        b=F("outcome"),
        c=F("grievance_number"),
    ).union(
        rows(
            _PROMISED,
            Promise.objects.filter(visit_id=visit),
            z=Value(0, IntegerField()),
            a=F("text"),
            d=F("household_id"),
            e=F("due_on"),
            f=F("kept_on"),
        ),
        rows(_MET, Resident.objects.filter(pk__in=met), z=first, a=F("name")),
        all=True,
    )


def _matters(visit: Visit, rows: Iterable[_Row]) -> list[Matter]:
    raised = sorted((row for row in rows if row.what == _RAISED), key=lambda row: row.rank)
    return [
        Matter(
            pk=row.pk,
            visit=visit,
            position=row.rank,
            text=row.text,
            outcome=row.outcome,
            grievance_number=row.number,
        )
        for row in raised
    ]


def _promises(visit: Visit, rows: Iterable[_Row]) -> list[Promise]:
    promised = [
        Promise(
            pk=row.pk,
            visit=visit,
            household_id=row.household_id,
            text=row.text,
            due_on=row.due_on,
            kept_on=row.kept_on,
        )
        for row in rows
        if row.household_id is not None and row.due_on is not None
    ]
    return sorted(promised, key=lambda one: (one.due_on, one.pk))


_VISIT: Final = Scoped(_visit, client_id=Key)
_PEOPLE: Final = Prepared(_people, visit=Number)
_WRITTEN: Final = Prepared(_written, visit=Number)
_AMENDMENTS: Final = Prepared(_amendments, visit=Number)
_GUESTS: Final = Prepared(_guests, visit=Number)
