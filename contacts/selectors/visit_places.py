"""Where a 下访 or 接访 may be held, and who may have led it: one rule for form and service."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Final

from django.db.models import Q, QuerySet

from contacts.models import ContactPoint, Household, Visit, VisitPerson
from contacts.selectors.household_doors import matching
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post
from portal.accounts.outline import Scoped
from portal.accounts.permissions import ROLES, Permission
from portal.accounts.querysets import OrganisationQuerySet, PostQuerySet
from portal.accounts.roles import Role, post_label
from portal.accounts.selectors.unit_rows import UnitRow, columns, unit_rows
from portal.core.db.prepared import Day, Number, Prepared

#: Units at which a 下访 or 接访 is held, and of which a cadre is the liaison.
PLACES: Final = (OrganisationKind.STREET, OrganisationKind.COMMUNITY, OrganisationKind.GRID)
#: Under which posts one is named by others as who led: domain §4. Who writes may always name
#: themselves (``may_lead``): a clerk receives whoever walks in.
LEADS: Final[Mapping[str, frozenset[Role]]] = {
    Visit.Kind.HOME: ROLES[Permission.LOG_HOME_VISIT],
    Visit.Kind.FIELD: ROLES[Permission.LOG_FIELD_VISIT],
    Visit.Kind.RECEPTION: frozenset({Role.LEADER, Role.DELEGATE}),
}
#: The permission that it takes to write down each kind.
LOGS: Final[Mapping[str, Permission]] = {
    Visit.Kind.HOME: Permission.LOG_HOME_VISIT,
    Visit.Kind.FIELD: Permission.LOG_FIELD_VISIT,
    Visit.Kind.RECEPTION: Permission.LOG_RECEPTION,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """One place to choose; ``value`` is "p" and a contact point, or "u" and a unit."""

    value: str
    label: str
    unit_id: int
    #: What the place of a 联系点 is called when nothing else is known; a unit is none by itself.
    place: str
    street_id: int
    district_id: int
    point_id: int | None = None
    #: The liaison of a contact point.
    owner_id: int | None = None
    is_own: bool = False


def may_lead(post: Post, kind: str) -> bool:
    """Whether the post may say of itself that it led: whoever writes such visits down."""
    return post.role in LEADS[kind] or post.may(LOGS[kind])


def may_log_any(post: Post) -> bool:
    """Whether the post writes down visits of some kind."""
    return any(post.may(permission) for permission in LOGS.values())


def units(post: Post, *, today: dt.date) -> OrganisationQuerySet:
    """Units of the post's scope at which a visit can be held.

    A section works for its street, a department for its district.
    """
    place = post.organisation
    ids = place.scope_ids()
    rows: OrganisationQuerySet = Organisation.objects.in_force(today).filter(kind__in=PLACES)
    if place.kind in {OrganisationKind.SECTION, OrganisationKind.DEPARTMENT}:
        above = (
            Q(pk=ids.street_id) | Q(street_id=ids.street_id)
            if ids.street_id
            else Q(district_id=ids.district_id)
        )
        return rows.filter(above)
    return rows.within(place.path)


def wheres(
    post: Post, *, kind: str, asked: int | None, today: dt.date
) -> list[tuple[str, list[Where]]]:
    """Places to choose from: for a 下访 the own 联系点 first, then units of the scope.

    ``asked`` is a contact point of somebody else that the form was opened for.
    """
    groups: list[tuple[str, list[Where]]] = []
    if kind == Visit.Kind.FIELD and (points := _points(post, asked, today)):
        groups.append(("联系点", points))
    return groups + _units(post, today)


def _points(post: Post, asked: int | None, today: dt.date) -> list[Where]:
    """What was asked for stands first, then the own ones."""
    found = [
        _point(pk, user_id, name, UnitRow(*unit), is_own=user_id == post.user_id)
        for pk, user_id, name, *unit in _POINTS.rows(post, asked=asked or 0, on=today)
    ]
    return sorted(found, key=lambda one: one.point_id != asked)


def _point_rows(post: Post, *, asked: Any, on: Any) -> QuerySet[ContactPoint, Any]:
    rows = ContactPoint.objects.visible_to(post).in_force(on)
    rows = rows.filter(Q(user_id=post.user_id) | Q(pk=asked))
    return rows.values_list("pk", "user_id", "user__name", *columns("organisation__"))


_POINTS: Final = Scoped(_point_rows, asked=Number, on=Day)


def _point(pk: int, user_id: int, name: str, unit: UnitRow, *, is_own: bool) -> Where:
    label = f"{unit.full_name}（{'联系点' if is_own else name}）"
    where = _where(f"p{pk}", label, unit)
    return replace(where, point_id=pk, owner_id=user_id, is_own=is_own, place=unit.full_name)


def _where(value: str, label: str, unit: UnitRow) -> Where:
    return Where(
        value=value,
        label=label,
        unit_id=unit.id,
        place="",
        street_id=unit.in_street or 0,
        district_id=unit.district_id or 0,
    )


def _units(post: Post, today: dt.date) -> list[tuple[str, list[Where]]]:
    """Units under their street; grids only for who works in one."""
    found = (UnitRow(*row) for row in _CHOSEN.rows(post, on=today))
    return [
        (name, [_where(f"u{unit.id}", unit.name, unit) for unit in group])
        for name, group in groupby(found, key=_street)
    ]


def _chosen(post: Post, *, on: Any) -> QuerySet[Organisation, Any]:
    rows = units(post, today=on)
    if post.organisation.kind != OrganisationKind.GRID:
        rows = rows.exclude(kind=OrganisationKind.GRID)
    return rows.order_by("path").values_list(*columns())


_CHOSEN: Final = Scoped(_chosen, on=Day)


def unit_choices(post: Post, *, today: dt.date) -> list[tuple[str, list[tuple[int, str]]]]:
    """Units of the scope under their street, grids included, for a select."""
    return [
        (name, [(unit.id, unit.full_name) for unit in group])
        for name, group in groupby(unit_rows(units(post, today=today)), key=_street)
    ]


def _street(unit: UnitRow) -> str:
    return unit.street or unit.name


@dataclass(frozen=True, slots=True)
class LastVisit:
    """Where the newest visit of a kind was held."""

    visit_id: int
    occurred_on: dt.date
    place: str
    unit_id: int

    def lead_id(self) -> int | None:
        """Who led it; one query."""
        people = VisitPerson.objects.filter(visit=self.visit_id, is_lead=True)
        return people.values_list("user_id", flat=True).first()


def last_at(*, post: Post, kind: str) -> LastVisit | None:
    """The newest visit of this kind that the post wrote: the next one is often held there again.

    SECURITY: what one wrote is readable while the post lasts; a unit that is no longer in its
    scope is not among the choices. Not asked by ``visible_to``, with which the database would go
    through all visits of the street.
    """
    for visit_id, occurred_on, place, *above in _LAST.rows(kind, under=post.pk):
        return LastVisit(visit_id, occurred_on, place, next(filter(None, above)))
    return None


def _last(kind: str, *, under: Any) -> QuerySet[Visit, Any]:
    rows = Visit.objects.filter(post_id=under, kind=kind).valid().order_by("-occurred_at", "-pk")
    return rows.values_list("pk", "occurred_on", "place", "grid_id", "community_id", "street_id")[
        :1
    ]


_LAST: Final = Prepared(_last, under=Number)


def homes_of(post: Post, ids: Iterable[int], *, always: int | None) -> list[Household]:
    """Those households, as far as the post may know of them; ``always`` keeps one."""
    wanted = set(ids) | ({always} if always else set())
    if not wanted:
        return []
    rows = Household.objects.visible_to(post).filter(pk__in=wanted)
    return list(rows.for_line().order_by("pk"))


def household_behind(post: Post, words: str) -> int | None:
    """The one household in the post's sight that these words name, down to the door.

    SECURITY: who lives there is not told, only that the door is registered: whoever sits opposite
    has just said that it is theirs. Several doors are none.
    """
    rows = Household.objects.visible_to(post).in_use()
    found = rows.filter(matching(words, post=post, own=Q(pk__isnull=False))).order_by("pk")
    ids = list(found.values_list("pk", flat=True)[:2])
    return ids[0] if len(ids) == 1 else None


def finds_doors(post: Post) -> bool:
    """Whether the post may join a guest to a household: who may look for persons at all."""
    return post.may(Permission.FIND_PERSONS)


def lead_posts(*, kind: str, street_id: int, district_id: int, today: dt.date) -> PostQuerySet:
    """Posts in force whose holders may have led: of the street, and delegates of its district."""
    posts: PostQuerySet = Post.objects.in_force(today).filter(role__in=LEADS[kind])
    here = Q(organisation_id=street_id) | Q(organisation__street_id=street_id)
    if kind == Visit.Kind.RECEPTION:
        here |= Q(organisation_id=district_id, role=Role.DELEGATE)
    return posts.filter(here)


def lead_choices(
    *, post: Post, kind: str, street_id: int, district_id: int, today: dt.date, always: int | None
) -> list[tuple[int, str]]:
    """(user id, 王芳（八角街道 办事处副主任）): the own person first, once each."""
    found: dict[int, str] = {}
    if may_lead(post, kind):
        found[post.user_id] = f"{post.user.name}（本人）"
    rows = _LEADING.rows(kind, street=street_id, district=district_id, on=today)
    for user_id, name, place, role, title in rows:
        found.setdefault(user_id, f"{name}（{place} {post_label(role, title)}）")
    if always is not None and always not in found:
        name = Post.objects.filter(user_id=always).values_list("user__name", flat=True).first()
        found[always] = name or ""
    return list(found.items())


def _leading(kind: str, *, street: Any, district: Any, on: Any) -> QuerySet[Post, Any]:
    posts = lead_posts(kind=kind, street_id=street, district_id=district, today=on)
    return posts.order_by("organisation__path", "user__name", "pk").values_list(
        "user_id", "user__name", "organisation__name", "role", "title"
    )


_LEADING: Final = Prepared(_leading, street=Number, district=Number, on=Day)
