"""Every place where ciphertext of ``FIELD_KEYS`` is kept, and how it comes under the first key.

Encrypted fields are found by themselves. An app that keeps ciphertext anywhere else (inside JSON,
in files) registers that place when Django starts: once ``rotate_field_keys`` has run, the old key
is thrown away, and what was not reached is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from django.apps import apps
from django.db import models, transaction
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast, Left
from django.db.models.lookups import Exact

from portal.core.encryption import (
    DecryptionError,
    EncryptedTextField,
    current_key_id,
    declared_indexes,
    refresh_blind_indexes,
    under_current_key,
)

BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Place:
    """One place: its name for the operator, and what can be done with it."""

    name: str
    #: Put everything that can be read under the first key; how many rows or files were written.
    #: May be interrupted, may be repeated, runs beside people who work.
    rekey: Callable[[], int]
    #: Ids of what still needs another key than the first.
    left: Callable[[], list[int]]


_REGISTERED: Final[dict[str, Place]] = {}


def register(place: Place) -> None:
    """Make a place known that is no encrypted field. The same name again replaces it."""
    _REGISTERED[place.name] = place


def places() -> Iterator[Place]:
    """All of them: models with encrypted fields or blind indexes, then what was registered."""
    for model in apps.get_models():
        if _encrypted(model) or declared_indexes(model):
            yield Place(model._meta.label, partial(_rekey, model), partial(_left, model))
    yield from _REGISTERED.values()


def _encrypted(model: type[models.Model]) -> list[str]:
    return [f.name for f in model._meta.fields if isinstance(f, EncryptedTextField)]


def _left(model: type[models.Model]) -> list[int]:
    """Rows in which a field is neither empty nor under the first key."""
    names, prefix = _encrypted(model), f"{current_key_id()}."
    wanted = Q(pk__in=[])
    for name in names:
        other = ~Exact(Left(f"raw_{name}", len(prefix)), prefix)
        wanted |= Q(other, ~Q(**{f"raw_{name}": ""}), **{f"raw_{name}__isnull": False})
    return list(_with_raw(model, names).filter(wanted).order_by("pk").values_list("pk", flat=True))


def _with_raw(model: type[models.Model], names: list[str]) -> QuerySet[models.Model]:
    """Rows with what the database holds of each encrypted field, as ``raw_<name>``."""
    raw = {f"raw_{name}": Cast(name, TextField()) for name in names}
    rows: QuerySet[models.Model] = model._base_manager.annotate(**raw)
    return rows


def _rekey(model: type[models.Model]) -> int:
    """Rewrite the rows that need it, by key, in transactions of 500 rows; how many."""
    names = _encrypted(model)
    written, after = 0, None
    while True:
        with transaction.atomic():
            rows = _with_raw(model, names).select_for_update().order_by("pk")
            if after is not None:
                rows = rows.filter(pk__gt=after)
            ids = list(rows.values_list("pk", flat=True)[:BATCH])
            if not ids:
                return written
            written += _rewrite(model, names, _readable(rows.filter(pk__in=ids)))
            after = ids[-1]


def _readable(rows: QuerySet[models.Model]) -> list[models.Model]:
    """The rows, without those of which a key is gone: one lost value holds up nothing else."""
    try:
        return list(rows)
    except DecryptionError:
        found = []
        for pk in list(rows.values_list("pk", flat=True)):
            try:
                found.append(rows.get(pk=pk))
            except DecryptionError:
                continue
        return found


def _rewrite(model: type[models.Model], names: list[str], batch: list[models.Model]) -> int:
    stale, columns = [], {*names, *declared_indexes(model)}
    for row in batch:
        old = not all(under_current_key(getattr(row, f"raw_{name}") or "") for name in names)
        if refresh_blind_indexes(row) or old:
            stale.append(row)
    if stale:
        model._base_manager.bulk_update(stale, sorted(columns))
    return len(stale)
