"""Exports of the hotline that people upload, as kinds of background work."""

from __future__ import annotations

from grievances.services.hotline_import import CHECK, IMPORT, check_export, import_export
from portal.accounts.permissions import Permission
from portal.jobs import registry
from portal.jobs.registry import JobKind


def register() -> None:
    """Tell portal.jobs what this app reads in."""
    registry.register(
        JobKind(
            key=CHECK,
            title="核对12345工单",
            permission=Permission.IMPORT_HOTLINE,
            run=check_export,
            page="grievances:hotline_check",
        )
    )
    registry.register(
        JobKind(
            key=IMPORT,
            title="导入12345工单",
            permission=Permission.IMPORT_HOTLINE,
            run=import_export,
            resumes=True,
            start="grievances:hotline_import",
        )
    )
