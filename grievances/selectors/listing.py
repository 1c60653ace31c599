"""Which grievances a list holds: one narrowing for page, file and search."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Q

from contacts.models import Household
from grievances.kinds import ENDED, OPEN, SEARCH_KIND
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation
from portal.accounts.roles import Role
from portal.core.bigrams import query_phrases
from portal.core.paging import KeyPage, paginate_ids
from portal.core.persons import looks_like_a_person
from portal.search.models import SearchEntry

if TYPE_CHECKING:
    from grievances.querysets import GrievanceQuerySet
    from portal.accounts.models import Post

#: Newest first; both columns are in the indexes of the scope.
ORDER: Final = ("-received_at", "-pk")
IS_OPEN: Final = "open"
IS_ENDED: Final = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """What narrows a list; an empty value narrows nothing."""

    #: A state, ``IS_OPEN`` or ``IS_ENDED``.
    state: str = ""
    regime: str = ""
    nature: str = ""
    source: str = ""
    urgency: str = ""
    #: Past its last moment, and still to be done.
    is_overdue: bool = False
    lead_id: int | None = None
    household_id: int | None = None
    #: The days on which it was received, the last one not included.
    first: dt.date | None = None
    last: dt.date | None = None


def narrowed(
    grievances: GrievanceQuerySet, which: Which, place: Q, *, now: dt.datetime
) -> GrievanceQuerySet:
    """Those of ``grievances`` that fit; ``place`` is the place that was asked for."""
    fits: dict[str, Any] = {
        name: value
        for name in ("regime", "nature", "source", "urgency", "lead_id", "household_id")
        if (value := getattr(which, name))
    }
    if which.first is not None:
        fits["received_on__gte"] = which.first
    if which.last is not None:
        fits["received_on__lt"] = which.last
    found = grievances.filter(place, **fits)
    if which.is_overdue:
        found = found.filter(due_at__lt=now, state__in=sorted(OPEN))
    states = {IS_OPEN: OPEN, IS_ENDED: ENDED}.get(which.state)
    if states is not None:
        return found.filter(state__in=sorted(states))
    return found.filter(state=which.state) if which.state else found


def page_of(grievances: GrievanceQuerySet, *, cursor: str | None, size: int) -> KeyPage[int]:
    """The page at ``cursor``, newest first, as ids; at most two queries."""
    return paginate_ids(grievances, order=ORDER, cursor=cursor, size=size)


def about(grievances: GrievanceQuerySet, *, post: Post, query: str) -> GrievanceQuerySet:
    """Those whose words hold every word of ``query``; nothing without words.

    SECURITY: nothing for a person or a number either, whatever the index holds.
    """
    phrases = query_phrases(query)
    if not phrases or looks_like_a_person(query):
        return grievances.none()
    ids = post.organisation.scope_ids()
    place = Q(street_id=ids.street_id) if ids.street_id else Q(district_id=ids.district_id)
    found = SearchEntry.objects.filter(place, kind=SEARCH_KIND, tokens__matches=phrases)
    rows: GrievanceQuerySet = grievances.filter(pk__in=found.values("object_id"))
    return rows


def scope_words(post: Post) -> str:
    """Whose grievances a list holds, in words (the rule: ``GrievanceQuerySet.listed_for``)."""
    unit = post.organisation
    if post.role == Role.INSPECTOR:
        return "督查授权的单位"
    if post.role in {Role.OFFICER, Role.HANDLER} and unit.kind in _HANDLING:
        return f"交给{unit.name}的，和我登记、负责的"
    if post.role in {Role.OFFICER, Role.HANDLER, Role.DELEGATE}:
        return "我登记、负责的"
    if post.role == Role.CLERK and unit.kind == OrganisationKind.SECTION:
        return f"交给{unit.name}的，和我登记、负责的"
    return unit.name


_HANDLING: Final = frozenset({OrganisationKind.SECTION, OrganisationKind.DEPARTMENT})


def lead_choices(post: Post, *, today: dt.date) -> list[tuple[int, str]]:
    """Units that may lead what the post sees of its place; none for who sees no place; one query."""
    unit = post.organisation
    district = unit.scope_ids().district_id
    if unit.kind not in {OrganisationKind.STREET, OrganisationKind.DISTRICT}:
        return []
    inside = Q(path__startswith=unit.path, kind__in=_LEADS)
    bureaus = Q(district_id=district, kind=OrganisationKind.DEPARTMENT)
    rows = Organisation.objects.in_force(today).filter(inside | bureaus)
    if unit.kind == OrganisationKind.DISTRICT:
        # A district has hundreds of sections: its own and its bureaus.
        rows = rows.filter(Q(parent_id=unit.pk) | Q(kind=OrganisationKind.DEPARTMENT))
    return list(rows.order_by("path").values_list("pk", "name"))


_LEADS: Final = (
    OrganisationKind.SECTION,
    OrganisationKind.EXTERNAL,
    OrganisationKind.COMMUNITY,
)


def household_of(post: Post, pk: int | None) -> Household | None:
    """A household the post may know of, with its place; else nothing."""
    if pk is None:
        return None
    found: Household | None = (
        Household.objects.visible_to(post)
        .filter(pk=pk)
        .select_related("community", "building", "street")
        .first()
    )
    return found
