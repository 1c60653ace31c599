"""Who sees a household in full, and how it reads for everybody else: the one home of that rule."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from contacts.models import Household, HouseholdCare, Resident
from contacts.models.households import door_words, wish_words
from contacts.querysets import HouseholdQuerySet
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Post
from portal.accounts.outline import Scoped
from portal.accounts.permissions import Permission
from portal.accounts.roles import Role
from portal.core.db.bulk import Among
from portal.core.db.prepared import Day, Moment, Numbers, Prepared
from portal.core.masking import mask_name
from portal.core.paths import path_of

#: Places small enough that those who work there know who lives in them (domain §3).
_COMMUNITY_AND_BELOW: Final = frozenset(
    {OrganisationKind.COMMUNITY, OrganisationKind.GRID, OrganisationKind.BUILDING}
)
_CARE_ROLES: Final = frozenset({Role.COMMUNITY_WORKER, Role.LEADER})
#: How many people a line names.
PEOPLE_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Sight:
    """What the acting post sees of a set of households."""

    #: Those the post may know of at all.
    known: frozenset[int] = frozenset()
    #: Seen in full: own duty now (inside the scope) or a live reveal.
    full: frozenset[int] = frozenset()
    #: May see care categories of every household in its scope (worker / community leader).
    cares: bool = False
    #: Those of ``full`` that are the post's own duty.
    own: frozenset[int] = frozenset()
    #: Those open by a stated reason only, with the moment they close again.
    until: Mapping[int, dt.datetime] = field(default_factory=dict, hash=False)

    def sees(self, household_id: int | None) -> bool:
        """Whether names, numbers, the door and free text are shown unmasked."""
        return household_id in self.full

    def sees_cares(self, household_id: int | None) -> bool:
        """Care categories: the community's own people, and whoever is responsible."""
        return self.cares or household_id in self.own


@dataclass(frozen=True, slots=True)
class HouseholdLine:
    """One household as the acting post may read it; nothing in here needs masking again."""

    id: int
    #: To the door, or to the building; led by the community where the post works above it.
    address: str
    #: At most three who live there now, masked or full, who to ring first in front.
    people: tuple[str, ...]
    #: How many live there now.
    people_count: int
    is_full: bool
    is_own: bool
    cares: tuple[str, ...]
    #: "" or such as 暂不上门，改电话（至 2026-12-31）; never the reason.
    door_wish: str
    last_met_on: dt.date | None
    last_contact_on: dt.date | None
    #: Of one out of sight: where it is found instead.
    link: str = ""

    @property
    def url(self) -> str:
        return self.link or path_of("contacts:household", self.id)


def sees_cares(post: Post) -> bool:
    """Whether care categories of the whole place may be shown (and filtered by)."""
    return post.role in _CARE_ROLES and post.organisation.kind in _COMMUNITY_AND_BELOW


def sight(*, post: Post, household_ids: Iterable[int], now: dt.datetime) -> Sight:
    """What ``post`` sees of these households; one query whatever the number."""
    seen, _ = sight_and((), post=post, household_ids=household_ids, now=now)
    return seen


def sight_and(
    columns: Sequence[str], *, post: Post, household_ids: Iterable[int], now: dt.datetime
) -> tuple[Sight, dict[int, tuple[Any, ...]]]:
    """The same, and these columns of those the post may know of; still one query."""
    if not _may_look(post, now):
        return Sight(), {}
    ids = set(household_ids)
    if not ids:
        return _sight(post, []), {}
    found = _IN_SIGHT.rows(post, tuple(columns), ids=ids, now=now)
    seen = _sight(post, [row[: len(_READ)] for row in found])
    return seen, {row[0]: row[len(_READ) :] for row in found}


#: The last two: annotated by ``with_sight``.
_READ: Final = ("pk", "is_own", "revealed_until")


def _in_sight(
    post: Post, columns: Sequence[str], *, ids: Any, now: dt.datetime
) -> QuerySet[Household, Any]:
    rows = Household.objects.visible_to(post).filter(Among("pk", ids)).with_sight(post, now)
    found: QuerySet[Household, Any] = rows.order_by().values_list(*_READ, *columns)
    return found


_IN_SIGHT: Final = Scoped(_in_sight, ids=Numbers, now=Moment)


class ShortLine(NamedTuple):
    """A household in a list of something else; nothing in here needs masking again."""

    address: str
    #: The first who lives there, and how many do.
    people: str
    is_full: bool


def short_lines(
    household_ids: Iterable[int], *, post: Post, now: dt.datetime
) -> dict[int, ShortLine]:
    """What ``lines_of`` says, no longer than a row of visits has room for; one query.

    SECURITY: only of those the post may know of now, as there.
    """
    ids = set(household_ids)
    if not ids or not _may_look(post, now):
        return {}
    found = map(_Short._make, _SHORT.rows(post, ids=ids, now=now))
    here = post.organisation.scope_ids().community_id
    return {one.pk: _short_line(one, here) for one in found}


def _short_line(one: _Short, here: int | None) -> ShortLine:
    full = bool(one.is_own or one.revealed_until)
    door = door_words(one.unit, one.room) if full else ""
    address = _address(one.community_id == here, one.community, one.building, door)
    first = shown_name(one.first, full=full) if one.first else ""
    return ShortLine(address, f"{first}等{one.living}人" if one.living > 1 else first, full)


class _Short(NamedTuple):
    pk: int
    is_own: bool
    revealed_until: dt.datetime | None
    community_id: int
    community: str
    building: str
    unit: str
    room: str
    first: str | None
    living: int


def _short(post: Post, *, ids: Any, now: dt.datetime) -> QuerySet[Household, Any]:
    living = Resident.objects.filter(household=OuterRef("pk"), left_on__isnull=True)
    count = living.order_by().values("household").annotate(n=Count("pk")).values("n")
    columns = ("community_id", "community__name", "building__name", "unit", "room")
    rows = _in_sight(post, columns, ids=ids, now=now)
    found: QuerySet[Household, Any] = rows.values_list(
        *_READ,
        *columns,
        Subquery(living.values("name")[:1]),
        Coalesce(Subquery(count), 0),
    )
    return found


_SHORT: Final = Scoped(_short, ids=Numbers, now=Moment)


def in_full(*, post: Post, households: HouseholdQuerySet, now: dt.datetime) -> frozenset[int]:
    """Those of ``households``, all in the scope, that ``post`` sees unmasked; one query."""
    if not _may_look(post, now):
        return frozenset()
    rows = households.order_by().seen_in_full(post, now)
    return frozenset(rows.values_list("pk", flat=True))


def sight_of(household: Household, *, post: Post, now: dt.datetime) -> Sight:
    """The same for one household read by ``visible_to(post).with_sight(post, now)``; no query."""
    if not _may_look(post, now):
        return Sight()
    is_own: bool = household.is_own  # type: ignore[attr-defined]
    until: dt.datetime | None = household.revealed_until  # type: ignore[attr-defined]
    return _sight(post, [(household.pk, is_own, until)])


def _may_look(post: Post, now: dt.datetime) -> bool:
    return post.may(Permission.SEE_HOUSEHOLDS) and post.in_force(timezone.localdate(now))


def _sight(post: Post, found: Iterable[tuple[Any, ...]]) -> Sight:
    rows = list(found)
    return Sight(
        known=frozenset(pk for pk, _, _ in rows),
        full=frozenset(pk for pk, is_own, until in rows if is_own or until),
        cares=sees_cares(post),
        own=frozenset(pk for pk, is_own, _ in rows if is_own),
        until={pk: until for pk, is_own, until in rows if until and not is_own},
    )


class _Home(NamedTuple):
    """What a line says of the household itself."""

    community_id: int
    community: str
    building_id: int
    building: str
    unit: str
    room: str
    wish: str
    wish_until: dt.date | None
    last_met_on: dt.date | None
    last_contact_on: dt.date | None


#: The columns of a ``_Home``.
_HOME: Final = (
    "community_id", "community__name", "building_id", "building__name", "unit", "room",
    "door_wish", "door_wish_until", "last_met_on", "last_contact_on",
)  # fmt: skip


def household_lines(
    *, post: Post, households: Iterable[Household], now: dt.datetime, cares: bool = True
) -> dict[int, HouseholdLine]:
    """``lines_of`` households that were read already: of them only the ids are asked."""
    return lines_of([one.pk for one in households], post=post, now=now, cares=cares)


def lines_of(
    household_ids: Iterable[int], *, post: Post, now: dt.datetime, cares: bool = True
) -> dict[int, HouseholdLine]:
    """Lines by household id, in the order asked for, in at most three queries.

    SECURITY: only of those the post may know of now. A household reached through a visit may have
    moved out of sight since: its new place and people are not for those who knew the old one.
    A page that prints no care categories asks without ``cares``.
    """
    ids = list(household_ids)
    seen, found = sight_and(_HOME, post=post, household_ids=ids, now=now)
    homes = {pk: _Home(*found[pk]) for pk in ids if pk in found}
    people = _people(homes)
    today = timezone.localdate(now)
    named = _cares_in_sight(homes, seen, today) if cares else {}
    here = post.organisation.scope_ids().community_id
    return {
        pk: HouseholdLine(
            id=pk,
            address=_address(
                home.community_id == here,
                home.community,
                home.building,
                door_words(home.unit, home.room) if seen.sees(pk) else "",
            ),
            people=_shown(people.get(pk, []), full=seen.sees(pk)),
            people_count=len(people.get(pk, [])),
            is_full=seen.sees(pk),
            is_own=pk in seen.own,
            cares=tuple(named.get(pk, ())),
            door_wish=wish_words(home.wish, home.wish_until, today),
            last_met_on=home.last_met_on,
            last_contact_on=home.last_contact_on,
        )
        for pk, home in homes.items()
    }


def _cares_in_sight(ids: Iterable[int], seen: Sight, today: dt.date) -> dict[int, list[str]]:
    with_cares = [pk for pk in ids if seen.sees_cares(pk)]
    return care_names(with_cares, today) if with_cares else {}


def _shown(names: Sequence[str], *, full: bool) -> tuple[str, ...]:
    return tuple(shown_name(name, full=full) for name in names[:PEOPLE_SHOWN])


def line_out_of_sight(household: Household, *, place: str, url: str) -> HouseholdLine:
    """Of a household that has moved out of sight: where it was, and nobody."""
    return HouseholdLine(
        id=household.pk,
        link=url,
        address=place,
        people=(),
        people_count=0,
        is_full=False,
        is_own=False,
        cares=(),
        door_wish="",
        last_met_on=None,
        last_contact_on=None,
    )


def shown_name(name: str, *, full: bool) -> str:
    return name if full else mask_name(name)


def care_names(household_ids: Iterable[int], today: dt.date) -> dict[int, list[str]]:
    """Names of the care categories in force on ``today``, in the order of the catalogue."""
    names: dict[int, list[str]] = defaultdict(list)
    for household_id, name in _CARES.rows(ids=set(household_ids), today=today):
        names[household_id].append(name)
    return dict(names)


def _cares(*, ids: Any, today: dt.date) -> QuerySet[HouseholdCare, Any]:
    in_force = Q(since__lte=today) & (Q(until__isnull=True) | Q(until__gt=today))
    rows = HouseholdCare.objects.filter(in_force, Among("household_id", ids))
    return rows.values_list("household_id", "category__name")


_CARES: Final = Prepared(_cares, ids=Numbers, today=Day)


def _people(household_ids: Collection[int]) -> dict[int, list[str]]:
    """Names of those who live there now, who to ring first in front."""
    names: dict[int, list[str]] = defaultdict(list)
    for household_id, name in _LIVING.rows(ids=household_ids) if household_ids else ():
        names[household_id].append(name)
    return names


def _living(*, ids: Any) -> QuerySet[Resident, Any]:
    rows = Resident.objects.filter(Among("household_id", ids), left_on__isnull=True)
    return rows.values_list("household_id", "name")


_LIVING: Final = Prepared(_living, ids=Numbers)


def address_of(household: Household, *, post: Post, full: bool) -> str:
    """The address as a line has it; no query where the household was read ``for_line``."""
    here = post.organisation.scope_ids().community_id
    return _address(
        household.community_id == here,
        household.community.name,
        household.building.name,
        household.door if full else "",
    )


def _address(at_home: bool, *places: str) -> str:  # noqa: FBT001 -- private
    """Without the community, the first of the places, for those who work in it."""
    return " ".join(filter(None, places[1:] if at_home else places))
