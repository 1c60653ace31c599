"""Requests about personal data: the list, one of them, and the copy of what is kept."""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils import timezone

from contacts.models import Household, HouseholdCare, Resident, RightsRequest, Visit
from contacts.querysets import RightsRequestQuerySet
from contacts.selectors.sight import HouseholdLine, household_lines
from contacts.selectors.unit_words import Said, UnitWords
from contacts.selectors.words import VisitWords, texts_of
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post
from portal.accounts.permissions import ROLES, Permission
from portal.audit.models import AuditEvent
from portal.core.encryption import normalise_phone
from portal.core.masking import mask_name

#: So many days before the end a request is marked as due.
SOON: Final = 3
REMINDED: Final = 5
TAIL: Final = 4


class State:
    """The choices of the filter 状态."""

    OPEN: Final = ""
    CLOSED: Final = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsLine:
    """One request in a list: whose it is stays masked there."""

    id: int
    url: str
    kind: str
    who: str
    place: str
    received_on: dt.date
    due_on: dt.date
    #: Negative when overdue; due today is 0 and not overdue.
    days_left: int
    owner: str
    is_mine: bool
    outcome: str

    @property
    def is_overdue(self) -> bool:
        return not self.outcome and self.days_left < 0

    @property
    def is_soon(self) -> bool:
        return not self.outcome and 0 <= self.days_left <= SOON


def requests_of(post: Post, *, state: str) -> RightsRequestQuerySet:
    """Those of the post's place, in the order in which they fall due."""
    rows: RightsRequestQuerySet = RightsRequest.objects.visible_to(post)
    rows = rows.filter(closed_at__isnull=state != State.CLOSED)
    return rows.select_related("community", "street", "owner")


def lines(
    requests: Sequence[RightsRequest], *, post: Post, today: dt.date
) -> tuple[RightsLine, ...]:
    return tuple(line_of(request, post=post, today=today) for request in requests)


def line_of(request: RightsRequest, *, post: Post, today: dt.date) -> RightsLine:
    return RightsLine(
        id=request.pk,
        url=request.get_absolute_url(),
        kind=request.get_kind_display(),
        who=mask_name(request.name),
        place=f"{request.street.name} · {request.community.name}",
        received_on=timezone.localdate(request.received_at),
        due_on=request.due_on,
        days_left=(request.due_on - today).days,
        owner=request.owner.name if request.owner else "",
        is_mine=request.owner_id == post.user_id,
        outcome=request.get_outcome_display() if request.outcome else "",
    )


def reminders(*, post: Post, today: dt.date) -> tuple[RightsLine, ...]:
    """What 今日 says of them: the own open ones, and those nobody owns; one query."""
    if not post.may(Permission.HANDLE_RIGHTS):
        return ()
    rows = requests_of(post, state=State.OPEN).order_by("due_on", "pk")
    mine = rows.filter(owner_id=post.user_id) | rows.filter(owner__isnull=True)
    return lines(list(mine[:REMINDED]), post=post, today=today)


def was_copied(request: RightsRequest) -> bool:
    """Whether the sheet of what is kept was opened for it, as the trail knows."""
    rows = AuditEvent.objects.about("contacts.rightsrequest", request.pk)
    return bool(rows.filter(action="rights.copy").exists())


def owner_choices(request: RightsRequest, *, today: dt.date) -> list[tuple[int, str]]:
    """Who may answer it: posts in force that handle requests in that place, once each."""
    places = (request.community_id, request.street_id)
    posts = Post.objects.in_force(today).filter(
        role__in=ROLES[Permission.HANDLE_RIGHTS], organisation_id__in=places
    )
    rows = posts.select_related("user", "organisation").order_by(
        "-organisation__path", "user__name"
    )
    found: dict[int, str] = {}
    for post in rows:
        found.setdefault(post.user_id, f"{post.user.name}（{post.organisation.name} {post.label}）")
    return list(found.items())


Choices = list[tuple[str, list[tuple[int, str]]]]


def community_choices(
    *, today: dt.date, post: Post | None = None, street_id: int | None = None
) -> Choices:
    """Communities under their street: those the post may read, or all of one street."""
    rows = Organisation.objects.visible_to(post) if post else Organisation.objects.all()
    rows = rows.in_force(today).filter(kind=OrganisationKind.COMMUNITY)
    if street_id is not None:
        rows = rows.filter(street_id=street_id)
    groups: dict[str, list[tuple[int, str]]] = {}
    columns = ("pk", "name", "street__name", "district__name")
    for pk, name, street, district in rows.order_by("path").values_list(*columns):
        groups.setdefault(f"{district} · {street}", []).append((pk, name))
    return list(groups.items())


def street_choices(*, today: dt.date) -> Choices:
    """Streets under their district, of the districts somebody works in; all while nobody does."""
    posts = Post.objects.in_force(today).values_list("organisation_id", "organisation__district_id")
    used = {pk for both in posts.distinct() for pk in both if pk is not None}
    rows = Organisation.objects.in_force(today).filter(kind=OrganisationKind.STREET)
    streets = list(rows.order_by("path").values_list("pk", "name", "district_id", "district__name"))
    groups: dict[str, list[tuple[int, str]]] = {}
    for pk, name, _district_id, district in [one for one in streets if one[2] in used] or streets:
        groups.setdefault(district, []).append((pk, name))
    return list(groups.items())


def street_of(*, community: str) -> int | None:
    """The street of a community that a form was sent with."""
    rows = Organisation.objects.filter(kind=OrganisationKind.COMMUNITY)
    found: int | None = (
        rows.filter(pk=community).values_list("street_id", flat=True).first()
        if community.isdecimal()
        else None
    )
    return found


@dataclass(frozen=True, slots=True)
class Answered:
    """What a resident reads with the code and the end of the phone number."""

    kind: str
    received_on: dt.date
    due_on: dt.date
    outcome: str
    answer: str
    closed_on: dt.date | None


def answered(*, code: str, tail: str) -> Answered | None:
    """The state of a request, for whoever knows the code and the last four digits of the phone."""
    request = RightsRequest.objects.filter(code=code).first()
    known = normalise_phone(request.phone)[-TAIL:] if request else ""
    # Compared whole, whether there is such a request or not.
    if not hmac.compare_digest(known.encode(), tail.encode()) or request is None:
        return None
    return Answered(
        kind=request.get_kind_display(),
        received_on=timezone.localdate(request.received_at),
        due_on=request.due_on,
        outcome=request.get_outcome_display() if request.outcome else "",
        answer=request.answer,
        closed_on=timezone.localdate(request.closed_at) if request.closed_at else None,
    )


# --- The copy of what is kept -----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyVisit:
    on: dt.date
    kind: str
    channel: str
    result: str
    who: str
    text: str
    matters: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What is kept about one resident; other people in it are masked."""

    name: str
    facts: tuple[tuple[str, str], ...]
    others: int
    cares: tuple[tuple[str, dt.date, dt.date | None], ...]
    visits: tuple[CopyVisit, ...]


def residents_of(household: Household) -> list[tuple[int, str]]:
    """Whom a copy or an erasure may be about."""
    return list(household.residents.order_by("pk").values_list("pk", "name"))


def copy_of(*, post: Post, resident: Resident) -> Copy:
    """The sheet for ``resident``, of a household that the post sees in full."""
    household = resident.household
    visits = list(
        Visit.objects.visible_to(post)
        .filter(household=household)
        .select_related("author")
        .prefetch_related("matters")
        .order_by("occurred_at", "pk")
    )
    own = frozenset((resident.name, *resident.former_names))
    veil = VisitWords(
        visits, texts=(text for visit in visits for text in texts_of(visit)), plain=own
    )
    cares = HouseholdCare.objects.filter(household=household).select_related("category")
    return Copy(
        name=resident.name,
        facts=_facts(resident, household, own),
        others=household.residents.exclude(pk=resident.pk).count(),
        cares=tuple((care.category.name, care.since, care.until) for care in cares),
        visits=tuple(_copied(visit, veil) for visit in visits),
    )


def _facts(
    resident: Resident, household: Household, own: frozenset[str]
) -> tuple[tuple[str, str], ...]:
    """What is kept of the person; what is told of the household hides the others in it."""
    said = [
        Said(text, household.community_id, household.street_id)
        for text in (household.door_wish_reason, household.avoid, household.note)
    ]
    veil = UnitWords(said, plain=own)
    others = household.residents.exclude(pk=resident.pk).values_list("name", "former_names")
    near = [name for called, former in others for name in (called, *former)]
    reason, avoid, note = (veil.masked(one, near=near) for one in said)
    wish = household.get_door_wish_display()
    facts = (
        ("姓名", resident.name),
        ("曾用写法", "、".join(resident.former_names)),
        ("住址", f"{household.community.name} {household.building.name} {household.door}"),
        ("与户主关系", resident.get_relation_display()),
        ("出生年份", str(resident.birth_year or "")),
        ("电话", resident.phone),
        ("离开日期", str(resident.left_on or "")),
        ("上门意愿", f"{wish} {reason}".strip()),
        ("不要再问", avoid),
        ("备注", note),
    )
    return tuple((label, value) for label, value in facts if value)


def _copied(visit: Visit, veil: VisitWords) -> CopyVisit:
    return CopyVisit(
        on=visit.occurred_on,
        kind=visit.get_kind_display(),
        channel=visit.get_channel_display(),
        result=visit.result_words,
        who=visit.author.name,
        text=veil.masked(visit, visit.text),
        matters=tuple(
            (veil.masked(visit, matter.text), matter.state_words) for matter in visit.matters.all()
        ),
    )


# --- One request ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsPage:
    """One request, for who handles it: the words of the resident in full."""

    line: RightsLine
    name: str
    phone: str
    address: str
    text: str
    code: str
    taken_by: str
    answer: str
    closed_on: dt.date | None
    household: HouseholdLine | None
    is_open: bool


def rights_page(
    *, post: Post, request: RightsRequest, now: dt.datetime, today: dt.date
) -> RightsPage:
    """``request`` is scoped and has its places, owner and taker loaded."""
    household = request.household
    found = household_lines(post=post, households=[household], now=now) if household else {}
    return RightsPage(
        line=line_of(request, post=post, today=today),
        name=request.name,
        phone=request.phone,
        address=request.address,
        text=request.text,
        code=request.code if request.taken_by_id else "",
        taken_by=request.taken_by.user.name if request.taken_by else "",
        answer=request.answer,
        closed_on=timezone.localdate(request.closed_at) if request.closed_at else None,
        household=found.get(household.pk) if household else None,
        is_open=request.closed_at is None,
    )
