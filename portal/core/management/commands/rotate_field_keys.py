"""Encrypt everything with the first of FIELD_KEYS, and compute the blind indexes again."""

from __future__ import annotations

from typing import Any, Final

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import models, transaction
from django.db.models import TextField
from django.db.models.functions import Cast

from portal.core.encryption import (
    EncryptedTextField,
    current_key_id,
    declared_indexes,
    refresh_blind_indexes,
)

BATCH: Final = 500


class Command(BaseCommand):
    help = "用 FIELD_KEYS 的第一把密钥重新加密全部个人信息字段, 并重算盲索引(可中断, 可重复)"

    def handle(self, *args: Any, **options: Any) -> None:
        for model in apps.get_models():
            names = [f.name for f in model._meta.fields if isinstance(f, EncryptedTextField)]
            if names or declared_indexes(model):
                written = _rotate(model, names)
                self.stdout.write(f"{model._meta.label}: 更新 {written} 行")


def _rotate(model: type[models.Model], names: list[str]) -> int:
    """Rewrite the rows that need it, by key, in transactions of 500 rows; how many."""
    written, after = 0, None
    while True:
        with transaction.atomic():
            rows = model._base_manager.select_for_update().order_by("pk")
            if after is not None:
                rows = rows.filter(pk__gt=after)
            batch = list(rows.annotate(**{f"raw_{n}": Cast(n, TextField()) for n in names})[:BATCH])
            if not batch:
                return written
            written += _rewrite(model, names, batch)
            after = batch[-1].pk


def _rewrite(model: type[models.Model], names: list[str], batch: list[models.Model]) -> int:
    prefix = f"{current_key_id()}."
    stale, columns = [], {*names, *declared_indexes(model)}
    for row in batch:
        raws = [getattr(row, f"raw_{name}") for name in names]
        old = any(raw and not raw.startswith(prefix) for raw in raws)
        if refresh_blind_indexes(row) or old:
            stale.append(row)
    if stale:
        model._base_manager.bulk_update(stale, sorted(columns))
    return len(stale)
