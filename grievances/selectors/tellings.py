"""What residents still have to be told, for those whose errand it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models
from django.db.models import Q

from grievances.asks import ASKS
from grievances.kinds import State
from grievances.models import Grievance, Told
from grievances.parties import runs_desk
from grievances.selectors.words import GrievanceWords
from grievances.workflow import BY_KEY
from portal.accounts.models import Post
from portal.accounts.permissions import Permission

_ABOUT = {
    **{key: move.label for key, move in BY_KEY.items()},
    **{ask.key: ask.label for ask in ASKS},
}

_SHOWN = ("grievance", "grievance__owner__user")


@dataclass(frozen=True, slots=True)
class TellLine:
    """One errand; nothing in here needs masking again."""

    id: int
    number: str
    url: str
    about: str
    words: str
    asked_at: dt.datetime
    owner: str
    state: str


def to_tell(post: Post) -> models.QuerySet[Told]:
    """Open errands of what the post owns, leads or, as the desk, runs; no restricted one.

    A message on its way is none until it has failed.
    """
    rows = Told.objects.filter(told_at__isnull=True, outgoing__isnull=True)
    rows = rows.select_related(*_SHOWN)
    if not post.may(Permission.HANDLE_GRIEVANCES):
        return rows.none()
    mine = Q(grievance__owner=post.pk) | Q(grievance__lead=post.organisation_id)
    if (place := runs_desk(post)) is not None:
        mine |= Q(**{f"grievance__{place}": post.organisation_id})
    return rows.filter(mine, grievance__in=Grievance.objects.listed_for(post))


def told_of(post: Post, pk: int) -> Told | None:
    """One act of telling, of a grievance that the post may read."""
    rows = Told.objects.filter(grievance__in=Grievance.objects.visible_to(post))
    found: Told | None = rows.select_related(*_SHOWN).filter(pk=pk).first()
    return found


def tell_lines(found: Iterable[Told]) -> list[TellLine]:
    """The errands with their words, masked together."""
    errands = list(found)
    words = GrievanceWords([row.grievance for row in errands], texts=[row.words for row in errands])
    return [
        TellLine(
            id=row.pk,
            number=row.grievance.number,
            url=row.grievance.get_absolute_url(),
            about=_ABOUT.get(row.about, ""),
            words=words.masked(row.grievance, row.words),
            asked_at=row.asked_at,
            owner=row.grievance.owner.user.name if row.grievance.owner else "",
            state=State(row.grievance.state).label,
        )
        for row in errands
    ]
