"""Writing the care categories of a household: in force from a day, ended on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.db.models import Q

from contacts.metrics import touch_cares
from contacts.models import CareCategory, Household, HouseholdCare
from contacts.selectors.sight import sees_cares
from portal.accounts.models import Post
from portal.audit.services import record
from portal.core.errors import DomainError


def write_cares(
    actor: Post | None, household: Household, codes: tuple[str, ...], *, today: dt.date
) -> None:
    if actor and not (sees_cares(actor) or _is_own(actor, household)):
        raise PermissionDenied("关爱类别由本社区工作者登记，您的岗位不能修改。")
    valid = Q(valid_until__isnull=True) | Q(valid_until__gt=today)
    categories = {c.code: c for c in CareCategory.objects.filter(valid, code__in=codes)}
    running = {care.category.code: care for care in _running_cares(household)}
    if unknown := set(codes) - set(categories) - set(running):
        raise DomainError(f"没有这些关爱类别：{'、'.join(sorted(unknown))}。", field="cares")
    ended = [care for code, care in running.items() if code not in codes]
    started = [category for code, category in categories.items() if code not in running]
    for care in ended:
        care.until = max(today, care.since)
        care.save(update_fields=["until"])
    for category in started:
        HouseholdCare.objects.create(household=household, category=category, since=today)
    if ended or started:
        touch_cares(household.pk)
        record(actor=actor, action="household.set_cares", obj=household, fields=["cares"])


def _running_cares(household: Household) -> Iterable[HouseholdCare]:
    return household.cares.filter(until__isnull=True).select_related("category")


def _is_own(actor: Post, household: Household) -> bool:
    return Household.objects.own(actor).filter(pk=household.pk).exists()
