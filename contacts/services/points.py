"""联系点: who is the liaison of which unit, from a day until a day."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from contacts.models import ContactPoint
from contacts.selectors.visit_places import units
from portal.accounts.models import Organisation, Post
from portal.accounts.permissions import ROLES, Permission
from portal.accounts.querysets import PostQuerySet
from portal.audit.services import record
from portal.core.errors import DomainError

NOTE_LIMIT: Final = 100
#: A liaison may be named so long before it begins, and a beginning be told so long afterwards.
REACH: Final = dt.timedelta(days=366)


def candidates(actor: Post, *, today: dt.date) -> PostQuerySet:
    """Posts in force inside the actor's unit whose holders go on 下访."""
    posts: PostQuerySet = Post.objects.visible_to(actor).in_force(today)
    return posts.filter(role__in=ROLES[Permission.LOG_FIELD_VISIT])


def _serves(post: Post, unit: Organisation, *, today: dt.date) -> bool:
    """Whether the place of the post holds the unit."""
    return units(post, today=today).filter(pk=unit.pk).exists()


@transaction.atomic
def open_point(
    *,
    actor: Post,
    user_id: int,
    organisation_id: int,
    since: dt.date,
    note: str = "",
    now: dt.datetime,
) -> ContactPoint:
    """Name somebody the liaison of a unit. Raises ``DomainError``."""
    actor.require(Permission.MANAGE_POINTS)
    today = timezone.localdate(now)
    unit = units(actor, today=today).filter(pk=organisation_id).first()
    if unit is None:
        raise DomainError("请在本单位的范围内选一个街道、社区或网格。", field="organisation")
    posts = candidates(actor, today=today).filter(user_id=user_id).select_related("organisation")
    if not any(_serves(post, unit, today=today) for post in posts):
        raise DomainError(
            "这位同志现在没有管到这个单位的班子成员或机关干部岗位，请换一位，或先办任职。",
            field="user",
        )
    if not today - REACH <= since <= today + REACH:
        raise DomainError("开始日期要在前后一年之内。", field="since")
    ids = unit.scope_ids()
    try:
        with transaction.atomic():
            point = ContactPoint.objects.create(
                user_id=user_id,
                organisation=unit,
                district_id=ids.district_id or 0,
                street_id=ids.street_id,
                community_id=ids.community_id,
                since=since,
                note=note.strip(),
            )
    except IntegrityError as error:
        raise DomainError("这位同志已经联系这个单位了。", field="user") from error
    record(actor=actor, action="point.open", obj=point, district_id=point.district_id)
    return point


@transaction.atomic
def end_point(*, actor: Post, point_id: int, until: dt.date, now: dt.datetime) -> ContactPoint:
    """The first day on which it is no longer. Raises ``DomainError`` and ``DoesNotExist``."""
    actor.require(Permission.MANAGE_POINTS)
    rows = ContactPoint.objects.visible_to(actor).select_for_update(of=("self",), no_key=True)
    point: ContactPoint = rows.get(pk=point_id)
    if point.until is not None and point.until <= timezone.localdate(now):
        raise DomainError("这个联系点已经结束了。")
    if until < point.since:
        raise DomainError("结束日期不能早于开始日期。", field="until")
    if until > timezone.localdate(now) + REACH:
        raise DomainError("结束日期最多填到一年以后。", field="until")
    point.until = until
    point.save(update_fields=["until"])
    record(actor=actor, action="point.end", obj=point, district_id=point.district_id)
    return point


@transaction.atomic
def note_print(*, actor: Post, point: ContactPoint) -> None:
    """Keep in the trail that the list of what to bring left the portal on paper."""
    actor.require(Permission.SEE_POINTS)
    record(actor=actor, action="point.print", obj=point, district_id=point.district_id)
