"""Queries that are built once and asked again with other values.

Django takes longer to turn a scoped queryset into SQL than the database takes to answer it. A
``Prepared`` query is built by the same queryset methods with ``Given`` in the place of each value;
its SQL is kept for the life of the process, and a run only binds the values (decision 0096).

    _names = Prepared(_rows, ids=Numbers)  # def _rows(*, ids): return Resident.objects.filter(…)
    _names.rows(ids=[1, 2])
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from django.core.exceptions import EmptyResultSet, ImproperlyConfigured
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import (
    BigIntegerField,
    DateField,
    DateTimeField,
    Expression,
    Model,
    QuerySet,
    TextField,
    UUIDField,
)
from django.db.models.query import ModelIterable, get_related_populators
from django.db.models.sql.compiler import SQLCompiler

#: What an id may be: ``BigAutoField``. No row has 0.
_IDS: Final = range(2**63)
#: Forms of one query that are kept.
_MOST_SHAPES: Final = 500


class Given(Expression):
    """A value that is known when the query runs. Never None: that would be another SQL."""

    field: Any = BigIntegerField

    def __init__(self, name: str) -> None:
        super().__init__(output_field=self.field())
        self.name = name

    def as_sql(self, *_: Any) -> tuple[str, Any]:
        return "%s", [self]

    def bound(self, value: Any, to: BaseDatabaseWrapper) -> Any:
        """``value`` as the driver takes it."""
        if value is None:
            raise ValueError(f"{self.name} is not given.")
        return self.output_field.get_db_prep_value(value, to)


class Number(Given):
    """An id; one that no row can have, such as of twenty digits in an address, is nobody's."""

    def bound(self, value: Any, to: BaseDatabaseWrapper) -> Any:
        found = super().bound(value, to)
        return found if found in _IDS else 0


class Text(Given):
    field = TextField


class Key(Given):
    """A UUID."""

    field = UUIDField


class Day(Given):
    field = DateField


class Moment(Given):
    field = DateTimeField


class Numbers(Given):
    """Ids, for ``bulk.Among``."""

    def bound(self, value: Collection[int] | Collection[str], to: BaseDatabaseWrapper) -> Any:
        several = list(value)
        return several if to.vendor == "postgresql" else json.dumps(several)


class Texts(Numbers):
    """Words, for ``bulk.Among``."""


@dataclass(frozen=True, slots=True)
class _Models:
    """How a row becomes an instance, with what was selected along: as ``ModelIterable`` does it."""

    model: type[Model]
    columns: slice
    names: tuple[str, ...]
    related: tuple[Any, ...]
    annotations: tuple[tuple[str, int], ...]

    def made(self, row: Sequence[Any]) -> Model:
        instance = self.model.from_db(connection.alias, self.names, row[self.columns])
        for one in self.related:
            one.populate(row, instance)
        for name, at in self.annotations:
            setattr(instance, name, row[at])
        return instance


@dataclass(frozen=True, slots=True)
class _Built:
    """SQL with its values and markers, and what turns a row into what is wanted."""

    #: "" for a question that no row can answer.
    sql: str = ""
    params: tuple[Any, ...] = ()
    converters: tuple[tuple[int, Any, Any], ...] = ()
    width: int | None = None
    models: _Models | None = None


class Prepared:
    """A query that is built on first use, for each ``shape`` it is asked in."""

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], **values: type[Given]) -> None:
        """``build(*shape, **values)`` gives the queryset, whatever the values are.

        ``values`` says what it is given, and of which kind.
        """
        self.build = build
        self._given = {name: kind(name) for name, kind in values.items()}
        self._built: dict[tuple[Hashable, ...], _Built] = {}

    def rows(self, *shape: Hashable, **values: Any) -> list[tuple[Any, ...]]:
        """Of a ``values_list``: its rows for ``values``."""
        return self._run(shape, values)[1]

    def objects(self, *shape: Hashable, **values: Any) -> list[Any]:
        """Of a queryset of models: its instances, with what it selects or annotates."""
        built, rows = self._run(shape, values)
        return [built.models.made(row) for row in rows] if built.models else []

    def count(self, *shape: Hashable, **values: Any) -> int:
        """How many rows there are, counted by the database."""
        built = self._for(shape)
        if not built.sql:
            return 0
        counted = f"SELECT COUNT(*) FROM ({built.sql}) counted"  # noqa: S608 -- Django's own SQL
        return int(_asked(counted, built, values)[0][0])

    def _run(
        self, shape: tuple[Hashable, ...], values: Mapping[str, Any]
    ) -> tuple[_Built, list[tuple[Any, ...]]]:
        built = self._for(shape)
        return built, _converted(_asked(built.sql, built, values), built) if built.sql else []

    def _for(self, shape: tuple[Hashable, ...]) -> _Built:
        key = (connection.vendor, *shape)
        built = self._built.get(key)
        if built is None:
            while len(self._built) >= _MOST_SHAPES:
                # The oldest goes; nobody fills the memory by asking a list in every way.
                self._built.pop(next(iter(self._built), key), None)
            built = self._built[key] = _build(self.build(*shape, **self._given))
        return built


def _asked(sql: str, built: _Built, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    bound = [
        one.bound(values[one.name], connection) if isinstance(one, Given) else one
        for one in built.params
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql, bound)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _build(query: QuerySet[Any, Any]) -> _Built:
    compiler = query.query.get_compiler(connection=connection)
    try:
        sql, params = compiler.as_sql()
    except EmptyResultSet:
        return _Built()
    if any(isinstance(one, dt.date) for one in params):
        raise ImproperlyConfigured(f"A prepared query keeps a day: {sql}")
    selected = (compiler.select or [])[: compiler.col_count]
    converters = compiler.get_converters([column for column, *_ in selected])
    return _Built(
        sql=sql,
        params=tuple(params),
        converters=tuple((at, *how) for at, how in converters.items()),
        width=compiler.col_count if compiler.has_extra_select else None,
        models=_models(compiler) if query._iterable_class is ModelIterable else None,  # noqa: SLF001 -- Django has no other word for it
    )


def _models(compiler: SQLCompiler) -> _Models:
    info, select = cast(dict[str, Any], compiler.klass_info), compiler.select or []
    fields: list[int] = info["select_fields"]
    columns = slice(fields[0], fields[-1] + 1)
    return _Models(
        model=info["model"],
        columns=columns,
        names=tuple(column.target.attname for column, *_ in select[columns]),
        related=tuple(get_related_populators(info, select, connection.alias)),  # type: ignore[call-arg]  # stubs of 6.1
        annotations=tuple((compiler.annotation_col_map or {}).items()),
    )


def _converted(rows: list[tuple[Any, ...]], built: _Built) -> list[tuple[Any, ...]]:
    if built.width is not None:
        rows = [row[: built.width] for row in rows]
    if not built.converters:
        return rows
    found = [list(row) for row in rows]
    for at, converters, column in built.converters:
        for row in found:
            for convert in converters:
                row[at] = convert(row[at], column, connection)
    return [tuple(row) for row in found]


def keep_along(instance: Model, name: str, rows: list[Any]) -> None:
    """What ``instance.name.all()`` gives from now on, as ``prefetch_related`` leaves it there."""
    query = getattr(instance, name).get_queryset()
    query._result_cache = rows  # noqa: SLF001 -- as Django's own prefetching
    query._prefetch_done = True  # noqa: SLF001
    kept: dict[str, Any] = vars(instance).setdefault("_prefetched_objects_cache", {})
    kept[name] = query
