"""合并: two records of one household become one (decision 0076). Not reversible."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction
from django.utils import timezone

from contacts import ports
from contacts.metrics import touch_cares, touch_household, touch_visit
from contacts.models import (
    Household,
    HouseholdMove,
    Promise,
    Resident,
    RightsRequest,
    Visit,
    VisitDraft,
    VisitGuest,
)
from contacts.search import index_household, index_visits
from contacts.services import contact_dates
from contacts.services.duties import close_duties, may_answer, write_duty
from contacts.services.households import several_in_full
from portal.accounts.models import Post
from portal.accounts.permissions import Permission
from portal.audit.services import record
from portal.core.encryption import refresh_blind_indexes
from portal.core.errors import DomainError

#: Rows that speak of a household and go along with it.
GO_ALONG: Final = (
    Visit,
    VisitGuest,
    VisitDraft,
    Promise,
    HouseholdMove,
    RightsRequest,
)
_FILLED: Final = ("phone", "birth_year")


@transaction.atomic
def merge_households(
    *, actor: Post | None, household_id: int, other_id: int, now: dt.datetime
) -> Household:
    """Make ``other_id`` part of ``household_id``: its people, categories, promises and history.

    Visits keep their place and their day; they are of the household that is kept from now on. The
    other one is ended and says into which it went.
    """
    if actor:
        actor.require(Permission.MERGE_HOUSEHOLDS)
    if household_id == other_id:
        raise DomainError("这是同一条记录，请选另一条重复登记的。", field="room")
    kept, other = several_in_full(actor, [household_id, other_id], now=now)
    if kept.community_id != other.community_id:
        raise DomainError("只能合并同一社区里重复登记的住户。", field="room")
    today = timezone.localdate(now)
    _take_people(kept, other)
    _take_cares(kept, other, today=today)
    _take_wish(kept, other, today=today)
    _take_duty(actor, kept, other, today=today)
    visits = list(Visit.objects.filter(household=other).order_by("pk"))
    for model in GO_ALONG:
        model._base_manager.filter(household=other).update(household=kept)
    ports.household_merged.implementation(kept_id=kept.pk, other_id=other.pk)
    _end(other, kept, today=today)
    contact_dates.refresh(kept.pk)
    _count_again(kept, other, visits)
    index_household(other)
    index_visits(Visit.objects.filter(household=kept))
    fields = ["residents", "cares", "door_wish", "avoid", "note", "duties", "visits"]
    record(
        actor=actor,
        action="household.merge",
        obj=kept,
        fields=fields,
        reason=f"household-{other.pk}",
    )
    record(actor=actor, action="household.merged", obj=other, reason=f"household-{kept.pk}")
    kept.refresh_from_db()
    return kept


def same_person(one: Resident, two: Resident) -> bool:
    """The same name and the same last four digits; where one has no number, the name decides."""
    same_name = "".join(one.name.split()) == "".join(two.name.split())
    tails = one.phone_tail, two.phone_tail
    return same_name and (not all(tails) or tails[0] == tails[1])


def _take_people(kept: Household, other: Household) -> None:
    here = list(kept.residents.all())
    has_contact = any(one.is_contact and one.left_on is None for one in here)
    for resident in other.residents.all():
        twin = next((one for one in here if same_person(one, resident)), None)
        if twin is not None:
            here.remove(twin)
            _complete(twin, resident)
            continue
        resident.household = kept
        if resident.is_contact and has_contact:
            resident.is_contact = False
        resident.save(update_fields=["household", "is_contact"])


def _complete(twin: Resident, other: Resident) -> None:
    """What only the other record knew; who was met under it was this person."""
    changed = [name for name in _FILLED if not getattr(twin, name) and getattr(other, name)]
    for name in changed:
        setattr(twin, name, getattr(other, name))
    twin.former_names = sorted({*twin.former_names, *other.former_names} - {twin.name})
    if other.left_on is None and twin.left_on is not None:
        twin.left_on = None
        changed.append("left_on")
    changed += [*refresh_blind_indexes(twin), "former_names"]
    twin.save(update_fields=changed)
    met = Visit.met.through.objects
    known = met.filter(resident=twin).values("visit")
    met.filter(resident=other).exclude(visit__in=known).update(resident=twin)


def _take_cares(kept: Household, other: Household, *, today: dt.date) -> None:
    """Each category once: from the earlier day on; what had ended goes along as history."""
    running = {care.category_id: care for care in kept.cares.filter(until__isnull=True)}
    for care in other.cares.all():
        twin = running.get(care.category_id) if care.until is None else None
        if twin is None:
            care.household = kept
            care.save(update_fields=["household"])
            continue
        if care.since < twin.since:
            twin.since = care.since
            twin.save(update_fields=["since"])
        care.until = max(today, care.since)
        care.save(update_fields=["until"])


def _take_wish(kept: Household, other: Household, *, today: dt.date) -> None:
    """A wish not to be visited holds for both; what is to be known is read together."""
    if other.wishes_phone(today) and not kept.wishes_phone(today):
        kept.door_wish = other.door_wish
        kept.door_wish_until = other.door_wish_until
        kept.door_wish_reason = other.door_wish_reason
    lifted = [day for day in (kept.wish_lifted_on, other.wish_lifted_on) if day is not None]
    kept.wish_lifted_on = max(lifted, default=None)
    for name in ("avoid", "note"):
        lines = [getattr(kept, name), getattr(other, name)]
        setattr(kept, name, "\n".join(dict.fromkeys(line for line in lines if line)))
    wish = ["door_wish", "door_wish_until", "door_wish_reason", "wish_lifted_on"]
    kept.save(update_fields=[*wish, "avoid", "note"])


def _take_duty(actor: Post | None, kept: Household, other: Household, *, today: dt.date) -> None:
    """Whoever answers for the kept one goes on; without anybody, whoever did for the other."""
    current = other.duties.in_force(today).first()
    close_duties(other, on=today, today=today)
    nobody = not kept.duties.in_force(today).exists() and not kept.duties.planned(today).exists()
    if nobody and current is not None and may_answer(kept, current.user_id, today=today):
        write_duty(actor, kept, current.user_id, since=today, today=today)


def _end(other: Household, kept: Household, *, today: dt.date) -> None:
    other.ended_on, other.merged_into = today, kept
    other.save(update_fields=["ended_on", "merged_into"])
    # One step from wherever it was merged before.
    Household.objects.filter(merged_into=other).update(merged_into=kept)


def _count_again(kept: Household, other: Household, visits: list[Visit]) -> None:
    """A household that was counted twice is counted once, in the past as well."""
    for visit in visits:
        visit.household = kept
        touch_visit(visit)
    touch_cares(kept.pk)
    touch_household(kept)
    touch_household(other)
