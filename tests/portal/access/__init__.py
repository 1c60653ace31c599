"""Who may open what, written by hand, one file per app; ``test_access`` walks every row.

A new view needs a row here; the expected roles are decided, not copied from the code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.accounts.roles import Role

W, O, L, D = Role.COMMUNITY_WORKER, Role.OFFICER, Role.LEADER, Role.DELEGATE  # noqa: E741 -- columns
C, H = Role.CLERK, Role.HANDLER
SA, DL, DA = Role.STREET_ADMIN, Role.DISTRICT_LEADER, Role.DISTRICT_ADMIN
I, SYS, SEC, AUD = Role.INSPECTOR, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR  # noqa: E741

EVERYBODY = frozenset({W, O, L, D, C, H, SA, DL, DA, I, SYS, SEC, AUD})
#: For people who are not signed in too.
PUBLIC = None


@dataclass(frozen=True, slots=True)
class Row:
    """One address: who may open it and what it answers them.

    A path with ``{household}``, ``{visit}`` … is filled from the scene; a row of such a path is
    tried outside the scope as well, where it does not exist (404).
    """

    path: str
    roles: frozenset[Role] | None
    answer: int = 200
    method: str = "get"
    data: Mapping[str, str] = field(default_factory=dict)
    #: Roles that may see such a record at all, when more than ``roles``: outside their scope it
    #: does not exist for them either.
    sees: frozenset[Role] | None = None
    #: Roles that are let in and get another answer: a sentence why not, on the page before.
    answers: Mapping[Role, int] = field(default_factory=dict)

    @property
    def is_of_a_record(self) -> bool:
        return "{" in self.path

    def refusal_outside(self, role: Role) -> int:
        """What a record outside the scope answers: 404 for who may see such records, else 403."""
        return 404 if role in (self.sees or self.roles or ()) else 403
