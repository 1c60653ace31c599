"""Which visits a list holds: one narrowing for page, file and search; for a page built once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from contacts.metrics import LATE, hardship_on_the_day
from contacts.models import Visit
from portal.accounts.outline import Scoped
from portal.core.db.prepared import Day, Moment, Number
from portal.core.paging import KeyPage, ordered_ids, paginate_asked

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from contacts.querysets import VisitQuerySet
    from portal.accounts.models import Post

#: Newest first; both columns are in the scope indexes.
ORDER: Final = ("-occurred_at", "-pk")
ANY_MATTER: Final = "any"
WAITING: Final = "waiting"
TO_COMPLETE: Final = "to_complete"
VOIDED: Final = "voided"
#: By what was raised, each visit is asked for its matters: counted no further.
MATTERS_COUNTED: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """What narrows a list, without the values that differ from question to question."""

    kind: str = ""
    result: str = ""
    channel: str = ""
    #: An outcome, ``ANY_MATTER`` or ``WAITING``.
    matter: str = ""
    #: ``TO_COMPLETE``, ``VOIDED``, or any other word for those that are valid.
    state: str = ""
    late: bool = False
    hardship: bool = False
    #: Only those in which the person took part.
    mine: bool = False
    #: (name of the value, column) of places that were asked for.
    places: tuple[tuple[str, str], ...] = ()
    #: The column of a place that is empty.
    apart: str = ""
    #: Between ``start`` and ``end``, which are ``first`` and ``last`` (not included) in days.
    has_days: bool = False


def narrowed(visits: VisitQuerySet, post: Post, which: Which, **values: Any) -> VisitQuerySet:
    """Those of ``visits`` that fit ``which`` for the ``values`` it has places for."""
    if which.matter and which.result not in ("", Visit.Result.MET):
        # Where nobody was met nothing is raised (services.visit_entries): none of a million.
        return visits.none()
    fits: dict[str, Any] = {
        name: value for name in ("kind", "result", "channel") if (value := getattr(which, name))
    }
    for name, column in which.places:
        visits = visits.filter(**{column: values[name]})
    if which.apart:
        fits[f"{which.apart}__isnull"] = True
    if which.has_days:
        # By both columns: the moment has the indexes, the day is what counts.
        fits |= {"occurred_at__gte": values["start"], "occurred_at__lt": values["end"]}
        fits |= {"occurred_on__gte": values["first"], "occurred_on__lt": values["last"]}
    visits = visits.filter(**fits)
    if which.mine:
        visits = visits.by_person(post.user_id)
    if which.late:
        visits = visits.filter(LATE)
    if which.hardship:
        visits = visits.filter(hardship_on_the_day())
    return _by_matter(_by_state(visits, which.state), which.matter)


def _by_state(visits: VisitQuerySet, state: str) -> VisitQuerySet:
    if state == VOIDED:
        return visits.filter(voided_at__isnull=False)
    if state:
        visits = visits.valid()
    return visits.filter(to_complete=True) if state == TO_COMPLETE else visits


def _by_matter(visits: VisitQuerySet, matter: str) -> VisitQuerySet:
    if not matter:
        return visits
    if matter == WAITING:
        return visits.raising_waiting()
    return visits.raising("" if matter == ANY_MATTER else matter)


def page_of_visits(
    post: Post, which: Which, values: Mapping[str, Any], *, cursor: str | None, size: int
) -> KeyPage[int]:
    """The page of the list at ``cursor``, newest first, as ids; at most two queries."""
    return paginate_asked(
        Visit,
        lambda going, at: _PAGE.rows(
            post, which, going, size, **values, **dict(zip(_AT, at, strict=False))
        ),
        lambda most: _COUNTED.count(post, which, most, **values),
        order=ORDER,
        cursor=cursor,
        size=size,
        limit=MATTERS_COUNTED if which.matter else None,
    )


def _page(post: Post, which: Which, going: str, size: int, **values: Any) -> QuerySet[Visit, Any]:
    rows = narrowed(Visit.objects.visible_to(post), post, which, **values)
    at = [values[name] for name in _AT] if going else ()
    return ordered_ids(rows, order=ORDER, size=size, going=going, at=at)


def _counted(post: Post, which: Which, most: int, **values: Any) -> QuerySet[Visit, Any]:
    rows = narrowed(Visit.objects.visible_to(post), post, which, **values)
    return rows.order_by().values_list("pk")[:most]


#: Where a page begins: the values of ``ORDER``.
_AT: Final = ("moment", "visit")
_VALUES: Final[dict[str, Any]] = {
    "unit": Number, "street": Number, "community": Number,
    "start": Moment, "end": Moment, "first": Day, "last": Day,
}  # fmt: skip
_PAGE: Final = Scoped(_page, **_VALUES, moment=Moment, visit=Number)
_COUNTED: Final = Scoped(_counted, **_VALUES)
