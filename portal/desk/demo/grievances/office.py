"""Who handles the grievances of one street: its desk, its sections, and units outside of it."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from grievances.models import Grievance
from grievances.parties import HANDLES
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post
from portal.accounts.roles import Role
from portal.desk.demo.administration import forgotten
from portal.desk.demo.chance import chance
from portal.desk.demo.grievances.kinds import COMMUNITY, PROPERTY
from portal.desk.demo.people import ACCOUNTS
from portal.desk.demo.places import StreetPlan
from portal.desk.demo.tree import Places

_HOUSE: Final = re.compile(r"\d+号楼")


@dataclass(kw_only=True)
class Office:
    """The units of a street and their posts, as far as they can sign in."""

    street: Organisation
    units: dict[str, Organisation]
    #: By the id of the community.
    communities: dict[int, Organisation]
    properties: dict[int, Organisation]
    posts: dict[int, list[Post]] = field(default_factory=dict)
    #: Users who do nothing as long as a colleague can.
    idle: frozenset[int] = frozenset()

    def unit(self, name: str, community_id: int) -> Organisation:
        if name == COMMUNITY:
            return self.communities[community_id]
        return self.properties[community_id] if name == PROPERTY else self.units[name]

    def handler(self, rng: Random, unit: Organisation, day: dt.date) -> Post | None:
        """Somebody of the unit; None where the desk writes for it."""
        found = self._of(unit.pk, HANDLES, day)
        return rng.choice(found) if found else None

    def desk(self, rng: Random, day: dt.date) -> Post:
        role = Role.CLERK if chance(rng, 0.85) else Role.STREET_ADMIN
        return rng.choice(self._of(self.street.pk, {role}, day))

    def approver(self, rng: Random, day: dt.date, *, but: Iterable[int] = ()) -> Post:
        posts = self._of(self.street.pk, {Role.LEADER}, day)
        return rng.choice([post for post in posts if post.pk not in set(but)])

    @property
    def leading(self) -> Post:
        """The leader whom a visitor of the demo signs in as, where there is one."""
        posts = [post for post in self.posts[self.street.pk] if post.role == Role.LEADER]
        return min(posts, key=lambda post: (post.user.username not in ACCOUNTS, post.pk))

    def _of(self, unit: int, roles: Iterable[str], day: dt.date) -> list[Post]:
        wanted = set(roles)
        found = [p for p in self.posts.get(unit, ()) if p.role in wanted and p.in_force(day)]
        return [post for post in found if post.user_id not in self.idle] or found


def offices(streets: Sequence[StreetPlan], places: Places) -> dict[int, Office]:
    """By the id of the street."""
    posts: dict[int, list[Post]] = defaultdict(list)
    rows = Post.objects.filter(user__is_demo=True).select_related("user", "organisation")
    for post in rows.order_by("pk"):
        # Who has never signed in handles nothing.
        if post.user.has_usable_password():
            posts[post.organisation_id].append(post)
            if post.user.username in ACCOUNTS:  # a visitor of the demo finds more of the own
                posts[post.organisation_id].append(post)
    found = {}
    for plan in streets:
        street = places.by_code[plan.code]
        sections = {
            name: unit for (code, name), unit in places.sections.items() if code == plan.code
        }
        communities = [places.by_code[each.code] for each in plan.communities]
        found[street.pk] = Office(
            street=street,
            units=sections | places.outside,
            communities={unit.pk: unit for unit in communities},
            properties={unit.pk: places.properties[unit.code] for unit in communities},
            posts=posts,
            idle=forgotten(),
        )
    return found


def is_own(unit: Organisation) -> bool:
    """Whether a street orders it to handle something."""
    return unit.kind in {OrganisationKind.SECTION, OrganisationKind.COMMUNITY}


def house_of(grievance: Grievance) -> str:
    """8号楼, as one writes it to who lives there."""
    where = grievance.building.name if grievance.building else grievance.place
    found = _HOUSE.search(where)
    return found.group() if found else "小区"
