"""志愿服务: teams and their members, dated; sessions; each service given, one row for one tap."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from contacts import workflow
from contacts.metrics import touch_service
from contacts.models import ServiceEntry, ServiceSession, TeamMember, VolunteerTeam
from contacts.selectors.volunteers import communities
from contacts.services.household_entries import clean_phone
from portal.accounts.models import Organisation, Post
from portal.accounts.permissions import Permission
from portal.audit.services import record
from portal.core.errors import DomainError

NAME_LIMIT: Final = 60
PERSON_LIMIT: Final = 40
TEXT_LIMIT: Final = 2000
PLACE_LIMIT: Final = 80
OF_THE_STREET: Final = "这是街道的队伍，由街道维护。"
#: More than this on one occasion is a mistake, not a service day.
MOST_ENTRIES: Final = 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class TeamEntry:
    """A team as told; ``community_id`` is None for one of the whole street."""

    name: str
    kind: str
    community_id: int | None
    since: dt.date
    purpose: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionEntry:
    """One occasion as told; ``volunteers`` are member ids."""

    client_id: uuid.UUID
    team_id: int
    community_id: int
    held_on: dt.date
    place: str
    text: str = ""
    volunteers: tuple[int, ...] = ()


# ---- teams ----


@transaction.atomic
def open_team(*, actor: Post, entry: TeamEntry, now: dt.datetime) -> VolunteerTeam:
    """Found a team of the street or of one of its communities."""
    actor.require(Permission.MANAGE_TEAMS)
    _check_team(entry, today=timezone.localdate(now))
    ids = actor.organisation.scope_ids()
    if ids.street_id is None or ids.district_id is None:
        raise DomainError("请在街道、社区的岗位下建队伍。")
    _check_home(actor, entry.community_id)
    team = VolunteerTeam(district_id=ids.district_id, street_id=ids.street_id)
    _write_team(team, entry)
    record(actor=actor, action="team.open", obj=team, district_id=team.district_id)
    return team


@transaction.atomic
def edit_team(*, actor: Post, team_id: int, entry: TeamEntry, now: dt.datetime) -> VolunteerTeam:
    """Change what a team is called and does. Raises ``DoesNotExist`` outside the scope."""
    team = _own_team(actor, team_id)
    _check_team(entry, today=timezone.localdate(now))
    _check_home(actor, entry.community_id)
    _write_team(team, entry)
    record(actor=actor, action="team.edit", obj=team, district_id=team.district_id)
    return team


@transaction.atomic
def end_team(*, actor: Post, team_id: int, until: dt.date, now: dt.datetime) -> VolunteerTeam:
    """The first day on which the team serves no more; its sessions stay."""
    team = _own_team(actor, team_id)
    if team.until is not None:
        raise DomainError("这支队伍已经停止了。")
    if not team.since <= until <= timezone.localdate(now) + workflow.REACH:
        raise DomainError("停止日期要在成立之后、一年以内。", field="until")
    team.until = until
    team.save(update_fields=["until"])
    record(actor=actor, action="team.end", obj=team, district_id=team.district_id)
    return team


def _own_team(actor: Post, team_id: int) -> VolunteerTeam:
    actor.require(Permission.MANAGE_TEAMS)
    rows = VolunteerTeam.objects.visible_to(actor).select_for_update(of=("self",), no_key=True)
    team: VolunteerTeam = rows.get(pk=team_id)
    in_community = actor.organisation.scope_ids().community_id is not None
    if in_community and team.community_id is None:
        raise PermissionDenied(OF_THE_STREET)
    return team


def _check_team(entry: TeamEntry, *, today: dt.date) -> None:
    if not entry.name.strip() or len(entry.name) > NAME_LIMIT:
        raise DomainError(f"请写队伍名称，最多{NAME_LIMIT}字。", field="name")
    if entry.kind not in VolunteerTeam.Kind:
        raise DomainError("请选类别。", field="kind")
    if entry.since > today:
        raise DomainError("成立日期不能晚于今天。", field="since")


def _check_home(actor: Post, community_id: int | None) -> None:
    if community_id is None:
        if actor.organisation.scope_ids().community_id is not None:
            raise DomainError("社区建的队伍属于本社区，请选社区。", field="community")
        return
    if not communities(actor).filter(pk=community_id).exists():
        raise DomainError("请在本单位的范围内选社区。", field="community")


def _write_team(team: VolunteerTeam, entry: TeamEntry) -> None:
    team.name, team.kind = entry.name.strip(), entry.kind
    team.community_id, team.since = entry.community_id, entry.since
    team.purpose = entry.purpose.strip()
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError as error:
        raise DomainError("本街道已有同名的队伍，请换个名称。", field="name") from error


@transaction.atomic
def add_member(
    *, actor: Post, team_id: int, name: str, phone: str = "", now: dt.datetime
) -> TeamMember:
    """A volunteer joins today."""
    team = _own_team(actor, team_id)
    if not name.strip() or len(name) > PERSON_LIMIT:
        raise DomainError("请写志愿者的姓名。", field="name")
    today = timezone.localdate(now)
    if not team.since <= today or (team.until is not None and team.until <= today):
        raise DomainError("这支队伍已经停止，不能再加人。", field="name")
    member = TeamMember.objects.create(
        team=team, name=name.strip(), phone=clean_phone(phone), since=today
    )
    record(actor=actor, action="team.member_in", obj=team, district_id=team.district_id)
    return member


@transaction.atomic
def end_member(*, actor: Post, team_id: int, member_id: int, now: dt.datetime) -> TeamMember:
    """A volunteer leaves today; where they served stays."""
    team = _own_team(actor, team_id)
    member: TeamMember = team.members.get(pk=member_id)
    if member.until is None:
        member.until = timezone.localdate(now)
        member.save(update_fields=["until"])
        record(actor=actor, action="team.member_out", obj=team, district_id=team.district_id)
    return member


# ---- sessions ----


@transaction.atomic
def log_session(*, actor: Post, entry: SessionEntry, now: dt.datetime) -> ServiceSession:
    """Write an occasion down; the same ``client_id`` is the same occasion."""
    actor.require(Permission.LOG_SERVICE)
    if (logged := _logged(actor, entry)) is not None:
        return logged
    team, community = _check_session(actor, entry, today=timezone.localdate(now))
    try:
        with transaction.atomic():
            session = ServiceSession.objects.create(
                client_id=entry.client_id,
                team=team,
                district_id=team.district_id,
                street_id=team.street_id,
                community=community,
                held_on=entry.held_on,
                place=entry.place.strip(),
                text=entry.text.strip(),
                author_id=actor.user_id,
                post=actor,
                recorded_at=now,
            )
    except IntegrityError:
        # Two taps at once: the other one has just committed the same occasion.
        if (logged := _logged(actor, entry)) is not None:
            return logged
        raise
    session.volunteers.set(entry.volunteers)
    record(actor=actor, action="service.log", obj=session, district_id=session.district_id)
    return session


def _logged(actor: Post, entry: SessionEntry) -> ServiceSession | None:
    session = ServiceSession.objects.filter(client_id=entry.client_id).first()
    if session is not None and session.post_id != actor.pk:
        raise DomainError("这张表单已失效，请重新打开再填。")
    return session


def _check_session(
    actor: Post, entry: SessionEntry, *, today: dt.date
) -> tuple[VolunteerTeam, Organisation]:
    team = VolunteerTeam.objects.visible_to(actor).filter(pk=entry.team_id).first()
    if team is None:
        raise DomainError("没有找到这支队伍，请重新选择。", field="team")
    if not today - workflow.REACH <= entry.held_on <= today:
        raise DomainError("服务日期要在今天以前的一年之内。", field="held_on")
    if entry.held_on < team.since or (team.until is not None and entry.held_on >= team.until):
        raise DomainError("这一天队伍还没成立或已停止，请核对日期。", field="held_on")
    community = communities(actor).filter(pk=entry.community_id, street_id=team.street_id).first()
    if community is None or team.community_id not in {None, community.pk}:
        raise DomainError("请选队伍服务的社区。", field="community")
    if not entry.place.strip() or len(entry.place) > PLACE_LIMIT:
        raise DomainError("请写地点，如“居委会一楼”。", field="place")
    if len(entry.text) > TEXT_LIMIT:
        raise DomainError(f"情况最多写{TEXT_LIMIT}字。", field="text")
    if team.members.filter(pk__in=entry.volunteers).count() != len(set(entry.volunteers)):
        raise DomainError("有一位志愿者不在这支队伍，请重新勾选。", field="volunteers")
    return team, community


def _session(actor: Post, client_id: uuid.UUID) -> ServiceSession:
    actor.require(Permission.LOG_SERVICE)
    rows = ServiceSession.objects.visible_to(actor).select_for_update(of=("self",), no_key=True)
    session: ServiceSession = rows.get(client_id=client_id)
    if session.post_id != actor.pk and not actor.may(Permission.MANAGE_TEAMS):
        raise PermissionDenied("这次服务由记录人补记。如有误，请联系记录人或社区负责人。")
    if session.voided_at is not None:
        raise DomainError("这次服务已作废，不能再记。")
    return session


@transaction.atomic
def void_session(
    *, actor: Post, client_id: uuid.UUID, reason: str, now: dt.datetime
) -> ServiceSession:
    """作废: it stays readable with its reason, and none of its entries counts."""
    session = _session(actor, client_id)
    if not reason.strip():
        raise DomainError("请写明作废原因。", field="reason")
    session.voided_at, session.voided_by_id = now, actor.user_id
    session.void_reason = reason.strip()
    session.save(update_fields=["voided_at", "voided_by", "void_reason"])
    touch_service(session)
    record(actor=actor, action="service.void", obj=session, district_id=session.district_id)
    return session


@transaction.atomic
def add_entry(
    *,
    actor: Post,
    session_id: uuid.UUID,
    client_id: uuid.UUID,
    item: str,
    served: str = "",
    now: dt.datetime,
) -> ServiceEntry:
    """One person served once: one tap, one row; the same ``client_id`` is the same tap."""
    session = _session(actor, session_id)
    if item not in ServiceEntry.Item:
        raise DomainError("请选服务项目。", field="item")
    if len(served) > PERSON_LIMIT:
        raise DomainError(f"服务对象最多写{PERSON_LIMIT}字。", field="served")
    known = ServiceEntry.objects.filter(client_id=client_id).first()
    if known is not None:
        if known.session_id != session.pk:
            raise DomainError("这张表单已失效，请重新打开再点。")
        return known
    if session.entries.count() >= MOST_ENTRIES:
        raise DomainError(f"一次服务最多记{MOST_ENTRIES}人次，多出的请另记一次。")
    entry = ServiceEntry.objects.create(
        session=session, client_id=client_id, item=item, served=served.strip(), recorded_at=now
    )
    touch_service(session)
    record(actor=actor, action="service.entry", obj=entry, district_id=session.district_id)
    return entry


@transaction.atomic
def void_entry(
    *, actor: Post, session_id: uuid.UUID, client_id: uuid.UUID, now: dt.datetime
) -> ServiceEntry:
    """Take one tap back; a second time changes nothing."""
    session = _session(actor, session_id)
    entry: ServiceEntry = session.entries.get(client_id=client_id)
    if entry.voided_at is None:
        entry.voided_at = now
        entry.save(update_fields=["voided_at"])
        touch_service(session)
        record(actor=actor, action="service.entry_void", obj=entry, district_id=session.district_id)
    return entry
