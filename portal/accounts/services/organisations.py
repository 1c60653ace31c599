"""The tree of organisations: made, renamed, moved, ended, opened again; nothing is deleted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from portal.accounts.kinds import SUFFIX, UNDER, OrganisationKind
from portal.accounts.models import Organisation, OrganisationName, Post
from portal.accounts.permissions import Permission
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
    _require(actor, entry.parent)
    if entry.parent.kind not in UNDER.get(entry.kind, frozenset()):
        raise DomainError(
            f"{entry.kind.label}不能设在{entry.parent.get_kind_display()}下面。", field="parent"
        )
    name = _checked_name(entry.name)
    # The row lock gives two people at once two numbers.
    base = Organisation.objects.select_for_update().get(
        pk=entry.parent.scope_ids().community_id or entry.parent.pk
    )
    code = f"{base.code}{entry.code}" if entry.code else _next_code(base, entry.kind)
    if Organisation.objects.filter(code=code).exists():
        raise DomainError(f"代码 {code} 已被使用，请换一个。", field="code")
    made = new_row(entry.kind, code, name, entry.parent, entry.valid_from)
    made.save()
    record(actor=actor, action="organisation.create", obj=made, district_id=made.district_id)
    return made


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
    _require(actor, organisation)
    name = _checked_name(name)
    if name == organisation.name:
        return
    OrganisationName.objects.create(organisation=organisation, name=organisation.name, until=on)
    organisation.name = name
    organisation.save(update_fields=["name"])
    _record(actor, "organisation.rename", organisation, ["name"])


@transaction.atomic
def move_organisation(
    *, actor: Post | None, organisation: Organisation, parent: Organisation
) -> None:
    """Put a unit, with all that lies in it, under another one.

    Paths and scope columns of the units follow at once. Households and records keep the scope
    they were written with: a move is not a rewrite of history.
    """
    _require(actor, organisation)
    _require(actor, parent)
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
    _record(actor, "organisation.move", organisation, ["parent"])


def _columns() -> list[str]:
    return [column.removesuffix("_id") for column in SCOPE]


@transaction.atomic
def end_organisation(*, actor: Post | None, organisation: Organisation, on: dt.date) -> None:
    """Close a unit from ``on`` (at least one day after it began); its records stay."""
    _require(actor, organisation)
    organisation.valid_until = last_day_outside(organisation, on)
    organisation.save(update_fields=["valid_until"])
    _record(actor, "organisation.end", organisation, ["valid_until"])


def last_day_outside(organisation: Organisation, on: dt.date) -> dt.date:
    """The first day outside when closed ``on``: a unit exists for at least one day."""
    return max(on, organisation.valid_from + dt.timedelta(days=1))


@transaction.atomic
def reopen_organisation(*, actor: Post | None, organisation: Organisation) -> None:
    """Take a closing back."""
    _require(actor, organisation)
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


def _next_code(base: Organisation, kind: OrganisationKind) -> str:
    letter, digits = SUFFIX[kind]
    prefix = f"{base.code}{letter}"
    used = Organisation.objects.filter(code__startswith=prefix).values_list("code", flat=True)
    numbers = [int(code[len(prefix) :]) for code in used if code[len(prefix) :].isdecimal()]
    return f"{prefix}{max(numbers, default=0) + 1:0{digits}}"
