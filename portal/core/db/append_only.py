"""Tables whose rows are added and never changed: triggers refuse UPDATE, DELETE and TRUNCATE."""

from __future__ import annotations

from typing import Any, Final

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

_PG_FUNCTION: Final = """
CREATE OR REPLACE FUNCTION portal_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
# ALWAYS: also in sessions that set session_replication_role, as restoring tools do.
_PG_CREATE: Final = (
    _PG_FUNCTION,
    """CREATE TRIGGER "{table}_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "{table}"
    FOR EACH STATEMENT EXECUTE FUNCTION portal_refuse_change()""",
    'ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER "{table}_append_only"',
)
_PG_DROP: Final = ('DROP TRIGGER IF EXISTS "{table}_append_only" ON "{table}"',)
_PG_LIST: Final = (
    "SELECT tgrelid::regclass::text FROM pg_trigger "
    "WHERE NOT tgisinternal AND right(tgname, 12) = '_append_only' AND tgenabled = 'A' "
    "AND tgtype & 56 = 56"  # DELETE 8 + UPDATE 16 + TRUNCATE 32
)
_SQLITE_CREATE: Final = tuple(
    f'CREATE TRIGGER "{{table}}_append_only_{event.lower()}" BEFORE {event} ON "{{table}}" '
    f"BEGIN SELECT RAISE(ABORT, '{{table}} is append-only: {event} refused'); END"
    for event in ("UPDATE", "DELETE")
)
_SQLITE_DROP: Final = tuple(
    f'DROP TRIGGER IF EXISTS "{{table}}_append_only_{event}"' for event in ("update", "delete")
)
_SQLITE_LIST: Final = (
    "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' "
    "AND name IN (tbl_name || '_append_only_update', tbl_name || '_append_only_delete') "
    "GROUP BY tbl_name HAVING count(*) = 2"
)

_CREATE: Final = {"postgresql": _PG_CREATE, "sqlite": _SQLITE_CREATE}
_DROP: Final = {"postgresql": _PG_DROP, "sqlite": _SQLITE_DROP}
_LIST: Final = {"postgresql": _PG_LIST, "sqlite": _SQLITE_LIST}


def _run(connection: BaseDatabaseWrapper, statements: tuple[str, ...], table: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement.replace("{table}", table))


def guard(connection: BaseDatabaseWrapper, table: str) -> None:
    """From now on rows of ``table`` can only be added."""
    _run(connection, _CREATE[connection.vendor], table)


def unguard(connection: BaseDatabaseWrapper, table: str) -> None:
    """Take the promise back. For reversed migrations, and for tests that play the intruder."""
    _run(connection, _DROP[connection.vendor], table)


def guarded_tables(connection: BaseDatabaseWrapper) -> set[str]:
    """The tables whose triggers are all there and switched on."""
    with connection.cursor() as cursor:
        cursor.execute(_LIST[connection.vendor])
        return {row[0].strip('"') for row in cursor.fetchall()}


class AppendOnly(Operation):
    """Migration operation: guard ``table``.

    On SQLite, Django alters a table by copying it, which loses its triggers: repeat this
    operation after such a migration (``manage.py verify_audit`` reports a table without them).
    """

    reversible = True
    reduces_to_sql = True

    def __init__(self, table: str) -> None:
        self.table = table

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.table], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing: models do not know their triggers."""

    def database_forwards(
        self,
        app_label: str,  # noqa: ARG002 -- Django's signature
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,  # noqa: ARG002
        to_state: ProjectState,  # noqa: ARG002
    ) -> None:
        vendor = schema_editor.connection.vendor
        for statement in (*_DROP[vendor], *_CREATE[vendor]):
            schema_editor.execute(statement.replace("{table}", self.table), params=None)

    def database_backwards(
        self,
        app_label: str,  # noqa: ARG002 -- Django's signature
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,  # noqa: ARG002
        to_state: ProjectState,  # noqa: ARG002
    ) -> None:
        for statement in _DROP[schema_editor.connection.vendor]:
            schema_editor.execute(statement.replace("{table}", self.table), params=None)

    def describe(self) -> str:
        return f"Make {self.table} append-only"
