"""A whole database as a stream of bytes, and back: what backup and restore stand on.

PostgreSQL: every table by COPY inside one REPEATABLE READ transaction, so that all tables are of
the same moment; no external program, and any later server version reads it. SQLite: the file, by
its own backup interface, inside one reading transaction. On both, others go on writing meanwhile.
"""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import quote

from django.db import connection, transaction

#: Made anew by ``migrate``, or not worth keeping: signed-in sessions end with a restore.
LEFT_OUT: Final = frozenset({"django_migrations", "django_session"})
_COLUMNS: Final = """
    SELECT table_name, column_name FROM information_schema.columns
    JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND is_generated = 'NEVER'
    ORDER BY table_name, ordinal_position
"""
_SEQUENCES: Final = """
    SELECT c.table_name, c.column_name, pg_get_serial_sequence(quote_ident(c.table_name), c.column_name)
    FROM information_schema.columns c
    WHERE c.table_schema = current_schema()
      AND pg_get_serial_sequence(quote_ident(c.table_name), c.column_name) IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with the columns that hold something of their own."""

    name: str
    columns: tuple[str, ...]

    def target(self) -> str:
        quoted = ", ".join(connection.ops.quote_name(column) for column in self.columns)
        return f"{connection.ops.quote_name(self.name)} ({quoted})"


@contextlib.contextmanager
def one_moment() -> Iterator[None]:
    """Everything read inside is of the same moment; others go on writing. Nothing is written inside.

    Raises ``RuntimeError`` inside a transaction, which may have begun at an earlier moment.
    """
    if connection.vendor == "sqlite":
        with _sqlite_moment():
            yield
        return
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


@contextlib.contextmanager
def _sqlite_moment() -> Iterator[None]:
    """A reading transaction: beside it the journal (WAL) takes what others write.

    Not by ``atomic``: Django's transactions are IMMEDIATE here, and shut every writer out.
    """
    if connection.in_atomic_block:
        raise RuntimeError("a moment cannot be taken inside a transaction")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON")
        try:
            cursor.execute("BEGIN DEFERRED")
            cursor.execute("SELECT count(*) FROM sqlite_master")  # the moment is the first read
            yield
        finally:
            cursor.execute("ROLLBACK")
            cursor.execute("PRAGMA query_only = OFF")


def tables() -> list[Table]:
    """Every table that a backup holds, in the order of its name."""
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_COLUMNS)
            rows = cursor.fetchall()
        else:
            rows = [
                (name, column.name)
                for name in sorted(connection.introspection.table_names(cursor))
                for column in connection.introspection.get_table_description(cursor, name)
            ]
    for name, column in rows:
        found.setdefault(name, []).append(column)
    return [Table(name, tuple(columns)) for name, columns in found.items() if name not in LEFT_OUT]


def row_counts() -> dict[str, int]:
    """How many rows each of ``tables`` holds now."""
    counts = {}
    with connection.cursor() as cursor:
        for table in tables():
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table.name)}")  # noqa: S608 -- a quoted name
            counts[table.name] = cursor.fetchone()[0]
    return counts


def write_table(table: Table, sink: Any) -> None:
    """PostgreSQL: the rows of ``table`` into ``sink.write``."""
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table.target()} TO STDOUT", sink)


def read_table(table: Table, source: IO[bytes]) -> None:
    """PostgreSQL: rows written by ``write_table`` into the emptied ``table``."""
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table.target()} FROM STDIN", source)


def empty(kept: list[Table]) -> None:
    """PostgreSQL: take out what ``migrate`` put in, one statement for tables that hang together.

    Tables that refuse it (the trail is append-only) must be empty already.
    """
    with connection.cursor() as cursor:
        for table in kept:
            name = connection.ops.quote_name(table.name)
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {name})")  # noqa: S608 -- a quoted name
            if cursor.fetchone()[0]:
                cursor.execute(f"DELETE FROM {name}")  # noqa: S608 -- a quoted name


def set_sequences() -> None:
    """PostgreSQL: the next id of every table is above its highest."""
    with connection.cursor() as cursor:
        cursor.execute(_SEQUENCES)
        for table, column, sequence in cursor.fetchall():
            name, key = connection.ops.quote_name(table), connection.ops.quote_name(column)
            cursor.execute(
                f"SELECT setval(%s, COALESCE(max({key}), 1), max({key}) IS NOT NULL) FROM {name}",  # noqa: S608 -- quoted names
                [sequence],
            )


def copy_file(target: Path) -> None:
    """SQLite: the database of ``one_moment`` as a file of its own, without signed-in sessions."""
    with contextlib.closing(sqlite3.connect(target)) as copy:
        connection.connection.backup(copy)
        copy.execute("DELETE FROM django_session")
        copy.commit()
        copy.execute("PRAGMA journal_mode=DELETE")


@contextlib.contextmanager
def scratch_database(folder: Path) -> Iterator[str]:
    """The URL of an empty database of the same kind, gone afterwards.

    PostgreSQL: beside the own one, which needs the right to create databases.
    """
    if connection.vendor == "sqlite":
        yield f"sqlite:///{folder / 'scratch.sqlite3'}"
        return
    own = connection.settings_dict
    name = f"{own['NAME']}_try_{secrets.token_hex(4)}"[-63:]
    quoted = connection.ops.quote_name(name)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {quoted} TEMPLATE template0")
    try:
        who = f"{quote(own['USER'], safe='')}:{quote(own['PASSWORD'], safe='')}"
        where = f"{quote(own['HOST'] or 'localhost', safe='')}:{own['PORT'] or 5432}"
        yield f"postgres://{who}@{where}/{quote(name, safe='')}"
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {quoted} WITH (FORCE)")
