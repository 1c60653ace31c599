"""What becomes of one ticket: a new grievance, a known one brought up to date, or nothing."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

from django.utils import timezone

from grievances.hotline.tickets import Ticket
from grievances.kinds import Regime, Source, State
from grievances.models import Grievance, HotlineTicket
from grievances.selectors import due
from grievances.services.events import add_event
from grievances.services.hotline_places import Place
from grievances.services.registering import (
    PLACE_LIMIT,
    GrievanceEntry,
    RaiserEntry,
    open_to_posts,
    write,
)
from portal.accounts.models import Post
from portal.audit.services import record

MIRROR: Final = "mirror"
#: What of a ticket is mirrored: column → what it is called.
_MIRRORED: Final[Mapping[str, str]] = {
    "channel": "信息来源",
    "classes": "分类",
    "unit_words": "承办单位",
    "forward": "转办意见",
    "is_closed": "平台是否办结",
    "reply": "办理情况",
    "replied_at": "答复时间",
    "satisfied": "是否满意",
    "grade": "满意程度",
    "solved": "是否解决",
}


class Outcome(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


def known_tickets(
    district_id: int, numbers: Collection[str], *, held: bool
) -> dict[str, Grievance]:
    """The grievances of these tickets, restricted ones too: who imports has their text already."""
    rows = Grievance.objects.filter(
        district_id=district_id, regime=Regime.HOTLINE, official_number__in=numbers
    ).order_by("pk")
    if held:
        rows = rows.select_for_update(of=("self",))
    found = {row.official_number: row for row in rows}
    tickets = HotlineTicket.objects.in_bulk(
        [row.pk for row in found.values()], field_name="grievance_id"
    )
    for row in found.values():
        if row.pk in tickets:
            row.ticket = tickets[row.pk]
    return found


def outcome_of(ticket: Ticket, known: Grievance | None, place: Place) -> Outcome:
    """What ``take`` would do."""
    if known is None:
        return Outcome.NEW
    return Outcome.CHANGED if _changes(ticket, known, place) else Outcome.SAME


def take(
    ticket: Ticket, known: Grievance | None, place: Place, *, actor: Post, now: dt.datetime
) -> Grievance:
    """Register the ticket, or mirror what has changed; in the caller's transaction."""
    if known is None:
        return _register(ticket, place, actor=actor, now=now)
    changes = _changes(ticket, known, place)
    # One that was taken down by hand has none yet.
    row = getattr(known, "ticket", None) or HotlineTicket(grievance=known, seen_at=now)
    for name, value in _mirrored(ticket, place).items():
        setattr(row, name, value)
    row.save()
    known.official_state, known.official_due_at = ticket.state, ticket.due_at
    due.refresh(known)
    known.save()
    add_event(known, MIRROR, actor=actor, now=now, words="；".join(changes))
    record(actor=actor, action="hotline.mirror", obj=known, district_id=known.district_id)
    return known


def note_seen(grievances: Collection[int], *, at: dt.datetime) -> None:
    """That the export of ``at`` has these, changed or not: what it lacks is told by this."""
    HotlineTicket.objects.filter(grievance__in=grievances).update(seen_at=at)


def _changes(ticket: Ticket, known: Grievance, place: Place) -> list[str]:
    """What the export says otherwise, in words for the timeline."""
    said = []
    if known.official_state != ticket.state:
        said.append(f"平台状态：{known.official_state or '（空）'} → {ticket.state or '（空）'}")
    if known.official_due_at != ticket.due_at:
        said.append(f"平台办结时限：{_day(known.official_due_at)} → {_day(ticket.due_at)}")
    row = getattr(known, "ticket", None)
    for name, value in _mirrored(ticket, place).items():
        if name in _MIRRORED and getattr(row, name, None) != value:
            said.append(f"{_MIRRORED[name]}有更新")
    return said


def _mirrored(ticket: Ticket, place: Place) -> dict[str, object]:
    return {
        "channel": ticket.channel,
        "classes": ticket.classes,
        "unit_words": ticket.unit,
        "unit": place.unit,
        "forward": ticket.forward,
        "is_closed": ticket.is_closed,
        "reply": ticket.reply,
        "replied_at": ticket.replied_at,
        "satisfied": ticket.satisfied,
        "grade": ticket.grade,
        "solved": ticket.solved,
    }


def _register(ticket: Ticket, place: Place, *, actor: Post, now: dt.datetime) -> Grievance:
    entry = GrievanceEntry(
        client_id=uuid.uuid4(),
        text=ticket.text,
        source=Source.HOTLINE,
        regime=Regime.HOTLINE,
        nature=ticket.nature,
        urgency=ticket.urgency,
        place=ticket.address[:PLACE_LIMIT],
        received_at=ticket.received_at,
        is_restricted=ticket.is_secret,
        official_number=ticket.number,
        official_state=ticket.state,
        official_due_at=ticket.due_at,
        raiser=RaiserEntry(name=ticket.name, phone=ticket.phone, address=ticket.address),
    )
    grievance = write(entry, place.place, None, actor=actor, now=now)
    open_to_posts(grievance, {actor.pk})
    HotlineTicket.objects.create(grievance=grievance, seen_at=now, **_mirrored(ticket, place))
    if ticket.is_closed:
        _close(grievance, ticket, actor=actor, now=now)
    return grievance


def _close(grievance: Grievance, ticket: Ticket, *, actor: Post, now: dt.datetime) -> None:
    """History: the platform closed it before it came here; its own dates stay, nobody is told."""
    ended = ticket.replied_at or grievance.received_at
    grievance.state, grievance.state_since = State.FILED, ended
    grievance.replied_at = ticket.replied_at
    grievance.replied_due_at = ticket.due_at
    grievance.ended_at = ended
    due.refresh(grievance)
    grievance.save()
    add_event(
        grievance,
        MIRROR,
        actor=actor,
        now=now,
        from_state=State.REGISTERED,
        words=f"平台状态：{ticket.state or '已答复'}",
    )


def _day(at: dt.datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else "（空）"
