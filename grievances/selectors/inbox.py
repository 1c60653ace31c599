"""What is a post's to do with grievances now, by due date, and why: read by the inbox and by 今日.

Which party does what in which state is said by ``workflow`` and ``parties``; here the same is asked
of the database for all grievances at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Final

from django.db.models import (
    BooleanField,
    Case,
    DateField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    TextChoices,
    Value,
    When,
)

from grievances.kinds import DISSATISFIED, Manner, Part, Regime, State
from grievances.models import (
    Assignment,
    CallBack,
    Event,
    ExtensionRequest,
    FollowUp,
    Grievance,
    Supervision,
    Told,
)
from grievances.parties import HANDLES
from grievances.selectors.rows import GrievanceRow, Mask, RowReader
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Post
from portal.accounts.permissions import Permission
from portal.accounts.roles import Role
from portal.core.periods import day_of

if TYPE_CHECKING:
    from grievances.querysets import GrievanceQuerySet

#: More than this is no list for a day; the page says that there is more.
LIMIT: Final = 60


class Reason(TextChoices):
    """Why something is in the inbox, in the order of what is said first."""

    CALL = "CALL", "居民请求回电"
    TELL = "TELL", "还没有告知居民"
    ACCEPT = "ACCEPT", "等您单位受理"
    ASSIGN = "ASSIGN", "等您单位交办"
    OBJECTION = "OBJECTION", "主办单位有异议，等裁定"
    EXTENSION = "EXTENSION", "申请延期，等批复"
    APPROVE = "APPROVE", "已答复，等审核"
    DECIDE = "DECIDE", "居民不满意，等决定重新办理或维持"
    ASK = "ASK", "已办结，等回访"
    FILE = "FILE", "已回访，等归档"
    LATER_PAPER = "LATER_PAPER", "复查、复核意见等登记"
    SIGN = "SIGN", "等您单位签收"
    HANDLE = "HANDLE", "您单位主办，办理中"
    CO_HANDLE = "CO_HANDLE", "您单位协办，还没有答复"
    SUPERVISED = "SUPERVISED", "督办、批示等回复"
    CHASED = "CHASED", "被催办"
    RELOOK = "RELOOK", "到了回看的日子"
    ON_BEHALF = "ON_BEHALF", "主办单位不登录，等代录"


#: Whose day is today, whatever else the grievance waits for.
_AT_ONCE: Final = (Reason.CALL, Reason.TELL)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxItem:
    row: GrievanceRow
    reasons: tuple[Reason, ...]

    @property
    def why(self) -> str:
        return "；".join(str(reason.label) for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class Inbox:
    items: tuple[InboxItem, ...]
    #: There is more than is listed.
    has_more: bool = False


def inbox(
    *,
    post: Post,
    now: dt.datetime,
    mask: Mask,
    before: dt.date | None = None,
    limit: int = LIMIT,
) -> Inbox:
    """What waits for the post, the nearest day first; at most six queries.

    ``before`` leaves out what is due on that day or later, or on no day.
    """
    found = _found(post, now, before=before, limit=limit + 1)
    read = RowReader(mask, now=now).rows([pk for pk, _ in found[:limit]])
    items = tuple(
        InboxItem(row=row, reasons=reasons)
        for row, (_, reasons) in zip(read, found[:limit], strict=True)
    )
    return Inbox(items, has_more=len(found) > limit)


def _found(
    post: Post, now: dt.datetime, *, before: dt.date | None, limit: int
) -> list[tuple[int, tuple[Reason, ...]]]:
    """Ids with reasons; one query, each of whose parts reads its own index."""
    reasons = dict(_reasons(post, day_of(now)))
    if not reasons:
        return []
    own = {reason: told for reason, told in reasons.items() if reason in _AT_ONCE}
    others = {reason: told for reason, told in reasons.items() if reason not in _AT_ONCE}
    parts: list[GrievanceQuerySet] = []
    for rows in (Grievance.objects.listed_for(post), Grievance.objects.named_for(post)):
        if others:
            parts.append(rows.open().filter(reduce(or_, others.values())))
        if own:
            parts.append(rows.filter(reduce(or_, own.values())))
    columns = [_columns(rows, reasons, day_of(now), before) for rows in parts]
    whole = columns[0].union(*columns[1:]).order_by(F("day").asc(nulls_last=True), "pk")
    names = list(reasons)
    return [
        (pk, tuple(name for name, is_so in zip(names, told, strict=True) if is_so))
        for pk, _day, *told in whole[:limit]
    ]


def _columns(
    rows: GrievanceQuerySet, reasons: dict[Reason, Q], today: dt.date, before: dt.date | None
) -> QuerySet[Any, Any]:
    flags = {
        f"is_{reason.lower()}": ExpressionWrapper(told, output_field=BooleanField())
        for reason, told in reasons.items()
    }
    at_once = reduce(or_, (told for reason, told in reasons.items() if reason in _AT_ONCE))
    later = Q(due_on__isnull=True) | Q(due_on__gt=today)
    day = Case(
        When(at_once & later, then=Value(today)),
        When(due_on__isnull=True, then=F("relook_on")),
        default=F("due_on"),
        output_field=DateField(),
    )
    found = rows.order_by().annotate(day=day, **flags)
    if before is not None:
        found = found.filter(day__lt=before)
    named: QuerySet[Any, Any] = found.values_list("pk", "day", *flags)
    return named


def _reasons(post: Post, today: dt.date) -> Iterator[tuple[Reason, Q]]:
    """What the post has to do in which case, the same as ``parties`` says of one grievance."""
    if not post.may(Permission.HANDLE_GRIEVANCES):
        return
    owned = Q(owner_id=post.pk)
    yield Reason.CALL, owned & _is_in(CallBack.objects.filter(done_at__isnull=True))
    yield (
        Reason.TELL,
        owned & _is_in(Told.objects.filter(told_at__isnull=True, outgoing__isnull=True)),
    )
    if post.role in HANDLES:
        yield from _of_unit(post, today)
    place = _runs(post)
    if place is None:
        return
    if post.role in {Role.CLERK, Role.STREET_ADMIN, Role.DISTRICT_ADMIN}:
        yield from _of_desk(place, today)
    if post.role in {Role.LEADER, Role.STREET_ADMIN, Role.DISTRICT_LEADER, Role.DISTRICT_ADMIN}:
        yield from _of_approver(place & ~_handled_by(post.organisation_id))
    if post.role in {Role.CLERK, Role.STREET_ADMIN}:
        asks = place & Q(state=State.CONCLUDED) & ~_ever_handled_by(post.organisation_id)
        yield Reason.ASK, asks


def _runs(post: Post) -> Q | None:
    """What the post's office receives and decides itself.

    A street has its own desk: a district's inbox holds 信访件 and what a street reported up.
    """
    unit = post.organisation
    if unit.kind == OrganisationKind.STREET:
        return Q(street_id=unit.pk)
    if unit.kind != OrganisationKind.DISTRICT:
        return None
    up = _assigned().filter(manner=Manner.REPORT_UP)
    return Q(district_id=unit.pk) & (Q(regime=Regime.PETITION) | Q(Exists(up)))


def _of_unit(post: Post, today: dt.date) -> Iterator[tuple[Reason, Q]]:
    leads = Q(lead_id=post.organisation_id)
    yield Reason.SIGN, leads & Q(state=State.ASSIGNED)
    yield Reason.HANDLE, leads & Q(state=State.IN_HAND)
    yield Reason.RELOOK, leads & Q(state=State.NOT_NOW, relook_on__lte=today)
    asked = Supervision.objects.filter(grievance=OuterRef("pk"), replied_at__isnull=True)
    yield Reason.SUPERVISED, leads & Q(Exists(asked))
    chased = Event.objects.filter(
        grievance=OuterRef("pk"), move="chase", at__gte=OuterRef("state_since")
    )
    yield Reason.CHASED, leads & Q(state__in=[State.ASSIGNED, State.IN_HAND]) & Q(Exists(chased))
    mine = _assigned().filter(unit_id=post.organisation_id, part=Part.CO_HANDLER)
    with_them = Q(state__in=[State.ASSIGNED, State.IN_HAND])
    yield Reason.CO_HANDLE, with_them & Q(Exists(mine.filter(answered_at__isnull=True)))


def _of_desk(place: Q, today: dt.date) -> Iterator[tuple[Reason, Q]]:
    yield Reason.ACCEPT, place & Q(state=State.REGISTERED)
    yield Reason.ASSIGN, place & Q(state=State.ACCEPTED)
    yield Reason.OBJECTION, place & Q(state=State.OBJECTED)
    run_out = Q(state__in=[State.OPINION, State.REVIEWED], due_on__lt=today)
    yield Reason.FILE, place & ((Q(state=State.FOLLOWED_UP) & ~_undecided()) | run_out)
    yield Reason.LATER_PAPER, place & Q(state__in=[State.IN_REVIEW, State.IN_RECHECK])
    signs_in = Post.objects.in_force(today).filter(
        organisation=OuterRef("lead"), role__in=sorted(HANDLES)
    )
    silent = Q(lead__kind=OrganisationKind.EXTERNAL) | ~Q(Exists(signs_in))
    waits = Q(state__in=[State.ASSIGNED, State.IN_HAND], lead__isnull=False)
    yield Reason.ON_BEHALF, place & waits & silent


def _of_approver(place: Q) -> Iterator[tuple[Reason, Q]]:
    yield Reason.APPROVE, place & Q(state=State.REPLIED)
    yield Reason.DECIDE, place & Q(state=State.FOLLOWED_UP) & _undecided()
    asked = ExtensionRequest.objects.filter(grievance=OuterRef("pk"), decided_at__isnull=True)
    yield Reason.EXTENSION, place & Q(Exists(asked))


def _undecided() -> Q:
    """The resident's verdict of this round is bad, and nobody has said what becomes of it."""
    of_round = {"grievance": OuterRef("pk"), "round": OuterRef("round")}
    verdicts = FollowUp.objects.filter(**of_round, outcome=FollowUp.Outcome.ANSWERED)
    bad = verdicts.filter(Q(grade__in=sorted(DISSATISFIED)) | Q(was_solved=False))
    return Q(Exists(bad)) & ~Q(Exists(Event.objects.filter(**of_round, move="uphold")))


def _assigned() -> QuerySet[Assignment]:
    rows: QuerySet[Assignment] = Assignment.objects.filter(
        grievance=OuterRef("pk"), withdrawn_at__isnull=True
    )
    return rows.order_by()


def _handled_by(unit_id: int) -> Q:
    return Q(Exists(_assigned().filter(unit_id=unit_id)))


def _ever_handled_by(unit_id: int) -> Q:
    return Q(Exists(Assignment.objects.filter(grievance=OuterRef("pk"), unit_id=unit_id)))


def _is_in(rows: QuerySet[Any]) -> Q:
    return Q(pk__in=rows.order_by().values("grievance"))
