"""移交: many households of one person go to colleagues at once, from a day on."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Final

from django.db import transaction
from django.utils import timezone

from contacts.models import Household, HouseholdDuty
from contacts.querysets import MAY_ANSWER
from contacts.selectors.duties import reaches
from contacts.services.duties import check_since, write_duties
from contacts.services.looking import note_on_paper
from portal.accounts.models import Post, User
from portal.accounts.permissions import Permission
from portal.audit.services import record
from portal.core.errors import DomainError

#: More than any worker answers for.
MOST: Final = 2_000


@transaction.atomic
def hand_over(
    *, actor: Post, user_id: int, receivers: Mapping[int, int], since: dt.date, now: dt.datetime
) -> int:
    """Give each household of ``receivers`` (household id → user id) to that colleague.

    All or none: ``since`` today or later; until then nothing changes. The duty moves, the credit
    stays: visits remain those of who made them. How many were handed over; what the person does
    not answer for any more is left alone. Raises ``DomainError``.
    """
    actor.require(Permission.ASSIGN_HOUSEHOLDS)
    today = timezone.localdate(now)
    check_since(since, today=today)
    if not receivers:
        raise DomainError("请至少选一户，并选择由谁接手。", field="households")
    if len(receivers) > MOST:
        raise DomainError(f"一次最多移交{MOST}户，请分几次。", field="households")
    if user_id in receivers.values():
        raise DomainError("接手的同事不能是本人。", field="receiver")
    households = _held(actor, user_id, receivers, today=today)
    _check(households, receivers, since=since)
    given = {household: receivers[household.pk] for household in households}
    write_duties(actor, given, since=since, today=today)
    person = User.objects.get(pk=user_id)
    record(actor=actor, action="household.hand_over", obj=person, fields=["duties"])
    return len(households)


@transaction.atomic
def note_printed(*, actor: Post, person: User, household_ids: Collection[int] = ()) -> None:
    """Keep in the trail that the sheet of this person was opened to be printed.

    ``household_ids`` are those that stand on it in full.
    """
    record(actor=actor, action="handover.print", obj=person)
    note_on_paper(actor=actor, household_ids=household_ids)


def _held(
    actor: Post, user_id: int, receivers: Mapping[int, int], *, today: dt.date
) -> list[Household]:
    """The households, held in one order, that the actor sees and the person answers for."""
    rows = Household.objects.visible_to(actor).in_use().filter(pk__in=receivers)
    own = HouseholdDuty.objects.in_force(today).filter(user_id=user_id)
    rows = rows.filter(pk__in=own.values("household_id"))
    return list(rows.select_for_update(of=("self",)).order_by("pk"))


def _check(households: list[Household], receivers: Mapping[int, int], *, since: dt.date) -> None:
    posts: dict[int, list[Post]] = defaultdict(list)
    rows = Post.objects.in_force(since).filter(user__in=set(receivers.values()))
    for post in rows.filter(role__in=MAY_ANSWER).select_related("organisation"):
        posts[post.user_id].append(post)
    for household in households:
        if not any(reaches(post, household) for post in posts[receivers[household.pk]]):
            raise DomainError(
                "接手的同事到那一天没有管到其中一户的走访岗位，请换人，或先办好岗位再移交。",
                field="receiver",
            )
