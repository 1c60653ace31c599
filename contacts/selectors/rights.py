"""Requests about personal data: the list, what 今日 says of them, one of them."""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from contacts.models import RightsRequest
from contacts.querysets import RightsRequestQuerySet, answering
from contacts.selectors.sight import HouseholdLine, household_lines
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post
from portal.accounts.outline import Scoped
from portal.accounts.permissions import Permission
from portal.audit.models import AuditEvent
from portal.core.db.prepared import Day
from portal.core.encryption import normalise_phone
from portal.core.masking import mask_name

#: So many days before the end a request is marked as due.
SOON: Final = 3
REMINDED: Final = 5
TAIL: Final = 4


class State:
    """The choices of the filter 状态."""

    OPEN: Final = ""
    NOBODYS: Final = "nobody"
    CLOSED: Final = "closed"


#: What falls due first; what was answered last.
ORDER: Final = {
    State.OPEN: ("due_on", "pk"),
    State.NOBODYS: ("due_on", "pk"),
    State.CLOSED: ("-received_at", "-pk"),
}


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
    #: "" while nobody answers for it.
    owner: str
    #: Who did until the post ended.
    former_owner: str
    is_mine: bool
    outcome: str

    @property
    def is_overdue(self) -> bool:
        return not self.outcome and self.days_left < 0

    @property
    def is_soon(self) -> bool:
        return not self.outcome and 0 <= self.days_left <= SOON


@dataclass(frozen=True, slots=True)
class Reminders:
    """What 今日 says: the first to fall due, and whether there are more."""

    lines: tuple[RightsLine, ...] = ()
    has_more: bool = False


def requests_of(post: Post, *, state: str, today: dt.date) -> RightsRequestQuerySet:
    """Those of the post's place, in the order in which they fall due."""
    rows: RightsRequestQuerySet = RightsRequest.objects.visible_to(post)
    if state == State.NOBODYS:
        rows = rows.nobodys(today)
    else:
        rows = rows.filter(closed_at__isnull=state != State.CLOSED)
    return rows.with_owner(today).select_related("community", "street", "owner")


def lines(
    requests: Sequence[RightsRequest], *, post: Post, today: dt.date
) -> tuple[RightsLine, ...]:
    return tuple(line_of(request, post=post, today=today) for request in requests)


def line_of(request: RightsRequest, *, post: Post, today: dt.date) -> RightsLine:
    """``request`` was read ``with_owner``, its places and owner loaded."""
    named = request.owner.name if request.owner else ""
    has_owner: bool = request.has_owner or request.closed_at is not None  # type: ignore[attr-defined]
    return RightsLine(
        id=request.pk,
        url=request.get_absolute_url(),
        kind=request.get_kind_display(),
        who=mask_name(request.name),
        place=f"{request.street.name} · {request.community.name}",
        received_on=timezone.localdate(request.received_at),
        due_on=request.due_on,
        days_left=(request.due_on - today).days,
        owner=named if has_owner else "",
        former_owner="" if has_owner else named,
        is_mine=has_owner and request.owner_id == post.user_id,
        outcome=request.get_outcome_display() if request.outcome else "",
    )


def reminders(*, post: Post, today: dt.date) -> Reminders:
    """The own open ones, and those nobody answers for; one query, and one more where there are."""
    if not post.may(Permission.HANDLE_RIGHTS):
        return Reminders()
    ids = [pk for (pk,) in _CONCERNING.rows(post, on=today)]
    if not ids:
        return Reminders()
    rows = requests_of(post, state=State.OPEN, today=today).filter(pk__in=ids)
    found = lines(list(rows.order_by("due_on", "pk")), post=post, today=today)
    return Reminders(found[:REMINDED], has_more=len(found) > REMINDED)


def _concerning(post: Post, *, on: Any) -> QuerySet[RightsRequest, Any]:
    rows = RightsRequest.objects.visible_to(post).open().with_owner(on)
    rows = rows.filter(Q(owner_id=post.user_id) | Q(has_owner=False))
    return rows.order_by("due_on", "pk").values_list("pk")[: REMINDED + 1]


_CONCERNING: Final = Scoped(_concerning, on=Day)


def was_copied(request: RightsRequest) -> bool:
    """Whether the sheet of what is kept was opened for it, as the trail knows."""
    rows = AuditEvent.objects.about("contacts.rightsrequest", request.pk)
    return bool(rows.filter(action="rights.copy").exists())


def owner_choices(request: RightsRequest, *, today: dt.date) -> list[tuple[int, str]]:
    """Who may answer it: posts in force that handle requests in that place, once each."""
    posts = answering(community_id=request.community_id, street_id=request.street_id, on=today)
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
    whose = Coalesce("organisation__district_id", "organisation_id")
    posts = Post.objects.in_force(today).order_by().values_list(whose, flat=True)
    used = set(posts.distinct())
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
    """``request`` is scoped, ``with_owner``, and has its places, owner and taker loaded."""
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
