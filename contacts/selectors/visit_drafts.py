"""What somebody has begun and not sent; seen by nobody but that person."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet

from contacts.models import Household, VisitDraft
from contacts.selectors.sight import HouseholdLine, household_lines
from portal.accounts.models import Post
from portal.core.db.prepared import Number, Prepared


@dataclass(frozen=True, slots=True)
class DraftOffer:
    """A form to go on with; ``address`` as the acting post may read it."""

    client_id: uuid.UUID
    household_id: int
    address: str
    saved_at: dt.datetime


def draft_of(*, post: Post, client_id: uuid.UUID) -> VisitDraft | None:
    """The own draft under this id. SECURITY: somebody else's does not exist."""
    return VisitDraft.objects.filter(user_id=post.user_id, client_id=client_id).first()


def typed_in(draft: VisitDraft) -> dict[str, list[str]]:
    """What the form fields held."""
    typed: dict[str, list[str]] = json.loads(draft.payload)
    return typed


@dataclass(frozen=True, slots=True)
class PlaceDraft:
    """A 下访 or 接访 to go on with."""

    client_id: uuid.UUID
    saved_at: dt.datetime


def place_offers(*, post: Post, kind: str) -> list[PlaceDraft]:
    """The own unsent forms of this kind (field, reception), newest first; one query.

    The change of a saved visit names no kind: its own page offers it.
    """
    return [
        PlaceDraft(client_id=draft.client_id, saved_at=draft.updated_at)
        for draft in _OF_NO_DOOR.objects(user=post.user_id)
        if typed_in(draft).get("kind", [""])[-1] == kind
    ]


def _of_no_door(*, user: Any) -> QuerySet[VisitDraft]:
    rows = VisitDraft.objects.filter(user_id=user, household_id__isnull=True)
    return rows.order_by("-updated_at", "-pk")


_OF_NO_DOOR: Final = Prepared(_of_no_door, user=Number)


def offers_at(line: HouseholdLine, *, post: Post) -> Sequence[DraftOffer]:
    """The own unsent visits to the household of a line, newest first; one query."""
    return [
        DraftOffer(client_id, home, line.address, saved_at)
        for client_id, home, saved_at in _AT.rows(user=post.user_id, home=line.id)
    ]


def _of_person(*, user: Any) -> QuerySet[VisitDraft, Any]:
    rows = VisitDraft.objects.filter(user_id=user, household_id__isnull=False)
    return rows.order_by("-updated_at", "-pk").values_list(
        "client_id", "household_id", "updated_at"
    )


def _at(*, user: Any, home: Any) -> QuerySet[VisitDraft, Any]:
    return _of_person(user=user).filter(household_id=home)


_OF_PERSON: Final = Prepared(_of_person, user=Number)
_AT: Final = Prepared(_at, user=Number, home=Number)


def offers(*, post: Post, now: dt.datetime, own_only: bool = False) -> Sequence[DraftOffer]:
    """The own unsent visits to households still in sight, newest first; one query without any.

    Unsent changes of a saved visit carry no household: they are offered on its edit page only.
    """
    found = _OF_PERSON.rows(user=post.user_id)
    if not found:
        return ()
    seen = Household.objects.visible_to(post)
    homes = (seen.own(post) if own_only else seen).in_use().for_line()
    lines = household_lines(
        post=post, households=list(homes.filter(pk__in={pk for _, pk, _ in found})), now=now
    )
    return [
        DraftOffer(client_id, household_id, lines[household_id].address, saved_at)
        for client_id, household_id, saved_at in found
        if household_id in lines
    ]
