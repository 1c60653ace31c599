"""Volunteer teams of the demo, with a year of service days."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from random import Random
from typing import Final

from contacts.models import ServiceEntry, ServiceSession, TeamMember, VolunteerTeam
from portal.accounts.roles import Role
from portal.desk.demo import names, rhythm
from portal.desk.demo.chance import chance
from portal.desk.demo.staffing import Seat
from portal.desk.demo.tree import Places

BATCH: Final = 500
_ITEM: Final = ServiceEntry.Item
#: Name, kind, of the whole street?, what it does, what is tapped.
_TEAMS: Final = (
    (
        "同心圆服务队",
        VolunteerTeam.Kind.TEAM,
        True,
        "每月进社区，理发、量血压、小修小补",
        (_ITEM.HAIRCUT, _ITEM.HEALTH, _ITEM.REPAIR, _ITEM.LEGAL),
    ),
    (
        "邻里帮忙队",
        VolunteerTeam.Kind.TEAM,
        False,
        "帮老人打扫、代买药、陪着说说话",
        (_ITEM.CLEANING, _ITEM.ERRAND, _ITEM.COMPANY),
    ),
    (
        "银龄数字工作室",
        VolunteerTeam.Kind.STUDIO,
        False,
        "教老人用手机挂号、缴费、防诈骗",
        (_ITEM.DIGITAL, _ITEM.LEGAL),
    ),
)
_PLACES: Final = ("居委会一楼", "小广场", "老年活动站", "党群服务站", "1号楼门前")
_TEXTS: Final = (
    "",
    "天冷，改在屋里，来的老人比上月多。",
    "两位行动不便的，上门理的发。",
    "血压高的三位，提醒去社区医院复查。",
    "工具不够，下次带一把梯子。",
    "上午两个小时，排队不长。",
)
_PHONES: Final = "13{:09d}"


def write(
    rng: Random,
    seats: Sequence[Seat],
    places: Places,
    streets: dict[str, list[str]],
    today: dt.date,
) -> int:
    """Three teams in each street; how many services they gave."""
    sessions: list[ServiceSession] = []
    present: list[tuple[ServiceSession, list[TeamMember]]] = []
    items: dict[uuid.UUID, Sequence[str]] = {}
    for street, codes in streets.items():
        writers = {s.place: s for s in seats if s.role == Role.COMMUNITY_WORKER and not s.grid}
        for number, (name, kind, whole, purpose, kinds) in enumerate(_TEAMS):
            home = codes[number % len(codes)]
            team = VolunteerTeam.objects.create(
                name=name,
                kind=kind,
                district=places.by_code[street[:6]],
                street=places.by_code[street],
                community=None if whole else places.by_code[home],
                purpose=purpose,
                since=today - dt.timedelta(days=rng.randint(500, 1500)),
            )
            members = _members(rng, team, today)
            for session in _sessions(rng, team, codes if whole else [home], writers, places, today):
                sessions.append(session)
                items[session.client_id] = kinds
                present.append((session, [m for m in members if chance(rng, 0.6)]))
    ServiceSession.objects.bulk_create(sessions, batch_size=BATCH)
    _write_present(present)
    entries = [one for s in sessions for one in _entries(rng, s, items[s.client_id])]
    ServiceEntry.objects.bulk_create(entries, batch_size=BATCH)
    return len(entries)


def _write_present(present: Sequence[tuple[ServiceSession, list[TeamMember]]]) -> None:
    through = ServiceSession.volunteers.through
    through.objects.bulk_create(
        [
            through(servicesession_id=session.pk, teammember_id=member.pk)
            for session, came in present
            for member in came
        ],
        batch_size=BATCH,
    )


def _uuid(rng: Random) -> uuid.UUID:
    return uuid.UUID(int=rng.getrandbits(128), version=4)


def _members(rng: Random, team: VolunteerTeam, today: dt.date) -> list[TeamMember]:
    rows = []
    for _ in range(rng.randint(6, 12)):
        woman = chance(rng, 0.6)
        name = names.surname(rng) + names.given_name(rng, woman=woman, born=rng.randint(1950, 1985))
        since = today - dt.timedelta(days=rng.randint(30, 480))
        phone = _PHONES.format(rng.randrange(10**9)) if chance(rng, 0.8) else ""
        rows.append(TeamMember(team=team, name=name, phone=phone, since=since))
    return TeamMember.objects.bulk_create(rows)


def _sessions(
    rng: Random,
    team: VolunteerTeam,
    codes: Sequence[str],
    writers: dict[str, Seat],
    places: Places,
    today: dt.date,
) -> list[ServiceSession]:
    """About once a month, written down by a worker of the community."""
    found = []
    for back in range(rng.randint(1, 12), 360, 30):
        code = rng.choice(codes)
        seat = writers.get(code)
        held_on = today - dt.timedelta(days=back)
        if seat is None or seat.since > held_on:
            continue
        at = dt.datetime(held_on.year, held_on.month, held_on.day, 11, 40, tzinfo=rhythm.ZONE)
        found.append(
            ServiceSession(
                client_id=_uuid(rng),
                team=team,
                district_id=team.district_id,
                street_id=team.street_id,
                community=places.by_code[code],
                held_on=held_on,
                place=rng.choice(_PLACES),
                text=rng.choice(_TEXTS),
                author_id=seat.user_id,
                post_id=seat.post_id,
                recorded_at=at,
            )
        )
    return found


def _entries(rng: Random, session: ServiceSession, kinds: Sequence[str]) -> list[ServiceEntry]:
    rows = []
    for number in range(rng.randint(6, 34)):
        at = session.recorded_at - dt.timedelta(minutes=max(0, 150 - 4 * number))
        wrong = chance(rng, 0.03)
        who = f"{names.surname(rng)}{rng.choice(('奶奶', '大爷', '阿姨', '师傅'))}"
        rows.append(
            ServiceEntry(
                client_id=_uuid(rng),
                session=session,
                item=rng.choice(kinds),
                served=who if chance(rng, 0.35) else "",
                recorded_at=at,
                voided_at=at + dt.timedelta(minutes=1) if wrong else None,
            )
        )
    return rows
