"""Tables whose rows are added and never changed: triggers refuse UPDATE, DELETE, TRUNCATE, REPLACE."""

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
# INSERT OR REPLACE takes the row that is in the way away without asking the trigger on DELETE.
_SQLITE_REPLACE: Final = (
    'CREATE TRIGGER "{table}_append_only_insert" BEFORE INSERT ON "{table}" '
    'WHEN EXISTS (SELECT 1 FROM "{table}" WHERE {same}) '
    "BEGIN SELECT RAISE(ABORT, '{table} is append-only: REPLACE refused'); END"
)
_SQLITE_DROP: Final = tuple(
    f'DROP TRIGGER IF EXISTS "{{table}}_append_only_{event}"'
    for event in ("update", "delete", "insert")
)
_SQLITE_LIST: Final = (
    "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name IN "
    "(tbl_name || '_append_only_update', tbl_name || '_append_only_delete', "
    "tbl_name || '_append_only_insert') GROUP BY tbl_name HAVING count(*) = 3"
)

_CREATE: Final = {"postgresql": _PG_CREATE, "sqlite": _SQLITE_CREATE}
_DROP: Final = {"postgresql": _PG_DROP, "sqlite": _SQLITE_DROP}
_LIST: Final = {"postgresql": _PG_LIST, "sqlite": _SQLITE_LIST}


def _create(connection: BaseDatabaseWrapper, table: str) -> list[str]:
    statements = [each.replace("{table}", table) for each in _CREATE[connection.vendor]]
    if connection.vendor == "sqlite":
        same = _same_key(connection, table)
        statements.append(_SQLITE_REPLACE.replace("{table}", table).replace("{same}", same))
    return statements


def _same_key(connection: BaseDatabaseWrapper, table: str) -> str:
    """The condition under which a row of ``table`` stands in the way of a new one."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, table).values()
    keys = {tuple(each["columns"]) for each in found if each["unique"] or each["primary_key"]}
    return " OR ".join(
        " AND ".join(f'"{column}" = NEW."{column}"' for column in key) for key in sorted(keys)
    )


def _drop(connection: BaseDatabaseWrapper, table: str) -> list[str]:
    return [each.replace("{table}", table) for each in _DROP[connection.vendor]]


def _run(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def guard(connection: BaseDatabaseWrapper, table: str) -> None:
    """From now on rows of ``table`` can only be added."""
    _run(connection, _create(connection, table))


def unguard(connection: BaseDatabaseWrapper, table: str) -> None:
    """Take the promise back. For reversed migrations, and for tests that play the intruder."""
    _run(connection, _drop(connection, table))


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
        connection = schema_editor.connection
        for statement in _drop(connection, self.table) + _create(connection, self.table):
            schema_editor.execute(statement, params=None)

    def database_backwards(
        self,
        app_label: str,  # noqa: ARG002 -- Django's signature
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,  # noqa: ARG002
        to_state: ProjectState,  # noqa: ARG002
    ) -> None:
        for statement in _drop(schema_editor.connection, self.table):
            schema_editor.execute(statement, params=None)

    def describe(self) -> str:
        return f"Make {self.table} append-only"
