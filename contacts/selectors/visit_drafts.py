"""What somebody has begun and not sent; seen by nobody but that person."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from contacts.models import Household, VisitDraft
from contacts.selectors.sight import household_lines
from portal.accounts.models import Post


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
    rows = VisitDraft.objects.filter(user_id=post.user_id, household__isnull=True)
    return [
        PlaceDraft(client_id=draft.client_id, saved_at=draft.updated_at)
        for draft in rows.order_by("-updated_at", "-pk")
        if typed_in(draft).get("kind", [""])[-1] == kind
    ]


def offers(
    *, post: Post, now: dt.datetime, household_id: int | None = None, own_only: bool = False
) -> Sequence[DraftOffer]:
    """The own unsent visits to households still in sight, newest first; six queries at most.

    Unsent changes of a saved visit carry no household: they are offered on its edit page only.
    """
    seen = Household.objects.visible_to(post)
    drafts = VisitDraft.objects.filter(
        user_id=post.user_id,
        household__in=(seen.own(post) if own_only else seen).in_use().order_by(),
    )
    if household_id is not None:
        drafts = drafts.filter(household_id=household_id)
    found = list(drafts.defer("payload").select_related("household").order_by("-updated_at", "-pk"))
    households = {d.household.pk: d.household for d in found if d.household is not None}
    lines = household_lines(post=post, households=list(households.values()), now=now)
    return [
        DraftOffer(
            client_id=draft.client_id,
            household_id=draft.household_id,
            address=lines[draft.household_id].address,
            saved_at=draft.updated_at,
        )
        for draft in found
        if draft.household_id is not None
    ]
