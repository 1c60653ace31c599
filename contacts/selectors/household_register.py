"""The register: which households a list shows, in which order, and finding a person in it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from contacts.metrics import in_band
from contacts.models import CareCategory, Household, HouseholdCare, Resident
from contacts.querysets import HouseholdQuerySet
from contacts.selectors.household_doors import matching
from contacts.selectors.sight import sees_cares
from contacts.workflow import YEAR, Band
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post
from portal.accounts.roles import UNIT_WIDE, Role
from portal.core.encryption import blind_index, normalise_phone
from portal.core.errors import DomainError

TAIL: Final = 4
SHORTEST_PHONE: Final = 7
SHORTEST_NAME: Final = 2
FOUND_AT_MOST: Final = 20
#: Whose register opens with the households they answer for.
_DUTY_FIRST: Final = frozenset({Role.COMMUNITY_WORKER, Role.OFFICER})


class Since:
    """The choices of the filter 走访情况."""

    NEVER: Final = "never"
    #: The never visited included.
    YEAR: Final = "year"
    PHONE: Final = "phone"
    #: Visited, but not for a year: the band YEAR alone.
    LAPSED: Final = "lapsed"
    HALF: Final = "half"
    QUARTER: Final = "quarter"
    RECENT: Final = "recent"


#: Each band of the map by the choice that lists exactly its households.
SINCE_OF_BAND: Final = {
    Band.NEVER: Since.NEVER,
    Band.YEAR: Since.LAPSED,
    Band.HALF: Since.HALF,
    Band.QUARTER: Since.QUARTER,
    Band.RECENT: Since.RECENT,
}
_BAND_OF_SINCE: Final = {since: band for band, since in SINCE_OF_BAND.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """What a list was asked for; empty means everything in the scope."""

    q: str = ""
    street_id: int | None = None
    community_id: int | None = None
    grid_id: int | None = None
    building_id: int | None = None
    care: str = ""
    mine: bool = False
    since: str = ""
    #: Rows of a unit of the scope (``forms.unit_filters``).
    within: Q = field(default_factory=Q)


def register(*, post: Post, narrowing: Narrowing, today: dt.date) -> HouseholdQuerySet:
    """Households in use that the post may know of and that fit."""
    rows: HouseholdQuerySet = Household.objects.visible_to(post).in_use()
    if post.role in UNIT_WIDE:
        # The same rows; said of the buildings, the database walks in their order and stops early.
        rows = rows.filter(building__path__startswith=post.organisation.path)
    own = Q(pk__in=Household.objects.own(post).order_by().values("pk"))
    rows = rows.filter(matching(narrowing.q, own=own))
    for column in ("street_id", "community_id", "grid_id", "building_id"):
        if (value := getattr(narrowing, column)) is not None:
            rows = rows.filter(**{column: value})
    rows = rows.filter(narrowing.within)
    # SECURITY: a filter tells as much as a column; who may not read categories cannot ask by them.
    if narrowing.care and sees_cares(post):
        rows = rows.filter(Exists(_in_care(narrowing.care, today)))
    if narrowing.mine:
        rows = rows.filter(own)
    return _by_contact(rows, narrowing.since, today)


def order_for(*, mine: bool) -> tuple[str, ...]:
    """As one walks: building by building, and among the own ones door by door.

    SECURITY: masked rows in the order of the stairs would tell who lives behind which door.
    """
    return ("building__path", "door_order", "pk") if mine else ("building__path", "pk")


def duty_count(post: Post) -> int:
    """How many households a worker's or officer's register opens with; nobody else's does."""
    if post.role not in _DUTY_FIRST:
        return 0
    return Household.objects.visible_to(post).own(post).in_use().count()


def _in_care(code: str, today: dt.date) -> QuerySet[HouseholdCare]:
    in_force = Q(since__lte=today) & (Q(until__isnull=True) | Q(until__gt=today))
    return HouseholdCare.objects.filter(in_force, household=OuterRef("pk"), category__code=code)


def _by_contact(rows: HouseholdQuerySet, since: str, today: dt.date) -> HouseholdQuerySet:
    if since in _BAND_OF_SINCE:
        return rows.filter(in_band(_BAND_OF_SINCE[since], today))
    if since == Since.YEAR:
        return rows.unmet_since(today - YEAR)
    if since == Since.PHONE:
        return rows.phone_only(today)
    return rows


def place_choices(
    post: Post, kinds: Iterable[OrganisationKind], *, within: Organisation | None, today: dt.date
) -> dict[str, list[tuple[int, str]]]:
    """Places of these kinds in the post's scope, below ``within`` when given; one query."""
    rows = Organisation.objects.visible_to(post).in_force(today).filter(kind__in=list(kinds))
    if within is not None:
        rows = rows.within(within.path)
    found: dict[str, list[tuple[int, str]]] = {kind: [] for kind in kinds}
    for kind, pk, name in rows.values_list("kind", "pk", "name"):
        found[kind].append((pk, name))
    return found


def building_choices(
    post: Post, *, today: dt.date, within: Organisation | None = None
) -> list[tuple[str, list[tuple[int, str]]]]:
    """Buildings of the scope under their community or grid, in the order of the tree."""
    rows = Organisation.objects.visible_to(post).in_force(today)
    if within is not None:
        rows = rows.within(within.path)
    rows = rows.filter(kind=OrganisationKind.BUILDING)
    groups: dict[str, list[tuple[int, str]]] = {}
    for pk, name, *above in rows.values_list("pk", "name", "community__name", "parent__name"):
        label = " · ".join(dict.fromkeys(filter(None, above)))
        groups.setdefault(label, []).append((pk, name))
    return list(groups.items())


def care_choices(today: dt.date) -> list[tuple[str, str]]:
    """The catalogue in force."""
    valid = Q(valid_until__isnull=True) | Q(valid_until__gt=today)
    return list(CareCategory.objects.filter(valid).values_list("code", "name"))


@dataclass(frozen=True, slots=True)
class PersonQuery:
    """What somebody asked for: ``by`` is the field searched (its name goes to the trail)."""

    by: str
    value: str


def person_query(words: str) -> PersonQuery:
    """A name, a whole phone number or its last four digits. Raises ``DomainError``."""
    words = " ".join(words.split())
    digits = normalise_phone(words)
    if digits and not re.sub(r"[\d\s+\-()（）－＋]", "", words):
        if len(digits) == TAIL:
            return PersonQuery("phone_tail", digits)
        if len(digits) < SHORTEST_PHONE:
            raise DomainError("请输入完整的电话号码，或者最后4位。", field="words")
        return PersonQuery("phone", digits)
    if len(words) < SHORTEST_NAME:
        raise DomainError("请输入姓名（至少两个字）、电话号码或电话最后4位。", field="words")
    return PersonQuery("name", words)


def households_with(*, post: Post, asked: PersonQuery) -> HouseholdQuerySet:
    """Households in scope where such a person lives now."""
    people = Resident.objects.filter(household=OuterRef("pk"), left_on__isnull=True)
    if asked.by == "name":
        people = people.filter(name__icontains=asked.value)
    else:
        index = f"{asked.by}_index"
        _, purpose = Resident.blind_indexes[index]
        people = people.filter(**{index: blind_index(asked.value, purpose=purpose)})
    rows: HouseholdQuerySet = Household.objects.visible_to(post).in_use()
    return rows.filter(Exists(people))
