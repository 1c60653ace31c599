"""Who sees of a grievance whom it is from: the one home of that rule.

In full for 您的联系人, whose errand it is, and for whoever stated a reason; masked for everybody else.
"""

from __future__ import annotations

import datetime as dt
from typing import Final, NamedTuple

from grievances.models import Grievance, Raiser
from portal.accounts.models import Post, Reveal
from portal.core.masking import mask_name, mask_phone

#: ``Reveal.subject_kind`` of a grievance.
REVEAL_SUBJECT: Final = "grievance"


class RaisedBy(NamedTuple):
    """Who raised it, as the post may read it; "" is not known."""

    name: str
    phone: str
    #: The whole number, only when it is seen in full: makes it a tap-to-call.
    tel: str
    address: str
    proxy: str


def is_owner(grievance: Grievance, post: Post) -> bool:
    return grievance.owner_id == post.pk


def revealed_until(grievance: Grievance, *, post: Post, now: dt.datetime) -> dt.datetime | None:
    """Until when a stated reason of this post holds; one query."""
    live = Reveal.objects.filter(
        post_id=post.pk, subject_kind=REVEAL_SUBJECT, subject_id=grievance.pk, until__gt=now
    )
    found: dt.datetime | None = live.order_by("-until").values_list("until", flat=True).first()
    return found


def raised_by(raiser: Raiser | None, *, is_full: bool) -> RaisedBy:
    """An anonymous one says so."""
    if raiser is None:
        return RaisedBy("匿名", "", "", "", "")
    name, phone = raiser.name or "没有留名", raiser.phone
    proxy = raiser.proxy_name
    relation = f"（{raiser.proxy_relation}）" if raiser.proxy_relation else ""
    if is_full:
        return RaisedBy(name, phone, phone, raiser.address, f"{proxy}{relation}" if proxy else "")
    hidden = mask_name(raiser.name) if raiser.name else name
    return RaisedBy(
        hidden, mask_phone(phone), "", "", f"{mask_name(proxy)}{relation}" if proxy else ""
    )
