"""Counting households by how long ago they were last met; the bands are ``contacts.workflow``'s."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django.db.models import Count

from contacts.metrics import in_band
from contacts.workflow import BANDS, Band

_PREFIX: Final = "band_"


def aggregates(*, today: dt.date) -> dict[str, Count]:
    """One count per band, for ``aggregate`` or ``annotate``; read back by ``counts_of``."""
    return {
        f"{_PREFIX}{rule.band}": Count("pk", filter=in_band(rule.band, today)) for rule in BANDS
    }


def counts_of(row: dict[str, Any]) -> dict[Band, int]:
    """The counts of a row that was asked for ``aggregates``."""
    return {rule.band: row[f"{_PREFIX}{rule.band}"] for rule in BANDS}
