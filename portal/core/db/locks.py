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
    """A moment at which what is read of ``table`` is final: no smaller id will appear later.

    On PostgreSQL a short transaction of its own: its lock waits for open writers and holds new
    ones back, before they draw an id, until the block ends; do no more in it than one cheap read.
    Not had within ``patience_ms`` → ``TableBusyError``. SQLite has one writer at a time, so ids
    are committed in the order in which they are drawn and a plain read is enough.
    """
    connection = connections[using]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            yield cursor
        return
    with transaction.atomic(using=using, durable=True), connection.cursor() as cursor:
        try:
            cursor.execute("SET LOCAL lock_timeout = %s", [patience_ms])
            cursor.execute(f"LOCK TABLE {connection.ops.quote_name(table)} IN SHARE MODE")
        except OperationalError as error:
            raise TableBusyError(table) from error
        yield cursor
