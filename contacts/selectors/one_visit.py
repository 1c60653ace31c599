"""One visit with what was written of it, as its page and its forms need it; asked once each."""

from __future__ import annotations

import uuid
from typing import Any, Final

from django.db.models import (
    BigIntegerField,
    CharField,
    DateField,
    PositiveSmallIntegerField,
    QuerySet,
    Value,
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


def one_visit(*, post: Post, client_id: uuid.UUID) -> Visit | None:
    """The visit as far as ``post`` may read it, with who went and what was raised and promised.

    Three queries. None outside the scope.
    """
    for visit in _VISIT.objects(post, client_id=client_id):
        keep_along(visit, "people", _PEOPLE.objects(visit=visit.pk))
        _keep_written(visit)
        found: Visit = visit
        return found
    return None


def amendments_of(visit: Visit) -> list[VisitAmendment]:
    """Its later changes, the first in front, with who made them; kept along with the visit."""
    found = _AMENDMENTS.objects(visit=visit.pk)
    keep_along(visit, "amendments", found)
    return found


def guests_of(visit: Visit) -> list[VisitGuest]:
    """With whom a 下访 or 接访 was."""
    return _GUESTS.objects(visit=visit.pk)


def names_met(visit: Visit) -> list[str]:
    """Who of the household was met."""
    return [name for (name,) in _MET.rows(visit=visit.pk)]


def _visit(post: Post, *, client_id: Any) -> QuerySet[Visit]:
    rows: QuerySet[Visit] = Visit.objects.visible_to(post).filter(client_id=client_id)
    return rows.select_related("household", "community", "street", "voided_by")


def _people(*, visit: Any) -> QuerySet[VisitPerson]:
    return VisitPerson.objects.filter(visit_id=visit).select_related("user")


def _amendments(*, visit: Any) -> QuerySet[VisitAmendment]:
    return VisitAmendment.objects.filter(visit_id=visit).select_related("by")


def _guests(*, visit: Any) -> QuerySet[VisitGuest]:
    return VisitGuest.objects.filter(visit_id=visit)


def _met(*, visit: Any) -> QuerySet[Resident, Any]:
    # In the order of the residents of a household.
    met = Visit.met.through.objects.filter(visit_id=visit).values("resident_id")
    return Resident.objects.filter(pk__in=met).values_list("name")


def _written(*, visit: Any) -> QuerySet[Any, Any]:
    """Matters and promises as one: of a promise there is a household, of a matter none."""
    matters = Matter.objects.filter(visit_id=visit).order_by()
    promises = Promise.objects.filter(visit_id=visit).order_by()
    nobody, nothing = Value(None, BigIntegerField()), Value("", CharField())
    no_day = Value(None, DateField())
    raised: QuerySet[Any, Any] = matters.annotate(home=nobody, due=no_day, kept=no_day).values_list(
        "pk", "position", "text", "outcome", "grievance_number", "home", "due", "kept"
    )
    promised = promises.annotate(
        rank=Value(0, PositiveSmallIntegerField()), code=nothing, number=nothing
    ).values_list("pk", "rank", "text", "code", "number", "household_id", "due_on", "kept_on")
    return raised.union(promised, all=True)


def _keep_written(visit: Visit) -> None:
    matters, promises = [], []
    for pk, position, text, outcome, number, home, due_on, kept_on in _WRITTEN.rows(visit=visit.pk):
        if home is None:
            matters.append(
                Matter(
                    pk=pk,
                    visit=visit,
                    position=position,
                    text=text,
                    outcome=outcome,
                    grievance_number=number,
                )
            )
        else:
            promises.append(
                Promise(
                    pk=pk,
                    visit=visit,
                    household_id=home,
                    text=text,
                    due_on=due_on,
                    kept_on=kept_on,
                )
            )
    keep_along(visit, "matters", sorted(matters, key=lambda one: (one.position, one.pk)))
    keep_along(visit, "promises", sorted(promises, key=lambda one: (one.due_on, one.pk)))


_VISIT: Final = Scoped(_visit, client_id=Key)
_PEOPLE: Final = Prepared(_people, visit=Number)
_WRITTEN: Final = Prepared(_written, visit=Number)
_AMENDMENTS: Final = Prepared(_amendments, visit=Number)
_GUESTS: Final = Prepared(_guests, visit=Number)
_MET: Final = Prepared(_met, visit=Number)
