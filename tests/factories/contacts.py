"""Households, people, duties and visits."""

import datetime as dt
import itertools
import uuid

from django.utils import timezone

from contacts.models import (
    CareCategory,
    Household,
    HouseholdCare,
    HouseholdDuty,
    Resident,
    Visit,
    VisitPerson,
)
from contacts.querysets import REVEAL_SUBJECT
from contacts.services import contact_dates
from contacts.services.household_entries import HouseholdEntry
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post, Reveal, User
from portal.accounts.roles import Role
from portal.core.encryption import refresh_blind_indexes
from tests.factories.accounts import LONG_AGO, make_organisation, make_post

_rooms = itertools.count(101)
_codes = itertools.count(1)


def make_building(community: Organisation | None = None, *, name: str = "") -> Organisation:
    """A building; without a community, in a district, street and community of its own."""
    if community is None:
        district = make_organisation(OrganisationKind.DISTRICT)
        street = make_organisation(OrganisationKind.STREET, parent=district)
        community = make_organisation(OrganisationKind.COMMUNITY, parent=street)
    return make_organisation(OrganisationKind.BUILDING, parent=community, name=name)


def make_household(
    building: Organisation | None = None,
    *,
    community: Organisation | None = None,
    worker: User | None = None,
    unit: str = "1",
    room: str = "",
    **fields: object,
) -> Household:
    """A household behind a door of its own; ``worker`` is its responsible worker since long ago."""
    building = building or make_building(community)
    scope = building.scope_ids()
    above = building.parent
    household = Household.objects.create(
        district_id=scope.district_id,
        street_id=scope.street_id,
        community_id=scope.community_id,
        grid=above if above and above.kind == OrganisationKind.GRID else None,
        building=building,
        unit=unit,
        room=room or str(next(_rooms)),
        **fields,
    )
    if worker is not None:
        make_duty(household, worker)
    return household


def as_entry(household: Household, **changes: object) -> HouseholdEntry:
    """What the form of a household says of it as it stands, with ``changes``."""
    household.refresh_from_db()
    same = (
        "building_id", "room", "unit", "floor",
        "door_wish", "door_wish_until", "door_wish_reason", "avoid", "note",
    )  # fmt: skip
    return HouseholdEntry(**{name: getattr(household, name) for name in same} | changes)


def make_resident(
    household: Household | None = None,
    *,
    name: str = "王秀英",
    phone: str = "13800131234",
    **fields: object,
) -> Resident:
    resident = Resident(household=household or make_household(), name=name, phone=phone, **fields)
    refresh_blind_indexes(resident)
    resident.save()
    return resident


def make_duty(
    household: Household,
    user: User,
    *,
    since: dt.date = LONG_AGO,
    until: dt.date | None = None,
) -> HouseholdDuty:
    return HouseholdDuty.objects.create(household=household, user=user, since=since, until=until)


def make_category(name: str = "独居老人", *, code: str = "", **fields: object) -> CareCategory:
    return CareCategory.objects.create(
        code=code or f"CARE{next(_codes)}", name=name, basis="测试依据", **fields
    )


def make_care(
    household: Household,
    category: CareCategory | None = None,
    *,
    since: dt.date = LONG_AGO,
    until: dt.date | None = None,
) -> HouseholdCare:
    return HouseholdCare.objects.create(
        household=household, category=category or make_category(), since=since, until=until
    )


def make_reveal(household: Household, post: Post, *, at: dt.datetime, minutes: int = 30) -> Reveal:
    return Reveal.objects.create(
        user=post.user,
        post=post,
        subject_kind=REVEAL_SUBJECT,
        subject_id=household.pk,
        reason=Reveal.Reason.COVER,
        at=at,
        until=at + dt.timedelta(minutes=minutes),
    )


def _post_along(user: User, household: Household) -> Post:
    """The first post of a companion, or one made for the occasion."""
    held = Post.objects.filter(user=user).order_by("pk").first()
    return held or make_post(Role.COMMUNITY_WORKER, household.community, user=user)


def make_visit(
    household: Household | None = None,
    *,
    post: Post | None = None,
    occurred_at: dt.datetime | None = None,
    companions: tuple[User, ...] = (),
    **fields: object,
) -> Visit:
    """An ordinary home visit of a worker of the household's community, yesterday by default."""
    household = household or make_household()
    post = post or make_post(Role.COMMUNITY_WORKER, household.community)
    occurred_at = occurred_at or timezone.now() - dt.timedelta(days=1)
    visit = Visit.objects.create(
        **{
            "client_id": uuid.uuid4(),
            "household": household,
            "district_id": household.district_id,
            "street_id": household.street_id,
            "community_id": household.community_id,
            "grid_id": household.grid_id,
            "building_id": household.building_id,
            "author": post.user,
            "post": post,
            "occurred_at": occurred_at,
            "occurred_on": timezone.localdate(occurred_at),
            "recorded_at": occurred_at,
            **fields,
        }
    )
    for number, user in enumerate((post.user, *companions)):
        VisitPerson.objects.create(
            visit=visit,
            user=user,
            post=_post_along(user, household) if number else post,
            is_lead=number == 0,
            occurred_on=visit.occurred_on,
            street_id=visit.street_id,
        )
    contact_dates.refresh(household.pk)
    household.refresh_from_db(fields=["last_contact_on", "last_met_on"])
    return visit
