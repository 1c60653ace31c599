"""The private link of one grievance: made, found again by its token, and replaced when it was lost.

SECURITY: the token is all that is asked of whoever holds it. It is looked up by its digest, lies
encrypted beside it for the slip, and stands in no log, trail or ``Referer`` (decision 0120).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from grievances.models import Grievance, ResidentLink
from grievances.parties import hands_out, parties_of
from grievances.selectors.handlers import handlers_of
from grievances.services.moving import held
from portal.accounts.models import Post
from portal.audit.services import record

#: 256 bit.
_BYTES: Final = 32
#: A link outlives the file by so much.
VALID_AFTER_END: Final = dt.timedelta(days=60)


def link_for(grievance: Grievance, *, now: dt.datetime) -> str:
    """The token of its link; made at the first asking."""
    known = ResidentLink.objects.filter(grievance=grievance).first()
    if known is not None and known.revoked_at is None:
        return str(known.token)
    if known is not None:
        return _renew(known, now)
    token = secrets.token_urlsafe(_BYTES)
    try:
        with transaction.atomic():
            ResidentLink.objects.create(
                grievance=grievance, digest=_digest(token), token=token, made_at=now
            )
    except IntegrityError:  # two slips at once: the other one's token is the token
        return str(ResidentLink.objects.get(grievance=grievance).token)
    return token


def resolve(token: str, *, now: dt.datetime) -> Grievance | None:
    """The grievance of a link in force; None for a wrong, replaced or outlived one alike.

    One look-up by digest, whatever the token.
    """
    found: ResidentLink | None = (
        ResidentLink.objects.filter(digest=_digest(token), revoked_at__isnull=True)
        .select_related(
            "grievance__merged_into",
            "grievance__street",
            "grievance__owner__user",
            "grievance__owner__organisation",
        )
        .first()
    )
    if found is None or _is_over(found.grievance, now):
        return None
    return found.grievance


@transaction.atomic
def slip_token(*, actor: Post, number: str, anew: bool, now: dt.datetime) -> tuple[Grievance, str]:
    """The link for a slip, noted in the trail; ``anew`` makes another one and ends the old.

    Raises ``DoesNotExist`` outside the scope, ``PermissionDenied`` for who handles it.
    """
    grievance = held(actor, number)
    check_may_hand_out(actor, grievance, now=now)
    if anew:
        ResidentLink.objects.filter(grievance=grievance).update(revoked_at=now)
    token = link_for(grievance, now=now)
    if anew:
        record(actor=actor, action="grievance.slip_anew", obj=grievance)
    else:
        record(actor=actor, action="grievance.slip", obj=grievance)
    return grievance, token


def check_may_hand_out(actor: Post, grievance: Grievance, *, now: dt.datetime) -> None:
    """Raises ``PermissionDenied`` for who handles it: they could rate themselves."""
    handlers = handlers_of(grievance, now=now)
    if not hands_out(actor, handlers, parties_of(actor, grievance, handlers)):
        raise PermissionDenied("居民的链接由受理单位、联系人或回访人交给居民，办理单位不经手。")


def _renew(link: ResidentLink, now: dt.datetime) -> str:
    token = secrets.token_urlsafe(_BYTES)
    link.digest, link.token, link.made_at, link.revoked_at = _digest(token), token, now, None
    link.save(update_fields=["digest", "token", "made_at", "revoked_at"])
    return token


def _is_over(grievance: Grievance, now: dt.datetime) -> bool:
    ended = (grievance.merged_into or grievance).ended_at
    return ended is not None and now > ended + VALID_AFTER_END


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
