"""The small tables: contact points of the leaders, volunteer teams with what they did."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from random import Random
from typing import Final, NamedTuple

from contacts.models import ContactPoint, ServiceEntry, ServiceSession, TeamMember, VolunteerTeam
from portal.accounts.models import Organisation
from portal.accounts.roles import Role
from portal.desk.demo import names
from portal.desk.scale.people import Seat, Staff

BATCH: Final = 500
_SESSIONS: Final = 30
_ENTRIES: Final = 6
_MEMBERS: Final = 12


class Point(NamedTuple):
    """A 联系点 and the community it is."""

    id: int
    unit: Organisation


def make_points(staff: Staff, since: dt.date) -> dict[int, Point]:
    """One 联系点 for every leader of a street; by post."""
    near: dict[int, list[Organisation]] = {}
    for unit in staff.communities:
        near.setdefault(unit.street_id or 0, []).append(unit)
    leaders = [
        seat
        for seat in staff.seats
        if seat.role == Role.LEADER and seat.place == seat.street and seat.street in near
    ]
    units = [near[seat.street][n % len(near[seat.street])] for n, seat in enumerate(leaders)]
    made = ContactPoint.objects.bulk_create(
        [
            ContactPoint(
                user_id=seat.user_id,
                organisation=unit,
                district=unit.district,
                street_id=unit.street_id,
                community=unit,
                since=since,
            )
            for seat, unit in zip(leaders, units, strict=True)
        ],
        batch_size=BATCH,
    )
    return {
        seat.post_id: Point(point.pk, unit)
        for seat, point, unit in zip(leaders, made, units, strict=True)
    }


def make_teams(
    rng: Random, staff: Staff, leaders: Mapping[int, Sequence[Seat]], now: dt.datetime
) -> None:
    """A team in the first community of every street, with its sessions and their entries."""
    first = {unit.street_id: unit for unit in reversed(staff.communities)}
    today = now.date()
    teams = VolunteerTeam.objects.bulk_create(
        [
            VolunteerTeam(
                name=f"{unit.name}志愿服务队",
                district=unit.district,
                street=unit.street,
                community=unit,
                since=today - dt.timedelta(days=900),
            )
            for unit in first.values()
        ]
    )
    _make_members(rng, teams)
    sessions = ServiceSession.objects.bulk_create(
        [
            _session(rng, team, leaders[team.street_id][0], now, number)
            for team in teams
            for number in range(_SESSIONS)
        ],
        batch_size=BATCH,
    )
    _make_entries(rng, sessions)


def _make_members(rng: Random, teams: Sequence[VolunteerTeam]) -> None:
    TeamMember.objects.bulk_create(
        [
            TeamMember(
                team=team,
                name=names.surname(rng) + names.given_name(rng, woman=bool(n % 2), born=1960),
                phone=names.phone(rng),
                since=team.since,
            )
            for team in teams
            for n in range(_MEMBERS)
        ],
        batch_size=BATCH,
    )


def _make_entries(rng: Random, sessions: Sequence[ServiceSession]) -> None:
    ServiceEntry.objects.bulk_create(
        [
            ServiceEntry(
                client_id=uuid.UUID(int=rng.getrandbits(128), version=4),
                session=session,
                item=rng.choice(ServiceEntry.Item.values),
                recorded_at=session.recorded_at,
            )
            for session in sessions
            for _ in range(_ENTRIES)
        ],
        batch_size=BATCH,
    )


def _session(
    rng: Random, team: VolunteerTeam, seat: Seat, now: dt.datetime, number: int
) -> ServiceSession:
    held = now - dt.timedelta(days=1 + 20 * number)
    return ServiceSession(
        client_id=uuid.UUID(int=rng.getrandbits(128), version=4),
        team=team,
        district_id=team.district_id,
        street_id=team.street_id,
        community=team.community,
        held_on=held.date(),
        place="社区活动室",
        author_id=seat.user_id,
        post_id=seat.post_id,
        recorded_at=held,
    )
