"""The register of the demo world: households, residents, care categories, responsible workers."""

import datetime as dt
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from contacts.models import CareCategory, Household, HouseholdCare, HouseholdDuty, Resident
from portal.accounts.roles import Role
from portal.core.encryption import refresh_blind_indexes
from portal.desk.demo.chance import chance
from portal.desk.demo.households import Home
from portal.desk.demo.people import (
    HOME_COMMUNITY,
    OFFICER_ACCOUNT,
    SECOND_COMMUNITY,
    WORKER_ACCOUNT,
    WORKER_HOMES,
)
from portal.desk.demo.places import Door
from portal.desk.demo.staffing import Seat
from portal.desk.demo.tree import Places

BATCH: Final = 500
_SECOND_HOMES: Final = 6
_PAIRED: Final = 4
_HARDSHIP_OF_WORKER: Final = 7


@dataclass
class Row:
    """A household with its place in the database and who answers for it."""

    home: Home
    responsible: Seat
    #: Who answered before, and the day it changed.
    former: Seat | None = None
    changed_on: dt.date | None = None
    household_id: int = 0
    resident_ids: tuple[int, ...] = ()

    def on_duty(self, day: dt.date) -> Seat:
        if self.former is not None and self.changed_on is not None and day < self.changed_on:
            return self.former
        return self.responsible


def share_out(
    rng: Random, homes: Sequence[Home], seats: Sequence[Seat], today: dt.date
) -> list[Row]:
    """Give every household a responsible worker: evenly, stair by stair."""
    workers = [seat for seat in seats if seat.role == Role.COMMUNITY_WORKER]
    mine = _own_homes(rng, homes, workers)
    mine |= _paired_homes(homes, seats, mine)
    load: Counter[int] = Counter()
    stairs: dict[tuple[str, str, str], tuple[Seat, Seat | None, dt.date]] = {}
    rows = []
    for home in homes:
        door = home.door
        if (own := mine.get(door)) is not None:
            rows.append(Row(home, own))
            continue
        stair = (door.community, door.building, door.unit)
        if stair not in stairs:
            stairs[stair] = _stair_duty(rng, door, workers, load, today)
        seat, former, day = stairs[stair]
        load[seat.post_id] += 1
        rows.append(Row(home, seat, former, day if former else None))
    return rows


def _stair_duty(
    rng: Random, door: Door, workers: Sequence[Seat], load: Counter[int], today: dt.date
) -> tuple[Seat, Seat | None, dt.date]:
    fitting = [
        seat
        for seat in workers
        if seat.covers(door.community, door.grid) and seat.username != WORKER_ACCOUNT
    ]
    seat = min(fitting, key=lambda one: (load[one.post_id], one.post_id))
    changed = today - dt.timedelta(days=rng.randint(60, 300))
    others = [one for one in fitting if one is not seat]
    former = rng.choice(others) if others and chance(rng, 0.1) else None
    return seat, former, changed


def _own_homes(rng: Random, homes: Sequence[Home], workers: Sequence[Seat]) -> dict[Door, Seat]:
    """Those of the account `worker`: a mixed walk at home, a few in the second post."""
    first, second = [seat for seat in workers if seat.username == WORKER_ACCOUNT]
    near = [home for home in homes if home.door.community == HOME_COMMUNITY]
    hard = [home for home in near if "hardship" in home.tags][:_HARDSHIP_OF_WORKER]
    cared = [home for home in near if home.cares and home not in hard]
    chosen = hard + rng.sample(cared, min(6, len(cared)))
    # One grid first: the worker's own stairs; other grids only when those are too few.
    plain = sorted(
        (home for home in near if not home.cares), key=lambda home: (home.door.grid, rng.random())
    )
    chosen += plain[: max(0, WORKER_HOMES - len(chosen))]
    far = [
        home
        for home in homes
        if home.door.community == SECOND_COMMUNITY and home.door.grid == second.grid
    ]
    mine = {home.door: first for home in chosen}
    return mine | {home.door: second for home in far[:_SECOND_HOMES]}


def _paired_homes(
    homes: Sequence[Home], seats: Sequence[Seat], taken: Container[Door]
) -> dict[Door, Seat]:
    """The hardship households that the account `officer` answers for (结对)."""
    officer = next(seat for seat in seats if seat.username == OFFICER_ACCOUNT)
    hard = [
        home.door
        for home in homes
        if "hardship" in home.tags
        and home.door.community.startswith(officer.place)
        and home.door not in taken
    ]
    return dict.fromkeys(hard[-_PAIRED:], officer)


def enter(rows: Sequence[Row], places: Places, *, since: dt.date, now: dt.datetime) -> None:
    """Write the rows; their ids are kept on them."""
    for batch in _batches(rows):
        written = Household.objects.bulk_create([_household(row.home, places) for row in batch])
        for row, household in zip(batch, written, strict=True):
            row.household_id = household.pk
        _write_residents(batch)
    categories = {category.code: category for category in CareCategory.objects.all()}
    _write_cares(rows, categories, since)
    _write_duties(rows)
    registered = now - (dt.timedelta(days=(now.date() - since).days))
    ids = [row.household_id for row in rows]
    for part in (ids[i : i + BATCH] for i in range(0, len(ids), BATCH)):
        Household.objects.filter(pk__in=part).update(created_at=registered)


def _batches(rows: Sequence[Row]) -> Iterable[Sequence[Row]]:
    return (rows[i : i + BATCH] for i in range(0, len(rows), BATCH))


def _household(home: Home, places: Places) -> Household:
    door = home.door
    wish = Household.DoorWish.PHONE if home.phone_reason else Household.DoorWish.NONE
    return Household(
        district=places.by_code[door.community[:6]],
        street=places.by_code[door.community[:9]],
        community=places.by_code[door.community],
        grid=places.grids[door.community, door.grid],
        building=places.houses[door.community, door.building],
        unit=door.unit,
        floor=door.floor,
        room=door.room,
        door_wish=wish,
        door_wish_until=home.phone_until,
        door_wish_reason=home.phone_reason,
        avoid=home.avoid,
        note=home.note,
    )


def _write_residents(rows: Sequence[Row]) -> None:
    people = []
    for row in rows:
        for i, person in enumerate(row.home.people):
            resident = Resident(
                household_id=row.household_id,
                name=person.name,
                relation=person.relation,
                birth_year=person.born,
                phone=person.phone,
                is_contact=i == 0,
            )
            refresh_blind_indexes(resident)
            people.append(resident)
    written = iter(Resident.objects.bulk_create(people, batch_size=BATCH))
    for row in rows:
        row.resident_ids = tuple(next(written).pk for _ in row.home.people)


def _write_cares(rows: Sequence[Row], categories: dict[str, CareCategory], since: dt.date) -> None:
    HouseholdCare.objects.bulk_create(
        [
            HouseholdCare(
                household_id=row.household_id,
                category=categories[code],
                since=since + dt.timedelta(days=row.household_id % 180),
            )
            for row in rows
            for code in row.home.cares
        ],
        batch_size=BATCH,
    )


def _write_duties(rows: Sequence[Row]) -> None:
    duties = []
    for row in rows:
        since = row.responsible.since
        if row.former is not None and row.changed_on is not None:
            since = max(since, row.changed_on)
            begun = min(row.former.since, since)
            duties.append(
                HouseholdDuty(
                    household_id=row.household_id,
                    user_id=row.former.user_id,
                    since=begun,
                    until=since,
                )
            )
        duties.append(
            HouseholdDuty(
                household_id=row.household_id, user_id=row.responsible.user_id, since=since
            )
        )
    HouseholdDuty.objects.bulk_create(duties, batch_size=BATCH)
