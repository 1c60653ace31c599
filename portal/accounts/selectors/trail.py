"""The trail in words: who, where, what, on which object."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Max

from portal.accounts.models import Organisation, Post, User
from portal.accounts.roles import Role
from portal.accounts.trail_words import ACTIONS, OBJECTS, field_words, reason_words
from portal.audit.models import AuditEvent, AuditSeal
from portal.core.periods import Period

#: Beyond this many rows the check takes minutes: it is run on the server, not from a page.
CHECKED_ON_PAGE = 300_000
CHUNK = 1000
#: The newest first.
ORDER = ("-at", "-pk")


@dataclass(frozen=True, slots=True)
class TrailLine:
    """One event, ready to print. ``who`` is empty for the system and for the unknown."""

    number: int
    at: dt.datetime
    who: str
    username: str
    role: str
    place: str
    action: str
    obj: str
    fields: str
    reason: str


def lines(events: Sequence[AuditEvent]) -> list[TrailLine]:
    """The events in words; two queries whatever their number."""
    users = User.objects.in_bulk(
        {event.actor_id for event in events if event.actor_id}
        | {int(event.object_id) for event in events if event.object_kind == "accounts.user"}
    )
    places = Organisation.objects.select_related("community", "street").in_bulk(
        {event.organisation_id for event in events if event.organisation_id}
    )
    return [_line(event, users, places) for event in events]


def every_line(events: Iterable[AuditEvent]) -> Iterator[TrailLine]:
    """The same for any number of events, a thousand at a time."""
    chunk: list[AuditEvent] = []
    for event in events:
        chunk.append(event)
        if len(chunk) == CHUNK:
            yield from lines(chunk)
            chunk = []
    yield from lines(chunk)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailState:
    """How the trail stands: what an auditor looks at first."""

    #: Events of the day in the auditor's district.
    today: int
    #: None before the first seal.
    sealed_at: dt.datetime | None
    #: Rows that no seal covers yet, of the whole trail: seals know no districts.
    unsealed: int


def trail_state(*, post: Post, today: dt.date) -> TrailState:
    """For an auditor; three counts and no rows."""
    events = AuditEvent.objects.visible_to(post)
    day = Period(today, today + dt.timedelta(days=1))
    newest = AuditSeal.objects.order_by("pk").last()
    return TrailState(
        today=events.within(day).count(),
        sealed_at=newest.at if newest else None,
        unsealed=AuditEvent.objects.filter(pk__gt=newest.to_id if newest else 0).count(),
    )


def may_check_on_page() -> bool:
    newest = AuditEvent.objects.aggregate(newest=Max("pk"))["newest"] or 0
    return newest <= CHECKED_ON_PAGE


def _line(event: AuditEvent, users: dict[int, User], places: dict[int, Organisation]) -> TrailLine:
    actor = users.get(event.actor_id or 0)
    place = places.get(event.organisation_id or 0)
    return TrailLine(
        number=event.pk,
        at=event.at,
        who=actor.name if actor else "",
        username=event.actor_username,
        role=Role(event.role).label if event.role in Role.values else event.role,
        place=place.full_name if place else "",
        action=ACTIONS.get(event.action, event.action),
        obj=_object(event, users),
        fields="、".join(_field(event.object_kind, name) for name in event.fields),
        reason=reason_words(event.reason_code),
    )


def _object(event: AuditEvent, users: dict[int, User]) -> str:
    if not event.object_kind:
        return ""
    if event.object_kind == "accounts.user" and int(event.object_id) in users:
        return f"账号 {users[int(event.object_id)].username}"
    return f"{OBJECTS.get(event.object_kind, event.object_kind)} {event.object_id}"


def _field(kind: str, name: str) -> str:
    """The column's own word if it has a Chinese one, else ours."""
    try:
        field = apps.get_model(kind)._meta.get_field(name)
    except (LookupError, ValueError, FieldDoesNotExist):
        return field_words(name)
    own = str(getattr(field, "verbose_name", name))
    return field_words(name) if own.isascii() else own
