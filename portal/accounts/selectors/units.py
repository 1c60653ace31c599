"""Units as their administrators see them: the tree, what lies in one, where one may go."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from portal.accounts import workflow
from portal.accounts.kinds import NATIONAL, UNDER, OrganisationKind
from portal.accounts.models import Organisation, Post
from portal.accounts.outline import Scoped
from portal.accounts.querysets import OrganisationQuerySet
from portal.accounts.selectors.unit_rows import UnitRow, unit_rows
from portal.core.db.prepared import Day, Number

#: Too many to choose from a list of a whole district; a unit's own page leads there.
_BY_PLACE: Final = {
    OrganisationKind.DISTRICT: (
        OrganisationKind.DISTRICT,
        OrganisationKind.DEPARTMENT,
        OrganisationKind.SECTION,
        OrganisationKind.STREET,
        OrganisationKind.COMMUNITY,
    ),
    OrganisationKind.STREET: (
        OrganisationKind.STREET,
        OrganisationKind.SECTION,
        OrganisationKind.COMMUNITY,
        OrganisationKind.GRID,
    ),
}
#: Units that people know by the number in their name, however it came to its code.
_NUMBERED: Final = frozenset({OrganisationKind.GRID, OrganisationKind.BUILDING})
_NUMBER: Final = re.compile(r"(\d+)")
#: What is chosen from a list: the id, and how the unit is called there.
Choice = tuple[int, str]
Group = tuple[str, list[Choice]]


@dataclass(frozen=True, slots=True)
class UnitLine:
    unit: Organisation
    #: Units directly below it, and posts that last in it or below.
    below: int
    posts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPage:
    unit: Organisation
    #: From the acting post's own unit down to just above this one.
    above: tuple[Organisation, ...]
    #: Kind, in which order its units stand, and the units.
    groups: tuple[tuple[str, str, tuple[UnitLine, ...]], ...]
    ended: tuple[Organisation, ...]
    former_names: tuple[str, ...]
    posts: int
    #: What may be made below it.
    kinds: tuple[OrganisationKind, ...]
    #: Why it is not changed here; "" when it is.
    refusal: str


def unit_page(*, post: Post, unit: Organisation) -> UnitPage:
    """One unit with what lies directly in it."""
    today = timezone.localdate()
    rows = Organisation.objects.visible_to(post).filter(parent=unit)
    below = sorted(_counted(rows.in_force(today)), key=lambda line: in_order(line.unit))
    names = unit.former_names.values_list("name", flat=True)
    return UnitPage(
        unit=unit,
        above=_above(post, unit),
        groups=tuple(_grouped(below)),
        ended=tuple(sorted(rows.filter(valid_until__lte=today), key=in_order)),
        former_names=tuple(names),
        posts=Post.objects.visible_to(post).filter(organisation=unit).lasting(today).count(),
        kinds=tuple(kind for kind, places in UNDER.items() if unit.kind in places),
        refusal=workflow.why_not_unit(post, unit),
    )


def _counted(rows: QuerySet[Organisation]) -> Iterable[UnitLine]:
    today = timezone.localdate()
    in_force = Q(children__valid_until__isnull=True) | Q(children__valid_until__gt=today)
    held = Post.objects.lasting(today).filter(organisation=OuterRef("pk")).order_by()
    number = held.values("organisation").annotate(number=Count("pk")).values("number")
    rows = rows.annotate(
        below=Count("children", filter=in_force), held=Coalesce(Subquery(number), 0)
    )
    for unit in rows.order_by("pk"):
        yield UnitLine(unit, below=unit.below, posts=unit.held)


def _grouped(lines: Iterable[UnitLine]) -> Iterable[tuple[str, str, tuple[UnitLine, ...]]]:
    of_kind: dict[str, list[UnitLine]] = defaultdict(list)
    for line in lines:
        of_kind[line.unit.kind].append(line)
    for kind in OrganisationKind:
        if found := of_kind.get(kind):
            yield str(kind.label), _order_words(kind), tuple(found)


def _above(post: Post, unit: Organisation) -> tuple[Organisation, ...]:
    codes = unit.path.rstrip("/").split("/")[:-1]
    return tuple(Organisation.objects.visible_to(post).filter(code__in=codes).order_by("path"))


def natural(name: str) -> list[tuple[int, int, str]]:
    """A key that puts 2号楼 before 10号楼."""
    parts = _NUMBER.split(name)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part]


def in_order(unit: Organisation) -> tuple[int, list[tuple[int, int, str]]]:
    """A key for units side by side: kind by kind, by code; 2号楼 before 10号楼 whatever their codes."""
    known_by = unit.name if unit.kind in _NUMBERED else unit.code
    return list(OrganisationKind.values).index(unit.kind), natural(known_by)


def _order_words(kind: OrganisationKind) -> str:
    if kind in _NUMBERED:
        return "按名称里的编号排"
    return "按行政区划次序排" if kind in NATIONAL.values() else "按单位代码排"


def unit_choices(*, post: Post, also: Iterable[int] = ()) -> list[Group]:
    """Units in reach to choose from, grouped by where they lie; ``also`` names further ones."""
    kinds = _BY_PLACE.get(OrganisationKind(post.organisation.kind), tuple(OrganisationKind))
    rows = Organisation.objects.visible_to(post).in_force(timezone.localdate())
    rows = rows.filter(Q(kind__in=kinds) | Q(pk__in=list(also)))
    return _offered(post, rows)


def filter_choices(*, post: Post, chosen: Organisation | None) -> list[Group]:
    """The next level down; with a street chosen in a district, what lies in it too."""
    groups = [("", _next_level(post, post.organisation_id))]
    inside = chosen and (chosen.street or (chosen if chosen.kind == "STREET" else None))
    if inside and inside.pk != post.organisation_id:
        groups.append((inside.name, _next_level(post, inside.pk)))
    return [(label, found) for label, found in groups if found]


def _next_level(post: Post, above: int) -> list[Choice]:
    found = _BELOW.objects(post, above=above, on=timezone.localdate())
    return [(unit.pk, unit.name) for unit in sorted(found, key=in_order)]


def _below(post: Post, *, above: Any, on: Any) -> QuerySet[Organisation]:
    rows = Organisation.objects.visible_to(post).filter(parent_id=above)
    return rows.exclude(kind=OrganisationKind.EXTERNAL).in_force(on)


_BELOW: Final = Scoped(_below, above=Number, on=Day)


def new_places(*, post: Post, unit: Organisation) -> list[Group]:
    """Where a unit may be moved: in reach, of a fitting kind, in the same street if it has one."""
    kinds = UNDER.get(OrganisationKind(unit.kind), frozenset())
    rows = Organisation.objects.visible_to(post).in_force(timezone.localdate())
    rows = rows.filter(kind__in=kinds)
    rows = rows.exclude(pk__in=[unit.parent_id or 0])
    if unit.street_id:
        rows = rows.filter(Q(street_id=unit.street_id) | Q(pk=unit.street_id))
    return _offered(post, rows)


def _offered(post: Post, units: OrganisationQuerySet) -> list[Group]:
    groups: dict[str, list[Choice]] = defaultdict(list)
    for unit in unit_rows(units):
        groups[_group(post, unit)].append((unit.id, unit.full_name))
    return list(groups.items())


def _group(post: Post, unit: UnitRow) -> str:
    if unit.community:
        return unit.community
    if unit.street and unit.street_id != post.organisation_id:
        return unit.street
    return OrganisationKind(unit.kind).label
