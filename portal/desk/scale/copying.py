"""COPY: rows of a model as lines, streamed into the server."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.db import connection, models

NULL: Final = r"\N"
_ESCAPES: Final = {"\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"}  # the backslash first


def cell(value: Any) -> str:
    """One value in COPY's text notation."""
    if value is None:
        return NULL
    if isinstance(value, str):
        return _escaped(value)
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, dt.date):  # a datetime is one
        return value.isoformat()
    return str(value)


def _escaped(text: str) -> str:
    for character, sign in _ESCAPES.items():
        if character in text:
            text = text.replace(character, sign)
    return text


def line(*values: Any) -> str:
    return "\t".join(map(cell, values))


class Table:
    """Where the lines of one model go.

    ``columns`` are those the lines carry. What else the model requires takes the field's default,
    so that a new column of the portal needs no change here until its figures matter.
    """

    def __init__(self, model: type[models.Model], columns: Sequence[str]) -> None:
        self.model = model
        self.name = model._meta.db_table
        more = [field for field in _required(model) if field.column not in columns]
        self.columns = (*columns, *(field.column for field in more))
        self._tail = "".join(f"\t{cell(_default(field))}" for field in more)

    def write(self, lines: Iterable[str]) -> None:
        text = "".join(f"{one}{self._tail}\n" for one in lines)
        if not text:
            return
        quote = connection.ops.quote_name
        columns = ", ".join(quote(column) for column in self.columns if column)
        connection.ensure_connection()
        with connection.connection.cursor() as cursor:
            cursor.copy_expert(f"COPY {quote(self.name)} ({columns}) FROM STDIN", io.StringIO(text))


def _required(model: type[models.Model]) -> list[models.Field]:
    """Columns that take no null and are not made by the database."""
    return [
        field
        for field in model._meta.concrete_fields
        if not (field.null or field.primary_key or field.generated)
    ]


def _default(field: models.Field) -> Any:
    if field.has_default():
        return field.get_default()
    if field.empty_strings_allowed and field.blank:
        return ""
    raise ValueError(f"{field} needs a value from the generator.")
