import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from portal.audit import selectors, services
from portal.audit.models import AuditEvent, AuditSeal
from portal.audit.selectors import Kind
from portal.core.db.append_only import guarded_tables, unguard

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows():
    services.record(actor=None, action="visit.log")
    services.seal()


@pytest.mark.parametrize("model", [AuditEvent, AuditSeal])
@pytest.mark.parametrize("how", ["save", "update", "delete", "wipe"])
def test_no_row_can_be_changed_or_taken_away(rows, model, how):
    table = model._meta.db_table

    def wipe():
        verb = "TRUNCATE" if connection.vendor == "postgresql" else "DELETE FROM"
        with connection.cursor() as cursor:
            cursor.execute(f"{verb} {table}")

    doing = {
        "save": lambda: model.objects.get().save(),
        "update": lambda: model.objects.update(at=timezone.now()),
        "delete": lambda: model.objects.get().delete(),
        "wipe": wipe,
    }
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        doing[how]()
    assert model.objects.count() == 1


def test_a_missing_guard_is_reported(rows):
    assert guarded_tables(connection) == {"audit_auditevent", "audit_auditseal"}
    unguard(connection, "audit_auditseal")

    problems = selectors.verify().problems

    assert [p.kind for p in problems] == [Kind.UNGUARDED]
    assert "audit_auditseal" in problems[0].message


def test_triggers_also_hold_in_sessions_that_switch_triggers_off(rows):
    if connection.vendor != "postgresql":
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute("DELETE FROM audit_auditevent")
