"""Lists that people upload, as kinds of background work."""

from __future__ import annotations

from contacts.services.household_import import CHECK, IMPORT, check_list, import_list
from portal.accounts.permissions import Permission
from portal.jobs import registry
from portal.jobs.registry import JobKind


def register() -> None:
    """Tell portal.jobs what this app reads in."""
    registry.register(
        JobKind(
            key=CHECK,
            title="核对住户名单",
            permission=Permission.IMPORT_HOUSEHOLDS,
            run=check_list,
            page="contacts:household_import_check",
        )
    )
    registry.register(
        JobKind(
            key=IMPORT,
            title="导入住户",
            permission=Permission.IMPORT_HOUSEHOLDS,
            run=import_list,
            resumes=True,
            start="contacts:household_import",
        )
    )
