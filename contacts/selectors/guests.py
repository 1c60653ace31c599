"""Whom a 下访 or 接访 was with, as the acting post may read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from contacts.models import VisitGuest
from contacts.selectors.sight import HouseholdLine, shown_name
from contacts.selectors.visit_places import finds_doors
from portal.accounts.models import Post
from portal.core.masking import mask_phone


@dataclass(frozen=True, slots=True)
class ShownGuest:
    """One guest; nothing in here needs masking again."""

    name: str
    phone: str
    #: The full number to ring, only for who sees it.
    tel: str
    #: The household, as far as the post may know of it.
    address: str
    url: str
    #: Whether the guest is joined to a registered household, in words.
    home_words: str = ""


def shown_guests(
    guests: Iterable[VisitGuest], *, post: Post, told: bool, lines: Mapping[int, HouseholdLine]
) -> tuple[ShownGuest, ...]:
    """In full for who wrote or led it (``told``), and for who sees the household in full.

    ``lines`` are the households of the guests as the post may know of them. Runs no query.
    """
    joins = finds_doors(post)
    found = []
    for guest in guests:
        line = lines.get(guest.household_id or 0)
        full = told or (line is not None and line.is_full)
        found.append(
            ShownGuest(
                name=shown_name(guest.name, full=full),
                phone=guest.phone if full else mask_phone(guest.phone),
                tel=guest.phone if full else "",
                address=line.address if line else "",
                url=line.url if line else "",
                home_words=_home_words(guest, seen=told or line is not None, joins=joins),
            )
        )
    return tuple(found)


def _home_words(guest: VisitGuest, *, seen: bool, joins: bool) -> str:
    """Who cannot join a guest to a household is not told that none was joined."""
    if guest.household_id is not None:
        return "已对上登记的住户" if seen else ""
    return "没有和登记的住户对上" if joins else ""
