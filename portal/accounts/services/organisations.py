"""The tree of organisations: made, renamed, moved, ended, opened again; nothing is deleted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from portal.accounts import workflow
from portal.accounts.kinds import SUFFIX, UNDER, OrganisationKind
from portal.accounts.models import Organisation, OrganisationName, Post
from portal.accounts.permissions import Permission
from portal.accounts.ports import on_unit_changed, what_keeps
from portal.accounts.unit_names import expand
from portal.audit.services import record
from portal.core.errors import DomainError

SCOPE: Final = ("district_id", "street_id", "community_id")
NAME_LENGTH: Final = 80
BATCH: Final = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class NewOrganisation:
    """A unit of our own: grid, building, section, department, outside body.

    ``code`` is what follows the code of its place (``G01``); empty takes the next number.
    """

    kind: OrganisationKind
    name: str
    parent: Organisation
    valid_from: dt.date
    code: str = ""


@transaction.atomic
def create_organisation(*, actor: Post | None, entry: NewOrganisation) -> Organisation:
    """Make a unit below a community, street, district or department.

    Its code is the code of the community (else of the unit above) and a suffix; its path and
    scope columns follow from the tree.
    """
    _require_place(actor, entry.parent, entry.kind)
    name = _checked_name(entry.name)
    base = _numbering(entry.parent)
    if _taken(entry.parent, entry.kind, [name]):
        raise DomainError(f"这里已经有{name}了，请换一个名称。", field="name")
    code = f"{base.code}{entry.code}" if entry.code else _next_codes(base, entry.kind, 1)[0]
    if Organisation.objects.filter(code=code).exists():
        raise DomainError(f"代码 {code} 已被使用，请换一个。", field="code")
    made = new_row(entry.kind, code, name, entry.parent, entry.valid_from)
    made.save()
    record(actor=actor, action="organisation.create", obj=made, district_id=made.district_id)
    return made


@transaction.atomic
def create_several(
    *, actor: Post | None, kind: OrganisationKind, names: str, parent: Organisation, on: dt.date
) -> list[Organisation]:
    """Make units of one kind by a pattern (1号楼…12号楼), all or none of them."""
    _require_place(actor, parent, kind)
    wanted = [_checked_name(name) for name in expand(names)]
    if not wanted:
        raise DomainError("请填名称，如 1号楼…12号楼。", field="names")
    base = _numbering(parent)
    if taken := _taken(parent, kind, wanted):
        raise DomainError(f"已经有了，请去掉：{'、'.join(taken)}。", field="names")
    codes = _next_codes(base, kind, len(wanted))
    made = Organisation.objects.bulk_create(
        [new_row(kind, code, name, parent, on) for code, name in zip(codes, wanted, strict=True)]
    )
    for unit in made:
        record(actor=actor, action="organisation.create", obj=unit, district_id=unit.district_id)
    return made


def _require_place(actor: Post | None, parent: Organisation, kind: OrganisationKind) -> None:
    _require(actor, parent)
    if parent.valid_until is not None and actor is not None:
        raise DomainError("上级单位已停用，请另选。", field="parent")
    if parent.kind not in UNDER.get(kind, frozenset()):
        raise DomainError(f"{kind.label}不能设在{parent.get_kind_display()}下面。", field="parent")


def _numbering(parent: Organisation) -> Organisation:
    """The unit whose code the new ones carry, locked: two people at once get two numbers."""
    pk = parent.scope_ids().community_id or parent.pk
    return Organisation.objects.select_for_update().get(pk=pk)


def new_row(
    kind: OrganisationKind,
    code: str,
    name: str,
    parent: Organisation | None,
    valid_from: dt.date,
) -> Organisation:
    """An unsaved unit at its place in the tree."""
    made = Organisation(kind=kind, code=code, name=name, parent=parent, valid_from=valid_from)
    place(made, parent)
    return made


def place(organisation: Organisation, parent: Organisation | None) -> None:
    """Set the path and the scope columns from the unit above."""
    above = parent.scope_ids() if parent else (None, None, None)
    organisation.path = f"{parent.path if parent else ''}{organisation.code}/"
    for column, value in zip(SCOPE, above, strict=True):
        setattr(organisation, column, value)


@transaction.atomic
def rename_organisation(
    *, actor: Post | None, organisation: Organisation, name: str, on: dt.date
) -> None:
    """Give a unit a new name from ``on``; records of before keep reading under the old one."""
    _require_change(actor, organisation)
    name = _checked_name(name)
    if name == organisation.name:
        return
    parent = organisation.parent
    if actor is not None and parent and _taken(parent, organisation.kind, [name]):
        raise DomainError(f"这里已经有{name}了，请换一个名称。", field="name")
    OrganisationName.objects.create(organisation=organisation, name=organisation.name, until=on)
    organisation.name = name
    organisation.save(update_fields=["name"])
    for follow in on_unit_changed():
        follow(unit=organisation)
    _record(actor, "organisation.rename", organisation, ["name"])


@transaction.atomic
def move_organisation(
    *, actor: Post | None, organisation: Organisation, parent: Organisation
) -> None:
    """Put a unit, with all that lies in it, under another one.

    Paths and scope columns of the units follow at once, and so do the addresses of households
    (``ports.on_unit_changed``). Records keep the scope they were written with: a move is not a
    rewrite of history.
    """
    _require_change(actor, organisation)
    _require(actor, parent)
    if actor is not None:
        _check_new_place(organisation, parent)
    if parent.path.startswith(organisation.path):
        raise DomainError("一个单位不能移到它自己下面。", field="parent")
    old = organisation.path
    organisation.parent = parent
    subtree = {organisation.pk: organisation}
    place(organisation, parent)
    below = Organisation.objects.within(old).exclude(pk=organisation.pk).order_by("path")
    for unit in below:
        # Ordered by path, a unit comes after the one it lies in.
        place(unit, subtree[unit.parent_id])  # type: ignore[index]
        subtree[unit.pk] = unit
    Organisation.objects.bulk_update(
        subtree.values(), ["parent", "path", *_columns()], batch_size=BATCH
    )
    for follow in on_unit_changed():
        follow(unit=organisation)
    _record(actor, "organisation.move", organisation, ["parent"])


def _check_new_place(organisation: Organisation, parent: Organisation) -> None:
    allowed = UNDER.get(OrganisationKind(organisation.kind), frozenset())
    if parent.kind not in allowed or parent.valid_until is not None:
        places = "、".join(kind.label for kind in OrganisationKind if kind in allowed)
        raise DomainError(f"请移到在用的{places}下面。", field="parent")
    if parent.pk == organisation.parent_id:
        raise DomainError("它已经在那里了，请另选上级。", field="parent")
    if _taken(parent, organisation.kind, [organisation.name], but=organisation.pk):
        raise DomainError(f"那里已经有{organisation.name}了，请先改名。", field="parent")


def _columns() -> list[str]:
    return [column.removesuffix("_id") for column in SCOPE]


@transaction.atomic
def end_organisation(*, actor: Post | None, organisation: Organisation, on: dt.date) -> None:
    """Close a unit from ``on`` (at least one day after it began); its records stay.

    By hand only when nothing hangs on it any more; an import of divisions reports what is left.
    """
    _require_change(actor, organisation)
    if actor is not None and (left := _what_is_left(organisation, on)):
        raise DomainError(f"还不能停用：{'；'.join(left)}。", field="on")
    organisation.valid_until = last_day_outside(organisation, on)
    organisation.save(update_fields=["valid_until"])
    _record(actor, "organisation.end", organisation, ["valid_until"])


def last_day_outside(organisation: Organisation, on: dt.date) -> dt.date:
    """The first day outside when closed ``on``: a unit exists for at least one day."""
    return max(on, organisation.valid_from + dt.timedelta(days=1))


@transaction.atomic
def reopen_organisation(*, actor: Post | None, organisation: Organisation) -> None:
    """Take a closing back."""
    _require_change(actor, organisation)
    if actor is not None and organisation.parent and organisation.parent.valid_until is not None:
        raise DomainError("上级单位已停用，请先恢复上级，或另建一个单位。")
    organisation.valid_until = None
    organisation.save(update_fields=["valid_until"])
    _record(actor, "organisation.reopen", organisation, ["valid_until"])


def _require(actor: Post | None, organisation: Organisation) -> None:
    """A person needs the right and the unit in scope; the system needs neither."""
    if actor is None:
        return
    actor.require(Permission.MANAGE_ORGANISATIONS)
    if not organisation.path.startswith(actor.organisation.path):
        raise Organisation.DoesNotExist


def _require_change(actor: Post | None, organisation: Organisation) -> None:
    _require(actor, organisation)
    if actor is not None and (refusal := workflow.why_not_unit(actor, organisation)):
        raise DomainError(refusal)


def _taken(
    parent: Organisation, kind: str, names: Sequence[str], but: int | None = None
) -> list[str]:
    """Which names units of this kind there bear already; buildings: anywhere in the community."""
    rows = Organisation.objects.filter(kind=kind, name__in=names, valid_until__isnull=True)
    rows = rows.exclude(pk__in=[] if but is None else [but])
    community = parent.scope_ids().community_id
    if kind == OrganisationKind.BUILDING and community:
        rows = rows.filter(community_id=community)
    else:
        rows = rows.filter(parent=parent)
    return list(rows.order_by("pk").values_list("name", flat=True))


def _what_is_left(organisation: Organisation, on: dt.date) -> list[str]:
    """What would hang in the air, in words."""
    inside = Organisation.objects.within(organisation.path).exclude(pk=organisation.pk)
    units = inside.in_force(on).count()
    held = Post.objects.filter(organisation__path__startswith=organisation.path).lasting(on)
    posts = held.count()
    left = [f"下面还有{units}个在用的单位"] if units else []
    left += [f"还有{posts}个岗位没有结束"] if posts else []
    return left + [words for ask in what_keeps() if (words := ask(unit=organisation))]


def _record(
    actor: Post | None, action: str, organisation: Organisation, fields: Iterable[str]
) -> None:
    record(
        actor=actor,
        action=action,
        obj=organisation,
        fields=list(fields),
        district_id=organisation.scope_ids().district_id,
    )


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > NAME_LENGTH:
        raise DomainError(f"名称要有 1 至 {NAME_LENGTH} 个字。", field="name")
    return name


def _next_codes(base: Organisation, kind: OrganisationKind, count: int) -> list[str]:
    letter, digits = SUFFIX[kind]
    prefix = f"{base.code}{letter}"
    used = Organisation.objects.filter(code__startswith=prefix).values_list("code", flat=True)
    numbers = [int(code[len(prefix) :]) for code in used if code[len(prefix) :].isdecimal()]
    first = max(numbers, default=0) + 1
    return [f"{prefix}{number:0{digits}}" for number in range(first, first + count)]
