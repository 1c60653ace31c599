"""The register: which households a list shows, in which order, and finding a person in it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from contacts.metrics import in_band
from contacts.models import CareCategory, Household, HouseholdCare, Resident
from contacts.querysets import KEEPS_REGISTER, HouseholdQuerySet, phone_only, unmet_since
from contacts.selectors.household_doors import matching
from contacts.selectors.sight import sees_cares
from contacts.workflow import YEAR, Band
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post
from portal.accounts.outline import Scoped
from portal.accounts.roles import Role
from portal.core.db.bulk import Among
from portal.core.db.prepared import Day, Numbers, Prepared, Text
from portal.core.encryption import blind_index, normalise_phone
from portal.core.errors import DomainError
from portal.core.paging import KeyPage, paginate_ids

TAIL: Final = 4
SHORTEST_PHONE: Final = 7
SHORTEST_NAME: Final = 2
#: Households on one page.
SIZE: Final = 25
FOUND_AT_MOST: Final = 20
#: Places whose buildings are all below them in the tree, whatever grid a household is in.
_WALKED: Final = frozenset(
    {OrganisationKind.DISTRICT, OrganisationKind.STREET, OrganisationKind.COMMUNITY}
)
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


def register(
    *, post: Post, narrowing: Narrowing, today: dt.date, own: Collection[int] | None = None
) -> HouseholdQuerySet:
    """Households in use that the post may know of and that fit.

    ``own`` are ``own_ids``, where they have been read for this answer already.
    """
    places = ("street_id", "community_id", "grid_id", "building_id")
    asked = {name: pk for name in places if (pk := getattr(narrowing, name)) is not None}
    fits = [narrowing.within, _by_contact(narrowing.since, today)]
    # SECURITY: a filter tells as much as a column; who may not read categories cannot ask by them.
    if narrowing.care and sees_cares(post):
        fits.append(Q(Exists(_in_care(narrowing.care, today))))
    if narrowing.q or narrowing.mine:
        answered = Q(Among("pk", own_ids(post) if own is None else own))
        fits.append(matching(narrowing.q, post=post, own=answered))
        fits += [answered] if narrowing.mine else []
    return _known(post).filter(*fits, **asked)


def _known(post: Post) -> HouseholdQuerySet:
    """Those in use that the post may know of; of who keeps no register few, found once."""
    if post.role in KEEPS_REGISTER:
        return Household.objects.visible_to(post).in_use()
    ids = [pk for (pk,) in _MET.rows(post)]
    known: HouseholdQuerySet = Household.objects.filter(Among("pk", ids))
    return known


def _met(post: Post) -> QuerySet[Household, Any]:
    return Household.objects.visible_to(post).in_use().order_by().values_list("pk")


_MET: Final = Scoped(_met)


def page_of(
    rows: HouseholdQuerySet,
    *,
    post: Post,
    mine: bool,
    cursor: str | None,
    total: int | None = None,
) -> KeyPage[int]:
    """A page of ``rows`` from ``register``, as ids in the order in which one walks.

    ``total`` is how many there are where that is known.
    """
    walked = rows
    if post.role in KEEPS_REGISTER and post.organisation.kind in _WALKED:
        # The same rows; said of the buildings, the database walks in their order and stops early.
        walked = rows.filter(building__path__startswith=post.organisation.path)
    order = order_for(mine=mine)
    return paginate_ids(walked, order=order, cursor=cursor, size=SIZE, total=total, counted=rows)


def order_for(*, mine: bool) -> tuple[str, ...]:
    """As one walks: building by building, and among the own ones door by door.

    SECURITY: masked rows in the order of the stairs would tell who lives behind which door.
    """
    return ("building__path", "door_order", "pk") if mine else ("building__path", "pk")


def own_ids(post: Post) -> list[int]:
    """The households in use that the post answers for today; one query."""
    return [pk for (pk,) in _OWN.rows(post)]


def _own(post: Post) -> QuerySet[Household, Any]:
    return Household.objects.own(post).in_use().order_by().values_list("pk")


_OWN: Final = Scoped(_own)


def opens_with_own(post: Post) -> list[int]:
    """What a worker's or officer's register opens with; nobody else's does."""
    return own_ids(post) if post.role in _DUTY_FIRST else []


def _in_care(code: str, today: dt.date) -> QuerySet[HouseholdCare]:
    in_force = Q(since__lte=today) & (Q(until__isnull=True) | Q(until__gt=today))
    return HouseholdCare.objects.filter(in_force, household=OuterRef("pk"), category__code=code)


def _by_contact(since: str, today: dt.date) -> Q:
    if since in _BAND_OF_SINCE:
        return in_band(_BAND_OF_SINCE[since], today)
    if since == Since.YEAR:
        return unmet_since(today - YEAR)
    return phone_only(today) if since == Since.PHONE else Q()


def chosen_places(
    post: Post, *, street: int | None, community: int | None
) -> dict[OrganisationKind, str]:
    """Path of the street and the community asked for, by kind, as far as the post may see them.

    A community alone tells its street. One query, or none where nothing is asked.
    """
    asked = [pk for pk in (street, community) if pk is not None]
    found: dict[OrganisationKind, str] = {}
    for pk, kind, path, above in _CHOSEN.rows(post, ids=asked) if asked else ():
        if (kind, pk) == (OrganisationKind.STREET, street):
            found[OrganisationKind.STREET] = path
        if (kind, pk) == (OrganisationKind.COMMUNITY, community):
            found[OrganisationKind.COMMUNITY] = path
            if street is None and above is not None:
                found[OrganisationKind.STREET] = above
    return found


def _chosen(post: Post, *, ids: Any) -> QuerySet[Organisation, Any]:
    rows = Organisation.objects.visible_to(post).filter(Among("pk", ids))
    return rows.order_by().values_list("pk", "kind", "path", "street__path")


_CHOSEN: Final = Scoped(_chosen, ids=Numbers)


def place_choices(
    post: Post, wanted: Mapping[OrganisationKind, str], *, today: dt.date
) -> dict[OrganisationKind, list[tuple[int, str]]]:
    """Places of each kind in the post's scope, below the path given for it; one query."""
    found: dict[OrganisationKind, list[tuple[int, str]]] = {kind: [] for kind in wanted}
    above: dict[str, Any] = {kind.lower(): path for kind, path in wanted.items()}
    for kind, pk, name in _PLACES.rows(post, tuple(wanted), on=today, **above) if wanted else ():
        found[kind].append((pk, name))
    return found


def _places(
    post: Post, kinds: Sequence[str], *, on: Any, **above: Any
) -> QuerySet[Organisation, Any]:
    offered = Q(pk__in=[])
    for kind in kinds:
        offered |= Q(kind=kind, path__startswith=above[kind.lower()])
    rows = Organisation.objects.visible_to(post).in_force(on).filter(offered)
    named: QuerySet[Organisation, Any] = rows.values_list("kind", "pk", "name")
    return named


_PLACES: Final = Scoped(_places, on=Day, street=Text, community=Text, grid=Text, building=Text)


def building_choices(
    post: Post, *, today: dt.date, within: Organisation | None = None
) -> list[tuple[str, list[tuple[int, str]]]]:
    """Buildings of the scope under their community or grid, in the order of the tree."""
    under = (within or post.organisation).path
    groups: dict[str, list[tuple[int, str]]] = {}
    for pk, name, *above in _BUILDINGS.rows(post, under=under, on=today):
        label = " · ".join(dict.fromkeys(filter(None, above)))
        groups.setdefault(label, []).append((pk, name))
    return list(groups.items())


def _buildings(post: Post, *, under: Any, on: Any) -> QuerySet[Organisation, Any]:
    rows = Organisation.objects.visible_to(post).within(under).in_force(on)
    rows = rows.filter(kind=OrganisationKind.BUILDING)
    return rows.values_list("pk", "name", "community__name", "parent__name")


_BUILDINGS: Final = Scoped(_buildings, under=Text, on=Day)


def care_choices(today: dt.date) -> list[tuple[str, str]]:
    """The catalogue in force."""
    return [(code, name) for code, name in _CATALOGUE.rows(on=today)]


def _catalogue(*, on: Any) -> QuerySet[CareCategory, Any]:
    valid = Q(valid_until__isnull=True) | Q(valid_until__gt=on)
    return CareCategory.objects.filter(valid).values_list("code", "name")


_CATALOGUE: Final = Prepared(_catalogue, on=Day)


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
