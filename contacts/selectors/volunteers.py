"""志愿服务 as pages show it. 服务人次 is the number of valid entries, on every page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from contacts.models import ServiceEntry, ServiceSession, TeamMember, VolunteerTeam
from contacts.selectors.sight import shown_name
from contacts.selectors.unit_words import Said, UnitWords
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post
from portal.accounts.permissions import Permission
from portal.accounts.querysets import OrganisationQuerySet
from portal.core.addressing import possible_names
from portal.core.masking import mask_phone
from portal.core.periods import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamLine:
    """One team with what it did in the period; nothing in here needs masking again."""

    team: VolunteerTeam
    purpose: str
    place: str
    members: int
    sessions: int
    served: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamTotals:
    sessions: int
    served: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMember:
    id: int
    name: str
    phone: str
    tel: str
    since: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCount:
    """One button of a session and how often it was tapped."""

    item: str
    label: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEntry:
    client_id: str
    label: str
    served: str
    at: dt.datetime
    is_voided: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPage:
    """One occasion; nothing in here needs masking again."""

    session: ServiceSession
    place: str
    text: str
    void_reason: str
    volunteers: tuple[str, ...]
    items: tuple[ItemCount, ...]
    entries: tuple[ShownEntry, ...]
    served: int
    may_add: bool


_VALID = Q(entries__voided_at__isnull=True, entries__isnull=False)


def member_choices(*, team: VolunteerTeam, today: dt.date) -> list[tuple[int, str]]:
    """Who of a team in sight may have come along: its members who have not left."""
    members = TeamMember.objects.filter(team=team).exclude(until__lte=today)
    return list(members.values_list("pk", "name"))


def communities(post: Post) -> OrganisationQuerySet:
    """Communities a post's teams may serve: of its scope; an officer's, of the street."""
    ids = post.organisation.scope_ids()
    rows = Organisation.objects.filter(kind=OrganisationKind.COMMUNITY)
    if ids.community_id:
        return rows.filter(pk=ids.community_id)
    return rows.filter(street_id=ids.street_id) if ids.street_id else rows.none()


def valid_sessions(post: Post, period: Period | None) -> QuerySet[ServiceSession]:
    """Sessions of the period that count."""
    rows = ServiceSession.objects.visible_to(post).valid()
    return rows.filter(**period.date_lookups("held_on")) if period else rows


def totals(post: Post, period: Period | None) -> TeamTotals:
    """Sessions and 服务人次 of the period, in two queries."""
    sessions = valid_sessions(post, period)
    entries = ServiceEntry.objects.filter(voided_at__isnull=True, session__in=sessions.order_by())
    return TeamTotals(sessions=sessions.count(), served=entries.count())


def team_lines(
    post: Post, *, period: Period | None, today: dt.date, ended: bool = False
) -> list[TeamLine]:
    """Teams of the unit with what each did; five queries whatever the number."""
    teams = VolunteerTeam.objects.visible_to(post).select_related("street", "community")
    teams = teams.filter(until__lte=today) if ended else teams.exclude(until__lte=today)
    found = list(teams)
    sessions = valid_sessions(post, period).filter(team__in=found).order_by()
    held = _counts(sessions.values("team").annotate(n=Count("pk")))
    valid = ServiceEntry.objects.filter(voided_at__isnull=True, session__in=sessions).order_by()
    served = _counts(valid.values("session__team").annotate(n=Count("pk")))
    members = TeamMember.objects.filter(team__in=found).exclude(until__lte=today).order_by()
    joined = _counts(members.values("team").annotate(n=Count("pk")))
    veil = UnitWords(map(_purpose, found))
    return [
        TeamLine(
            team=team,
            purpose=veil.masked(_purpose(team)),
            place=(team.community or team.street).name,
            members=joined.get(team.pk, 0),
            sessions=held.get(team.pk, 0),
            served=served.get(team.pk, 0),
        )
        for team in found
    ]


def purpose_of(team: VolunteerTeam) -> str:
    """What the team is for, as everybody reads it: whoever keeps it sees the words in its form."""
    return UnitWords([_purpose(team)]).masked(_purpose(team))


def _purpose(team: VolunteerTeam) -> Said:
    return Said(team.purpose, team.community_id, team.street_id)


def _counts(rows: QuerySet) -> dict[int, int]:
    return {next(v for k, v in row.items() if k != "n"): row["n"] for row in rows}


def members_of(team: VolunteerTeam, *, post: Post, today: dt.date) -> list[ShownMember]:
    """Those who serve now; the number of one only for who keeps the team."""
    full = may_keep(post, team)
    return [
        ShownMember(
            id=one.pk,
            name=one.name,
            phone=one.phone if full else mask_phone(one.phone),
            tel=one.phone if full else "",
            since=one.since,
        )
        for one in team.members.exclude(until__lte=today)
    ]


def may_keep(post: Post, team: VolunteerTeam) -> bool:
    """Whether the post keeps the team: a community not those of its street."""
    in_community = post.organisation.scope_ids().community_id is not None
    return post.may(Permission.MANAGE_TEAMS) and not (in_community and team.community_id is None)


def sessions_of(team: VolunteerTeam, *, post: Post) -> QuerySet[ServiceSession]:
    """Sessions of the team in the post's place, each with ``served``: its 服务人次."""
    rows = ServiceSession.objects.visible_to(post).filter(team=team)
    return rows.select_related("community").annotate(served=Count("entries", filter=_VALID))


class SessionWords:
    """Reads the free texts of some sessions: the own ones plain, the others masked.

    Hidden are numbers and whoever of the community is named in full; on the page of a session,
    which knows whom it served, those under every form. One query for all of them.
    """

    def __init__(
        self, post: Post, sessions: Iterable[ServiceSession], *, whole: bool = False
    ) -> None:
        self._post = post
        others = [one for one in sessions if one.post_id != post.pk]
        texts = ((one, text) for one in others for text in _texts_of(one, whole=whole))
        self._veil = UnitWords(_said(one, text) for one, text in texts)

    def read(self, session: ServiceSession, text: str, *, near: Collection[str] = ()) -> str:
        if session.post_id == self._post.pk:
            return text
        return self._veil.masked(_said(session, text), near=near)


def _texts_of(session: ServiceSession, *, whole: bool) -> tuple[str, ...]:
    if whole:
        return (session.place, session.text, session.void_reason)
    return (session.place,)


def _said(session: ServiceSession, text: str) -> Said:
    return Said(text, session.community_id, session.street_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLine:
    """One session in the list of its team; nothing in here needs masking again."""

    url: str
    held_on: dt.date
    place: str
    community: str
    served: int
    is_voided: bool


def session_lines(sessions: Sequence[ServiceSession], *, post: Post) -> list[SessionLine]:
    """``sessions`` as ``sessions_of`` reads them."""
    words = SessionWords(post, sessions)
    return [
        SessionLine(
            url=one.get_absolute_url(),
            held_on=one.held_on,
            place=words.read(one, one.place),
            community=one.community.name,
            served=one.served,  # type: ignore[attr-defined]
            is_voided=one.voided_at is not None,
        )
        for one in sessions
    ]


def session_page(session: ServiceSession, *, post: Post) -> SessionPage:
    """One occasion with its taps; whom they were for only for who wrote them."""
    own = session.post_id == post.pk
    rows: Sequence[ServiceEntry] = list(session.entries.all())
    words = SessionWords(post, [session], whole=True)
    served = {row.served for row in rows if row.served in possible_names(row.served)}
    valid = [row for row in rows if row.voided_at is None]
    may_add = post.may(Permission.LOG_SERVICE) and (own or post.may(Permission.MANAGE_TEAMS))
    return SessionPage(
        session=session,
        place=words.read(session, session.place, near=served),
        text=words.read(session, session.text, near=served),
        void_reason=words.read(session, session.void_reason, near=served),
        volunteers=tuple(session.volunteers.values_list("name", flat=True)),
        items=tuple(
            ItemCount(item=item, label=label, count=sum(row.item == item for row in valid))
            for item, label in ServiceEntry.Item.choices
        ),
        entries=tuple(
            ShownEntry(
                client_id=str(row.client_id),
                label=row.get_item_display(),
                served=shown_name(row.served, full=own) if row.served else "",
                at=row.recorded_at,
                is_voided=row.voided_at is not None,
            )
            for row in reversed(rows)
        ),
        served=0 if session.voided_at else len(valid),
        may_add=may_add and session.voided_at is None,
    )
