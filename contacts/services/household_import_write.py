"""Writing many doors at once: the steps of ``services.households``, in few statements.

The rules are those of ``household_entries`` and ``duties``; a test holds what comes out against
what ``register_household`` writes one by one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

from contacts import metrics
from contacts.models import CareCategory, Household, HouseholdCare, HouseholdDuty, Resident
from contacts.search import HOUSEHOLD, hide_names, household_document
from contacts.services.duties import check_reached, write_duty
from contacts.services.household_entries import HouseholdEntry, ResidentEntry, clean_household
from contacts.services.household_import_doors import Door
from contacts.services.households import place_of
from portal.accounts.models import Organisation, Post
from portal.audit.services import record, record_all
from portal.core.encryption import refresh_blind_indexes
from portal.search import services as search

_BATCH: Final = 500


def write_doors(doors: Sequence[Door], *, actor: Post, today: dt.date) -> None:
    """Write what the rows added to these doors, in the caller's transaction, and settle them."""
    new = [door for door in doors if door.is_new]
    # Before any of the new ones is written: registered whole, they are not changed as well.
    known = [door for door in doors if not door.is_new and door.changed]
    _register(new, actor=actor, today=today)
    _change(known, actor=actor)
    for door in new:
        door.changed = set()
    _write_people(doors, actor=actor)
    _write_cares(doors, actor=actor, today=today)
    _write_duties(doors, new, actor=actor, today=today)
    documents = [household_document(door.household) for door in new]
    search.index_all(kind=HOUSEHOLD, documents=documents)
    _mark(doors, new)
    for door in doors:
        door.settle()


def _mark(doors: Sequence[Door], new: Sequence[Door]) -> None:
    """The figures of the register, and those of visits to households that are hardship ones now."""
    written = Household.objects.filter(pk__in=[door.household.pk for door in doors])
    metrics.touch_households(written)
    fresh = {door.household.pk for door in new}
    for door in doors:
        if door.new_cares and door.household.pk not in fresh:
            metrics.touch_cares(door.household.pk)


def _register(new: Sequence[Door], *, actor: Post, today: dt.date) -> None:
    for door in new:
        _check(door, today=today)
        _place(door.household, door.building.organisation)
    Household.objects.bulk_create([door.household for door in new], batch_size=_BATCH)
    record_all(actor=actor, action="household.register", objs=[door.household for door in new])


def _place(household: Household, building: Organisation) -> None:
    """The scope of the address; the units themselves too, which the search row names."""
    for column, value in place_of(building).items():
        setattr(household, column, value)
    household.building = building
    if building.community is not None:
        household.community = building.community
    household.grid = building.parent if household.grid_id else None


def _check(door: Door, *, today: dt.date) -> None:
    """The rules of a new household, asked of the whole."""
    household = door.household
    entry = HouseholdEntry(
        building_id=door.building.organisation.pk,
        unit=household.unit,
        room=household.room,
        floor=household.floor,
        door_wish=household.door_wish,
        door_wish_reason=household.door_wish_reason,
        note=household.note,
        residents=tuple(_entry(person.resident) for person in door.people),
    )
    clean_household(entry, before=None, today=today)


def _entry(resident: Resident) -> ResidentEntry:
    return ResidentEntry(
        name=resident.name,
        relation=resident.relation,
        birth_year=resident.birth_year,
        phone=resident.phone,
        is_contact=resident.is_contact,
    )


def _change(doors: Iterable[Door], *, actor: Post) -> None:
    for door in doors:
        fields = sorted(door.changed)
        door.household.save(update_fields=fields)
        record(actor=actor, action="household.edit", obj=door.household, fields=fields)


def _write_people(doors: Sequence[Door], *, actor: Post) -> None:
    added: list[Resident] = []
    for door in doors:
        for person in door.people:
            resident = person.resident
            if person.is_new:
                resident.household = door.household
                refresh_blind_indexes(resident)
                added.append(resident)
            elif person.changed:
                fields = sorted(person.changed)
                resident.save(update_fields=[*fields, *refresh_blind_indexes(resident)])
                record(actor=actor, action="resident.edit", obj=resident, fields=fields)
    Resident.objects.bulk_create(added, batch_size=_BATCH)
    record_all(actor=actor, action="resident.add", objs=added)
    hide_names((resident.household, resident.name) for resident in added)


def _write_cares(doors: Sequence[Door], *, actor: Post, today: dt.date) -> None:
    codes = {code for door in doors for code in door.new_cares}
    ids = dict(CareCategory.objects.filter(code__in=codes).values_list("code", "pk"))
    changed = [door for door in doors if door.new_cares]
    HouseholdCare.objects.bulk_create(
        [
            HouseholdCare(household=door.household, category_id=ids[code], since=today)
            for door in changed
            for code in sorted(door.new_cares)
        ],
        batch_size=_BATCH,
    )
    homes = [door.household for door in changed]
    record_all(actor=actor, action="household.set_cares", objs=homes, fields=["cares"])


def _write_duties(
    doors: Sequence[Door], new: Sequence[Door], *, actor: Post, today: dt.date
) -> None:
    """Who answers from today; somebody who answered before is followed, not overwritten."""
    fresh = {door.household.pk for door in new}
    begun = [(door.household, door.new_responsible) for door in doors if door.new_responsible]
    first = [(home, user_id) for home, user_id in begun if home.pk in fresh]
    HouseholdDuty.objects.bulk_create(
        [HouseholdDuty(household=home, user_id=user_id, since=today) for home, user_id in first],
        batch_size=_BATCH,
    )
    homes = [home for home, _ in first]
    record_all(actor=actor, action="household.assign_duty", objs=homes, fields=["duties"])
    for home, user_id in begun:
        if home.pk not in fresh:
            check_reached(home, user_id, today=today)
            write_duty(actor, home, user_id, since=today, today=today)
