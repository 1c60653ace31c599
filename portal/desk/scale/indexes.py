"""Indexes and constraints of the tables to fill: taken off before COPY, made again afterwards.

Making them again in one go is several times faster than row by row, and proves the data: the
database checks every unique and foreign key it takes back.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.db import connection, connections

_CONSTRAINTS = """
SELECT c.conrelid::regclass::text, c.conname, c.contype, pg_get_constraintdef(c.oid)
FROM pg_constraint c WHERE c.conrelid = ANY(%s::regclass[]) AND c.contype IN ('f', 'u')
ORDER BY 1, 2
"""
_INDEXES = """
SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
FROM pg_index i WHERE i.indrelid = ANY(%s::regclass[]) AND NOT i.indisprimary
AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype = 'u')
ORDER BY (pg_get_indexdef(i.indexrelid) NOT LIKE '%%USING gin%%'), 1, 2
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """Statements that make again what was taken off; the slowest indexes first."""

    indexes: tuple[str, ...]
    uniques: tuple[str, ...]
    foreign: tuple[str, ...]


def take_off(tables: Sequence[str]) -> Taken:
    """Drop every index but the primary keys, and every foreign key, of ``tables``."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(_CONSTRAINTS, [list(tables)])
        constraints = cursor.fetchall()
        cursor.execute(_INDEXES, [list(tables)])
        indexes = cursor.fetchall()
        for table, name, _, _ in constraints:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        for _, name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
    made = {
        kind: tuple(
            f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}'
            for table, name, contype, definition in constraints
            if contype == kind
        )
        for kind in ("u", "f")
    }
    return Taken(tuple(row[2] for row in indexes), made["u"], made["f"])


def put_back(taken: Taken, *, hands: int) -> None:
    """Make them again: indexes side by side, constraints (whose locks meet) one after another."""
    in_parallel((*taken.indexes, *taken.uniques), hands=hands)
    in_parallel(taken.foreign, hands=1)


def refresh_statistics(tables: Sequence[str], *, hands: int) -> None:
    """What autovacuum does in an hour: visibility and statistics."""
    in_parallel([f"VACUUM (ANALYZE) {table}" for table in tables], hands=hands)


def in_parallel(statements: Sequence[str], *, hands: int) -> None:
    """Run each on its own; with one hand on the caller's connection."""
    if hands == 1:
        for statement in statements:
            _run(statement)
        return
    with ThreadPoolExecutor(hands) as pool:
        list(pool.map(_run_apart, statements))


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '768MB'")
        cursor.execute(statement)


def _run_apart(statement: str) -> None:
    try:
        _run(statement)
    finally:
        connections.close_all()
