"""Grievances on pages of the contact work: fills ports of ``contacts``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

from django.db.models import F
from django.urls import reverse

from contacts.ports import HouseholdSection, SectionLine
from contacts.selectors.words import masked_texts
from grievances.models import Grievance
from grievances.selectors.listing import IS_OPEN, ORDER
from grievances.selectors.rows import GrievanceRow, RowReader
from portal.accounts.models import Organisation, Post
from portal.accounts.permissions import Permission
from portal.accounts.querysets import lies_in

#: More stand in the list.
_SHOWN: Final = 5
#: What a leader brings along (带案下访): the nearest days first.
_BROUGHT: Final = 20


def grievance_links(*, numbers: Collection[str], post: Post) -> Mapping[str, str]:
    """The port ``contacts.grievance_links``: pages by number, of those the post may read."""
    rows = Grievance.objects.visible_to(post).filter(number__in=numbers)
    return {
        number: reverse("grievances:grievance", args=[number])
        for number in rows.order_by().values_list("number", flat=True)
    }


def household_sections(
    *, household_id: int, post: Post, now: dt.datetime
) -> Sequence[HouseholdSection]:
    """The port ``contacts.household_sections``: the newest of the household; restricted ones never."""
    if not post.may(Permission.SEE_GRIEVANCES):
        return ()
    found = Grievance.objects.listed_for(post).filter(household_id=household_id).order_by(*ORDER)
    ids = list(found.values_list("pk", flat=True)[:_SHOWN])
    home = urlencode({"household": household_id})
    may_register = post.may(Permission.REGISTER_GRIEVANCES)
    section = HouseholdSection(
        title="诉求",
        lines=tuple(map(_line, RowReader(masked_texts, now=now).rows(ids))),
        url=f"{reverse('grievances:list')}?{home}" if ids else "",
        new_url=f"{reverse('grievances:new')}?{home}" if may_register else "",
        new_words="登记诉求",
    )
    return (section,)


def point_sections(
    *, unit: Organisation, post: Post, now: dt.datetime
) -> Sequence[HouseholdSection]:
    """The port ``contacts.point_sections``: what is still open at a unit; restricted ones never."""
    place = lies_in(unit)
    if place is None or not post.may(Permission.SEE_GRIEVANCES):
        return ()
    found = Grievance.objects.listed_for(post).open().filter(place)
    found = found.order_by(F("due_at").asc(nulls_last=True), "pk")
    rows = RowReader(masked_texts, now=now).rows(
        list(found.values_list("pk", flat=True)[:_BROUGHT])
    )
    asked = urlencode({"unit": unit.code, "state": IS_OPEN})
    section = HouseholdSection(
        title="还在办的诉求",
        lines=tuple(map(_line, rows)),
        url=f"{reverse('grievances:list')}?{asked}" if rows else "",
    )
    return (section,)


def _line(row: GrievanceRow) -> SectionLine:
    state = f"{row.state} · {row.due.words}" if row.due else row.state
    return SectionLine(
        text=f"{row.number} {row.text}", state=state, on=row.received_at, url=row.url
    )
