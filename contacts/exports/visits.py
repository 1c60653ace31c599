"""三访记录 as a file: what a row of the list shows, in columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import islice
from typing import Final

from django.http import QueryDict
from django.utils import timezone

from contacts.forms.visit_filters import ORDER, VisitFilterForm
from contacts.models import Visit
from contacts.querysets import VisitQuerySet
from contacts.selectors.visits import VisitRow, scope_words, visit_rows
from portal.accounts.models import Post
from portal.accounts.permissions import Permission
from portal.core.sheets.writing import Cell, Column
from portal.jobs import exports
from portal.search.persons import looks_like_a_person

COLUMNS: Final = (
    Column("时间", "datetime", width=17),
    Column("对象", width=30),
    Column("居民", width=14),
    Column("方式", width=8),
    Column("地点", width=20),
    Column("结果", width=10),
    Column("情况", width=60),
    Column("反映的事", width=40),
    Column("谁走访", width=16),
    Column("记录", width=14),
)
NOT_BY_PERSON: Final = (
    "搜索的内容像是姓名或号码。导出按主题，不按人；请回到列表去掉这个条件再导出。"
)
UNREADABLE: Final = "筛选条件无法识别，请回到列表重新选择。"
_BATCH: Final = 500
#: How much of a matter a row of the page carries (28 with what stands for the rest).
_MATTER_TEXT: Final = 25


def open_visits(post: Post, query: QueryDict, now: dt.datetime) -> exports.Listing:
    """The list as its page reads the same parameters."""
    form = VisitFilterForm(query, post=post, today=timezone.localdate(now))
    found = form.apply(Visit.objects.visible_to(post))
    filters = tuple(words for _names, words in form.chosen()) if form.is_valid() else ()
    if asked := query.get("q", ""):
        filters = (*filters, f"搜索：{asked}")
    return exports.Listing(
        columns=COLUMNS,
        scope=scope_words(post),
        filters=filters,
        count=lambda: found.order_by().count(),
        rows=lambda: _rows(post, found, now),
        refusal=_refusal(form, asked),
    )


def _refusal(form: VisitFilterForm, asked: str) -> str:
    if looks_like_a_person(asked):
        return NOT_BY_PERSON
    return "" if form.is_valid() else UNREADABLE


def _rows(post: Post, visits: VisitQuerySet, now: dt.datetime) -> Iterator[tuple[Cell, ...]]:
    """Masked as on the page, because the page's own rows are read."""
    found = visits.for_list().order_by(*ORDER).iterator(chunk_size=_BATCH)
    while batch := list(islice(found, _BATCH)):
        for row in visit_rows(post=post, visits=batch, now=now):
            yield _cells(row)


def _cells(row: VisitRow) -> tuple[Cell, ...]:
    visit = row.visit
    at_home = visit.kind == Visit.Kind.HOME
    return (
        visit.occurred_at,
        row.title,
        row.people,
        visit.get_channel_display() if at_home else "",
        "" if at_home else row.place,
        _result(row),
        row.text,
        "；".join(f"{one.outcome_words}：{_short(one.text)}" for one in row.matters),
        row.who,
        "、".join(_marks(row)),
    )


def _result(row: VisitRow) -> str:
    if row.is_voided:
        return "作废"
    return row.visit.result_words if row.visit.kind == Visit.Kind.HOME else ""


def _marks(row: VisitRow) -> Iterator[str]:
    if row.visit.to_complete and not row.is_voided:
        yield "待补记"
    if row.waiting:
        yield row.waiting


def _short(text: str) -> str:
    return text if len(text) <= _MATTER_TEXT else f"{text[:_MATTER_TEXT]}…"


def register() -> None:
    exports.register(
        exports.ListExport(
            key="visits",
            title="三访记录",
            permission=Permission.SEE_VISITS,
            url_name="contacts:visit_list",
            open=open_visits,
        )
    )
