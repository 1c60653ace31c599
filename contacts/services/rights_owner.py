"""Who answers a request about personal data: named at once by rule, handed on with the post.

Decision 0101.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from contacts.models import RightsRequest
from contacts.querysets import answering
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Post
from portal.accounts.permissions import Permission
from portal.accounts.roles import Role
from portal.audit.services import record


def owner_by_rule(*, community_id: int, street_id: int, today: dt.date) -> int | None:
    """The user who answers a request of this place; None while nobody there may.

    First whoever can carry it out there: those of the community, then the street's administrators;
    then anybody else who may. Among equals whoever has the fewest open ones, then the longest
    time in the post.
    """
    posts = answering(community_id=community_id, street_id=street_id, on=today)
    candidates = list(posts.select_related("organisation"))
    if not candidates:
        return None
    users = {post.user_id for post in candidates}
    rows = RightsRequest.objects.open().filter(owner__in=users).order_by()
    open_ones = dict(rows.values_list("owner").annotate(Count("pk")))
    chosen: Post = min(
        candidates,
        key=lambda post: (_turn(post), open_ones.get(post.user_id, 0), post.since, post.user_id),
    )
    user_id: int = chosen.user_id
    return user_id


def _turn(post: Post) -> int:
    if post.role == Role.STREET_ADMIN:
        return 1
    at_home = post.organisation.kind == OrganisationKind.COMMUNITY
    # Printing a copy and erasing need a household in full sight: a counter has none.
    return 0 if at_home and post.may(Permission.EDIT_HOUSEHOLDS) else 2


@transaction.atomic
def name_by_rule(request: RightsRequest, *, today: dt.date) -> bool:
    """Give an open request, held for this transaction, its owner; whether there is one."""
    found = owner_by_rule(
        community_id=request.community_id, street_id=request.street_id, today=today
    )
    if found is None:
        return False
    request.owner_id = found
    request.save(update_fields=["owner"])
    record(
        actor=None,
        action="rights.assign",
        obj=request,
        fields=["owner"],
        reason="by_rule",
        district_id=request.district_id,
    )
    return True


def hand_on(*, now: dt.datetime) -> int:
    """Name a new owner for whatever is nobody's: the post has ended, or there was none; how many.

    What nobody may answer waits, and is listed as such.
    """
    today = timezone.localdate(now)
    waiting = list(RightsRequest.objects.nobodys(today).order_by("due_on", "pk").values_list("pk"))
    return sum(_hand_on(pk, today) for (pk,) in waiting)


@transaction.atomic
def _hand_on(request_id: int, today: dt.date) -> bool:
    rows = RightsRequest.objects.nobodys(today).select_for_update(of=("self",))
    request = rows.filter(pk=request_id).first()
    return request is not None and name_by_rule(request, today=today)
