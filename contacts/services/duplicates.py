"""Finding the other record of a household by its door, before the two are merged (decision 0076)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from contacts.models import Household
from contacts.selectors.household_doors import at_door
from contacts.selectors.sight import sight
from contacts.services.households import note_found, reveal
from contacts.services.looking import check_find_rate
from portal.accounts.models import Post, Reveal
from portal.accounts.permissions import Permission
from portal.core.errors import DomainError

#: The same words whether somebody lives there or not.
SAY_WHY: Final = "您现在看不到全部信息的住户，要先选理由才能按门牌找。也可以先打开那一户，说明理由后查看，再来合并。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    building_id: int
    unit: str
    room: str


def find_duplicate(
    *, actor: Post, household_id: int, door: Door, reason: str, now: dt.datetime
) -> Household:
    """The other household behind this door, seen in full; each search is a row of the trail.

    SECURITY: a door belongs to what is masked. Without a ``reason`` only a household that is open
    already is found, and nothing tells an empty door from a masked one; with it the household is
    opened as by 说明理由后查看. Raises ``DomainError``.
    """
    actor.require(Permission.MERGE_HOUSEHOLDS)
    check_find_rate(actor=actor, now=now)
    found = _search(actor, household_id, door, reason, now)
    if found is None and not reason:
        raise DomainError(SAY_WHY, field="reason")
    if found is None:
        raise DomainError("这个门牌没有登记别的住户，请核对楼栋、单元和室。", field="room")
    return found


@transaction.atomic
def _search(
    actor: Post, household_id: int, door: Door, reason: str, now: dt.datetime
) -> Household | None:
    """Committed with its row whatever comes of it."""
    note_found(actor=actor, by="room")
    found = at_door(
        actor,
        building_id=door.building_id,
        unit=door.unit,
        room=door.room,
        besides=household_id,
    )
    if found is None or sight(post=actor, household_ids=[found.pk], now=now).sees(found.pk):
        return found
    if reason not in Reveal.Reason:
        return None
    reveal(actor=actor, household_id=found.pk, reason=reason, now=now)
    return found
