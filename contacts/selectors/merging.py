"""Two records side by side: what each holds, before they become one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from contacts.models import Household, Promise, Resident, Visit
from contacts.selectors import duties
from contacts.selectors.households import door_address, place_line
from contacts.selectors.sight import care_names, sees_cares, sight
from portal.accounts.models import Post
from portal.core.masking import mask_phone


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two records, as the acting post may read it."""

    id: int
    url: str
    place: str
    address: str
    is_full: bool
    #: Name, relation and number of who lives there; only in full.
    people: tuple[str, ...] = ()
    #: Only for the own community.
    cares: tuple[str, ...] | None = None
    responsible: str = ""
    visits: int = 0
    promises: int = 0
    door_wish: str = ""
    last_contact_on: dt.date | None = None


def side(*, post: Post, household: Household, now: dt.datetime) -> Side:
    """Needs its places loaded. SECURITY: of a masked one, where it is and nothing else."""
    seen = sight(post=post, household_ids=[household.pk], now=now)
    full, today = seen.sees(household.pk), timezone.localdate(now)
    where: dict[str, Any] = {
        "id": household.pk,
        "url": household.get_absolute_url(),
        "place": place_line(household),
        "address": door_address(household, full=full),
        "is_full": full,
    }
    if not full:
        return Side(**where)
    open_promises = Promise.objects.filter(household=household, kept_on__isnull=True)
    cares = care_names([household.pk], today).get(household.pk, [])
    return Side(
        **where,
        people=tuple(_person(each) for each in household.residents.filter(left_on__isnull=True)),
        cares=tuple(cares) if sees_cares(post) or household.pk in seen.own else None,
        responsible=duties.responsible_names([household.pk]).get(household.pk, ""),
        visits=Visit.objects.visible_to(post).valid().filter(household=household).count(),
        promises=open_promises.filter(visit__voided_at__isnull=True).count(),
        door_wish=household.door_wish_text(today),
        last_contact_on=household.last_contact_on,
    )


def _person(resident: Resident) -> str:
    """The number masked: its first and last digits tell whether it is the same."""
    told = [resident.get_relation_display(), mask_phone(resident.phone)]
    return f"{resident.name}（{'，'.join(filter(None, told))}）"
