"""What a person says about a visit, before it is a record; and which of it a rule forbids."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from django.utils import timezone

from contacts import workflow
from contacts.models import Household, Matter, Promise, Resident, Visit
from contacts.selectors.visit_choices import colleagues
from portal.accounts.models import Post
from portal.core.errors import DomainError

TEXT_LIMIT: Final = 4000
MET_LIMIT: Final = 60
MATTER_LIMIT: Final = 2000
#: More than this at one door is a meeting, not a visit.
MOST_MATTERS: Final = 20
MOST_COMPANIONS: Final = 10
PROMISE_NEEDS_DAY: Final = "答应了就要有日期，请选一天。"
#: A contact point is nobody's door, and residents come to a reception (decision 0055).
CHANNEL_OF: Final[Mapping[str, str]] = {
    Visit.Kind.FIELD: Visit.Channel.SITE,
    Visit.Kind.RECEPTION: Visit.Channel.OFFICE,
}
#: The same words about the same door, written down again this soon, are the same visit
#: (decision 0020) ...
SAME_WITHIN: Final = dt.timedelta(minutes=10)
#: ... unless they tell of another hour: two rounds of calls that met nobody are two.
SAME_HOUR: Final = dt.timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class MatterEntry:
    """One thing raised. ``id`` names the matter it changes; None is a new one."""

    text: str
    outcome: str
    id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class GuestEntry:
    """Whom a 下访 or 接访 was with. ``id`` names the guest it changes; None is a new one."""

    name: str
    phone: str = ""
    household_id: int | None = None
    id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class VisitEntry:
    """One visit as told. ``companions`` are user ids, ``met`` resident ids, in rising order.

    A 走访 names its household; a 下访 or 接访 a contact point or a unit, and who led it.
    """

    client_id: uuid.UUID
    household_id: int | None = None
    occurred_at: dt.datetime
    channel: str
    result: str
    kind: str = Visit.Kind.HOME
    text: str = ""
    matters: tuple[MatterEntry, ...] = ()
    companions: tuple[int, ...] = ()
    met: tuple[int, ...] = ()
    met_other: str = ""
    next_step: str = ""
    next_step_on: dt.date | None = None
    promise: str = ""
    promise_due: dt.date | None = None
    to_complete: bool = False
    point_id: int | None = None
    unit_id: int | None = None
    place: str = ""
    by_appointment: bool = False
    #: User id; None is whoever writes.
    lead: int | None = None
    guests: tuple[GuestEntry, ...] = ()
    #: To which guest's household the promise of a 下访 or 接访 was made.
    promise_household_id: int | None = None


def ordinary_entry(*, client_id: uuid.UUID, household_id: int, now: dt.datetime) -> VisitEntry:
    """平安，无事项: met at the door just now, nothing else to say."""
    return VisitEntry(
        client_id=client_id,
        household_id=household_id,
        occurred_at=now,
        channel=Visit.Channel.DOOR,
        result=Visit.Result.MET,
    )


def entry_of(visit: Visit) -> VisitEntry:
    """The record said again as an entry: to fill a form, to compare, to keep as "before"."""
    promise = visit.promises.order_by("pk").first()
    return VisitEntry(
        client_id=visit.client_id,
        household_id=visit.household_id,
        occurred_at=visit.occurred_at,
        channel=visit.channel,
        result=visit.result,
        kind=visit.kind,
        text=visit.text,
        matters=tuple(
            MatterEntry(id=m.pk, text=m.text, outcome=m.outcome) for m in visit.matters.all()
        ),
        companions=_companions(visit),
        met=tuple(sorted(visit.met.values_list("pk", flat=True))),
        met_other=visit.met_other,
        next_step=visit.next_step,
        next_step_on=visit.next_step_on,
        promise=promise.text if promise else "",
        promise_due=promise.due_on if promise else None,
        to_complete=visit.to_complete,
        **({} if visit.kind == Visit.Kind.HOME else _place_parts(visit, promise)),
    )


def _companions(visit: Visit) -> tuple[int, ...]:
    went = (p.user_id for p in visit.people.all() if not p.is_lead)
    return tuple(sorted(user_id for user_id in went if user_id != visit.author_id))


def _place_parts(visit: Visit, promise: Promise | None) -> dict[str, Any]:
    """What only a 下访 or 接访 says."""
    return {
        "point_id": visit.point_id,
        "unit_id": visit.grid_id or visit.community_id or visit.street_id,
        "place": visit.place,
        "by_appointment": visit.by_appointment,
        "lead": next((p.user_id for p in visit.people.all() if p.is_lead), visit.author_id),
        "guests": tuple(
            GuestEntry(id=g.pk, name=g.name, phone=g.phone, household_id=g.household_id)
            for g in visit.guests.all()
        ),
        "promise_household_id": promise.household_id if promise else None,
    }


def settled(entry: VisitEntry, *, author_id: int) -> VisitEntry:
    """The entry as it will be written: what the kind and the guests decide is filled in."""
    if entry.kind == Visit.Kind.HOME:
        return entry
    homes = {guest.household_id for guest in entry.guests} - {None}
    promised = entry.promise_household_id if entry.promise else None
    if entry.promise and promised is None and len(homes) == 1:
        [promised] = homes
    return replace(
        entry,
        channel=CHANNEL_OF[entry.kind],
        result=Visit.Result.MET,
        place=entry.place.strip(),
        lead=entry.lead or author_id,
        promise_household_id=promised,
    )


def says_the_same(visit: Visit, entry: VisitEntry) -> bool:
    """Whether a form that was sent again says what was already written down.

    Another form about the same visit was opened later: its time is not held against it.
    """
    before = entry_of(visit)
    entry = settled(entry, author_id=visit.author_id)
    if entry.client_id != before.client_id:
        entry = replace(entry, client_id=before.client_id, occurred_at=before.occurred_at)

    def told(one: VisitEntry) -> VisitEntry:
        minute = one.occurred_at.replace(second=0, microsecond=0)
        return replace(one, occurred_at=minute, matters=_bare(one), guests=bare_guests(one))

    return told(before) == told(entry)


def told_already(entry: VisitEntry, *, actor: Post, now: dt.datetime) -> Visit | None:
    """The own visit that another form has just written down in the same words (decision 0020).

    Asked with the household locked, so that two forms at once find each other. Who came along or
    was met is not compared: another form may tell more of them.
    """
    at = min(entry.occurred_at, now)
    recent = Visit.objects.valid().filter(
        post=actor,
        kind=entry.kind,
        channel=entry.channel,
        result=entry.result,
        text=entry.text,
        next_step=entry.next_step,
        next_step_on=entry.next_step_on,
        household=entry.household_id,
        place=entry.place,
        recorded_at__gt=now - SAME_WITHIN,
        occurred_at__gt=at - SAME_HOUR,
        occurred_at__lt=at + SAME_HOUR,
    )
    raised = [(matter.text, matter.outcome) for matter in entry.matters]
    promised = [(entry.promise, entry.promise_due)] if entry.promise else []
    for visit in recent.prefetch_related("matters", "promises"):
        if (
            raised == [(matter.text, matter.outcome) for matter in visit.matters.all()]
            and (promised == [(promise.text, promise.due_on) for promise in visit.promises.all()])
            and (entry.kind == Visit.Kind.HOME or _same_people(visit, entry))
        ):
            return visit
    return None


def _same_people(visit: Visit, entry: VisitEntry) -> bool:
    """At a window one person follows the other: other guests are another 接访."""
    before = entry_of(visit)
    return (before.lead, bare_guests(before)) == (entry.lead, bare_guests(entry))


def bare_guests(entry: VisitEntry) -> tuple[GuestEntry, ...]:
    """Its guests without their row ids."""
    return tuple(replace(guest, id=None) for guest in entry.guests)


def _bare(entry: VisitEntry) -> tuple[MatterEntry, ...]:
    """Its matters without their row ids."""
    return tuple(replace(matter, id=None) for matter in entry.matters)


def check_entry(entry: VisitEntry, *, before: VisitEntry | None, now: dt.datetime) -> None:
    """Refuse what no visit can be. A date that was accepted once is not judged again."""
    if before is None or entry.occurred_at != before.occurred_at:
        _check_when(entry.occurred_at, now=now)
    _check_words(entry)
    _check_contact(entry)
    today = timezone.localdate(now)
    if entry.next_step_on and (before is None or entry.next_step_on != before.next_step_on):
        check_ahead(entry.next_step_on, today=today, field="next_step_on", what="下一步")
    if entry.promise_due and (before is None or entry.promise_due != before.promise_due):
        check_ahead(entry.promise_due, today=today, field="promise_due", what="答应")


def _check_when(occurred_at: dt.datetime, *, now: dt.datetime) -> None:
    if occurred_at > now + workflow.CLOCK_TOLERANCE:
        raise DomainError("还没到这个时候，请改成实际走访的日期和钟点。", field="occurred_at")
    if occurred_at < now - workflow.REACH:
        raise DomainError("只能补记一年以内的走访，请核对日期。", field="occurred_at")


def check_ahead(day: dt.date, *, today: dt.date, field: str, what: str) -> None:
    """Refuse a day behind us or more than a year ahead. Raises ``DomainError``."""
    if not today <= day <= today + workflow.REACH:
        raise DomainError(f"{what}的日期要在今天到一年之内。", field=field)


def _check_words(entry: VisitEntry) -> None:
    if entry.channel not in Visit.Channel or entry.result not in Visit.Result:
        raise DomainError("请选择是否见到了人。", field="result")
    if entry.kind == Visit.Kind.HOME and entry.channel == Visit.Channel.SITE:
        raise DomainError("“现场”是下访的方式，走访请选上门、电话、视频或来访。", field="channel")
    if len(entry.text) > TEXT_LIMIT:
        raise DomainError(f"情况最多写{TEXT_LIMIT}字。", field="text")
    if entry.next_step_on and not entry.next_step:
        raise DomainError("写了日期，也请写上内容。", field="next_step")
    if entry.promise and entry.promise_due is None:
        raise DomainError(PROMISE_NEEDS_DAY, field="promise_due")
    if entry.promise_due and not entry.promise:
        raise DomainError("写了日期，也请写上内容。", field="promise")
    if len(entry.met_other) > MET_LIMIT:
        raise DomainError(f"“还见到”最多写{MET_LIMIT}字。", field="met_other")


def _check_contact(entry: VisitEntry) -> None:
    if len(entry.matters) > MOST_MATTERS:
        raise DomainError(f"一次走访最多记{MOST_MATTERS}件事，多出的请另记一次。", field="matters")
    for matter in entry.matters:
        if not matter.text or matter.outcome not in Matter.Outcome:
            raise DomainError("每件事都要写下内容并选择怎么处理的。", field="matters")
        if len(matter.text) > MATTER_LIMIT:
            raise DomainError(f"一件事最多写{MATTER_LIMIT}字。", field="matters")
    if entry.result == Visit.Result.MET:
        return
    if entry.matters:
        raise DomainError(
            "没有见到人，就不能记反映的事。见到了人请改选“见到了”；听说的事请写在情况里。",
            field="matters",
        )
    if entry.met or entry.met_other:
        raise DomainError("没有见到人，就不能填写见到了谁。", field="met")


def check_met(entry: VisitEntry, *, before: VisitEntry | None) -> None:
    """Only people of this household; who was named before may have left since."""
    new = set(entry.met) - set(before.met if before else ())
    if not new:
        return
    known = Resident.objects.filter(
        household_id=entry.household_id or 0, pk__in=new, left_on__isnull=True
    )
    if known.count() != len(new):
        raise DomainError("见到的人里有一位不在这一户，请重新勾选。", field="met")


def check_companions(
    entry: VisitEntry, *, before: VisitEntry | None, street_id: int, today: dt.date
) -> None:
    """Companions hold a post in the street of the household; who went before stays."""
    if len(entry.companions) > MOST_COMPANIONS:
        raise DomainError(f"同行的人最多选{MOST_COMPANIONS}位。", field="companions")
    new = set(entry.companions) - set(before.companions if before else ())
    if not new:
        return
    allowed = colleagues(street_id=street_id, today=today).filter(user_id__in=new)
    if not new <= set(allowed.values_list("user_id", flat=True)):
        raise DomainError("同行的人要在本街道任职，请重新选择。", field="companions")


def in_use_household(*, actor: Post, household_id: int | None) -> Household:
    """The household, locked, if the acting post may know of it. Raises ``DomainError``."""
    visible = Household.objects.visible_to(actor).select_for_update(of=("self",), no_key=True)
    household = visible.filter(pk=household_id or 0).first()
    if household is None:
        raise DomainError("没有找到这一户。请从您的住户里重新选择。", field="household")
    if household.ended_on is not None:
        raise DomainError("这一户已停用，不能再记走访。", field="household")
    return household
