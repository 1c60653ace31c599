"""Erasing a resident from the register on request (个人信息保护法 47; decision 0088).

The person goes: name, earlier spellings, number, year of birth; and the name wherever a text of
the contact work has it. The work stays: that somebody was visited, when, by whom, what was raised.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Final

from django.db import models, transaction
from django.db.models import QuerySet
from django.utils import timezone

from contacts import ports
from contacts.models import (
    Household,
    Matter,
    Promise,
    Resident,
    RightsRequest,
    Visit,
    VisitAmendment,
)
from contacts.selectors.kept import TEXTS, Kept, Person
from contacts.selectors.sight import sight
from contacts.services.households import NotSeenInFullError
from portal.accounts.models import Post
from portal.accounts.permissions import Permission
from portal.audit.services import record
from portal.core.encryption import refresh_blind_indexes
from portal.core.errors import DomainError
from portal.core.masking import strike

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
    person = Person.of(resident)
    _strike_everywhere(Kept(household, person))
    ports.resident_erased.implementation(
        household_id=household.pk,
        resident_id=resident.pk,
        names=person.names,
        phones=person.phones,
    )
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


def _strike_everywhere(kept: Kept) -> None:
    """Out of every text of the household and the person; elsewhere where named in full."""
    person = kept.person
    everything = partial(strike, names=person.names, phones=person.phones)
    # Whose they are is asked before the first of them changes.
    own, others = _ids(kept.own_visits()), _ids(kept.other_visits())
    named = partial(_strike_named, person=person)
    _rewrite(Household.objects.filter(pk=kept.household.pk), everything)
    _strike_visits(own, everything)
    _strike_visits(others, named)
    for rows in (kept.sessions(), kept.entries(), kept.points(), kept.teams()):
        _rewrite(rows, named)
    _empty_guests(kept)


def _ids(visits: QuerySet[Visit]) -> list[int]:
    return list(visits.order_by("pk").values_list("pk", flat=True))


def _strike_visits(ids: list[int], out: _Strike) -> None:
    _rewrite(Visit.objects.filter(pk__in=ids), out)
    for model in (Matter, Promise, VisitAmendment):
        _rewrite(model._base_manager.filter(visit__in=ids), out)


def _strike_named(text: str, *, person: Person) -> str:
    names = person.named_in(text)
    return strike(text, names=names, phones=person.phones) if names else text


def _empty_guests(kept: Kept) -> None:
    for guest in kept.guests(held=True):
        guest.name, guest.phone = ERASED, ""
        refresh_blind_indexes(guest)
        guest.save(update_fields=["name", "phone", "phone_index"])


def _rewrite(rows: QuerySet, out: _Strike) -> None:
    """Each text of the table (``TEXTS``) anew; rows in which nothing changes are left alone."""
    columns = TEXTS[rows.model]
    changed: list[models.Model] = []
    for row in rows.select_for_update(of=("self",)).order_by("pk"):
        before = [getattr(row, column) for column in columns]
        after = [_struck(value, out) for value in before]
        if before != after:
            for column, value in zip(columns, after, strict=True):
                setattr(row, column, value)
            changed.append(row)
    if changed:
        rows.model._base_manager.bulk_update(changed, list(columns), batch_size=500)


def _struck(value: str | dict[str, object], out: _Strike) -> str | dict[str, str]:
    if isinstance(value, dict):
        return {label: out(str(words)) for label, words in value.items()}
    return out(value)
