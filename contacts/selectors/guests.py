"""Whom a 下访 or 接访 was with, as the acting post may read it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from contacts.models import Visit, VisitGuest
from contacts.selectors.sight import household_lines, shown_name
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
    *, post: Post, visit: Visit, told: bool, now: dt.datetime
) -> tuple[ShownGuest, ...]:
    """In full for who wrote or led it (``told``), and for who sees the household in full.

    At most five queries, none for a 走访.
    """
    if visit.kind == Visit.Kind.HOME:
        return ()
    guests = list(visit.guests.select_related("household"))
    homes = {guest.household.pk: guest.household for guest in guests if guest.household}
    lines = household_lines(post=post, households=list(homes.values()), now=now, cares=False)
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
