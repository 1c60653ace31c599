"""The roles a post may carry (domain §3) and what each is called on screen."""

from typing import Final

from django.db.models import TextChoices

from portal.accounts.kinds import OrganisationKind


class Role(TextChoices):
    COMMUNITY_WORKER = "COMMUNITY_WORKER", "社区工作者"
    OFFICER = "OFFICER", "机关干部"
    LEADER = "LEADER", "班子成员"
    DELEGATE = "DELEGATE", "代表委员"
    CLERK = "CLERK", "窗口受理"
    HANDLER = "HANDLER", "承办人"
    STREET_ADMIN = "STREET_ADMIN", "街道管理员"
    DISTRICT_LEADER = "DISTRICT_LEADER", "区领导"
    DISTRICT_ADMIN = "DISTRICT_ADMIN", "区管理员"
    INSPECTOR = "INSPECTOR", "督查员"
    SYSTEM_ADMIN = "SYSTEM_ADMIN", "系统管理员"
    SECURITY_ADMIN = "SECURITY_ADMIN", "安全管理员"
    AUDITOR = "AUDITOR", "审计员"


class DelegateKind(TextChoices):
    PARTY = "PARTY", "党代表"
    PEOPLES_CONGRESS = "PEOPLES_CONGRESS", "人大代表"
    CPPCC = "CPPCC", "政协委员"


#: 三员分立: nobody holds two of these (domain §3).
SEPARATED: Final = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR})
#: Those who must use a second factor (quality §4).
ADMINISTRATORS: Final = SEPARATED | {Role.STREET_ADMIN, Role.DISTRICT_ADMIN}
#: Those who see a whole unit: everything that lies in the organisation of the post.
UNIT_WIDE: Final = frozenset(
    {Role.LEADER, Role.STREET_ADMIN, Role.DISTRICT_LEADER, Role.DISTRICT_ADMIN}
)


_DISTRICT: Final = frozenset({OrganisationKind.DISTRICT})
_STREET: Final = frozenset({OrganisationKind.STREET})
_COMMUNITY: Final = frozenset({OrganisationKind.COMMUNITY})
_SECTION: Final = frozenset({OrganisationKind.SECTION})
_DEPARTMENT: Final = frozenset({OrganisationKind.DEPARTMENT})
_BELOW_COMMUNITY: Final = frozenset({OrganisationKind.GRID, OrganisationKind.BUILDING})

#: Where a role may be held. Outside bodies (EXTERNAL) never sign in.
FITS: Final[dict[Role, frozenset[OrganisationKind]]] = {
    Role.COMMUNITY_WORKER: _COMMUNITY | _BELOW_COMMUNITY,
    Role.OFFICER: _DISTRICT | _STREET | _SECTION | _DEPARTMENT,
    Role.LEADER: _STREET | _COMMUNITY,
    Role.DELEGATE: _DISTRICT | _STREET | _COMMUNITY,
    Role.CLERK: _STREET | _COMMUNITY | _SECTION,
    Role.HANDLER: _COMMUNITY | _SECTION | _DEPARTMENT,
    Role.STREET_ADMIN: _STREET,
    Role.DISTRICT_LEADER: _DISTRICT,
    Role.DISTRICT_ADMIN: _DISTRICT,
    Role.INSPECTOR: _DISTRICT | _STREET,
    Role.SYSTEM_ADMIN: _DISTRICT,
    Role.SECURITY_ADMIN: _DISTRICT,
    Role.AUDITOR: _DISTRICT,
}

#: How high a role stands among those who run the portal: one manages only what stands below
#: oneself (quality §4). Heads of a street are appointed by the district (区管干部) and see what
#: its administrator sees, so the administrator does not appoint them; heads of a community are
#: appointed by the street. Inspectors read across units: the security administrator names them.
_RANK: Final[dict[Role, int]] = {
    Role.COMMUNITY_WORKER: 1,
    Role.OFFICER: 1,
    Role.DELEGATE: 1,
    Role.CLERK: 1,
    Role.HANDLER: 1,
    Role.STREET_ADMIN: 2,
    Role.DISTRICT_LEADER: 3,
    Role.DISTRICT_ADMIN: 3,
    Role.INSPECTOR: 3,
    Role.SYSTEM_ADMIN: 4,
    Role.SECURITY_ADMIN: 4,
    Role.AUDITOR: 4,
}


def post_label(role: str, title: str) -> str:
    """What a post is called on screen."""
    return title or str(Role(role).label)


def rank(role: str, kind: str) -> int:
    """1 to 4: how high the role stands where it is held."""
    if role == Role.LEADER:
        return 2 if kind == OrganisationKind.STREET else 1
    return _RANK[Role(role)]
