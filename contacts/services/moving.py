"""迁居: a household goes to live behind another door; what happened before stays where it was."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from contacts.metrics import touch_household
from contacts.models import Household
from contacts.search import hide_name, index_household
from contacts.services.duties import check_responsible, close_duties, may_answer, write_duty
from contacts.services.household_entries import clean_floor, clean_room, clean_unit
from contacts.services.households import (
    DOOR,
    building_in_scope,
    keep_old_door,
    locked_in_full,
    place_of,
    save_door,
    with_places,
)
from portal.accounts.models import Organisation, Post
from portal.accounts.permissions import Permission
from portal.audit.services import record
from portal.core.errors import DomainError


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveEntry:
    """Where to, since which day, and who answers for it there.

    Without ``responsible_id`` whoever answers for it now goes on, where the post reaches that far.
    """

    building_id: int
    room: str
    moved_on: dt.date
    unit: str = ""
    floor: int | None = None
    responsible_id: int | None = None


@transaction.atomic
def move_household(
    *, actor: Post | None, household_id: int, entry: MoveEntry, now: dt.datetime
) -> Household:
    """Give it its new door and keep the old one. Visits keep their place: history stays.

    A door that was written down wrongly is corrected by ``edit_household`` instead.
    """
    if actor:
        actor.require(Permission.MERGE_HOUSEHOLDS)
    household = locked_in_full(actor, household_id, now=now)
    today = timezone.localdate(now)
    building = building_in_scope(actor, entry.building_id, today=today)
    _check_day(household, entry.moved_on, today=today)
    wanted = {
        **place_of(building),
        "unit": clean_unit(entry.unit),
        "room": clean_room(entry.room),
        "floor": clean_floor(entry.floor),
    }
    if all(getattr(household, name) == wanted[name] for name in DOOR):
        raise DomainError("新门牌和现在的一样，没有搬。", field="room")
    touch_household(household)  # where it is counted now
    keep_old_door(actor, household, on=entry.moved_on)
    changed = [name for name, value in wanted.items() if getattr(household, name) != value]
    for name in changed:
        setattr(household, name, wanted[name])
    save_door(household, update_fields=changed)
    record(actor=actor, action="household.move", obj=household, fields=changed)
    _hand_on(actor, household, building, entry, today=today)
    touch_household(household)
    moved = with_places(household)
    index_household(moved)
    # New neighbours write about it from now on, and may have before.
    for name in household.residents.values_list("name", flat=True):
        hide_name(moved, name)
    return moved


def _check_day(household: Household, moved_on: dt.date, *, today: dt.date) -> None:
    if moved_on > today:
        raise DomainError("这一天还没到，请搬过去以后再登记。", field="moved_on")
    last = household.moves.filter(was_wrong=False).first()
    if last is not None and moved_on < last.moved_on:
        raise DomainError(
            f"这一户 {last.moved_on} 才搬到现在的住处，请填这一天或以后的日期。", field="moved_on"
        )


def _hand_on(
    actor: Post | None,
    household: Household,
    building: Organisation,
    entry: MoveEntry,
    *,
    today: dt.date,
) -> None:
    """Who answers for it there: the one named, or whoever does now if the post reaches that far."""
    household.building = building
    current, planned = household.duties.in_force(today).first(), household.duties.planned(today)
    if entry.responsible_id is not None:
        check_responsible(household, entry.responsible_id, today=today)
        if current is None or current.user_id != entry.responsible_id:
            write_duty(actor, household, entry.responsible_id, since=today, today=today)
        return
    if any(not may_answer(household, one.user_id, today=one.since) for one in planned):
        planned.delete()
        household.duties.in_force(today).update(until=None)
    if current is not None and not may_answer(household, current.user_id, today=today):
        close_duties(household, on=today, today=today)
        record(actor=actor, action="household.assign_duty", obj=household, fields=["duties"])
