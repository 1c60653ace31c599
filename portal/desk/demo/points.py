"""联系点, and whom the demo's 下访 and 接访 were with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from random import Random
from typing import Final

from contacts.models import ContactPoint, Visit, VisitGuest
from portal.accounts.roles import Role
from portal.core.encryption import refresh_blind_indexes
from portal.desk.demo.chance import chance
from portal.desk.demo.households import Person
from portal.desk.demo.plans import Plan
from portal.desk.demo.scenes import call
from portal.desk.demo.staffing import Seat
from portal.desk.demo.tree import Places

#: Rooms of a community in which a 下访 is held.
_ROOMS: Final = (
    "居委会一楼会议室",
    "党群服务站",
    "小广场",
    "议事厅",
    "老年活动站",
    "物业服务中心",
)
_HALLS: Final = ("社区接待室", "党代表工作室", "人大代表之家", "居委会接待室", "政协委员会客厅")
BATCH: Final = 500


def point_codes(rng: Random, seats: Sequence[Seat], codes: Sequence[str]) -> dict[int, str]:
    """Which community each leader and officer of a street is the liaison of, by user id."""
    found: dict[int, str] = {}
    by_street: dict[str, list[str]] = {}
    for code in codes:
        by_street.setdefault(code[:9], []).append(code)
    for number, seat in enumerate(seats):
        street = by_street.get(seat.place[:9])
        if seat.role in {Role.LEADER, Role.OFFICER} and street and seat.place not in codes:
            found[seat.user_id] = street[(number + rng.randrange(2)) % len(street)]
    return found


def write_points(
    seats: Sequence[Seat], codes: dict[int, str], places: Places, *, today: dt.date
) -> dict[int, ContactPoint]:
    """The contact points by user id, each as old as the post, at most three years."""
    since = {seat.user_id: seat.since for seat in seats}
    oldest = today - dt.timedelta(days=3 * 365)
    rows = [
        ContactPoint(
            user_id=user_id,
            organisation=places.by_code[code],
            district=places.by_code[code[:6]],
            street=places.by_code[code[:9]],
            community=places.by_code[code],
            since=max(since[user_id], oldest),
        )
        for user_id, code in codes.items()
    ]
    return {point.user_id: point for point in ContactPoint.objects.bulk_create(rows)}


def place_words(rng: Random, plan: Plan, community: str) -> str:
    """Where it was held, as one writes it."""
    rooms = _ROOMS if plan.kind == Visit.Kind.FIELD else _HALLS
    return f"{community}{rng.choice(rooms)}"


def write_guests(rng: Random, pairs: Sequence[tuple[Visit, Plan]]) -> int:
    """One to three residents for each; the speaker first, sometimes somebody of another door."""
    guests = []
    for visit, plan in pairs:
        if plan.kind == Visit.Kind.HOME:
            continue
        people = [*plan.row.home.people][: 1 + chance(rng, 0.3)]
        guests += [_guest(rng, visit, plan, person) for person in people]
    for guest in guests:
        refresh_blind_indexes(guest)
    VisitGuest.objects.bulk_create(guests, batch_size=BATCH)
    return len(guests)


def _guest(rng: Random, visit: Visit, plan: Plan, person: Person) -> VisitGuest:
    """By the whole name at a reception, mostly by the form of address on the spot."""
    formal = plan.kind == Visit.Kind.RECEPTION or chance(rng, 0.3)
    return VisitGuest(
        visit=visit,
        name=person.name if formal else call(person, plan.day.year, rng),
        phone=person.phone if formal and chance(rng, 0.7) else "",
        household_id=plan.row.household_id if chance(rng, 0.6) else None,
    )
