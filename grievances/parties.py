"""What a post is to one grievance: decides, with the table of moves, what it may do (domain §3, §5)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from grievances.kinds import Part, Party
from portal.accounts.kinds import OrganisationKind
from portal.accounts.permissions import Permission
from portal.accounts.roles import Role

if TYPE_CHECKING:
    from grievances.models import Grievance
    from portal.accounts.models import Post

#: Who handles what the own unit is given.
HANDLES: Final = frozenset(
    {Role.HANDLER, Role.OFFICER, Role.CLERK, Role.LEADER, Role.COMMUNITY_WORKER}
)
#: Who tells the resident.
TELLS: Final = frozenset({Party.DESK, Party.LEAD, Party.OWNER})
_ASKS: Final = frozenset({Role.CLERK, Role.STREET_ADMIN, Role.LEADER, Role.COMMUNITY_WORKER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Handlers:
    """Which units have a grievance, and whether the desk writes for the leading one."""

    #: In force now: unit → part.
    units: dict[int, Part] = field(default_factory=dict)
    #: That ever had it: their people do not ask what the resident thinks of it.
    ever: frozenset[int] = frozenset()
    #: Units with nobody who signs in: the desk writes for them (代录).
    silent: frozenset[int] = frozenset()


def parties_of(post: Post, grievance: Grievance, handlers: Handlers) -> frozenset[Party]:
    """Everything the post is to this grievance; nobody without the right to handle any."""
    if not post.may(Permission.HANDLE_GRIEVANCES):
        return frozenset()
    found = set(_of_unit(post, handlers))
    if grievance.owner_id == post.pk:
        found.add(Party.OWNER)
    place = post.organisation_id
    runs_street = place == grievance.street_id
    runs_district = place == grievance.district_id
    handles = place in handlers.units
    if (runs_street and post.role in {Role.CLERK, Role.STREET_ADMIN}) or (
        runs_district and post.role == Role.DISTRICT_ADMIN
    ):
        found |= {Party.DESK, *_for_others(handlers)}
    if not handles and (
        (runs_street and post.role in {Role.LEADER, Role.STREET_ADMIN})
        or (runs_district and post.role in {Role.DISTRICT_LEADER, Role.DISTRICT_ADMIN})
    ):
        found.add(Party.APPROVER)
    if (runs_street and post.role == Role.LEADER) or (
        runs_district and post.role == Role.DISTRICT_LEADER
    ):
        found.add(Party.SUPERVISOR)
    if post.role in _ASKS and place not in handlers.ever:
        found.add(Party.ASKER)
    return frozenset(found)


def hands_out(post: Post, handlers: Handlers, parties: Collection[Party]) -> bool:
    """Whether the post may have the resident's link: never whose unit handles it or ever did.

    Whoever has the link can rate.
    """
    may = {Party.DESK, Party.OWNER, Party.ASKER}
    return not may.isdisjoint(parties) and post.organisation_id not in handlers.ever


def may_ask_at_all(post: Post) -> bool:
    """Whether the post may be an ASKER of any grievance."""
    return post.role in _ASKS and post.may(Permission.HANDLE_GRIEVANCES)


def runs_desk(post: Post) -> str | None:
    """Of which place of a grievance the post is the desk: its street, its district, or none."""
    kind = post.organisation.kind
    if kind == OrganisationKind.STREET and post.role in {Role.CLERK, Role.STREET_ADMIN}:
        return "street"
    is_district = kind == OrganisationKind.DISTRICT and post.role == Role.DISTRICT_ADMIN
    return "district" if is_district else None


def unit_for(post: Post, handlers: Handlers, parties: Collection[Party]) -> tuple[int, bool]:
    """For which unit a move of a handler is made, and whether by 代录."""
    if post.organisation_id in handlers.units:
        return post.organisation_id, False
    lead = next((unit for unit, part in handlers.units.items() if part == Part.LEAD), None)
    if lead is not None and lead in handlers.silent and Party.DESK in parties:
        return lead, True
    return post.organisation_id, False


def _of_unit(post: Post, handlers: Handlers) -> set[Party]:
    part = handlers.units.get(post.organisation_id)
    if part is None or post.role not in HANDLES:
        return set()
    return {Party.LEAD if part == Part.LEAD else Party.CO_HANDLER}


def _for_others(handlers: Handlers) -> set[Party]:
    """What the desk is by writing for a unit that never signs in."""
    silent = {part for unit, part in handlers.units.items() if unit in handlers.silent}
    names = {Part.LEAD: Party.LEAD, Part.CO_HANDLER: Party.CO_HANDLER}
    return {names[part] for part in silent}
