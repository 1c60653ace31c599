"""The figures a second time, in plain SQL and without our querysets: what the reconciliation asks.

Deliberately written apart from ``visits``, ``stocks`` and ``services_given``: two that agree are
right together only if both are right.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from django.db import connection

from portal.core.periods import Period
from portal.metrics.registry import Place, Values

_LEVELS: Final = (
    ("DISTRICT", "district_id"),
    ("STREET", "street_id"),
    ("COMMUNITY", "community_id"),
)
_MET: Final = "v.result = 'MET' AND v.channel = "
_HARDSHIP: Final = """EXISTS (
    SELECT 1 FROM contacts_householdcare c JOIN contacts_carecategory g ON g.id = c.category_id
    WHERE c.household_id = v.household_id AND g.is_hardship AND c.since <= v.occurred_on
    AND (c.until IS NULL OR c.until > v.occurred_on))"""


def _if(condition: str) -> str:
    return f"SUM(CASE WHEN {condition} THEN 1 ELSE 0 END)"


def _households(condition: str) -> str:
    return f"COUNT(DISTINCT CASE WHEN {condition} THEN v.household_id END)"


def _visits_with(condition: str) -> str:
    return f"COUNT(DISTINCT CASE WHEN {condition} THEN m.visit_id END)"


_AT_DOOR: Final = f"{_MET}'DOOR'"
_BY_PHONE: Final = f"{_MET}'PHONE'"
_VISITS: Final = {
    "visits": "COUNT(*)",
    "visits_home": _if("v.kind = 'HOME'"),
    "visits_field": _if("v.kind = 'FIELD'"),
    "visits_reception": _if("v.kind = 'RECEPTION'"),
    "met": _if("v.result = 'MET'"),
    "not_home": _if("v.result = 'NOT_HOME'"),
    "declined": _if("v.result = 'DECLINED'"),
    "door_visits": _if(_AT_DOOR),
    "door": _households(_AT_DOOR),
    "phone_visits": _if(_BY_PHONE),
    "phone": _households(_BY_PHONE),
    "hardship": _households(f"{_AT_DOOR} AND {_HARDSHIP}"),
}
_LATE: Final = {
    "postgresql": "v.recorded_at > v.occurred_at + INTERVAL '24 hours'",
    "sqlite": "julianday(v.recorded_at) - julianday(v.occurred_at) > 1",
}
_WAITING: Final = "m.outcome = 'ESCALATED' AND m.grievance_number = ''"
_MATTERS: Final = {
    "matters": "COUNT(*)",
    "raising": "COUNT(DISTINCT m.visit_id)",
    "waiting": _if(_WAITING),
    "raising_waiting": _visits_with(_WAITING),
    **{
        f"{name}_{outcome.lower()}": make(f"m.outcome = '{outcome}'")
        for outcome in ("SOLVED", "EXPLAINED", "ESCALATED", "MUTUAL_AID")
        for name, make in (("matters", _if), ("raising", _visits_with))
    },
}
_OF_VISITS: Final = """{visits} v
    WHERE v.voided_at IS NULL AND v.occurred_on >= %s AND v.occurred_on < %s"""
_OF_MATTERS: Final = """{matters} m JOIN {visits} v ON v.id = m.visit_id
    WHERE v.voided_at IS NULL AND v.occurred_on >= %s AND v.occurred_on < %s"""
#: Narrow copies for the nightly pass: a hundred stretches of time, each read by an index.
_COPY: Final = (
    """CREATE TEMPORARY TABLE counted_visit AS
    SELECT id, voided_at, occurred_on, occurred_at, recorded_at, household_id, district_id,
        street_id, community_id, kind, channel, result
    FROM contacts_visit WHERE voided_at IS NULL""",
    """CREATE TEMPORARY TABLE counted_matter AS
    SELECT m.visit_id, m.outcome, m.grievance_number
    FROM contacts_matter m JOIN contacts_visit v ON v.id = m.visit_id WHERE v.voided_at IS NULL""",
    "CREATE INDEX counted_visit_day ON counted_visit (occurred_on)",
    "CREATE INDEX counted_visit_id ON counted_visit (id)",
    "CREATE INDEX counted_matter_visit ON counted_matter (visit_id)",
    "ANALYZE counted_visit",
    "ANALYZE counted_matter",
)
_DROP: Final = ("DROP TABLE counted_visit", "DROP TABLE counted_matter")
_TABLES: Final = {"visits": "contacts_visit", "matters": "contacts_matter"}
_COPIES: Final = {"visits": "counted_visit", "matters": "counted_matter"}
_SERVICES: Final = {"services": "COUNT(*)", "service_sessions": "COUNT(DISTINCT v.id)"}
_OF_SERVICES: Final = """contacts_serviceentry e JOIN contacts_servicesession v ON v.id = e.session_id
    WHERE e.voided_at IS NULL AND v.voided_at IS NULL AND v.held_on >= %s AND v.held_on < %s"""


@contextmanager
def copied_visits() -> Iterator[None]:
    """Let ``visits(…, copied=True)`` read the rows as they are now."""
    _run(_COPY)
    try:
        yield
    finally:
        _run(_DROP)


def _run(statements: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def visits(period: Period, *, copied: bool = False) -> dict[Place, Values]:
    """Every number of valid visits and their matters, for every place of every level."""
    tables = _COPIES if copied else _TABLES
    days = [period.start, period.end]
    found: defaultdict[Place, Values] = defaultdict(dict)
    late = {"late": _if(_LATE[connection.vendor])}
    _collect(found, {**_VISITS, **late}, _OF_VISITS.format(**tables), days)
    _collect(found, _MATTERS, _OF_MATTERS.format(**tables), days)
    return dict(found)


def services(period: Period) -> dict[Place, Values]:
    """服务人次 and the sessions with any."""
    found: defaultdict[Place, Values] = defaultdict(dict)
    _collect(found, _SERVICES, _OF_SERVICES, [period.start, period.end])
    return dict(found)


def register(today: dt.date) -> dict[Place, Values]:
    """Households in use and how long ago they were met, by the limits of the domain."""
    ages = {name: (today - dt.timedelta(days=days)).isoformat() for name, days in _AGES.items()}
    bands = {
        "households": "COUNT(*)",
        "unvisited": _if(f"v.last_met_on IS NULL OR v.last_met_on < '{ages['year']}'"),
        "band_never": _if("v.last_met_on IS NULL"),
        "band_year": _if(f"v.last_met_on < '{ages['year']}'"),
        "band_half": _if(f"v.last_met_on >= '{ages['year']}' AND v.last_met_on < '{ages['half']}'"),
        "band_quarter": _if(
            f"v.last_met_on >= '{ages['half']}' AND v.last_met_on < '{ages['quarter']}'"
        ),
        "band_recent": _if(f"v.last_met_on >= '{ages['quarter']}'"),
    }
    found: defaultdict[Place, Values] = defaultdict(dict)
    _collect(found, bands, "contacts_household v WHERE v.ended_on IS NULL", [])
    return dict(found)


_AGES: Final = {"year": 365, "half": 182, "quarter": 91}


def _collect(
    found: defaultdict[Place, Values], numbers: dict[str, str], rows: str, parameters: Sequence[Any]
) -> None:
    for level, column in _LEVELS:
        chosen = ", ".join(numbers.values())
        query = (
            f"SELECT v.{column}, {chosen} FROM {rows} "  # noqa: S608 -- names from this file only
            f"AND v.{column} IS NOT NULL GROUP BY v.{column}"
        )
        with connection.cursor() as cursor:
            cursor.execute(query, parameters)
            for place, *values in cursor.fetchall():
                named = zip(numbers, values, strict=True)
                found[Place(level, place)] |= {name: int(n) for name, n in named if n}
