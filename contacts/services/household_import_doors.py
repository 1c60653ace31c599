"""What a list says of a door against what is registered there: merged row by row, nothing deleted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone

from contacts.models import CareCategory, Household, HouseholdCare, HouseholdDuty, Resident
from contacts.selectors.sight import sight
from contacts.services.household_entries import MOST_RESIDENTS, NOTE_LIMIT, ResidentEntry
from contacts.services.household_import_gone import Gone, OvertakenError
from contacts.services.household_import_places import NO_BUILDING, Building, Key
from contacts.services.household_import_rows import Told
from portal.accounts.models import Post
from portal.core.errors import DomainError

_DIFFERS: Final = (
    "{what}：名册里登记的与这一行不同，没有改动。请与走访责任人核对；"
    "要以名单为准，请在导入时选“以名单为准”。"
)
_LEFT: Final = "姓名：名册里这个人已登记离开。搬回来的，请在住户页登记。"
_CARE_ENDED: Final = (
    "关爱类别：名册里这一户的“{name}”已于 {on} 结束，没有恢复。现在又有的，请在住户页登记。"
)
_WISH_LIFTED: Final = (
    "上门意愿：这一户已于 {on} 改回“可上门”，没有改动。现在又不愿上门的，请在住户页登记。"
)
_FULL: Final = f"姓名：这一户已登记 {MOST_RESIDENTS} 人，不能再加。请核对门牌。"
_LONG_NOTE: Final = f"备注：这一户的备注加在一起超过 {NOTE_LIMIT} 字，请写短一些。"
_WORDS: Final = {
    "floor": "楼层",
    "relation": "与户主关系",
    "birth_year": "出生年份",
    "phone": "电话",
    "responsible": "走访责任人",
}
#: SECURITY: what a masked household does not show; of one a list neither confirms nor replaces it.
_HIDDEN: Final = frozenset({"floor", "relation", "birth_year", "phone"})


class Outcome(StrEnum):
    """What became of a row."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


@dataclass(slots=True)
class Person:
    resident: Resident
    changed: set[str] = field(default_factory=set)

    @property
    def is_new(self) -> bool:
        return self.resident.pk is None


@dataclass(slots=True)
class Door:
    """A household as registered, and what the rows so far add to it."""

    building: Building
    household: Household
    people: list[Person] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)
    cares: set[str] = field(default_factory=set)
    new_cares: set[str] = field(default_factory=set)
    #: Categories that somebody ended: code → name and the day. Read by posts that see them all.
    ended_cares: dict[str, tuple[str, dt.date]] = field(default_factory=dict)
    responsible: int | None = None
    new_responsible: int | None = None
    #: SECURITY: written under another scope than its building's; the post may not know of it.
    hidden: bool = False
    #: SECURITY: the post sees it in full (own duty or a live reveal); else nothing is compared.
    full: bool = False
    #: A row was taken for it.
    seen: bool = False
    #: Who was registered here and is no more.
    gone: Gone = field(default_factory=Gone)

    @property
    def is_new(self) -> bool:
        return self.household.pk is None

    @property
    def touched(self) -> bool:
        """Whether there is anything to write."""
        people = any(person.changed or person.is_new for person in self.people)
        return bool(self.is_new or people or self.changed or self.new_cares or self.new_responsible)

    def settle(self) -> None:
        """What was told is registered now: later rows are held against it."""
        self.cares |= self.new_cares
        self.changed, self.new_cares = set(), set()
        self.responsible = self.new_responsible or self.responsible
        self.new_responsible = None
        for person in self.people:
            person.changed = set()


class _Weighed:
    """What is told against what is registered: gaps are filled, differences are collected."""

    def __init__(self, *, overwrite: bool, full: bool) -> None:
        self.overwrite = overwrite
        self.full = full
        self.differing: list[str] = []

    def values(self, row: Any, told: Mapping[str, Any]) -> dict[str, Any]:
        """Of what was told, what fills a gap or (overwriting) replaces something else."""
        return {
            name: value
            for name, value in told.items()
            if self.takes(name, getattr(row, name), value)
        }

    def takes(self, name: str, registered: Any, told: Any) -> bool:
        if told in (None, ""):
            return False
        if registered in (None, ""):
            return True
        # SECURITY: before the comparison: whoever sees it masked is answered the same either way.
        if told == registered or (name in _HIDDEN and not self.full):
            return False
        if self.overwrite:
            return True
        self.differing.append(_WORDS[name])
        return False

    def check(self) -> None:
        if self.differing:
            raise DomainError(_DIFFERS.format(what="、".join(self.differing)))


@dataclass(slots=True)
class _Change:
    """What a row changes; collected first, so that a refused row changes nothing."""

    person: Person | None
    home: dict[str, Any]
    of_person: dict[str, Any]
    cares: set[str]
    responsible: int | None
    #: SECURITY: names of what is changed without a word: the answer would tell what is registered.
    unspoken: frozenset[str] = frozenset()

    @property
    def is_any(self) -> bool:
        home = self.home.keys() - self.unspoken
        return bool(home or self.of_person or self.cares or self.responsible)


def merge(
    door: Door,
    told: Told,
    *,
    responsible: int | None,
    cares: Iterable[str],
    overwrite: bool,
) -> Outcome:
    """Add what the row says to the door, wholly or not at all. Raises ``DomainError``."""
    if door.hidden:
        raise DomainError(NO_BUILDING)
    weighed = _Weighed(overwrite=overwrite, full=door.full)
    home = weighed.values(door.household, {"floor": told.floor})
    takes_duty = weighed.takes("responsible", door.new_responsible or door.responsible, responsible)
    person = _find(door, told)
    _check_overtaken(door, told, person, cares)
    note, unspoken = _note(door, told)
    change = _Change(
        person=person,
        home=home | _wish(door.household, told) | note,
        unspoken=unspoken,
        of_person=_person_values(weighed, person, told),
        cares=set(cares) - door.cares - door.new_cares,
        responsible=responsible if takes_duty else None,
    )
    weighed.check()
    if person is None and told.resident is not None and _living(door) >= MOST_RESIDENTS:
        raise DomainError(_FULL)
    return _apply(door, told, change)


def _check_overtaken(door: Door, told: Told, person: Person | None, cares: Iterable[str]) -> None:
    """Raises ``OvertakenError`` for what somebody has ended since; a list does not bring it back."""
    untold = door.is_new and not door.seen
    if told.resident is not None and person is None:
        door.gone.check(told.resident.name)
    elif told.resident is None and untold:
        door.gone.check("")
    for code in cares:
        if code in door.ended_cares and code not in door.cares | door.new_cares:
            name, on = door.ended_cares[code]
            raise OvertakenError(_CARE_ENDED.format(name=name, on=on))
    home = door.household
    is_lifted = home.door_wish == Household.DoorWish.NONE and home.wish_lifted_on is not None
    if told.wish_reason and is_lifted:
        raise OvertakenError(_WISH_LIFTED.format(on=home.wish_lifted_on))


def _apply(door: Door, told: Told, change: _Change) -> Outcome:
    untold = door.is_new and not door.seen
    door.seen = True
    for name, value in change.home.items():
        setattr(door.household, name, value)
    door.changed |= change.home.keys()
    door.new_cares |= change.cares
    door.new_responsible = change.responsible or door.new_responsible
    if change.person is not None:
        for name, value in change.of_person.items():
            setattr(change.person.resident, name, value)
        change.person.changed |= change.of_person.keys()
    elif told.resident is not None:
        door.people.append(Person(_new_resident(door, told.resident, told=told)))
        return Outcome.NEW
    if untold:
        return Outcome.NEW
    return Outcome.CHANGED if change.is_any else Outcome.SAME


def load_doors(
    wanted: Sequence[tuple[Building, str, str]], *, post: Post, today: dt.date, lock: bool
) -> dict[Key, Door]:
    """The doors of these addresses that are registered, held for this transaction if ``lock``."""
    by_id = {one.organisation.pk: one for one, _, _ in wanted if not one.is_new}
    keys = {Key(id(one), unit, room) for one, unit, room in wanted}
    rooms = {key.room for key in keys}
    rows = Household.objects.in_use().filter(building_id__in=by_id, room__in=rooms)
    rows = rows.order_by("pk")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found: dict[int, Door] = {}
    for household in rows:
        building = by_id[household.building_id]
        if Key(id(building), household.unit, household.room) in keys:
            found[household.pk] = Door(building=building, household=household, hidden=True)
    seen = sight(post=post, household_ids=found, now=timezone.now())
    for pk, door in found.items():
        door.hidden, door.full = pk not in seen.known, seen.sees(pk)
    _load_parts(found, today=today)
    return {
        Key(id(door.building), door.household.unit, door.household.room): door
        for door in found.values()
    }


def category_codes(today: dt.date) -> dict[str, str]:
    """Name or code of each category in force → its code."""
    valid = Q(valid_until__isnull=True) | Q(valid_until__gt=today)
    rows = CareCategory.objects.filter(valid).values_list("code", "name")
    return {word: code for code, name in rows for word in (code, name)}


def _load_parts(found: dict[int, Door], *, today: dt.date) -> None:
    for resident in Resident.objects.filter(household_id__in=found).order_by("pk"):
        found[resident.household_id].people.append(Person(resident))
    cares = HouseholdCare.objects.filter(household_id__in=found).order_by("until")
    columns = ("household_id", "category__code", "category__name", "until")
    for household_id, code, name, until in cares.values_list(*columns):
        if until is None:
            found[household_id].cares.add(code)
        else:
            found[household_id].ended_cares[code] = (name, until)
    duties = HouseholdDuty.objects.in_force(today).filter(household_id__in=found)
    for household_id, user_id in duties.values_list("household_id", "user_id"):
        found[household_id].responsible = user_id


def _wish(household: Household, told: Told) -> dict[str, Any]:
    """A wish not to be visited; a list takes none back."""
    if not told.wish_reason or household.door_wish != Household.DoorWish.NONE:
        return {}
    return {
        "door_wish": Household.DoorWish.PHONE,
        "door_wish_reason": told.wish_reason,
        "door_wish_until": None,
    }


def _note(door: Door, told: Told) -> tuple[dict[str, Any], frozenset[str]]:
    """What the note becomes (each row adds its own), and whether the answer may tell of it.

    SECURITY: to whom the registered note is hidden, no answer depends on what is in it or on how
    long it is: one that does not fit is left as it is. Raises ``DomainError`` for all others.
    """
    before = door.household.note
    masked = bool(before) and not door.full
    unspoken = frozenset({"note"} if masked else ())
    if not told.note or told.note in before:
        return {}, unspoken
    note = f"{before}；{told.note}" if before else told.note
    if len(note) <= NOTE_LIMIT:
        return {"note": note}, unspoken
    if masked:
        return {}, unspoken
    raise DomainError(_LONG_NOTE)


def _find(door: Door, told: Told) -> Person | None:
    """The person of the row, by the present name or a former spelling of it."""
    if told.resident is None:
        return None
    name = told.resident.name
    for person in door.people:
        resident = person.resident
        if name == resident.name or name in resident.former_names:
            if resident.left_on is not None:
                raise OvertakenError(_LEFT)
            return person
    return None


def _person_values(weighed: _Weighed, person: Person | None, told: Told) -> dict[str, Any]:
    entry = told.resident
    if person is None or entry is None:
        return {}
    said: dict[str, Any] = {"birth_year": entry.birth_year, "phone": entry.phone}
    if told.relation_told:
        said["relation"] = entry.relation
    return weighed.values(person.resident, said)


def _living(door: Door) -> int:
    return sum(1 for person in door.people if person.resident.left_on is None)


def _new_resident(door: Door, entry: ResidentEntry, *, told: Told) -> Resident:
    """The first of a door is rung first; without a word, who comes after the first is 其他."""
    first = not _living(door)
    relation = entry.relation
    if not told.relation_told and not first:
        relation = Resident.Relation.OTHER
    return Resident(
        name=entry.name,
        relation=relation,
        birth_year=entry.birth_year,
        phone=entry.phone,
        is_contact=first,
    )
