"""Expressions for reading of thousands of rows at once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Aggregate, BooleanField, Expression, F, Func, TextField, Value
from django.db.models.functions import Replace
from django.db.models.sql.compiler import SQLCompiler

from portal.core.db.prepared import Numbers

#: After each of the joined texts.
SEPARATOR: Final = "\x1f"


class Among(Func):
    """``filter(Among("household_id", ids))``: ``IN`` with one parameter instead of thousands."""

    output_field = BooleanField()

    def __init__(self, column: str, numbers: Iterable[int] | Numbers, **extra: Any) -> None:
        self.numbers = numbers if isinstance(numbers, Numbers) else tuple(numbers)
        super().__init__(F(column), **extra)

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, *_: Any, **__: Any
    ) -> tuple[str, Any]:
        if isinstance(self.numbers, tuple) and not self.numbers:
            raise EmptyResultSet  # as IN: nothing is asked
        among = "= ANY(%s)"
        if connection.vendor != "postgresql":
            among = "IN (SELECT value FROM json_each(%s))"
        sql, params = compiler.compile(self.source_expressions[0])
        return f"{sql} {among}", (*params, self._bound(connection))

    def _bound(self, to: BaseDatabaseWrapper) -> Any:
        """One parameter; of a prepared query the marker itself."""
        if isinstance(self.numbers, Numbers):
            return self.numbers
        return list(self.numbers) if to.vendor == "postgresql" else json.dumps(self.numbers)


class Joined(Aggregate):
    """The texts of a group as one, each ended by ``SEPARATOR``, which is taken out of them."""

    function = "STRING_AGG"
    template = "%(function)s(%(expressions)s || CHR(31), '')"
    output_field = TextField()

    def __init__(self, column: str | Expression, **extra: Any) -> None:
        text = F(column) if isinstance(column, str) else column
        clean = Replace(text, Value(SEPARATOR), Value(""), output_field=TextField())
        super().__init__(clean, **extra)

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, Any]:
        template = "GROUP_CONCAT(%(expressions)s || CHAR(31), '')"
        return self.as_sql(compiler, connection, template=template, **extra)
