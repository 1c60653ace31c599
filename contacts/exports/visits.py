"""三访记录 as a file: what a row of the list shows, in columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from django.http import QueryDict
from django.utils import timezone

from contacts.forms.visit_filters import VisitFilterForm
from contacts.models import Household, Visit
from contacts.querysets import VisitQuerySet
from contacts.selectors.visit_list import ORDER
from contacts.selectors.visit_table import visit_cells
from contacts.selectors.visits import scope_words
from contacts.services.looking import note_exported
from portal.accounts.models import Post
from portal.accounts.permissions import Permission
from portal.core.sheets.listing import UNREADABLE, Listing
from portal.core.sheets.writing import Cell, Column
from portal.jobs import exports
from portal.search.persons import asks_for_a_person

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


def open_visits(post: Post, query: QueryDict, now: dt.datetime) -> Listing:
    """The list as its page reads the same parameters."""
    form = VisitFilterForm(query, post=post, today=timezone.localdate(now))
    found = form.apply(Visit.objects.visible_to(post))
    filters = tuple(words for _names, words in form.chosen()) if form.is_valid() else ()
    if asked := query.get("q", ""):
        filters = (*filters, f"搜索：{asked}")
    person = asks_for_a_person(post, asked)
    return Listing(
        columns=COLUMNS,
        scope=scope_words(post),
        filters=filters,
        count=lambda: found.order_by().count(),
        rows=lambda: _rows(post, found, now),
        refusal=_refusal(form, person=person),
        typed="q" if person else "",
    )


def _rows(post: Post, found: VisitQuerySet, now: dt.datetime) -> Iterator[tuple[Cell, ...]]:
    seen = Household.objects.visible_to(post).seen_in_full(post, now).order_by()
    shown = found.filter(household__in=list(seen.values_list("pk", flat=True))).order_by()
    note_exported(actor=post, household_ids=set(shown.values_list("household_id", flat=True)))
    yield from visit_cells(post=post, visits=found, order=ORDER, now=now)


def _refusal(form: VisitFilterForm, *, person: bool) -> str:
    if person:
        return NOT_BY_PERSON
    return "" if form.is_valid() else UNREADABLE


def register() -> None:
    exports.register(
        exports.ListExport(
            key="visits",
            title="三访记录",
            permission=Permission.SEE_VISITS,
            url_name="contacts:visit_list",
            open=open_visits,
            filters=tuple(VisitFilterForm.base_fields),
            about="“情况”和事项与列表上一样长，过长的截断，全文请打开那一次走访看。"
            "“结果”只写走访见没见到人，下访、接访没有这一项。关爱类别不导出。",
        )
    )
