"""联系点: the list of a unit, and 带案下访: what to bring to one of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery, Window
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import mark_safe

from contacts import ports
from contacts.models import ContactPoint, Matter, Promise, Visit
from contacts.querysets import VisitQuerySet
from contacts.selectors.household_register import Since
from contacts.selectors.point_numbers import unmet
from contacts.selectors.unit_words import Said, UnitWords
from contacts.selectors.visit_rows import VisitRow, visit_rows
from contacts.selectors.visits import VisitReader
from portal.accounts.kinds import OrganisationKind, full_name
from portal.accounts.models import Organisation, Post
from portal.accounts.outline import Scoped
from portal.accounts.permissions import Permission
from portal.accounts.querysets import SCOPE_COLUMNS
from portal.accounts.roles import UNIT_WIDE
from portal.core.db.prepared import Day
from portal.core.paths import path_of
from portal.core.rows import Line, safe
from portal.core.templatetags.portal import cn_date

#: More than this is not brought along; the page says how many there are.
BROUGHT: Final = 20
LAST_VISITS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PointLine:
    """One contact point of the list."""

    id: int
    url: str
    unit: str
    street: str
    user: str
    since: dt.date
    until: dt.date | None
    note: str
    is_own: bool
    #: The last 下访 there as far as the post may read it; None: none that it may read.
    last_on: dt.date | None
    days_since: int | None
    is_over: bool

    @property
    def line(self) -> Line:
        """How it reads in a list."""
        said = [safe(self.user), f'<span class="nowrap">{self.since:%Y-%m-%d} 起</span>']
        if self.until:
            said.append(f'<span class="nowrap">{self.until:%Y-%m-%d} 止</span>')
        if self.last_on:
            said.append(f"上次下访 {self._last_words(self.last_on)}")
        if self.note:
            said.append(safe(self.note))
        return Line(
            url=self.url,
            title=self.unit,
            tags=["我的联系点"] if self.is_own else (),
            notes=[mark_safe(" · ".join(said))],  # noqa: S308 -- every piece is escaped
        )

    def _last_words(self, last_on: dt.date) -> str:
        day = f'<span class="nowrap">{cn_date(last_on)}</span>'
        if self.is_over:
            return day
        return f"{day}，{self.days_since} 天前" if self.days_since else f"{day}，今天"


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """One open thing: a matter, a promise or a next step."""

    url: str
    text: str
    on: dt.date
    #: The day it is due, of a promise or a step.
    due_on: dt.date | None = None
    is_late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """带案下访 for one contact point, masked for who reads it."""

    point: PointLine
    matters: tuple[Brought, ...]
    matters_total: int
    #: The visits with all of them.
    matters_url: str
    promises: tuple[Brought, ...]
    promises_total: int
    steps: tuple[Brought, ...]
    steps_total: int
    #: What other apps have open there.
    sections: tuple[ports.HouseholdSection, ...]
    #: None where the post does not know of every household there.
    unvisited: int | None
    unvisited_url: str
    #: None also where it would tell which households these are.
    hardship: int | None
    map_url: str
    visits: tuple[VisitRow, ...]
    #: Whether the post reads only what it took part in.
    is_partial: bool


def point_lines(
    *, post: Post, today: dt.date, own_only: bool = False, ended: bool = False
) -> list[PointLine]:
    """Contact points of the post's unit, the own first, then in the order of the tree."""
    points = [_Point(*row) for row in _POINTS.rows(post, own_only, ended, on=today)]
    veil = UnitWords(map(_note, points))
    lines = [_line(point, post, today, veil) for point in points]
    return sorted(lines, key=lambda line: not line.is_own)


class _Point(NamedTuple):
    """A contact point with what it is called."""

    pk: int
    user_id: int
    user: str
    since: dt.date
    until: dt.date | None
    note: str
    community_id: int | None
    street_id: int | None
    kind: str
    name: str
    community: str | None
    street: str | None
    #: The last 下访 there that the post may read.
    last_on: dt.date | None = None

    @property
    def unit(self) -> str:
        return full_name(self.kind, self.name, lambda level: getattr(self, level) or "")


_COLUMNS: Final = (
    "pk", "user_id", "user__name", "since", "until", "note", "community_id", "street_id",
    "organisation__kind", "organisation__name", "organisation__community__name",
    "organisation__street__name",
)  # fmt: skip


def _points(
    post: Post,
    own_only: bool,  # noqa: FBT001 -- part of a query's shape
    ended: bool,  # noqa: FBT001 -- the same
    *,
    on: Any,
) -> QuerySet[ContactPoint, Any]:
    rows = ContactPoint.objects.visible_to(post)
    rows = rows.filter(until__lte=on) if ended else rows.exclude(until__lte=on)
    if own_only:
        rows = rows.in_force(on).filter(user_id=post.user_id)
    rows = rows.annotate(last_on=_last_day(post))
    named: QuerySet[ContactPoint, Any] = rows.values_list(*_COLUMNS, "last_on")
    return named


_POINTS: Final = Scoped(_points, on=Day)


def _last_day(post: Post) -> Subquery:
    """The newest 下访 at a point that the post may read."""
    visits = Visit.objects.visible_to(post).valid().filter(point=OuterRef("pk"))
    return Subquery(visits.order_by("-occurred_on").values("occurred_on")[:1])


def _note(point: _Point) -> Said:
    return Said(point.note, point.community_id, point.street_id)


def _loaded(point: ContactPoint, *, last_on: dt.date | None) -> _Point:
    """The same of a point whose unit and person were read along."""
    unit = point.organisation
    return _Point(
        pk=point.pk,
        user_id=point.user_id,
        user=point.user.name,
        since=point.since,
        until=point.until,
        note=point.note,
        community_id=point.community_id,
        street_id=point.street_id,
        kind=unit.kind,
        name=unit.name,
        community=unit.community.name if unit.community else None,
        street=unit.street.name if unit.street else None,
        last_on=last_on,
    )


def _line(point: _Point, post: Post, today: dt.date, veil: UnitWords) -> PointLine:
    return PointLine(
        id=point.pk,
        url=path_of("contacts:point", point.pk),
        unit=point.unit,
        street=point.street or "",
        user=point.user,
        since=point.since,
        until=point.until,
        note=veil.masked(_note(point)),
        is_own=point.user_id == post.user_id,
        last_on=point.last_on,
        days_since=(today - point.last_on).days if point.last_on else None,
        is_over=point.until is not None and point.until <= today,
    )


def brief(*, post: Post, point: ContactPoint, now: dt.datetime, today: dt.date) -> Brief:
    """What to bring to the contact point; the queries do not grow with what is open there."""
    unit = point.organisation
    here = _within(unit)
    visits = Visit.objects.visible_to(post).valid().filter(here)
    matters, promises, steps = list(_matters(visits)), list(_promises(visits)), list(_steps(visits))
    held = visits.filter(Q(point=point) | Q(kind=Visit.Kind.FIELD))
    last = list(held.order_by("-occurred_at", "-pk").values_list("pk", flat=True)[:LAST_VISITS])
    told = [*(m.visit for m in matters), *(p.visit for p in promises), *steps]
    texts = [*(m.text for m in matters), *(p.text for p in promises)]
    texts += [one.next_step for one in steps]
    reader = VisitReader(post, told, now, texts=texts)
    unvisited, hardship = unmet(post=post, unit=unit, today=today)
    loaded = _loaded(point, last_on=_newest(visits, point))
    return Brief(
        point=_line(loaded, post, today, UnitWords([_note(loaded)])),
        matters=tuple(_brought(m.visit, reader.words(m.visit, m.text)) for m in matters),
        promises=tuple(
            _brought(p.visit, reader.words(p.visit, p.text), p.due_on, today) for p in promises
        ),
        steps=tuple(
            _brought(v, reader.words(v, v.next_step), v.next_step_on, today) for v in steps
        ),
        matters_total=_total(matters),
        matters_url=_waiting_url(unit),
        promises_total=_total(promises),
        steps_total=_total(steps),
        sections=tuple(ports.point_sections.implementation(unit=unit, post=post, now=now)),
        unvisited=unvisited,
        unvisited_url=_register_url(unit),
        hardship=hardship,
        map_url=_map_url(post, unit),
        visits=tuple(visit_rows(post=post, ids=last, now=now)),
        is_partial=post.role not in UNIT_WIDE,
    )


def _newest(visits: VisitQuerySet, point: ContactPoint) -> dt.date | None:
    found: dt.date | None = visits.filter(point=point).aggregate(on=Max("occurred_on"))["on"]
    return found


def _within(unit: Organisation) -> Q:
    return Q(**{SCOPE_COLUMNS[unit.kind]: unit.pk})


#: How many there are, beside the first of them, in the same query.
_IN_ALL: Final = Window(Count("pk"))


def _total(rows: Sequence[Matter | Promise | Visit]) -> int:
    return getattr(rows[0], "in_all", 0) if rows else 0


def _matters(visits: VisitQuerySet) -> QuerySet[Matter]:
    """The newest first: what is being said now."""
    rows = Matter.objects.filter(
        visit__in=visits.order_by(), outcome=Matter.Outcome.ESCALATED, grievance_number=""
    )
    rows = rows.select_related("visit__household").prefetch_related("visit__people")
    return rows.annotate(in_all=_IN_ALL).order_by("-visit__occurred_at", "-pk")[:BROUGHT]


def _promises(visits: VisitQuerySet) -> QuerySet[Promise]:
    rows = Promise.objects.filter(visit__in=visits.order_by(), kept_on__isnull=True)
    rows = rows.select_related("visit__household").prefetch_related("visit__people")
    return rows.annotate(in_all=_IN_ALL).order_by("due_on", "pk")[:BROUGHT]


def _steps(visits: VisitQuerySet) -> VisitQuerySet:
    open_ones = visits.filter(next_step_on__isnull=False, next_step_done_at__isnull=True)
    rows = open_ones.select_related("household").prefetch_related("people")
    found: VisitQuerySet = rows.annotate(in_all=_IN_ALL).order_by("next_step_on", "pk")[:BROUGHT]
    return found


def _brought(
    visit: Visit, text: str, due_on: dt.date | None = None, today: dt.date | None = None
) -> Brought:
    return Brought(
        url=visit.get_absolute_url(),
        text=text,
        on=visit.occurred_on,
        due_on=due_on,
        is_late=due_on is not None and today is not None and due_on < today,
    )


def _register_url(unit: Organisation) -> str:
    names = {str(OrganisationKind.STREET): "street", str(OrganisationKind.COMMUNITY): "community"}
    name = names.get(unit.kind, "grid")
    return f"{reverse('contacts:household_list')}?{urlencode({name: str(unit.pk), 'since': Since.YEAR})}"


def _waiting_url(unit: Organisation) -> str:
    query = {"state": "valid", "matter": "waiting", "unit": unit.code}
    return f"{reverse('contacts:visit_list')}?{urlencode(query)}"


def _map_url(post: Post, unit: Organisation) -> str:
    if not post.may(Permission.SEE_MAP):
        return ""
    return f"{reverse('contacts:map')}?{urlencode({'place': unit.code})}"
