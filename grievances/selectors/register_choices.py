"""What the form of a new grievance offers: places, who can be named for a restricted one."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db.models import Q

from grievances.kinds import Regime
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post
from portal.accounts.permissions import Permission
from portal.accounts.roles import Role

_BELOW_STREET: Final = frozenset(
    {OrganisationKind.COMMUNITY, OrganisationKind.GRID, OrganisationKind.BUILDING}
)
#: Who can be told of a restricted one: those who decide and receive.
_NAMED: Final = (
    Role.LEADER, Role.STREET_ADMIN, Role.DISTRICT_LEADER, Role.DISTRICT_ADMIN, Role.CLERK,
)  # fmt: skip


def takes_petitions(post: Post) -> bool:
    """信访件 are registered by who sits at a street or district."""
    return post.organisation.kind not in _BELOW_STREET


def regimes_for(post: Post) -> list[tuple[str, str]]:
    """走访收集, and 信访件 where the post takes them; 12345 comes by import."""
    found = [(Regime.LOCAL.value, str(Regime.LOCAL.label))]
    if takes_petitions(post):
        found.append((Regime.PETITION.value, str(Regime.PETITION.label)))
    return found


def place_choices(
    post: Post, *, today: dt.date
) -> list[tuple[int, str]] | list[tuple[str, list[tuple[int, str]]]]:
    """Where it may lie: the street and its communities; of a district, street by street."""
    ids = post.organisation.scope_ids()
    kinds = [OrganisationKind.STREET, OrganisationKind.COMMUNITY]
    rows = Organisation.objects.in_force(today).filter(kind__in=kinds).order_by("path")
    if ids.street_id is not None:
        inside = rows.filter(Q(pk=ids.street_id) | Q(street_id=ids.street_id))
        return [
            (pk, name if kind == OrganisationKind.COMMUNITY else _unsure(name))
            for pk, name, kind in inside.values_list("pk", "name", "kind")
        ]
    groups: dict[str, list[tuple[int, str]]] = {}
    inside = rows.filter(district_id=ids.district_id)
    for pk, name, kind, street in inside.values_list("pk", "name", "kind", "street__name"):
        if kind == OrganisationKind.STREET:
            groups[name] = [(pk, _unsure(name))]
        elif street in groups:
            groups[street].append((pk, name))
    return list(groups.items())


def _unsure(street: str) -> str:
    return f"{street}（说不清哪个社区）"


def own_place(post: Post) -> int | None:
    """The place proposed: the own community, else the own street."""
    ids = post.organisation.scope_ids()
    return ids.community_id or ids.street_id


def named_choices(post: Post, *, today: dt.date) -> list[tuple[int, str]]:
    """Whom a restricted one can be opened to: posts of the own street, or of the own district."""
    ids = post.organisation.scope_ids()
    place = ids.street_id or ids.district_id or 0
    rows = Post.objects.in_force(today).filter(role__in=_NAMED, organisation_id=place)
    rows = rows.exclude(pk=post.pk).select_related("user").order_by("role", "pk")
    return [
        (one.pk, f"{one.user.name}（{one.label}）")
        for one in rows
        if one.may(Permission.SEE_GRIEVANCES)
    ]
