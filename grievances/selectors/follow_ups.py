"""Whom to ask what they think of it: the queue of a post, and one of it with its attempts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from contacts.selectors.words import masked_texts
from grievances.kinds import Regime, State
from grievances.models import Assignment, FollowUp, Grievance, Raiser
from grievances.parties import may_ask_at_all
from grievances.querysets import GrievanceQuerySet
from grievances.selectors.rows import RowReader
from grievances.selectors.sight import RaisedBy, is_owner, raised_by, revealed_until
from portal.accounts.models import Post
from portal.core import rows

#: The longest waiting first.
ORDER: Final = ("state_since", "pk")


@dataclass(frozen=True, slots=True)
class Attempt:
    at: dt.datetime
    way: str
    outcome: str
    who: str


@dataclass(frozen=True, slots=True)
class AskedPage:
    """Whom to ask about what; nothing in here needs masking again."""

    raised_by: RaisedBy
    may_reveal: bool
    attempts: tuple[Attempt, ...]


class AskRow(NamedTuple):
    """One row of the queue; it opens its form."""

    line: rows.Line


def to_ask(post: Post) -> GrievanceQuerySet:
    """With a result and not asked yet, where the post may ask: none that its unit ever handled.

    One that was merged is asked of too when the one it went into has a result.
    """
    found: GrievanceQuerySet = Grievance.objects.listed_for(post)
    if not may_ask_at_all(post):
        return found.none()
    settled = FollowUp.objects.filter(
        grievance=OuterRef("pk"), round=OuterRef("merged_into__round")
    ).exclude(outcome=FollowUp.Outcome.NO_ANSWER)
    own = Assignment.objects.filter(unit_id=post.organisation_id)
    mine = own.filter(grievance=OuterRef("pk"))
    of_main = own.filter(grievance=OuterRef("merged_into"))
    merged = Q(state=State.MERGED, merged_into__state=State.CONCLUDED) & ~Exists(settled)
    return (
        found.filter(Q(state=State.CONCLUDED) | merged)
        .exclude(regime=Regime.PETITION)
        .filter(~Exists(mine), ~Exists(of_main))
    )


def ask_rows(ids: Sequence[int], *, now: dt.datetime) -> list[AskRow]:
    """Rows of the queue, masked."""
    found = RowReader(masked_texts, now=now).rows(ids)
    return [
        AskRow(row.line._replace(url=reverse("grievances:follow_up", args=[row.number])))
        for row in found
    ]


def asked_page(grievance: Grievance, *, post: Post, now: dt.datetime) -> AskedPage:
    """Whom to ask, as the post sees them, and what was tried in this round."""
    raiser = Raiser.objects.filter(grievance=grievance).first()
    until = revealed_until(grievance, post=post, now=now)
    is_full = is_owner(grievance, post) or until is not None
    main = grievance.merged_into or grievance
    tried = FollowUp.objects.filter(grievance=grievance, round=main.round)
    return AskedPage(
        raised_by=raised_by(raiser, is_full=is_full),
        may_reveal=not is_full and raiser is not None,
        attempts=tuple(
            Attempt(
                at=row.at,
                way=row.get_way_display(),
                outcome=row.get_outcome_display(),
                who=row.by.user.name if row.by else "",
            )
            for row in tried.select_related("by__user")
        ),
    )
