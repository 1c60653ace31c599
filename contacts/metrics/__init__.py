"""The figures of the contact work: what they count, and what says that they changed.

Services call ``touch_visit`` and its sisters inside their transaction (see ``touch``); pages ask
``portal.metrics.selectors`` or ``contacts.selectors.figures`` by key (see ``declared``).
"""

from __future__ import annotations

from typing import Final

from contacts.metrics.declared import all_metrics
from contacts.metrics.few import FEW, Among, hidden_parts
from contacts.metrics.rules import COLUMNS, DOOR, LATE, PHONE, hardship_on_the_day, in_band, met_by
from contacts.metrics.services_given import ServiceSource
from contacts.metrics.stocks import RegisterSource, band_key
from contacts.metrics.touch import (
    touch_cares,
    touch_household,
    touch_households,
    touch_service,
    touch_visit,
)
from contacts.metrics.visits import VisitSource
from portal.metrics import registry

__all__ = [
    "COLUMNS",
    "DOOR",
    "FEW",
    "LATE",
    "PHONE",
    "VISITS_SOURCE",
    "Among",
    "all_metrics",
    "band_key",
    "hardship_on_the_day",
    "hidden_parts",
    "in_band",
    "met_by",
    "register",
    "touch_cares",
    "touch_household",
    "touch_households",
    "touch_service",
    "touch_visit",
]

#: The source whose numbers depend on what counts as a hardship household.
VISITS_SOURCE: Final = VisitSource.name


def register() -> None:
    """Declare them; from ``AppConfig.ready()``."""
    for source in (VisitSource(), RegisterSource(), ServiceSource()):
        registry.register_source(source)
    for metric in all_metrics():
        registry.register(metric)
