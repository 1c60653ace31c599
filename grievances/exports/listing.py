"""诉求 as a file: what a row of the list shows, in columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from django.http import QueryDict
from django.utils import timezone

from contacts.selectors.words import People
from grievances.forms.listing import GrievanceFilterForm
from grievances.models import Grievance
from grievances.querysets import GrievanceQuerySet
from grievances.selectors.listing import ORDER, scope_words
from grievances.selectors.rows import GrievanceRow, RowReader
from portal.accounts.models import Post
from portal.accounts.permissions import Permission
from portal.core.sheets.listing import BATCH, UNREADABLE, Listing, in_batches
from portal.core.sheets.writing import Cell, Column
from portal.jobs import exports
from portal.search.persons import asks_for_a_person

COLUMNS: Final = (
    Column("编号", width=22),
    Column("收到时间", "datetime", width=17),
    Column("办理渠道", width=10),
    Column("性质", width=8),
    Column("来源", width=8),
    Column("紧急程度", width=10),
    Column("状态", width=14),
    Column("内容", width=60),
    Column("地点", width=30),
    Column("主办单位", width=20),
    Column("期限", "date", width=12),
    Column("期限情况", width=12),
)
_NOT_BY_PERSON: Final = (
    "搜索的内容像是姓名或号码。导出按主题，不按人；请回到列表去掉这个条件再导出。"
)


def open_grievances(post: Post, query: QueryDict, now: dt.datetime) -> Listing:
    """The list as its page reads the same parameters."""
    form = GrievanceFilterForm(query, post=post, now=now, today=timezone.localdate(now))
    found = form.apply(Grievance.objects.listed_for(post))
    filters = tuple(words for _names, words in form.chosen()) if form.is_valid() else ()
    if asked := query.get("q", ""):
        filters = (*filters, f"搜索：{asked}")
    person = asks_for_a_person(post, asked)
    return Listing(
        columns=COLUMNS,
        scope=scope_words(post),
        filters=filters,
        count=lambda: found.order_by().count(),
        rows=lambda: _rows(found, now),
        refusal=_NOT_BY_PERSON if person else "" if form.is_valid() else UNREADABLE,
        typed="q" if person else "",
    )


def _rows(found: GrievanceQuerySet, now: dt.datetime) -> Iterator[tuple[Cell, ...]]:
    """As the page shows them, masked the same; read batch by batch."""
    reader = RowReader(People(many=True).all_masked, now=now)
    ids = found.order_by(*ORDER).values_list("pk", flat=True).iterator(chunk_size=BATCH)
    for batch in in_batches(ids):
        yield from map(cells_of, reader.rows(batch))


def cells_of(row: GrievanceRow) -> tuple[Cell, ...]:
    """The cells of a row of the page."""
    return (
        row.number,
        timezone.make_naive(row.received_at),
        row.regime,
        row.nature,
        row.source,
        row.urgency,
        row.state,
        row.text,
        row.place,
        row.lead,
        row.due_on,
        row.due.words if row.due else "",
    )


def register() -> None:
    exports.register(
        exports.ListExport(
            key="grievances",
            title="诉求",
            permission=Permission.SEE_GRIEVANCES,
            url_name="grievances:list",
            open=open_grievances,
            filters=tuple(GrievanceFilterForm.base_fields),
            about="“内容”与列表上一样长，过长的截断，全文请打开那一件看。封存的诉求不导出。",
        )
    )
