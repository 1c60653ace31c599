"""Which lists of accounts and of the desk can be exported: rooms that portal.jobs cannot see."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from django.http import QueryDict
from django.utils import timezone
from django.utils.text import Truncator

from portal.accounts import exports as accounts
from portal.accounts.models import Post
from portal.accounts.permissions import Permission
from portal.core.sheets.listing import BATCH, Listing, in_batches
from portal.core.sheets.writing import Cell, Column
from portal.desk import feedback
from portal.desk.models import FeedbackQuerySet
from portal.jobs.exports import ListExport
from portal.jobs.exports import register as _register

FEEDBACK: Final = (
    Column("时间", "datetime", width=17),
    Column("类别", width=18),
    Column("意见", width=70),
    Column("谁提的", width=20),
    Column("页面", width=24),
    Column("谁答复", width=12),
)
#: As much as the box shows of a message.
_SHOWN: Final = 80


def open_feedback(post: Post, query: QueryDict, _now: dt.datetime) -> Listing:
    answered = query.get("state") == feedback.ANSWERED
    found = feedback.box(post, answered=answered)
    return Listing(
        columns=FEEDBACK,
        scope=post.organisation.name,
        filters=("已答复" if answered else "还没答复",),
        count=found.count,
        rows=lambda: _feedback(post, found),
    )


def _feedback(post: Post, found: FeedbackQuerySet) -> Iterator[tuple[Cell, ...]]:
    for batch in in_batches(found.order_by(*feedback.ORDER).iterator(chunk_size=BATCH)):
        for line in feedback.lines(batch, post=post, on_paper=True):
            yield (
                timezone.make_naive(line.at),
                line.kind,
                Truncator(line.text).chars(_SHOWN),
                line.who,
                line.page,
                line.owner,
            )


def register() -> None:
    """Tell portal.jobs of them."""
    for export in _EXPORTS:
        _register(export)


_ACCOUNTS_ONLY: Final = "只用于管理账号和岗位，不得用于考核。"
_EXPORTS: Final = (
    ListExport(
        key="people",
        title="人员",
        permission=Permission.SEE_PEOPLE,
        url_name="people:people",
        open=accounts.open_people,
        filters=("unit", "role", "standing"),
        about=_ACCOUNTS_ONLY,
    ),
    ListExport(
        key="posts",
        title="岗位任免",
        permission=Permission.GRANT_POSTS,
        url_name="people:posts",
        open=accounts.open_posts,
        filters=("unit", "role", "ended"),
        about=_ACCOUNTS_ONLY,
    ),
    ListExport(
        key="units",
        title="单位",
        permission=Permission.MANAGE_ORGANISATIONS,
        url_name="people:units",
        open=accounts.open_units,
        filters=("unit",),
        about="只有这个单位直接下属的，一级一级导出。",
    ),
    ListExport(
        key="inspections",
        title="督查授权",
        permission=Permission.SEE_INSPECTIONS,
        url_name="people:inspections",
        open=accounts.open_inspections,
    ),
    ListExport(
        key="audit",
        title="审计日志",
        permission=Permission.READ_AUDIT,
        url_name="accounts:audit",
        open=accounts.open_trail,
        filters=("actor", "action", "kind", "number", "since", "until"),
        about="日志只有编号和字段名，没有内容。",
    ),
    ListExport(
        key="feedback",
        title="系统意见",
        permission=Permission.ANSWER_FEEDBACK,
        url_name="desk:feedback_box",
        open=open_feedback,
        filters=("state",),
        about="不显示姓名的，文件里也只写街道。意见和列表上一样长，全文请打开那一条看。",
    ),
)
