import contextlib

import pytest
from django.db import connection

from portal.audit.models import AuditEvent, AuditSeal
from portal.core.db.append_only import guard, unguard


@pytest.fixture(autouse=True)
def seal_file(settings, tmp_path):
    """A seal file of its own: the one of the session knows other tests' seals."""
    settings.AUDIT_SEAL_FILE = tmp_path / "seals" / "audit.jsonl"
    return settings.AUDIT_SEAL_FILE


@pytest.fixture
def intruder():
    """What somebody does who owns the database: lift the triggers, change, put them back."""

    @contextlib.contextmanager
    def at_work():
        tables = [model._meta.db_table for model in (AuditEvent, AuditSeal)]
        for table in tables:
            unguard(connection, table)
        yield
        for table in tables:
            guard(connection, table)

    return at_work
