"""Writing who answers for a household: one person on any day, from a day on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Final

from django.db.models import Q

from contacts.models import Household, HouseholdDuty
from contacts.selectors import duties
from portal.accounts.models import Post
from portal.accounts.selectors.posts import of_who_can_sign_in
from portal.audit.services import record
from portal.core.errors import DomainError

#: How far ahead a hand-over may be planned.
PLAN_AHEAD: Final = dt.timedelta(days=365)


def may_answer(household: Household, user_id: int, *, today: dt.date) -> bool:
    """Whether the person has a post on that day that reaches the household."""
    return duties.candidates(household, today=today).filter(user_id=user_id).exists()


def check_able(user_ids: Collection[int], *, field: str) -> None:
    """Raises ``DomainError`` unless every one of them can sign in (decision 0107)."""
    able = of_who_can_sign_in(Post.objects.filter(user__in=user_ids))
    if set(user_ids) - set(able.values_list("user_id", flat=True)):
        raise DomainError(
            "这位同事的账号现在不能登录（还没有设密码，或已停用），接不了住户。"
            "请换一位同事，或先让账号能登录。",
            field=field,
        )


def check_reached(household: Household, user_id: int, *, today: dt.date) -> None:
    """Raises ``DomainError`` unless a post of the person reaches the household on that day."""
    if not may_answer(household, user_id, today=today):
        raise DomainError(
            "这位同事现在没有管到这一户的走访岗位，请从名单里重新选择。", field="user"
        )


def check_responsible(household: Household, user_id: int, *, today: dt.date) -> None:
    """Raises ``DomainError`` unless the person can sign in and may answer for it on that day."""
    check_reached(household, user_id, today=today)
    check_able([user_id], field="user")


def write_duty(
    actor: Post | None, household: Household, user_id: int, *, since: dt.date, today: dt.date
) -> HouseholdDuty:
    """From ``since`` (``today`` or later) the person answers; whoever did, does until then.

    What was planned before and has not begun is dropped: the newest word holds. The caller's
    transaction holds the household.
    """
    write_duties(actor, {household: user_id}, since=since, today=today)
    duty: HouseholdDuty = household.duties.get(until__isnull=True)
    return duty


def write_duties(
    actor: Post | None, receivers: Mapping[Household, int], *, since: dt.date, today: dt.date
) -> None:
    """The same for many at once, in a fixed number of queries and one trail row each."""
    there = HouseholdDuty.objects.filter(household__in=[one.pk for one in receivers])
    planned = there.planned(today)
    dropped = set(planned.values_list("household_id", flat=True))
    planned.delete()
    current = {duty.household_id: duty for duty in there.in_force(today)}
    stay = {
        one.pk for one, user_id in receivers.items()
        if one.pk in current and current[one.pk].user_id == user_id
    }  # fmt: skip
    if stay - dropped:
        raise DomainError("这一户现在就由这位同事负责，不用再指定。", field="user")
    go = [duty.pk for pk, duty in current.items() if pk not in stay]
    HouseholdDuty.objects.filter(pk__in=[current[pk].pk for pk in stay]).update(until=None)
    HouseholdDuty.objects.filter(pk__in=go).update(until=since)
    HouseholdDuty.objects.bulk_create(
        HouseholdDuty(household=one, user_id=user_id, since=since)
        for one, user_id in receivers.items()
        if one.pk not in stay
    )
    for one in receivers:
        record(actor=actor, action="household.assign_duty", obj=one, fields=["duties"])


def check_since(since: dt.date, *, today: dt.date) -> None:
    """Raises ``DomainError`` for a day gone by, or one nobody can plan for."""
    if since < today:
        raise DomainError("这一天已经过去，请填今天或以后的日期。", field="since")
    if since > today + PLAN_AHEAD:
        raise DomainError("最多可以提前一年安排，请填近一些的日期。", field="since")


def close_duties(household: Household, *, on: dt.date, today: dt.date) -> None:
    """Nobody answers for it from that day (``today`` or before); nor will who was to."""
    household.duties.planned(today).delete()
    for duty in household.duties.filter(Q(until__isnull=True) | Q(until__gt=today)):
        duty.until = max(on, duty.since)
        duty.save(update_fields=["until"])
