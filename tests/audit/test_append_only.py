import uuid

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from portal.audit import selectors, services
from portal.audit.models import AuditEvent, AuditSeal
from portal.audit.selectors import Kind
from portal.core.db.append_only import guarded_tables, unguard

pytestmark = pytest.mark.django_db
TABLE = AuditEvent._meta.db_table
SAME = {"id", "uid"}


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


@pytest.mark.sqlite
@pytest.mark.parametrize("kept", ["id", "uid"])
def test_a_row_is_not_replaced_by_inserting_another(rows, kept):
    event = AuditEvent.objects.get()
    columns = [
        field.column for field in AuditEvent._meta.fields if field.column not in SAME - {kept}
    ]
    names = ", ".join(columns)
    values = names.replace("action", "'visit.void'")
    if kept == "id":
        names, values = f"uid, {names}", f"'{uuid.uuid4().hex}', {values}"
    verb = "INSERT" if connection.vendor == "postgresql" else "INSERT OR REPLACE"

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{verb} INTO {TABLE} ({names}) SELECT {values} FROM {TABLE}")  # noqa: S608 -- our columns

    assert AuditEvent.objects.get().action == event.action


@pytest.mark.sqlite
def test_rows_are_still_added(rows):
    services.record(actor=None, action="visit.log")
    services.seal()

    assert AuditEvent.objects.count() == AuditSeal.objects.count() == 2
    assert selectors.verify().ok
