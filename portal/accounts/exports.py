"""The lists of accounts as files: people, posts, units, inspections, the trail.

For looking after accounts and posts; nothing here counts anybody's work (domain §7). Registered
with ``portal.jobs`` by ``portal.desk``, which stands above both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.choices import flatten_choices

from portal.accounts.forms.people import PeopleFilterForm, PeopleListForm, PostListForm
from portal.accounts.forms.trail import TrailFilter
from portal.accounts.models import Organisation, Post
from portal.accounts.querysets import InspectionQuerySet, UserQuerySet
from portal.accounts.selectors import inspections, people, trail, units
from portal.accounts.services.trail import record_export
from portal.audit.models import AuditEvent
from portal.audit.querysets import AuditEventQuerySet
from portal.core.sheets.listing import BATCH, UNREADABLE, Listing, in_batches, refused
from portal.core.sheets.writing import Cell, Column

PEOPLE: Final = (
    Column("姓名", width=12),
    Column("账号", width=18),
    Column("岗位", width=60),
    Column("状态", width=16),
    Column("上次登录", "date"),
    Column("没登录过的账号建于", "date", width=20),
)
POSTS: Final = (
    Column("姓名", width=12),
    Column("单位", width=30),
    Column("岗位", width=20),
    Column("角色", width=14),
    Column("代表类别", width=12),
    Column("任职自", "date"),
    Column("任职到（含当日）", "date", width=16),
    Column("状态", width=10),
)
UNITS: Final = (
    Column("类别", width=12),
    Column("名称", width=30),
    Column("代码", width=22),
    Column("下属单位", "number", width=10),
    Column("岗位", "number", width=8),
    Column("状态", width=10),
)
INSPECTIONS: Final = (
    Column("编号", "number", width=8),
    Column("督查事项", width=40),
    Column("状态", width=14),
    Column("督查单位", width=30),
    Column("督查员", width=12),
    Column("从", "date"),
    Column("到（含当日）", "date"),
)
TRAIL: Final = (
    Column("编号", "number", width=10),
    Column("时间", width=20),
    Column("姓名", width=12),
    Column("账号", width=18),
    Column("角色", width=14),
    Column("单位", width=30),
    Column("动作", width=20),
    Column("对象", width=24),
    Column("字段", width=40),
    Column("理由", width=24),
)
NO_UNIT: Final = "没有这个单位，或者不由您管理。请从单位的页面导出。"


def open_people(post: Post, query: QueryDict, now: dt.datetime) -> Listing:
    form = PeopleListForm(query, post=post)
    if not form.is_valid():
        return refused(UNREADABLE)
    found = people.people(post=post, asked=form.asked(), now=now)
    active = form.asked().standing == people.Standing.ACTIVE
    return Listing(
        columns=PEOPLE,
        scope=post.organisation.name,
        filters=(*(["状态：可登录"] if active else []), *_chips(form)),
        count=found.count,
        rows=lambda: _people(post, found, now),
    )


def _people(post: Post, found: UserQuerySet, now: dt.datetime) -> Iterator[tuple[Cell, ...]]:
    for batch in in_batches(found.order_by(*people.ORDER).iterator(chunk_size=BATCH)):
        for line in people.person_lines(post=post, users=batch, now=now):
            yield _person(line)


def _person(line: people.PersonLine) -> tuple[Cell, ...]:
    signed_in = line.user.last_login
    return (
        line.user.name,
        line.user.username,
        "；".join(map(_held, line.posts)),
        "、".join(mark.text for mark in line.marks) or people.Standing.ACTIVE.label,
        timezone.localdate(signed_in) if signed_in else None,
        None if signed_in else timezone.localdate(line.user.created_at),
    )


def _held(post: Post) -> str:
    """The post with the days that the page of the person shows."""
    until = f" 至 {post.until - dt.timedelta(days=1)}" if post.until else " 起"
    return f"{post.place} · {post.label}（{post.get_role_display()}，{post.since}{until}）"


def open_posts(post: Post, query: QueryDict, now: dt.datetime) -> Listing:
    form, today = PostListForm(query, post=post), timezone.localdate(now)
    if not form.is_valid():
        return refused(UNREADABLE)
    ended = bool(form.cleaned_data["ended"])
    found = people.posts_in_reach(post=post, asked=form.asked(), ended=ended, today=today)
    return Listing(
        columns=POSTS,
        scope=post.organisation.name,
        filters=(*([] if ended else ["任期：在任和将任"]), *_chips(form)),
        count=found.count,
        rows=lambda: _posts(post, found, today),
    )


def _posts(post: Post, found: QuerySet[Post], today: dt.date) -> Iterator[tuple[Cell, ...]]:
    for batch in in_batches(found.order_by(*people.POSTS_ORDER).iterator(chunk_size=BATCH)):
        for line in people.held_posts(actor=post, posts=batch, today=today):
            held = line.post
            yield (
                held.user.name,
                held.place,
                held.label,
                held.get_role_display(),
                held.get_delegate_kind_display(),
                held.since,
                line.last_day,
                line.state or "在任",
            )


def open_units(post: Post, query: QueryDict, _now: dt.datetime) -> Listing:
    """What lies directly in one unit, named by ``?unit=``; without it in the own."""
    asked = query.get("unit", "") or str(post.organisation_id)
    rows = Organisation.objects.visible_to(post).select_related("community", "street", "parent")
    unit = rows.filter(pk=asked).first() if asked.isascii() and asked.isdigit() else None
    if unit is None:
        return refused(NO_UNIT)
    page = units.unit_page(post=post, unit=unit)
    cells = [
        *(_unit(kind, line) for kind, _order, lines in page.groups for line in lines),
        *((one.get_kind_display(), one.name, one.code, None, None, "已停用") for one in page.ended),
    ]
    return Listing(
        columns=UNITS,
        scope=unit.full_name,
        count=lambda: len(cells),
        rows=lambda: cells,
        page=reverse("people:unit", args=[unit.pk]),
    )


def _unit(kind: str, line: units.UnitLine) -> tuple[Cell, ...]:
    return kind, line.unit.name, line.unit.code, line.below, line.posts, "在用"


def open_inspections(post: Post, _query: QueryDict, now: dt.datetime) -> Listing:
    found = inspections.inspections(post)
    return Listing(
        columns=INSPECTIONS,
        scope=post.organisation.name,
        count=found.count,
        rows=lambda: _inspections(post, found, timezone.localdate(now)),
    )


def _inspections(
    post: Post, found: InspectionQuerySet, today: dt.date
) -> Iterator[tuple[Cell, ...]]:
    for batch in in_batches(found.order_by(*inspections.ORDER).iterator(chunk_size=BATCH)):
        for line in inspections.lines(post=post, rows=batch, today=today):
            case = line.inspection
            yield (
                case.pk,
                line.title,
                line.state,
                case.organisation.full_name,
                case.post.user.name,
                case.since,
                case.last_day,
            )


def open_trail(post: Post, query: QueryDict, _now: dt.datetime) -> Listing:
    form = TrailFilter(query)
    found = form.apply(AuditEvent.objects.visible_to(post))
    if not form.is_valid():
        return refused(UNREADABLE)
    return Listing(
        columns=TRAIL,
        scope=post.place,
        filters=_chosen(form),
        count=found.count,
        rows=lambda: _events(post, form.used, found),
    )


def _events(
    post: Post, conditions: list[str], found: AuditEventQuerySet
) -> Iterator[tuple[Cell, ...]]:
    """Keeps in the trail that it was read out, before the first row."""
    record_export(actor=post, conditions=conditions)
    zone = timezone.get_current_timezone()
    for number, at, *words in trail.every_line(found.order_by(*trail.ORDER)):
        moment = at.astimezone(zone).replace(tzinfo=None)
        yield (number, moment.isoformat(" ", "seconds"), *words)


def _chips(form: PeopleFilterForm) -> list[str]:
    return [chip["label"] for chip in form.chips()]


def _chosen(form: forms.Form) -> tuple[str, ...]:
    """What a valid form was narrowed by, in words."""
    return tuple(
        f"{form.fields[name].label}：{_words(form.fields[name], form.data[name])}"
        for name in form.fields
        if form.data.get(name)
    )


def _words(field: forms.Field, typed: str) -> str:
    choices = dict(flatten_choices(getattr(field, "choices", ())))
    return next((str(label) for value, label in choices.items() if str(value) == typed), typed)
