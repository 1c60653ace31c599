"""Counting households by how long ago they were last met; the bands are ``contacts.workflow``'s."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django.db.models import Count, Q

from contacts.workflow import BANDS, Band, BandRule

_PREFIX: Final = "band_"
_RULES: Final[dict[Band, BandRule]] = {rule.band: rule for rule in BANDS}


def condition(band: Band, *, today: dt.date) -> Q:
    """Households of this band on ``today``: the same days as ``workflow.band_of``."""
    rule = _RULES[band]
    if band is Band.NEVER:
        return Q(last_met_on__isnull=True)
    found = Q(last_met_on__isnull=False)
    if rule.more_than is not None:
        found &= Q(last_met_on__lt=today - dt.timedelta(days=rule.more_than))
    if rule.at_most is not None:
        found &= Q(last_met_on__gte=today - dt.timedelta(days=rule.at_most))
    return found


def aggregates(*, today: dt.date) -> dict[str, Count]:
    """One count per band, for ``aggregate`` or ``annotate``; read back by ``counts_of``."""
    return {
        f"{_PREFIX}{rule.band}": Count("pk", filter=condition(rule.band, today=today))
        for rule in BANDS
    }


def counts_of(row: dict[str, Any]) -> dict[Band, int]:
    """The counts of a row that was asked for ``aggregates``."""
    return {rule.band: row[f"{_PREFIX}{rule.band}"] for rule in BANDS}
