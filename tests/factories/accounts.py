"""Organisations, people and posts."""

import datetime as dt
import itertools
from dataclasses import dataclass

from django.test import Client
from django.utils import timezone

from portal.accounts.middleware import POST_KEY
from portal.accounts.models import Inspection, Organisation, OrganisationKind, Post, User
from portal.accounts.roles import DelegateKind, Role

PASSWORD = "correct-horse-9"
LONG_AGO = dt.date(2020, 1, 1)
_numbers = itertools.count(1)


def make_organisation(
    kind: OrganisationKind = OrganisationKind.DISTRICT,
    *,
    parent: Organisation | None = None,
    code: str = "",
    name: str = "",
    valid_from: dt.date = LONG_AGO,
    valid_until: dt.date | None = None,
) -> Organisation:
    """An organisation with its path and scope columns, as the services would make it."""
    number = next(_numbers)
    code = code or f"T{number:05}"
    above = parent.scope_ids() if parent else (None, None, None)
    return Organisation.objects.create(
        kind=kind,
        code=code,
        name=name or f"{OrganisationKind(kind).label}{number}",
        parent=parent,
        path=f"{parent.path if parent else ''}{code}/",
        district_id=above[0],
        street_id=above[1],
        community_id=above[2],
        valid_from=valid_from,
        valid_until=valid_until,
    )


def make_user(
    username: str = "",
    *,
    name: str = "",
    password: str = PASSWORD,
    must_change_password: bool = False,
    is_active: bool = True,
) -> User:
    number = next(_numbers)
    user = User(
        username=username or f"user{number}",
        name=name or f"用户{number}",
        must_change_password=must_change_password,
        is_active=is_active,
    )
    user.set_password(password)
    user.save()
    return user


def make_post(
    role: Role = Role.COMMUNITY_WORKER,
    organisation: Organisation | None = None,
    *,
    user: User | None = None,
    since: dt.date = LONG_AGO,
    until: dt.date | None = None,
    title: str = "",
) -> Post:
    return Post.objects.create(
        user=user or make_user(),
        organisation=organisation or make_organisation(),
        role=role,
        delegate_kind=DelegateKind.PARTY if role == Role.DELEGATE else "",
        title=title,
        since=since,
        until=until,
    )


def make_inspection(
    post: Post,
    organisation: Organisation,
    *,
    approved: bool = True,
    closed: bool = False,
    since: dt.date | None = None,
    until: dt.date | None = None,
    title: str = "走访记录核查",
) -> Inspection:
    """A case asked for and approved today by two people of the district."""
    now = timezone.now()
    today = timezone.localdate(now)
    district = organisation.district or organisation
    return Inspection.objects.create(
        post=post,
        title=title,
        organisation=organisation,
        since=since or today,
        until=until or today + dt.timedelta(days=30),
        asked_by=make_post(Role.DISTRICT_ADMIN, district),
        asked_at=now,
        approved_by=make_post(Role.DISTRICT_LEADER, district) if approved else None,
        approved_at=now if approved else None,
        closed_at=now if closed else None,
    )


def sign_in(client: Client, post: Post) -> Post:
    """Sign the post's user in and act under this post; the second factor counts as passed."""
    client.force_login(post.user)
    session = client.session
    session[POST_KEY] = post.pk
    session["second_factor_user"] = post.user_id
    session.save()
    return post


@dataclass(frozen=True, slots=True)
class World:
    """石景山区: two streets; 八角 with two communities, a grid, a building and a section."""

    district: Organisation
    bajiao: Organisation
    gucheng: Organisation
    north: Organisation
    south: Organisation
    gucheng_community: Organisation
    grid: Organisation
    building: Organisation
    section: Organisation
    other_district: Organisation


def make_world() -> World:
    kind = OrganisationKind
    district = make_organisation(kind.DISTRICT, code="110107", name="石景山区")
    bajiao = make_organisation(kind.STREET, parent=district, code="110107003", name="八角街道")
    gucheng = make_organisation(kind.STREET, parent=district, code="110107004", name="古城街道")
    north = make_organisation(
        kind.COMMUNITY, parent=bajiao, code="110107003015", name="八角北里社区"
    )
    south = make_organisation(
        kind.COMMUNITY, parent=bajiao, code="110107003016", name="八角南里社区"
    )
    gucheng_community = make_organisation(
        kind.COMMUNITY, parent=gucheng, code="110107004001", name="古城路社区"
    )
    grid = make_organisation(kind.GRID, parent=north, code="110107003015G01", name="第一网格")
    building = make_organisation(kind.BUILDING, parent=grid, code="110107003015B012", name="12号楼")
    section = make_organisation(
        kind.SECTION, parent=bajiao, code="110107003S01", name="城市管理办公室"
    )
    other = make_organisation(kind.DISTRICT, code="310113", name="宝山区")
    return World(
        district=district,
        bajiao=bajiao,
        gucheng=gucheng,
        north=north,
        south=south,
        gucheng_community=gucheng_community,
        grid=grid,
        building=building,
        section=section,
        other_district=other,
    )
