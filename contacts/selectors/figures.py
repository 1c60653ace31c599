"""Figures of a unit for pages: with their records, their units below, and as heads of lists.

Every number comes from ``portal.metrics`` by key; nothing is counted here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.urls import reverse

from contacts.metrics import COLUMNS, FEW, Among, band_key, hidden_parts
from contacts.metrics.declared import GROUPS, HOUSEHOLD_LIST, VISIT_LIST
from contacts.selectors.sight import sees_cares
from contacts.workflow import BANDS, Band
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post
from portal.accounts.outline import Scoped
from portal.accounts.roles import UNIT_WIDE
from portal.core.db import bulk
from portal.core.db.prepared import Day, Numbers, Text
from portal.core.periods import CalendarPeriod, Month, Period, Quarter, Week, Year
from portal.metrics import registry
from portal.metrics.registry import Metric, Place, Values
from portal.metrics.selectors import Reading, read

SOURCES: Final = ("visits", "register", "services")
#: What a unit is broken down into.
BELOW: Final = {
    OrganisationKind.DISTRICT: OrganisationKind.STREET,
    OrganisationKind.STREET: OrganisationKind.COMMUNITY,
    OrganisationKind.COMMUNITY: OrganisationKind.GRID,
}
#: What lies in none of the units below.
APART: Final = {
    OrganisationKind.STREET: "街道本级",
    OrganisationKind.COMMUNITY: "未划网格",
}
#: Said where there is nothing to count in, or nothing to divide by.
NONE: Final = "—"
#: Said where a number would tell which households are in a hardship category.
HIDDEN: Final = f"少于{FEW}户或能推算出是哪户时不显示"
#: The columns of the table of units; the others are on each unit's own page.
_COLUMNS: Final = ("visits", "door", "phone", "hardship", "matters", "households", "unvisited")
_PERIOD_FIELDS: Final = ((Week, "week"), (Month, "month"), (Quarter, "quarter"), (Year, "year"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number as a page shows it, with the address of its records ("" when it has none)."""

    metric: Metric
    value: int | None
    url: str = ""
    #: "3 / 120（2.5%）", for a figure that is part of another.
    share: str = ""

    @property
    def text(self) -> str:
        return NONE if self.value is None else str(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitBelow:
    """A unit inside another, in the official order; pk 0 for what lies in none."""

    pk: int
    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A unit below with its figures."""

    unit: UnitBelow
    figures: tuple[Figure, ...]

    @property
    def is_quiet(self) -> bool:
        """Nothing but zeros: folded on a screen, a row like the others on paper."""
        return all(one.value == 0 for one in self.figures)


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresPage:
    """Everything the page of a unit shows; no persons, no order by a figure."""

    unit: Organisation
    groups: tuple[tuple[str, tuple[Figure, ...]], ...]
    columns: tuple[Metric, ...]
    rows: tuple[Row, ...]
    part_kind: str
    hides_hardship: bool


def place_of(unit: Organisation) -> Place | None:
    """The unit as a place of figures; None for a section, which has no places."""
    return Place(str(unit.kind), unit.pk) if unit.kind in COLUMNS else None


def unit_by_code(*, post: Post, code: str) -> Organisation | None:
    """A unit inside the scope, whether it still stands or not; the own one for no code."""
    if not code:
        return post.organisation
    rows = Organisation.objects.visible_to(post).filter(kind__in=list(COLUMNS))
    found: Organisation | None = rows.filter(code=code).first()
    return found


def unit_reading(
    unit: Organisation,
    *,
    period: Period,
    today: dt.date,
    sources: Sequence[str] = SOURCES,
    parts_of: Collection[str] | None = None,
) -> Reading:
    """All numbers of a unit and of those below it; empty for a unit without places."""
    place = place_of(unit)
    if place is None:
        return Reading()
    below = BELOW.get(OrganisationKind(unit.kind))
    return read(
        sources, place=place, period=period, today=today, by=str(below or ""), parts_of=parts_of
    )


def units_below(
    *, post: Post, unit: Organisation, period: Period, found: Collection[int]
) -> list[UnitBelow]:
    """Every unit below once, in the order of the codes.

    Those that stood in the period, and any in ``found``: they have something to count.
    """
    kind = OrganisationKind(unit.kind)
    if kind not in BELOW:
        return []
    rows = _UNITS.rows(
        post, BELOW[kind], above=unit.path, start=period.start, end=period.end, found=found
    )
    units = [UnitBelow(pk=pk, code=code, name=name) for pk, code, name in rows]
    if 0 in found and kind in APART:
        units.append(UnitBelow(pk=0, code="", name=APART[kind]))
    return units


def _units(
    post: Post, kind: str, *, above: Any, start: Any, end: Any, found: Any
) -> QuerySet[Organisation, Any]:
    counted = Q(bulk.Among("pk", found))
    rows = (
        Organisation.objects.visible_to(post)
        .within(above)
        .filter(kind=kind)
        .filter(Q(valid_until__isnull=True) | Q(valid_until__gt=start) | counted)
        .filter(Q(valid_from__lt=end) | counted)
    )
    named: QuerySet[Organisation, Any] = rows.order_by("path").values_list("pk", "code", "name")
    return named


_UNITS: Final = Scoped(_units, above=Text, start=Day, end=Day, found=Numbers)


def with_numbers(parts: Mapping[int, Values]) -> list[int]:
    """The units that have something to count."""
    return [pk for pk, values in parts.items() if any(values.values())]


def figures_page(
    *, post: Post, unit: Organisation, period: CalendarPeriod, today: dt.date
) -> FiguresPage:
    """The figures of ``unit`` and of the units below it, in a fixed number of queries."""
    reading = unit_reading(unit, period=period, today=today)
    hidden = _hidden_hardship(post, unit, reading, period=period, today=today)
    ask = _Asking(post=post, unit=unit, period=period, hidden=hidden)
    shown = [metric for metric in registry.metrics() if metric.source in SOURCES]
    columns = tuple(registry.get(key) for key in _COLUMNS)
    below = units_below(post=post, unit=unit, period=period, found=with_numbers(reading.parts))
    return FiguresPage(
        unit=unit,
        groups=tuple(
            (title, tuple(ask.figure(one, reading.total) for one in shown if one.group == title))
            for title in GROUPS
        ),
        columns=columns,
        rows=tuple(
            Row(
                unit=one,
                figures=tuple(
                    ask.figure(metric, reading.parts.get(one.pk, {}), below=one)
                    for metric in columns
                ),
            )
            for one in below
        ),
        part_kind=BELOW[OrganisationKind(unit.kind)].label if below else "",
        hides_hardship=not sees_cares(post),
    )


# ---- hardship households, for who may not read care categories ----


@dataclass(frozen=True, slots=True)
class _Hidden:
    """Where the number of hardship households is not shown: of the unit, of units below it."""

    whole: bool = False
    parts: Collection[int] = ()

    def hides(self, below: UnitBelow | None) -> bool:
        return self.whole if below is None else below.pk in self.parts


def _hidden_hardship(
    post: Post, unit: Organisation, reading: Reading, *, period: Period, today: dt.date
) -> _Hidden:
    """SECURITY: the same answer on every page, or one page gives what another one hides.

    A unit is hidden for its own few households, and where a unit above it that the post sees, less
    its other parts, would give it away; then nothing inside it is shown either.
    """
    if sees_cares(post):
        return _Hidden()
    whole, parts = _among(reading.total), _parts_among(reading)
    if whole.tells_who or _is_hidden_above(post, unit, period=period, today=today):
        return _Hidden(
            whole=whole.households > 0, parts=[pk for pk, one in parts.items() if any(one)]
        )
    return _Hidden(parts=hidden_parts(whole, parts))


def _is_hidden_above(post: Post, unit: Organisation, *, period: Period, today: dt.date) -> bool:
    if unit.kind not in BELOW.values():
        # No table lists buildings or what is the top; a building is few households anyway.
        return unit.kind not in BELOW
    if unit.pk == post.organisation_id:
        return False
    above = list(filter(None, (unit.district_id, unit.street_id, unit.community_id)))
    rows = Organisation.objects.visible_to(post).filter(pk__in=above).exclude(pk=unit.pk)
    chain = [*rows.order_by("path"), unit]
    for parent, child in pairwise(chain):
        reading = unit_reading(parent, period=period, today=today, sources=("visits",))
        if child.pk in hidden_parts(_among(reading.total), _parts_among(reading)):
            return True
    return False


def _among(values: Values) -> Among:
    return Among(values.get("hardship", 0), values.get("door", 0))


def _parts_among(reading: Reading) -> dict[int, Among]:
    return {pk: _among(values) for pk, values in reading.parts.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """Who asks for which unit and period: what every number of the page has in common."""

    post: Post
    unit: Organisation
    period: CalendarPeriod
    hidden: _Hidden
    #: By metric, of the own unit.
    addresses: dict[str, str] = field(default_factory=dict)

    def figure(self, metric: Metric, values: Values, below: UnitBelow | None = None) -> Figure:
        kind = self.unit.kind if below is None else BELOW[OrganisationKind(self.unit.kind)]
        if kind not in registry.source(metric.source).kinds:
            return Figure(metric=metric, value=None)
        value = values.get(metric.key, 0)
        if "hardship" in metric.filters and self.hidden.hides(below):
            return Figure(metric=metric, value=None, share=HIDDEN)
        return Figure(
            metric=metric,
            value=value,
            url=self.url(metric, below),
            share=share(value, values.get(metric.of, 0)) if metric.of else "",
        )

    def url(self, metric: Metric, below: UnitBelow | None) -> str:
        apart = below is not None and not below.pk
        code = below.code if below is not None and below.code else self.unit.code
        if code == self.post.organisation.code:
            code = ""
        if metric.key not in self.addresses:
            self.addresses[metric.key] = records_url(metric, post=self.post, period=self.period)
        address = self.addresses[metric.key]
        return address and f"{address}{_of_unit(address, code, apart=apart)}"


def share(part: int, whole: int) -> str:
    """A part of a whole with its denominator; of nothing it is "—", never 0 %."""
    return f"{part} / {whole}（{part * 100 / whole:.1f}%）" if whole else NONE


def records_url(metric: Metric, *, post: Post, period: Period) -> str:
    """The list of exactly the records behind a figure of the own unit; "" where there is none.

    SECURITY: which households are in a hardship category is for the community's own people.
    """
    if not metric.page or ("hardship" in metric.filters and not sees_cares(post)):
        return ""
    query = dict(metric.filters)
    if metric.page == VISIT_LIST:
        query |= {name: str(period) for kind, name in _PERIOD_FIELDS if isinstance(period, kind)}
    asked = f"?{urlencode(query)}" if query else ""
    return f"{reverse(metric.page)}{asked}"


def _of_unit(address: str, code: str, *, apart: bool) -> str:
    """What narrows such a list to a unit below, or to what lies in none of them."""
    query = ({"unit": code} if code else {}) | ({"apart": "1"} if apart else {})
    return f"{'&' if '?' in address else '?'}{urlencode(query)}" if query else ""


# ---- heads of lists ----


def list_figures(
    *,
    post: Post,
    page: str,
    filters: Mapping[str, str],
    unit: Organisation | None,
    period: Period | None,
    today: dt.date,
) -> list[Figure]:
    """The figures a list is the record of: those whose filters are exactly the chosen ones.

    None for a list that shows less than the whole unit, or all of time.
    """
    place = place_of(unit or post.organisation)
    if place is None or post.role not in UNIT_WIDE:
        return []
    if page == VISIT_LIST and period is None:
        return []
    chosen = {name: value for name, value in filters.items() if value}
    fitting = [one for one in registry.metrics() if one.page == page and one.filters == chosen]
    if not fitting:
        return []
    days = period or Period(today, today + dt.timedelta(days=1))
    sources = sorted({metric.source for metric in fitting})
    total = read(sources, place=place, period=days, today=today).total
    return [Figure(metric=metric, value=total.get(metric.key, 0)) for metric in fitting]


# ---- the map ----


def band_counts(
    unit: Organisation, *, by: OrganisationKind | None = None, today: dt.date
) -> tuple[dict[Band, int], dict[int, dict[Band, int]]]:
    """Households in use by band: of the unit, and of each unit of kind ``by`` below it (0: none).

    A fixed number of queries whatever the size; units without households are left out.
    """
    place = place_of(unit)
    if place is None:
        return _bands({}), {}
    period = Period(today, today + dt.timedelta(days=1))
    reading = read(["register"], place=place, period=period, today=today, by=str(by or ""))
    return _bands(reading.total), {pk: _bands(one) for pk, one in reading.parts.items()}


def _bands(values: Values) -> dict[Band, int]:
    return {rule.band: values.get(band_key(rule.band), 0) for rule in BANDS}


__all__ = [
    "APART",
    "BELOW",
    "HOUSEHOLD_LIST",
    "VISIT_LIST",
    "Figure",
    "FiguresPage",
    "band_counts",
    "figures_page",
    "list_figures",
    "place_of",
    "records_url",
    "unit_by_code",
    "unit_reading",
    "units_below",
]
