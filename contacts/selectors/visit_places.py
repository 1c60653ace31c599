"""Where a 下访 or 接访 may be held, and who may have led it: one rule for form and service."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from django.db.models import Q

from contacts.models import ContactPoint, Visit
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post
from portal.accounts.permissions import ROLES, Permission
from portal.accounts.querysets import OrganisationQuerySet, PostQuerySet
from portal.accounts.roles import Role

#: Units at which a 下访 or 接访 is held, and of which a cadre is the liaison.
PLACES: Final = (OrganisationKind.STREET, OrganisationKind.COMMUNITY, OrganisationKind.GRID)
#: Under which posts one leads: domain §4. A clerk writes down, somebody else received.
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


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a select; ``value`` is "p" and a contact point, or "u" and a unit."""

    value: str
    label: str


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


def own_points(post: Post, *, today: dt.date) -> list[ContactPoint]:
    """The 联系点 of the person in force today, inside the district of the post."""
    rows = ContactPoint.objects.visible_to(post).in_force(today).filter(user_id=post.user_id)
    return list(rows.select_related("organisation__community"))


def unit_choices(
    post: Post, *, today: dt.date, without_grids: bool = True
) -> list[tuple[str, list[Choice]]]:
    """Units to choose from, under their street where the post works above it."""
    rows = units(post, today=today)
    if without_grids and post.organisation.kind != OrganisationKind.GRID:
        rows = rows.exclude(kind=OrganisationKind.GRID)
    found = list(rows.select_related("street").order_by("path"))

    def street(unit: Organisation) -> str:
        return (unit.street or unit).name

    return [
        (name, [Choice(f"u{unit.pk}", unit.name) for unit in group])
        for name, group in groupby(found, key=street)
    ]


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
    posts = lead_posts(kind=kind, street_id=street_id, district_id=district_id, today=today)
    found: dict[int, str] = {}
    if post.role in LEADS[kind]:
        found[post.user_id] = f"{post.user.name}（本人）"
    rows = posts.with_places().select_related("user")
    for row in rows.order_by("organisation__path", "user__name", "pk"):
        found.setdefault(row.user_id, f"{row.user.name}（{row.organisation.name} {row.label}）")
    if always is not None and always not in found:
        name = Post.objects.filter(user_id=always).values_list("user__name", flat=True).first()
        found[always] = name or ""
    return list(found.items())
