"""Full text over our own tokens: tsvector with GIN on PostgreSQL, FTS5 on SQLite.

The tokens are made in Python (``portal.core.bigrams``) and enter both indexes as they are, so the
locale of the server and the parsers of the databases play no part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import Lookup

from portal.core.bigrams import Phrase
from portal.core.db.prepared import Given

_TYPES: Final = {"postgresql": "tsvector", "sqlite": "text"}


def _tsvector(tokens: str) -> str:
    """``'漏水':1 '水':2``: lexemes with their places; tokens hold letters and digits only."""
    lexemes: dict[str, str] = {}
    for place, token in enumerate(tokens.split(), start=1):
        known = lexemes.get(token)
        lexemes[token] = f"{known},{place}" if known else f"'{token}':{place}"
    return " ".join(lexemes.values())


def _tsquery(phrases: Sequence[Phrase], joint: str = " & ") -> str:
    def one(phrase: Phrase) -> str:
        words = [f"'{token}'" for token in phrase.tokens]
        words[-1] += ":*" if phrase.prefix else ""
        return f"({' <-> '.join(words)})"

    return joint.join(map(one, phrases))


def _fts5(phrases: Sequence[Phrase], joint: str = " AND ") -> str:
    return joint.join(
        f'"{" ".join(phrase.tokens)}"{" *" if phrase.prefix else ""}' for phrase in phrases
    )


class TokensField(models.Field):
    """Space-joined tokens to search in with ``field__matches=[Phrase, …]``.

    What comes back from the database is its own notation: defer the column.
    """

    description = "Search tokens"

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return _TYPES[connection.vendor]

    def get_placeholder(self, _value: Any, _compiler: Any, connection: BaseDatabaseWrapper) -> str:
        return "%s::tsvector" if connection.vendor == "postgresql" else "%s"

    def get_db_prep_value(
        self,
        value: Any,
        connection: BaseDatabaseWrapper,
        prepared: bool = False,  # noqa: FBT001, FBT002 -- Django's signature
    ) -> Any:
        value = super().get_db_prep_value(value, connection, prepared)
        if connection.vendor == "postgresql" and isinstance(value, str):
            return _tsvector(value)
        return value


class Phrases(Given):
    """Phrases that are known when a prepared query runs, for ``matches`` and ``holds``."""

    field = models.TextField

    def bound(self, value: Sequence[Phrase], to: BaseDatabaseWrapper) -> str:
        return _tsquery(value) if to.vendor == "postgresql" else _fts5(value)


@TokensField.register_lookup
class Matches(Lookup):
    """Rows that hold every phrase."""

    lookup_name = "matches"
    prepare_rhs = False

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        left, params = self.process_lhs(compiler, connection)
        return f"{left} @@ %s::tsquery", [*params, self._asked(_tsquery)]

    def _asked(self, write: Callable[[Sequence[Phrase]], str]) -> Any:
        """The one parameter; of a prepared query the marker itself."""
        return self.rhs if isinstance(self.rhs, Phrases) else write(self.rhs)

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # noqa: ARG002 -- Django's signature
        column = self.lhs
        quote = connection.ops.quote_name
        options = column.target.model._meta
        index = quote(f"{options.db_table}_fts")
        key = f"{quote(column.alias)}.{quote(options.pk.column)}"
        found = f"SELECT rowid FROM {index} WHERE {index} MATCH %s"  # noqa: S608 -- quoted names
        return f"{key} IN ({found})", [self._asked(_fts5)]


@TokensField.register_lookup
class MatchesAny(Matches):
    """Rows that hold one of the phrases, or several."""

    lookup_name = "matches_any"

    def _asked(self, write: Callable[..., str]) -> Any:
        if isinstance(self.rhs, Phrases):
            raise TypeError("Phrases that are given later must all be held.")
        return write(self.rhs, " | " if write is _tsquery else " OR ")


@TokensField.register_lookup
class Holds(Matches):
    """The same, asked row by row: for a walk along another index, where hits are many."""

    lookup_name = "holds"

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        sql, params = super().as_postgresql(compiler, connection)
        return f"({sql}) IS TRUE", params


_PG_FORWARDS: Final = (
    # Trusted since PostgreSQL 13: the owner of the database may create it.
    "CREATE EXTENSION IF NOT EXISTS btree_gin",
    'CREATE INDEX "{table}_fts" ON "{table}" USING gin ("{scope}", "{column}")',
)
_SQLITE_DELETE: Final = (
    'INSERT INTO "{table}_fts" ("{table}_fts", rowid, "{column}") '
    "VALUES ('delete', old.id, old.\"{column}\"); "
)
_SQLITE_INSERT: Final = (
    'INSERT INTO "{table}_fts" (rowid, "{column}") VALUES (new.id, new."{column}"); '
)
_SQLITE_FORWARDS: Final = (
    """CREATE VIRTUAL TABLE "{table}_fts" USING fts5("{column}", content='{table}',
    content_rowid='id', tokenize='unicode61 remove_diacritics 0')""",
    f'CREATE TRIGGER "{{table}}_fts_insert" AFTER INSERT ON "{{table}}" BEGIN {_SQLITE_INSERT}END',
    f'CREATE TRIGGER "{{table}}_fts_delete" AFTER DELETE ON "{{table}}" BEGIN {_SQLITE_DELETE}END',
    f"""CREATE TRIGGER "{{table}}_fts_update" AFTER UPDATE ON "{{table}}" BEGIN
    {_SQLITE_DELETE}{_SQLITE_INSERT}END""",
)
_FORWARDS: Final = {"postgresql": _PG_FORWARDS, "sqlite": _SQLITE_FORWARDS}
_BACKWARDS: Final = {
    "postgresql": ('DROP INDEX IF EXISTS "{table}_fts"',),
    "sqlite": (
        'DROP TRIGGER IF EXISTS "{table}_fts_insert"',
        'DROP TRIGGER IF EXISTS "{table}_fts_delete"',
        'DROP TRIGGER IF EXISTS "{table}_fts_update"',
        'DROP TABLE IF EXISTS "{table}_fts"',
    ),
}


class FullTextIndex(Operation):
    """Migration operation: the index behind a ``TokensField``, led by a ``scope`` column.

    PostgreSQL: one GIN over both columns. SQLite: an FTS5 table kept by triggers (which are lost
    when Django alters the table by copying it: repeat the operation then).
    """

    reversible = True
    reduces_to_sql = True

    def __init__(self, *, table: str, scope: str, column: str) -> None:
        self.names = {"table": table, "scope": scope, "column": column}

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [], dict(self.names)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing: the index is not a field."""

    def database_forwards(
        self,
        app_label: str,  # noqa: ARG002 -- Django's signature
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,  # noqa: ARG002
        to_state: ProjectState,  # noqa: ARG002
    ) -> None:
        self._run(schema_editor, _FORWARDS[schema_editor.connection.vendor])

    def database_backwards(
        self,
        app_label: str,  # noqa: ARG002 -- Django's signature
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,  # noqa: ARG002
        to_state: ProjectState,  # noqa: ARG002
    ) -> None:
        self._run(schema_editor, _BACKWARDS[schema_editor.connection.vendor])

    def _run(self, schema_editor: BaseDatabaseSchemaEditor, statements: Sequence[str]) -> None:
        for statement in statements:
            schema_editor.execute(statement.format(**self.names), params=None)

    def describe(self) -> str:
        return f"Index the text of {self.names['table']}"
