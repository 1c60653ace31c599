"""Erasing a resident from the register on request (个人信息保护法 47; decision 0088).

The person goes: name, earlier spellings, number, year of birth; and the name wherever a text of
the contact work has it. The work stays: that somebody was visited, when, by whom, what was raised.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import Final

from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from contacts.models import (
    ContactPoint,
    Household,
    Matter,
    Promise,
    Resident,
    RightsRequest,
    ServiceEntry,
    ServiceSession,
    Visit,
    VisitAmendment,
    VisitGuest,
)
from contacts.selectors.sight import sight
from contacts.services.households import NotSeenInFullError
from portal.accounts.models import Post
from portal.accounts.permissions import Permission
from portal.audit.services import record
from portal.core.encryption import (
    blind_index,
    declared_indexes,
    normalise_phone,
    refresh_blind_indexes,
)
from portal.core.errors import DomainError
from portal.core.masking import FORENAME_CHARS, strike

#: What stands where the name stood.
ERASED: Final = "已删除"
_GONE: Final = (
    "name",
    "former_names",
    "phone",
    "phone_index",
    "phone_tail_index",
    "birth_year",
    "is_contact",
    "left_on",
)
_VISIT_TEXTS: Final = ("text", "met_other", "next_step", "void_reason", "place")
_HOUSEHOLD_TEXTS: Final = ("avoid", "note", "door_wish_reason")
_SESSION_TEXTS: Final = ("place", "text", "void_reason")
_Strike = Callable[[str], str]


@transaction.atomic
def erase_resident(*, actor: Post, request_id: int, resident_id: int, now: dt.datetime) -> Resident:
    """Erase one person of the household that the request is about.

    Whoever took the request down does not carry it out: two people see a record go (quality §4).
    """
    actor.require(Permission.HANDLE_RIGHTS)
    actor.require(Permission.EDIT_HOUSEHOLDS)
    request = RightsRequest.objects.visible_to(actor).select_for_update(of=("self",))
    asked: RightsRequest = request.select_related("taken_by").get(pk=request_id)
    _check(asked, actor)
    rows = Household.objects.visible_to(actor).select_for_update(of=("self",))
    household = rows.get(pk=asked.household_id or 0)
    if not sight(post=actor, household_ids=[household.pk], now=now).sees(household.pk):
        raise NotSeenInFullError
    resident = household.residents.get(pk=resident_id)
    if resident.name == ERASED:
        raise DomainError("这位居民的信息已经删除。")
    names = {resident.name, *resident.former_names}
    phones = {normalise_phone(resident.phone)} - {""}
    _strike_everywhere(household, names, phones)
    _empty(resident, today=timezone.localdate(now))
    record(actor=actor, action="resident.erase", obj=resident, fields=list(_GONE))
    record(actor=actor, action="household.erase", obj=household, fields=["resident", "text"])
    return resident


def _check(asked: RightsRequest, actor: Post) -> None:
    if asked.kind != RightsRequest.Kind.DELETION:
        raise DomainError("这不是删除请求，不能删除信息。")
    if asked.closed_at is not None:
        raise DomainError("这个请求已经答复，不能再删除。")
    if asked.household_id is None:
        raise DomainError("请先关联住户，再删除。", field="household")
    if asked.taken_by is not None and asked.taken_by.user_id == actor.user_id:
        raise DomainError("这个请求是您登记的，请另一位同事来删除。")


def _empty(resident: Resident, *, today: dt.date) -> None:
    resident.name, resident.former_names, resident.phone = ERASED, [], ""
    resident.birth_year, resident.is_contact = None, False
    resident.left_on = resident.left_on or today
    refresh_blind_indexes(resident)
    resident.save(update_fields=_GONE)


def _strike_everywhere(household: Household, names: set[str], phones: set[str]) -> None:
    """Out of every text of the household; elsewhere in its communities where named in full."""
    everything = partial(strike, names=names, phones=phones)
    for column in _HOUSEHOLD_TEXTS:
        setattr(household, column, everything(getattr(household, column)))
    household.save(update_fields=_HOUSEHOLD_TEXTS)
    own = Visit.objects.filter(household=household)
    _strike_visits(own, everything)
    _strike_amendments(VisitAmendment.objects.filter(visit__in=own), everything)
    there = _around(household)
    around = Visit.objects.filter(there).exclude(household=household)
    for name in {name for name in names if len(name) >= FORENAME_CHARS}:
        named = partial(_strike_whole, name=name, phones=phones)
        _strike_visits(_naming(around, name), named)
        _strike_amendments(VisitAmendment.objects.filter(visit__in=around), named)
        _strike_services(ServiceSession.objects.filter(there), name, named)
        notes = ContactPoint.objects.filter(there, note__contains=name)
        _rewrite(notes, ("note",), named)
    _empty_guests(household, names, phones)


def _around(household: Household) -> Q:
    """Where others may have told of it: its community, those it lived in before, their streets."""
    lived = household.moves.values("building__community")
    visited = Visit.objects.filter(household=household).order_by()
    communities = Q(community_id=household.community_id) | Q(community__in=lived)
    communities |= Q(community__in=visited.values("community"))
    streets = Q(street_id=household.street_id) | Q(street__in=visited.values("street"))
    streets |= Q(street__in=household.moves.values("building__street"))
    return communities | (streets & Q(community__isnull=True))


def _strike_services(sessions: QuerySet[ServiceSession], name: str, named: _Strike) -> None:
    """What volunteers wrote; whom they served is encrypted, so every line is read."""
    said = Q()
    for column in _SESSION_TEXTS:
        said |= Q(**{f"{column}__contains": name})
    _rewrite(sessions.filter(said), _SESSION_TEXTS, named)
    entries = ServiceEntry.objects.filter(session__in=sessions.order_by().values("pk"))
    _rewrite(entries, ("served",), named)


def _empty_guests(household: Household, names: set[str], phones: set[str]) -> None:
    """Of the household by name or number; of no household known, or another, by both."""
    own = Q(visit__household=household) | Q(household=household)
    _, purpose = declared_indexes(VisitGuest)["phone_index"]
    numbers = [blind_index(phone, purpose=purpose) for phone in phones]
    same = Q(phone_index__in=numbers, visit__district_id=household.district_id)
    rows = VisitGuest.objects.filter(own | same).select_related("visit")
    for guest in rows.select_for_update(of=("self",)):
        named, numbered = guest.name in names, normalise_phone(guest.phone) in phones
        is_own = household.pk in {guest.household_id, guest.visit.household_id}
        if (named or numbered) if is_own else (named and numbered):
            guest.name, guest.phone = ERASED, ""
            refresh_blind_indexes(guest)
            guest.save(update_fields=["name", "phone", "phone_index"])


def _strike_whole(text: str, *, name: str, phones: Collection[str]) -> str:
    return strike(text, names=[name], phones=phones) if name in text else text


def _naming(visits: QuerySet[Visit], name: str) -> QuerySet[Visit]:
    """Those in whose texts the name stands."""
    said = Q(matters__text__contains=name) | Q(promises__text__contains=name)
    for column in _VISIT_TEXTS:
        said |= Q(**{f"{column}__contains": name})
    return Visit.objects.filter(pk__in=visits.filter(said).values("pk"))


def _strike_visits(visits: QuerySet[Visit], out: _Strike) -> None:
    ids = list(visits.order_by("pk").values_list("pk", flat=True))
    _rewrite(Visit.objects.filter(pk__in=ids), _VISIT_TEXTS, out)
    _rewrite(Matter.objects.filter(visit__in=ids), ("text",), out)
    _rewrite(Promise.objects.filter(visit__in=ids), ("text",), out)


def _strike_amendments(amendments: QuerySet[VisitAmendment], out: _Strike) -> None:
    _rewrite(amendments, ("reason",), out)
    for amendment in amendments.select_for_update(of=("self",)):
        struck = {label: out(str(words)) for label, words in amendment.before.items()}
        if struck != amendment.before:
            amendment.before = struck
            amendment.save(update_fields=["before"])


def _rewrite(rows: QuerySet, columns: Iterable[str], out: _Strike) -> None:
    changed: list[models.Model] = []
    for row in rows.select_for_update(of=("self",)).order_by("pk"):
        before = [getattr(row, column) for column in columns]
        after = [out(text) for text in before]
        if before != after:
            for column, text in zip(columns, after, strict=True):
                setattr(row, column, text)
            changed.append(row)
    if changed:
        rows.bulk_update(changed, list(columns), batch_size=500)
