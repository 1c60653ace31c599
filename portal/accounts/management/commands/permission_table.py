"""``manage.py permission_table``: the tables of docs/permissions.md, from the code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand

from portal.accounts.kinds import OrganisationKind
from portal.accounts.permissions import ROLES, Permission, needs_second_factor
from portal.accounts.roles import FITS, SEPARATED, Role


class Command(BaseCommand):
    help = "按代码里的权限表输出 docs/permissions.md 的两张表"

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{roles_table()}\n\n{permissions_table()}")


def roles_table() -> str:
    """Each role: where it is held, whether it needs a second factor."""
    head = ("role", "on screen", "held at", "second factor", "apart from")
    rows = [
        (
            f"`{role}`",
            role.label,
            ", ".join(kind for kind in OrganisationKind if kind in FITS[role]),
            "yes" if needs_second_factor(role) else "",
            ", ".join(other for other in sorted(SEPARATED - {role})) if role in SEPARATED else "",
        )
        for role in Role
    ]
    return _table([head, *rows])


def permissions_table() -> str:
    """Each permission × each role."""
    head = ("permission", "on screen", *(str(role.label) for role in Role))
    rows = [
        (f"`{permission}`", permission.label, *("●" if role in allowed else "" for role in Role))
        for permission, allowed in ((p, ROLES[p]) for p in Permission)
    ]
    return _table([head, *rows])


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    head, *body = [f"| {' | '.join(row)} |" for row in rows]
    rule = "|" + "---|" * (head.count("|") - 1)
    return "\n".join([head, rule, *body])
