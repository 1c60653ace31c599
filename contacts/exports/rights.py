"""个人信息请求 and 谁看过 as files: what is asked for, and who looked at one household."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from contacts.forms.rights import STATES, RightsFilterForm
from contacts.models import Household
from contacts.querysets import RightsRequestQuerySet
from contacts.selectors import looks, rights
from contacts.selectors.sight import household_lines
from contacts.services.looking import note_looks_seen
from portal.accounts.models import Post
from portal.accounts.permissions import Permission
from portal.accounts.selectors.trail import every_line
from portal.audit.querysets import AuditEventQuerySet
from portal.core.sheets.listing import BATCH, UNREADABLE, Listing, in_batches, refused
from portal.core.sheets.writing import Cell, Column
from portal.jobs import exports

REQUESTS: Final = (
    Column("要求", width=14),
    Column("谁", width=10),
    Column("社区", width=34),
    Column("收到", "date"),
    Column("应答复日", "date"),
    Column("承办人", width=16),
    Column("结果", width=16),
)
LOOKS: Final = (
    Column("时间", "datetime", width=17),
    Column("谁", width=12),
    Column("单位", width=30),
    Column("角色", width=14),
    Column("做了什么", width=24),
    Column("理由", width=24),
)
NO_HOUSEHOLD: Final = "没有这一户，或者谁看过它不由您查看。请从住户的页面导出。"


def open_requests(post: Post, query: QueryDict, now: dt.datetime) -> Listing:
    form = RightsFilterForm(query)
    if not form.is_valid():
        return refused(UNREADABLE)
    state, today = form.cleaned_data["state"], timezone.localdate(now)
    found = rights.requests_of(post, state=state, today=today)
    return Listing(
        columns=REQUESTS,
        scope=post.organisation.name,
        filters=(f"状态：{STATES[state]}",),
        count=found.count,
        rows=lambda: _requests(post, found.order_by(*rights.ORDER[state]), today),
    )


def _requests(
    post: Post, found: RightsRequestQuerySet, today: dt.date
) -> Iterator[tuple[Cell, ...]]:
    for batch in in_batches(found.iterator(chunk_size=BATCH)):
        for line in rights.lines(batch, post=post, today=today):
            yield (
                line.kind,
                line.who,
                line.place,
                line.received_on,
                line.due_on,
                line.owner or (line.former_owner and f"没有，原承办人{line.former_owner}已离岗"),
                line.outcome or ("已过期" if line.is_overdue else "办理中"),
            )


def open_looks(post: Post, query: QueryDict, now: dt.datetime) -> Listing:
    """At one household, named by ``?household=``."""
    asked = query.get("household", "")
    known = Household.objects.visible_to(post).for_line()
    home = known.filter(pk=asked).first() if asked.isascii() and asked.isdigit() else None
    if home is None or not looks.may_see(post, home):
        return refused(NO_HOUSEHOLD)
    everybody = query.get("who") == looks.EVERYBODY
    found = looks.looks_at(home, without=None if everybody else post.user_id)
    line = household_lines(post=post, households=[home], now=now, cares=False)[home.pk]
    asked_for = f"?who={looks.EVERYBODY}" if everybody else ""
    return Listing(
        columns=LOOKS,
        scope=line.address,
        filters=("全部" if everybody else "不含我的日常查看",),
        count=found.count,
        rows=lambda: _looks(post, home, found),
        page=reverse("contacts:household_looked", args=[home.pk]) + asked_for,
    )


def _looks(post: Post, home: Household, found: AuditEventQuerySet) -> Iterator[tuple[Cell, ...]]:
    """Keeps in the trail of the household that the list was read, before the first row."""
    note_looks_seen(actor=post, household=home)
    for look in every_line(found.order_by(*looks.ORDER)):
        yield (
            timezone.make_naive(look.at),
            look.who or "系统",
            look.place,
            look.role,
            look.action,
            look.reason,
        )


def register() -> None:
    exports.register(
        exports.ListExport(
            key="rights",
            title="个人信息请求",
            permission=Permission.HANDLE_RIGHTS,
            url_name="contacts:rights_list",
            open=open_requests,
            filters=tuple(RightsFilterForm.base_fields),
            about="姓名只写姓氏，电话、住址和说的话不导出。",
        )
    )
    exports.register(
        exports.ListExport(
            key="looks",
            title="谁看过",
            permission=Permission.SEE_WHO_LOOKED,
            url_name="contacts:household_list",
            open=open_looks,
            filters=("household", "who"),
            about="导出以后，这一户的记录里会写明您看过这份名单。",
        )
    )
