"""登记: a grievance is written down once, from a form, a matter, the box or another system."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Final

from django.db import IntegrityError, transaction

from contacts.models import Household, Matter, Visit
from grievances.kinds import Nature, Regime, Source, State, Urgency
from grievances.models import Grievance, GrievanceAccess, Raiser
from grievances.search import index_grievance
from grievances.selectors import due
from grievances.selectors.register_choices import takes_petitions
from grievances.services.events import add_event
from grievances.services.numbers import next_number
from grievances.workflow import REGISTER
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post
from portal.accounts.permissions import Permission
from portal.audit.services import record
from portal.core.encryption import refresh_blind_indexes
from portal.core.errors import DomainError
from portal.core.periods import day_of

TEXT_LIMIT: Final = 4000
PLACE_LIMIT: Final = 120
NAME_LIMIT: Final = 40
_AHEAD: Final = dt.timedelta(minutes=5)
_PLACES: Final = frozenset(
    {
        OrganisationKind.STREET,
        OrganisationKind.COMMUNITY,
        OrganisationKind.GRID,
        OrganisationKind.BUILDING,
    }
)
#: A matter's visit → where the grievance came from.
_SOURCES: Final = {
    Visit.Kind.HOME: Source.HOME,
    Visit.Kind.FIELD: Source.FIELD,
    Visit.Kind.RECEPTION: Source.RECEPTION,
}
#: Sources that a person at a desk may choose; the others come from where they are written down.
TYPED: Final = (Source.RECEPTION, Source.LETTER, Source.PHONE, Source.WEB, Source.MEETING)


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiserEntry:
    """Who raised it; no name is anonymous."""

    name: str = ""
    phone: str = ""
    address: str = ""
    resident_id: int | None = None
    proxy_name: str = ""
    proxy_relation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrievanceEntry:
    """What was typed into the form."""

    client_id: uuid.UUID
    text: str
    source: str
    #: Where it lies: a street, community, grid or building; of a household its own.
    unit_id: int | None = None
    household_id: int | None = None
    regime: str = Regime.LOCAL
    nature: str = Nature.HELP
    urgency: str = Urgency.ORDINARY
    place: str = ""
    received_at: dt.datetime | None = None
    is_restricted: bool = False
    #: Posts named for a restricted one, beside who registers it.
    named: tuple[int, ...] = ()
    official_number: str = ""
    official_state: str = ""
    official_due_at: dt.datetime | None = None
    raiser: RaiserEntry = field(default_factory=RaiserEntry)


@transaction.atomic
def register(*, actor: Post, entry: GrievanceEntry, now: dt.datetime) -> Grievance:
    """Write a grievance down; the same ``client_id`` again is the one that is there.

    Raises ``DomainError`` for what cannot be one, ``DoesNotExist`` for a place outside the scope.
    """
    actor.require(Permission.REGISTER_GRIEVANCES)
    known = Grievance.objects.filter(client_id=entry.client_id).first()
    if known is not None:
        if known.registered_by_id != actor.pk:
            raise DomainError("这张表单已失效，请重新打开表单再填。")
        return known
    _check(entry, now)
    if entry.regime == Regime.PETITION and not takes_petitions(actor):
        raise DomainError("信访件由街道或区登记，请转交街道信访窗口。", field="regime")
    place, household = _located(actor, entry)
    named = _named(actor, entry, now)
    try:
        with transaction.atomic():
            grievance = write(entry, place, household, actor=actor, now=now)
    except IntegrityError:
        # Two taps at once: the other one has just committed the same grievance.
        return Grievance.objects.get(client_id=entry.client_id, registered_by=actor)
    open_to_posts(grievance, {actor.pk, *named})
    return grievance


def open_for_matter(*, matter: Matter, actor: Post | None, now: dt.datetime) -> str:
    """The port ``contacts.escalate``: the grievance of a matter, in the visit's transaction.

    Whoever wrote the visit is the resident's contact until another accepts; of a matter that waited
    longer than its author's post, nobody yet. Without an ``actor`` the system opens it.
    """
    visit = matter.visit
    found = Grievance.objects.filter(matter=matter).first()
    if found is not None:
        return found.number
    entry = GrievanceEntry(
        client_id=uuid.uuid4(),
        text=matter.text,
        source=_SOURCES[Visit.Kind(visit.kind)],
        received_at=visit.occurred_at,
        place="" if visit.household_id else visit.place[:PLACE_LIMIT],
        raiser=_raiser_of(visit),
    )
    place = visit.building or visit.grid or visit.community or visit.street
    author = visit.post if visit.post.in_force(day_of(now)) else None
    grievance = write(
        entry, place, visit.household, actor=actor, contact=author, now=now, matter=matter
    )
    open_to_posts(grievance, {visit.post_id, *([actor.pk] if actor else [])})
    return grievance.number


def _check(entry: GrievanceEntry, now: dt.datetime) -> None:
    """Refuse what no grievance can be. Raises ``DomainError`` at the field."""
    for value, choices, at in (
        (entry.regime, Regime, "regime"),
        (entry.nature, Nature, "nature"),
        (entry.urgency, Urgency, "urgency"),
        (entry.source, Source, "source"),
    ):
        if value not in choices.values:
            raise DomainError("请从列出的选项中选择。", field=at)
    if not entry.text.strip():
        raise DomainError("请写下反映的事。", field="text")
    if len(entry.text) > TEXT_LIMIT:
        raise DomainError(f"内容最多写{TEXT_LIMIT}字。", field="text")
    if len(entry.place) > PLACE_LIMIT:
        raise DomainError(f"地点最多写{PLACE_LIMIT}字。", field="place")
    if entry.received_at is not None and entry.received_at > now + _AHEAD:
        raise DomainError("收到时间不能晚于现在。", field="received_at")
    if entry.regime == Regime.HOTLINE and not entry.official_number:
        raise DomainError("12345工单请填写工单编号。", field="official_number")


def _located(actor: Post, entry: GrievanceEntry) -> tuple[Organisation, Household | None]:
    """The place and household it belongs to, inside what the post may see."""
    if entry.household_id is not None:
        household = Household.objects.visible_to(actor).get(pk=entry.household_id)
        return household.building, household
    if entry.unit_id is None:
        raise DomainError("请选事情在哪个社区；说不清的选街道。", field="unit_id")
    unit = Organisation.objects.filter(pk=entry.unit_id).first()
    home = actor.organisation.scope_ids()
    if unit is None or unit.kind not in _PLACES or unit.scope_ids().street_id is None:
        raise DomainError("请选事情在哪个社区；说不清的选街道。", field="unit_id")
    theirs = unit.scope_ids()
    if (home.street_id or theirs.street_id, home.district_id) != (
        theirs.street_id,
        theirs.district_id,
    ):
        raise DomainError("只能登记本街道的事，别处的请告诉诉求人找谁。", field="unit_id")
    return unit, None


def _named(actor: Post, entry: GrievanceEntry, now: dt.datetime) -> set[int]:
    """Posts of the same district that a restricted one is opened to."""
    if not entry.named:
        return set()
    if not entry.is_restricted:
        raise DomainError("只有封存的诉求需要指定知情人。", field="named")
    rows = Post.objects.in_force(day_of(now)).select_related("organisation")
    found = {post.pk for post in rows.filter(pk__in=entry.named) if _is_near(post, actor)}
    if found != set(entry.named):
        raise DomainError("知情人里有已离任或不在本区的岗位，请重选。", field="named")
    return found


def _is_near(post: Post, actor: Post) -> bool:
    return post.district_id == actor.district_id and post.may(Permission.SEE_GRIEVANCES)


def write(
    entry: GrievanceEntry,
    place: Organisation,
    household: Household | None,
    *,
    actor: Post | None,
    now: dt.datetime,
    matter: Matter | None = None,
    contact: Post | None = None,
) -> Grievance:
    """The row with all that hangs on it, in the caller's transaction; nothing is asked of ``actor``.

    The number's lock is held from here to the transaction's end.
    """
    street = Organisation.objects.get(pk=place.scope_ids().street_id or 0)
    grievance = _row(entry, place, street, now)
    grievance.household, grievance.matter = household, matter
    grievance.registered_by = grievance.owner = contact or actor
    grievance.number = next_number(street, is_restricted=entry.is_restricted, now=now)
    grievance.save()
    due.refresh(grievance)
    grievance.save(update_fields=["due_step", "due_at", "due_on", "due_version"])
    _write_raiser(grievance, entry.raiser)
    add_event(grievance, REGISTER, actor=actor, now=now)
    index_grievance(grievance)
    record(
        actor=actor, action="grievance.register", obj=grievance, district_id=grievance.district_id
    )
    return grievance


def _row(
    entry: GrievanceEntry, place: Organisation, street: Organisation, now: dt.datetime
) -> Grievance:
    """The unsaved row, without its number."""
    received_at = min(entry.received_at or now, now)
    sealed = entry.is_restricted
    return Grievance(
        client_id=entry.client_id,
        regime=entry.regime,
        nature=entry.nature,
        source=entry.source,
        urgency=entry.urgency,
        state=State.REGISTERED,
        state_since=now,
        is_restricted=sealed,
        district_id=street.scope_ids().district_id or 0,
        street=street,
        community_id=place.scope_ids().community_id,
        grid_id=_own_or_above(place, OrganisationKind.GRID),
        building_id=place.pk if place.kind == OrganisationKind.BUILDING else None,
        place="" if sealed else entry.place.strip(),
        text="" if sealed else entry.text.strip(),
        sealed_text=entry.text.strip() if sealed else "",
        received_at=received_at,
        received_on=day_of(received_at),
        registered_at=now,
        official_number=entry.official_number.strip(),
        official_state=entry.official_state,
        official_due_at=entry.official_due_at,
    )


def _own_or_above(place: Organisation, kind: str) -> int | None:
    if place.kind == kind:
        return place.pk
    parent = place.parent if place.kind == OrganisationKind.BUILDING else None
    return parent.pk if parent is not None and parent.kind == kind else None


def _write_raiser(grievance: Grievance, entry: RaiserEntry) -> None:
    if not (entry.name or entry.phone or entry.proxy_name):
        return
    raiser = Raiser(
        grievance=grievance,
        name=entry.name.strip(),
        phone=entry.phone.strip(),
        address=entry.address.strip(),
        resident_id=entry.resident_id,
        proxy_name=entry.proxy_name.strip(),
        proxy_relation=entry.proxy_relation.strip(),
    )
    refresh_blind_indexes(raiser)
    raiser.save()


def open_to_posts(grievance: Grievance, posts: set[int]) -> None:
    """The access rows of those it belongs to."""
    GrievanceAccess.objects.bulk_create(
        [
            GrievanceAccess(grievance=grievance, post_id=pk, received_at=grievance.received_at)
            for pk in sorted(posts)
        ],
        ignore_conflicts=True,
    )


def _raiser_of(visit: Visit) -> RaiserEntry:
    """Whom the visit met: the first resident of the household, or the first guest."""
    met = visit.met.order_by("pk").first()
    if met is not None:
        return RaiserEntry(name=met.name, phone=met.phone, resident_id=met.pk)
    guest = None if visit.kind == Visit.Kind.HOME else visit.guests.order_by("pk").first()
    if guest is not None:
        return RaiserEntry(name=guest.name, phone=guest.phone)
    return RaiserEntry(name=visit.met_other[:NAME_LIMIT])
