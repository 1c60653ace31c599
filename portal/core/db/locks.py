"""Reading a table while nobody is half-way through writing it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import DEFAULT_DB_ALIAS, OperationalError, connections, transaction
from django.db.backends.utils import CursorWrapper

PATIENCE_MS: Final = 500


class TableBusyError(Exception):
    """Somebody is still writing the table; try again later."""


@contextmanager
def exclusive_read(
    table: str, *, using: str = DEFAULT_DB_ALIAS, patience_ms: int = PATIENCE_MS
) -> Iterator[CursorWrapper]:
    """A short transaction of its own in which every started write to ``table`` is finished.

    On PostgreSQL the lock waits for open writers and holds new ones back, before they draw an
    id, until the block ends: do no more in it than one cheap read. Not had within
    ``patience_ms`` → ``TableBusyError``. SQLite has one writer at a time; its transaction
    (IMMEDIATE) is that lock.
    """
    connection = connections[using]
    with transaction.atomic(using=using, durable=True), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            try:
                cursor.execute("SET LOCAL lock_timeout = %s", [patience_ms])
                cursor.execute(f"LOCK TABLE {connection.ops.quote_name(table)} IN SHARE MODE")
            except OperationalError as error:
                raise TableBusyError(table) from error
        yield cursor
