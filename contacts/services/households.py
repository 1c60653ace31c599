"""What a person can do to a household; every door (page, command, import) comes through here.

``actor=None`` is system work (a demo, an import): no scope, no permission, the same rules.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from contacts.metrics import touch_household
from contacts.models import Household, HouseholdDuty, HouseholdMove, Resident
from contacts.querysets import REVEAL_SUBJECT, HouseholdQuerySet
from contacts.search import hide_name, index_household
from contacts.selectors.sight import sight
from contacts.services.cares import write_cares
from contacts.services.duties import check_responsible, check_since, write_duty
from contacts.services.household_entries import HouseholdEntry, ResidentEntry, clean_household
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post, Reveal
from portal.accounts.permissions import Permission
from portal.accounts.roles import Role
from portal.audit.services import record, record_all
from portal.core.encryption import refresh_blind_indexes
from portal.core.errors import DomainError

#: How long a stated reason opens a household (domain §3).
REVEAL_FOR: Final = dt.timedelta(minutes=30)
NOTE_LIMIT: Final = 200
DUPLICATE: Final = "这个门牌已经登记过了，请在住户名册里找到它再修改。"
_PLAIN: Final = (
    "unit",
    "floor",
    "room",
    "door_wish",
    "door_wish_until",
    "door_wish_reason",
    "avoid",
    "note",
)
#: What makes it another door.
DOOR: Final = ("building_id", "unit", "room")
_PLACE: Final = ("district_id", "street_id", "community_id", "grid_id", "building_id")
_PERSON: Final = ("name", "relation", "birth_year", "phone", "is_contact", "left_on")


class NotSeenInFullError(DomainError):
    """Who sees a household masked must not change what is hidden."""

    def __init__(self) -> None:
        super().__init__(
            "您现在看到的信息部分遮盖，不能修改。请先在住户页“说明理由后查看”，或请走访责任人修改。"
        )


@transaction.atomic
def register_household(
    *,
    actor: Post | None,
    entry: HouseholdEntry,
    responsible_id: int | None = None,
    now: dt.datetime,
) -> Household:
    """Write down a new door. A community worker who registers it answers for it from today."""
    if actor:
        actor.require(Permission.EDIT_HOUSEHOLDS)
    today = timezone.localdate(now)
    entry = clean_household(entry, before=None, today=today)
    building = building_in_scope(actor, entry.building_id, today=today)
    household = Household(**place_of(building), **{name: getattr(entry, name) for name in _PLAIN})
    save_door(household)
    touch_household(household)
    record(actor=actor, action="household.register", obj=household)
    _write_residents(actor, household, entry.residents)
    if entry.cares is not None:
        write_cares(actor, household, entry.cares, today=today)
    if responsible_id is not None:
        assign_duty(actor=actor, household_id=household.pk, user_id=responsible_id, now=now)
    elif actor and actor.role == Role.COMMUNITY_WORKER:
        write_duty(actor, household, actor.user_id, since=today, today=today)
    index_household(household)
    return household


@transaction.atomic
def edit_household(
    *, actor: Post | None, household_id: int, entry: HouseholdEntry, now: dt.datetime
) -> Household:
    """Change a household and its people to what the entry says; people left out stay as they are."""
    household = editable(actor, household_id, now=now)
    today = timezone.localdate(now)
    entry = clean_household(entry, before=household, today=today)
    wanted: dict[str, Any] = {name: getattr(entry, name) for name in _PLAIN}
    if household.door_wish == Household.DoorWish.PHONE != entry.door_wish:
        wanted["wish_lifted_on"] = today
    if entry.building_id != household.building_id:
        wanted |= place_of(building_in_scope(actor, entry.building_id, today=today))
    changed = [name for name, value in wanted.items() if getattr(household, name) != value]
    if changed:
        touch_household(household)  # where it is counted now
        if set(changed) & set(DOOR):
            keep_old_door(actor, household, on=today, was_wrong=True)
        for name in changed:
            setattr(household, name, wanted[name])
        save_door(household, update_fields=changed)
        touch_household(household)
        record(actor=actor, action="household.edit", obj=household, fields=changed)
    _write_residents(actor, household, entry.residents)
    if entry.cares is not None:
        write_cares(actor, household, entry.cares, today=today)
    if set(changed) & set(_PLACE):
        index_household(with_places(household))
    return household


@transaction.atomic
def assign_duty(
    *,
    actor: Post | None,
    household_id: int,
    user_id: int,
    since: dt.date | None = None,
    now: dt.datetime,
) -> HouseholdDuty:
    """Hand the household to another responsible worker, from today or a later day.

    What was done stays theirs who did it.
    """
    if actor:
        actor.require(Permission.ASSIGN_HOUSEHOLDS)
    household = _locked(actor, household_id)
    today = timezone.localdate(now)
    since = since or today
    check_since(since, today=today)
    check_responsible(household, user_id, today=since)
    return write_duty(actor, household, user_id, since=since, today=today)


@transaction.atomic
def reveal(
    *, actor: Post, household_id: int, reason: str, note: str = "", now: dt.datetime
) -> Reveal:
    """State why; the post then sees this household in full for 30 minutes, and the trail says so.

    Raises ``DoesNotExist`` outside the scope, ``DomainError``.
    """
    return reveal_all(actor=actor, household_ids=[household_id], reason=reason, note=note, now=now)[
        0
    ]


@transaction.atomic
def reveal_all(
    *,
    actor: Post,
    household_ids: Collection[int],
    reason: str,
    note: str = "",
    now: dt.datetime,
) -> list[Reveal]:
    """``reveal`` of several for one reason: all or none, one row of the trail about each."""
    actor.require(Permission.REVEAL_PERSONS)
    households = list(Household.objects.visible_to(actor).filter(pk__in=household_ids))
    if len(households) < len(set(household_ids)):
        raise Household.DoesNotExist
    if reason not in Reveal.Reason:
        raise DomainError("请选择查看的理由。", field="reason")
    if len(note) > NOTE_LIMIT:
        raise DomainError(f"说明最多写{NOTE_LIMIT}字。", field="note")
    revealed = Reveal.objects.bulk_create(
        Reveal(
            user_id=actor.user_id,
            post=actor,
            subject_kind=REVEAL_SUBJECT,
            subject_id=household.pk,
            reason=reason,
            note=note.strip(),
            at=now,
            until=now + REVEAL_FOR,
        )
        for household in households
    )
    record_all(actor=actor, action="household.reveal", objs=households, reason=reason)
    return revealed


def note_opened(*, actor: Post, household: Household) -> None:
    """Keep in the trail that the post read this household in full (nobody is asked for it)."""
    record(actor=actor, action="household.open", obj=household)


def note_found(*, actor: Post, by: str) -> None:
    """Keep in the trail that the post looked for a person, and by which field; never the words."""
    actor.require(Permission.FIND_PERSONS)
    record(actor=actor, action="household.find", fields=[by])


def check_responsible_at(building_id: int, user_id: int, *, today: dt.date) -> None:
    """The same for a door that is not registered yet. Raises ``DomainError``."""
    building = Organisation.objects.select_related("parent").get(pk=building_id)
    check_responsible(Household(**place_of(building)), user_id, today=today)


# --- The steps of what is above ---------------------------------------------------------------


def _visible(actor: Post | None) -> HouseholdQuerySet:
    rows: HouseholdQuerySet = Household.objects.all()
    return Household.objects.visible_to(actor) if actor else rows


def _held(actor: Post | None, ids: Sequence[int]) -> list[Household]:
    """Households in use, held for this transaction. Raises ``DoesNotExist`` outside the scope."""
    rows = _visible(actor).select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    held: dict[int, Household] = {row.pk: row for row in rows}
    if set(ids) - set(held):
        raise Household.DoesNotExist
    if any(row.ended_on is not None for row in held.values()):
        raise DomainError("这一户已停用，不能再修改。")
    return [held[pk] for pk in ids]


def _locked(actor: Post | None, household_id: int) -> Household:
    return _held(actor, [household_id])[0]


def editable(actor: Post | None, household_id: int, *, now: dt.datetime) -> Household:
    """SECURITY: nobody changes what is shown masked, whichever door the change comes through."""
    if actor:
        actor.require(Permission.EDIT_HOUSEHOLDS)
    return locked_in_full(actor, household_id, now=now)


def locked_in_full(actor: Post | None, household_id: int, *, now: dt.datetime) -> Household:
    """The household, held for this transaction, if the actor sees it in full."""
    return several_in_full(actor, [household_id], now=now)[0]


def several_in_full(actor: Post | None, ids: Sequence[int], *, now: dt.datetime) -> list[Household]:
    """The same for several, in the order of ``ids``. Raises ``DoesNotExist`` outside the scope."""
    rows = _held(actor, ids)
    seen = sight(post=actor, household_ids=ids, now=now) if actor else None
    if seen is not None and not all(seen.sees(pk) for pk in ids):
        raise NotSeenInFullError
    return rows


def building_in_scope(actor: Post | None, building_id: int, *, today: dt.date) -> Organisation:
    buildings = Organisation.objects.visible_to(actor) if actor else Organisation.objects.all()
    building = (
        buildings.in_force(today)
        .filter(kind=OrganisationKind.BUILDING, pk=building_id)
        .select_related("parent")
        .first()
    )
    if building is None:
        raise DomainError("请选择本单位范围内的楼栋。", field="building")
    return building


def place_of(building: Organisation) -> dict[str, int | None]:
    """The scope columns that follow the address."""
    scope, above = building.scope_ids(), building.parent
    in_grid = above is not None and above.kind == OrganisationKind.GRID
    return {
        "district_id": scope.district_id,
        "street_id": scope.street_id,
        "community_id": scope.community_id,
        "grid_id": above.pk if above and in_grid else None,
        "building_id": building.pk,
    }


def keep_old_door(
    actor: Post | None, household: Household, *, on: dt.date, was_wrong: bool = False
) -> None:
    """Where it is registered until that day; asked for before it is changed."""
    HouseholdMove.objects.create(
        household=household,
        building_id=household.building_id,
        unit=household.unit,
        floor=household.floor,
        room=household.room,
        moved_on=on,
        moved_by_id=actor.user_id if actor else None,
        was_wrong=was_wrong,
    )


def save_door(household: Household, **options: Any) -> None:
    """Save; two people at the same door at once meet the constraint, not a crash."""
    try:
        with transaction.atomic():
            household.save(**options)
    except IntegrityError as error:
        if "household_one_per_door" in str(error) or "household.room" in str(error):
            raise DomainError(DUPLICATE, field="room") from error
        raise


def with_places(household: Household) -> Household:
    rows = Household.objects.select_related("community", "grid", "building")
    found: Household = rows.get(pk=household.pk)
    return found


def _write_residents(
    actor: Post | None, household: Household, entries: Iterable[ResidentEntry]
) -> None:
    known = {resident.pk: resident for resident in household.residents.all()}
    # Who is no longer rung first gives way before the next one takes the place.
    for entry in sorted(entries, key=lambda each: each.is_contact):
        if entry.id is None:
            _add_resident(actor, household, entry)
        elif entry.id in known:
            _edit_resident(actor, known[entry.id], entry)
        else:
            raise DomainError("有一位居民不在这一户，请刷新页面后重试。", field="residents")


def _add_resident(actor: Post | None, household: Household, entry: ResidentEntry) -> Resident:
    values = {name: getattr(entry, name) for name in _PERSON}
    resident = Resident(household=household, **values)
    refresh_blind_indexes(resident)
    _give_way(actor, resident)
    resident.save()
    hide_name(household, resident.name)
    record(actor=actor, action="resident.add", obj=resident)
    return resident


def _edit_resident(actor: Post | None, resident: Resident, entry: ResidentEntry) -> None:
    changed = [name for name in _PERSON if getattr(resident, name) != getattr(entry, name)]
    if not changed:
        return
    renamed = "name" in changed
    if renamed and resident.name not in resident.former_names:
        resident.former_names = [*resident.former_names, resident.name]
    for name in changed:
        setattr(resident, name, getattr(entry, name))
    fields = [*changed, *refresh_blind_indexes(resident), *(["former_names"] if renamed else [])]
    _give_way(actor, resident)
    resident.save(update_fields=fields)
    if renamed:
        hide_name(resident.household, resident.name)
    record(actor=actor, action="resident.edit", obj=resident, fields=changed)


def _give_way(actor: Post | None, resident: Resident) -> None:
    """One person is rung first: who was it before steps back."""
    if not resident.is_contact:
        return
    others = Resident.objects.filter(household_id=resident.household_id, is_contact=True)
    for other in others.filter(left_on__isnull=True).exclude(pk=resident.pk):
        other.is_contact = False
        other.save(update_fields=["is_contact"])
        record(actor=actor, action="resident.edit", obj=other, fields=["is_contact"])
