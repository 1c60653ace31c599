"""Asking for a door: whether it is registered already, and finding the other record behind it.

One rule wherever a door is asked for (decision 0076): that somebody is registered there, and in
the own community who answers for it, is told to whoever keeps the register; which household it is
only to who sees it in full or says why. Each answer is a row of the trail and counts as a search.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from contacts.models import Household
from contacts.selectors import duties
from contacts.selectors.household_doors import at_door
from contacts.selectors.sight import sight
from contacts.services.households import note_found, reveal
from contacts.services.looking import check_find_rate
from portal.accounts.models import Post, Reveal
from portal.accounts.permissions import Permission
from portal.core.errors import DomainError

_TAKEN: Final = "这个门牌已经登记过了"
_OPEN: Final = f"{_TAKEN}，请打开那一户修改。"
_ANSWERED: Final = f"{_TAKEN}，走访责任人是{{}}，请向本人核对。"
_UNANSWERED: Final = f"{_TAKEN}，还没有走访责任人，请联系社区负责人或街道管理员。"
_ELSEWHERE: Final = f"{_TAKEN}，请联系所在社区核对。"
SAY_WHY: Final = "要打开那一户，先选理由；也可以先到那一户的页面说明理由后查看，再来合并。"
NOBODY: Final = "这个门牌没有登记别的住户，请核对楼栋、单元和室。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    building_id: int
    unit: str
    room: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Somebody is registered behind the door."""

    #: SECURITY: a way there would tell which of the masked households it is.
    household: Household
    is_open: bool
    #: What may be said of it to whoever asked.
    words: str


def ask(*, actor: Post, door: Door, besides: int | None, now: dt.datetime) -> Taken | None:
    """Who is registered behind the door beside household ``besides``; None for nobody.

    Raises ``DomainError`` above the hour's limit, whatever is behind the door.
    """
    check_find_rate(actor=actor, now=now)
    return _ask(actor, door, besides, now)


@transaction.atomic
def _ask(actor: Post, door: Door, besides: int | None, now: dt.datetime) -> Taken | None:
    """Committed with its row whatever comes of it."""
    note_found(actor=actor, by="room")
    found = at_door(
        actor,
        building_id=door.building_id,
        unit=door.unit,
        room=door.room,
        besides=besides,
    )
    if found is None:
        return None
    is_open = sight(post=actor, household_ids=[found.pk], now=now).sees(found.pk)
    return Taken(found, is_open, _OPEN if is_open else _words(actor, found))


def _words(actor: Post, found: Household) -> str:
    if actor.organisation.scope_ids().community_id != found.community_id:
        return _ELSEWHERE
    name = duties.responsible_names([found.pk]).get(found.pk, "")
    return _ANSWERED.format(name) if name else _UNANSWERED


def find_duplicate(
    *, actor: Post, household_id: int, door: Door, reason: str, now: dt.datetime
) -> Household:
    """The other household behind this door, seen in full: open already, or opened with a reason.

    Raises ``DomainError``: nobody is there, or what ``ask`` may say of who is.
    """
    actor.require(Permission.MERGE_HOUSEHOLDS)
    taken = ask(actor=actor, door=door, besides=household_id, now=now)
    if taken is None:
        raise DomainError(NOBODY, field="room")
    if not taken.is_open:
        if reason not in Reveal.Reason:
            raise DomainError(f"{taken.words}{SAY_WHY}", field="reason")
        reveal(actor=actor, household_id=taken.household.pk, reason=reason, now=now)
    return taken.household
