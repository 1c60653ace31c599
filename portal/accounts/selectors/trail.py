"""The trail in words: who, where, what, on which object."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Max, QuerySet

from portal.accounts.models import Organisation, Post, User
from portal.accounts.roles import Role
from portal.accounts.selectors.unit_rows import UnitRow, columns
from portal.accounts.trail_words import ACTIONS, OBJECTS, field_words, reason_words
from portal.audit.models import AuditEvent, AuditSeal
from portal.audit.querysets import AuditEventQuerySet
from portal.core.db.bulk import Among
from portal.core.db.prepared import Numbers, Prepared
from portal.core.periods import Period
from portal.core.sheets.listing import in_batches

#: Beyond this many rows the check takes minutes: it is run on the server, not from a page.
CHECKED_ON_PAGE = 300_000
CHUNK = 1000
#: The newest first.
ORDER = ("-at", "-pk")
_ROLES: Final = {role.value: str(role.label) for role in Role}
_USER: Final = "accounts.user"


class TrailLine(NamedTuple):
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


class _Event(NamedTuple):
    """What of an event a line tells."""

    pk: int
    at: dt.datetime
    actor_id: int | None
    actor_username: str
    role: str
    organisation_id: int | None
    action: str
    object_kind: str
    object_id: str
    fields: list[str]
    reason_code: str


def lines(events: Sequence[AuditEvent]) -> list[TrailLine]:
    """The events in words; two queries whatever their number."""
    return _Words().lines(events)


def every_line(events: AuditEventQuerySet) -> Iterator[TrailLine]:
    """The same for any number of events, a thousand at a time and without models."""
    words = _Words()
    read = events.values_list(*_Event._fields).iterator(chunk_size=CHUNK)
    for batch in in_batches(map(_Event._make, read), CHUNK):
        yield from words.lines(batch)


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


def _users(*, ids: Any) -> QuerySet[User, Any]:
    rows = User.objects.filter(Among("pk", ids)).order_by()
    return rows.values_list("pk", "name", "username")


def _units(*, ids: Any) -> QuerySet[Organisation, Any]:
    return Organisation.objects.filter(Among("pk", ids)).order_by().values_list(*columns())


_USERS: Final = Prepared(_users, ids=Numbers)
_UNITS: Final = Prepared(_units, ids=Numbers)


class _Words:
    """Knows what people and places are called, those it was asked for before too."""

    def __init__(self) -> None:
        #: Name and account.
        self.users: dict[int, tuple[str, str]] = {}
        self.places: dict[int, str] = {}

    def lines(self, events: Sequence[AuditEvent | _Event]) -> list[TrailLine]:
        self._meet(events)
        return [self._line(event) for event in events]

    def _meet(self, events: Sequence[AuditEvent | _Event]) -> None:
        ids = {event.actor_id for event in events if event.actor_id}
        ids |= {int(event.object_id) for event in events if event.object_kind == _USER}
        if ids := ids - self.users.keys():
            self.users |= dict.fromkeys(ids, ("", ""))
            rows = _USERS.rows(ids=ids)
            self.users |= {pk: (name, username) for pk, name, username in rows}
        ids = {event.organisation_id for event in events if event.organisation_id}
        if ids := ids - self.places.keys():
            self.places |= dict.fromkeys(ids, "")
            units = (UnitRow(*row) for row in _UNITS.rows(ids=ids))
            self.places |= {one.id: one.full_name for one in units}

    def _line(self, event: AuditEvent | _Event) -> TrailLine:
        kind = event.object_kind
        return TrailLine(
            number=event.pk,
            at=event.at,
            who=self.users[event.actor_id][0] if event.actor_id else "",
            username=event.actor_username,
            role=_ROLES.get(event.role, event.role),
            place=self.places[event.organisation_id] if event.organisation_id else "",
            action=ACTIONS.get(event.action, event.action),
            obj=self._object(kind, event.object_id) if kind else "",
            fields="、".join([_field(kind, name) for name in event.fields]),
            reason=_reason(event.reason_code),
        )

    def _object(self, kind: str, number: str) -> str:
        username = self.users[int(number)][1] if kind == _USER else ""
        return f"账号 {username}" if username else f"{OBJECTS.get(kind, kind)} {number}"


@lru_cache(maxsize=2_000)
def _field(kind: str, name: str) -> str:
    """The column's own word if it has a Chinese one, else ours."""
    try:
        field = apps.get_model(kind)._meta.get_field(name)
    except (LookupError, ValueError, FieldDoesNotExist):
        return field_words(name)
    own = str(getattr(field, "verbose_name", name))
    return field_words(name) if own.isascii() else own


@lru_cache(maxsize=2_000)
def _reason(code: str) -> str:
    return reason_words(code)
