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
from contacts.selectors.handover import households_of
from contacts.selectors.sight import sight
from contacts.services.duties import check_able, check_since, write_duties
from contacts.services.households import reveal_all
from contacts.services.looking import note_on_paper, within_the_hour
from portal.accounts.models import Post, Reveal, User
from portal.accounts.permissions import Permission
from portal.audit.services import record
from portal.core.errors import DomainError

#: More than any worker answers for.
MOST: Final = 2_000
#: How many sheets a post opens by a reason: a round of changes needs fewer, copying the register more.
SHEETS_AN_HOUR: Final = 5


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
    if not households:
        return 0
    # SECURITY: first whom it reaches, so that nobody learns of accounts elsewhere.
    _check(households, receivers, since=since)
    check_able(set(receivers.values()), field="receiver")
    given = {household: receivers[household.pk] for household in households}
    write_duties(actor, given, since=since, today=today)
    person = User.objects.get(pk=user_id)
    record(actor=actor, action="household.hand_over", obj=person, fields=["duties"])
    return len(households)


@transaction.atomic
def open_sheet(
    *, actor: Post, person: User, reason: str, note: str = "", now: dt.datetime
) -> list[Reveal]:
    """State once why; every household of the person's sheet is then open to the post (0105).

    Those it sees in full already are left alone. All or none. Raises ``DomainError``.
    """
    actor.require(Permission.ASSIGN_HOUSEHOLDS)
    _check_sheet_rate(actor, now)
    homes = households_of(post=actor, person=person, today=timezone.localdate(now))
    ids = set(homes.order_by().values_list("pk", flat=True))
    masked = ids - sight(post=actor, household_ids=ids, now=now).full
    revealed = reveal_all(actor=actor, household_ids=masked, reason=reason, note=note, now=now)
    record(actor=actor, action="handover.reveal", obj=person, reason=reason)
    return revealed


def _check_sheet_rate(actor: Post, now: dt.datetime) -> None:
    """Refuse one sheet more than the hour allows. The trail itself is the count."""
    if within_the_hour(actor, "handover.reveal", now=now) >= SHEETS_AN_HOUR:
        raise DomainError(
            f"一小时内最多看清 {SHEETS_AN_HOUR} 份移交清单，现在已经到了。请过一会儿再试；"
            "整栋移交不受限制。",
            field="reason",
        )


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
