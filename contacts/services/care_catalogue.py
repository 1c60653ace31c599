"""The catalogue of care categories: reference data from a file, loaded as often as one likes."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.db import transaction

from contacts.metrics import VISITS_SOURCE
from contacts.models import CareCategory
from portal.core.errors import DomainError
from portal.metrics.services import forget

SHIPPED: Final = Path(__file__).resolve().parent.parent / "data" / "care_categories.csv"
COLUMNS: Final = ("code", "name", "basis", "is_hardship")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a run changed."""

    created: int
    changed: int
    retired: int


def read(path: Path = SHIPPED) -> Sequence[Mapping[str, str]]:
    """The rows of the file. Raises ``DomainError`` for one that cannot be a catalogue."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows, start=2):
        if any(not (row.get(column) or "").strip() for column in COLUMNS):
            raise DomainError(
                f"第{number}行不完整：每个类别都要有代码、名称、依据、是否困难家庭（0或1）。"
            )
    if len({row["code"] for row in rows}) != len(rows):
        raise DomainError("代码有重复，请核对文件。")
    return rows


@transaction.atomic
def load(rows: Iterable[Mapping[str, str]], *, today: dt.date) -> Loaded:
    """Bring the table to the file: new ones are added, changed ones updated, missing ones retired.

    Nothing is deleted: a household keeps the category it had. A retired one that comes back is in
    force again.
    """
    known = {category.code: category for category in CareCategory.objects.all()}
    listed = {row["code"]: (order, row) for order, row in enumerate(rows, start=1)}
    created = changed = retired = 0
    for code, (order, row) in listed.items():
        category = known.get(code) or CareCategory(code=code)
        wanted = {
            "name": row["name"].strip(),
            "basis": row["basis"].strip(),
            "is_hardship": row["is_hardship"].strip() == "1",
            "order": order,
            "valid_until": None,
        }
        if category.pk and all(getattr(category, name) == wanted[name] for name in wanted):
            continue
        created, changed = (created, changed + 1) if category.pk else (created + 1, changed)
        if category.pk and category.is_hardship != wanted["is_hardship"]:
            forget(VISITS_SOURCE)  # which visits were to hardship households changes everywhere
        for name, value in wanted.items():
            setattr(category, name, value)
        category.save()
    for code, category in known.items():
        if code not in listed and category.valid_until is None:
            category.valid_until = today
            category.save(update_fields=["valid_until"])
            retired += 1
    return Loaded(created, changed, retired)
