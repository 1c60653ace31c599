"""Contact points, 下访 and 接访, volunteers."""

import datetime as dt
import uuid

from django.utils import timezone

from contacts.models import (
    ContactPoint,
    ServiceEntry,
    ServiceSession,
    TeamMember,
    Visit,
    VisitGuest,
    VisitPerson,
    VolunteerTeam,
)
from portal.accounts.models import Organisation, Post, User
from portal.core.encryption import refresh_blind_indexes
from tests.factories.accounts import LONG_AGO

CHANNELS = {"FIELD": "SITE", "RECEPTION": "OFFICE"}


def make_point(
    user: User,
    organisation: Organisation,
    *,
    since: dt.date = LONG_AGO,
    until: dt.date | None = None,
    note: str = "",
) -> ContactPoint:
    ids = organisation.scope_ids()
    return ContactPoint.objects.create(
        user=user,
        organisation=organisation,
        district_id=ids.district_id,
        street_id=ids.street_id,
        community_id=ids.community_id,
        since=since,
        until=until,
        note=note,
    )


def make_place_visit(
    unit: Organisation,
    *,
    post: Post,
    kind: str = "FIELD",
    lead: Post | None = None,
    occurred_at: dt.datetime | None = None,
    guests: tuple[tuple[str, str], ...] = (),
    **fields: object,
) -> Visit:
    """A 下访 or 接访 at a unit, yesterday by default; ``guests`` are names with phones."""
    ids = unit.scope_ids()
    occurred_at = occurred_at or timezone.now() - dt.timedelta(days=1)
    visit = Visit.objects.create(
        **{
            "client_id": uuid.uuid4(),
            "kind": kind,
            "channel": CHANNELS[kind],
            "district_id": ids.district_id,
            "street_id": ids.street_id,
            "community_id": ids.community_id,
            "place": unit.name,
            "author": post.user,
            "post": post,
            "occurred_at": occurred_at,
            "occurred_on": timezone.localdate(occurred_at),
            "recorded_at": occurred_at,
            **fields,
        }
    )
    went = {one.user_id: one for one in (lead or post, post)}
    for one in went.values():
        VisitPerson.objects.create(
            visit=visit,
            user=one.user,
            post=one,
            is_lead=one.user_id == (lead or post).user_id,
            occurred_on=visit.occurred_on,
            street_id=visit.street_id,
        )
    for name, phone in guests:
        guest = VisitGuest(visit=visit, name=name, phone=phone)
        refresh_blind_indexes(guest)
        guest.save()
    return visit


def make_team(
    street: Organisation, *, community: Organisation | None = None, **fields: object
) -> VolunteerTeam:
    return VolunteerTeam.objects.create(
        **{
            "name": "同心圆服务队",
            "district_id": street.district_id,
            "street": street,
            "community": community,
            "since": LONG_AGO,
            **fields,
        }
    )


def make_member(team: VolunteerTeam, *, name: str = "马志强", **fields: object) -> TeamMember:
    return TeamMember.objects.create(**{"team": team, "name": name, "since": LONG_AGO, **fields})


def make_session(
    team: VolunteerTeam, *, post: Post, community: Organisation, **fields: object
) -> ServiceSession:
    return ServiceSession.objects.create(
        **{
            "client_id": uuid.uuid4(),
            "team": team,
            "district_id": community.district_id,
            "street_id": community.street_id,
            "community": community,
            "held_on": timezone.localdate(),
            "place": "居委会",
            "author": post.user,
            "post": post,
            "recorded_at": timezone.now(),
            **fields,
        }
    )


def make_entry(session: ServiceSession, item: str = "HAIRCUT", **fields: object) -> ServiceEntry:
    return ServiceEntry.objects.create(
        **{
            "client_id": uuid.uuid4(),
            "session": session,
            "item": item,
            "recorded_at": timezone.now(),
            **fields,
        }
    )
