"""住户 as a file: what a line of the register shows, in columns; never a care category.

长期未走访 is the same list with the filter 走访情况.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from django.http import QueryDict
from django.utils import timezone

from contacts.forms.household_filters import HouseholdFilterForm, as_asked
from contacts.models import Household
from contacts.querysets import HouseholdQuerySet
from contacts.selectors import household_register
from contacts.selectors.household_table import household_cells
from contacts.selectors.sight import in_full
from contacts.services.looking import note_exported
from portal.accounts.models import Post
from portal.accounts.permissions import Permission
from portal.core.sheets.listing import UNREADABLE, Listing
from portal.core.sheets.writing import Cell, Column
from portal.jobs import exports
from portal.search.persons import asks_for_a_person

COLUMNS: Final = (
    Column("住址", width=34),
    Column("居民", width=20),
    Column("人数", "number", width=6),
    Column("上门意愿", width=26),
    Column("责任人", width=10),
    Column("上次走访", "date", width=16),
)
NOT_BY_CARE: Final = (
    "关爱类别不出现在任何导出里，按类别筛出的名单也不能导出。请回到列表去掉这个条件再导出。"
)
NOT_BY_PERSON: Final = "这里按地址找，不按人找。请回到列表去掉搜索的内容再导出。"


def open_households(post: Post, query: QueryDict, now: dt.datetime) -> Listing:
    """The list as its page reads the same parameters."""
    today = timezone.localdate(now)
    query = as_asked(query, opens_with_own=bool(household_register.opens_with_own(post)))
    form = HouseholdFilterForm(query, post=post, today=today)
    valid = form.is_valid()
    found: HouseholdQuerySet = Household.objects.visible_to(post).none()
    mine = False
    if valid:
        narrowing = form.narrowing()
        found = household_register.register(post=post, narrowing=narrowing, today=today)
        mine = narrowing.mine
    ordered = found.order_by(*household_register.order_for(mine=mine))
    person = asks_for_a_person(post, query.get("q", ""), places=True)
    return Listing(
        columns=COLUMNS,
        scope=post.organisation.name,
        filters=tuple(words for _name, words in form.chosen()) if valid else (),
        count=lambda: found.order_by().count(),
        rows=lambda: _rows(post, ordered, now),
        refusal=_refusal(query, person=person, valid=valid),
        typed="q" if person else "",
    )


def _refusal(query: QueryDict, *, person: bool, valid: bool) -> str:
    # SECURITY: a list of those with a category tells the category of each, column or not.
    if query.get("care"):
        return NOT_BY_CARE
    if person:
        return NOT_BY_PERSON
    return "" if valid else UNREADABLE


def _rows(
    post: Post, households: HouseholdQuerySet, now: dt.datetime
) -> Iterator[tuple[Cell, ...]]:
    full = in_full(post=post, households=households, now=now)
    note_exported(actor=post, household_ids=full)
    yield from household_cells(post=post, households=households, full=full, now=now)


def register() -> None:
    exports.register(
        exports.ListExport(
            key="households",
            title="住户",
            permission=Permission.SEE_HOUSEHOLDS,
            url_name="contacts:household_list",
            open=open_households,
            filters=tuple(HouseholdFilterForm.base_fields),
            about="“上次走访”空着的是从未走访。关爱类别不导出。",
        )
    )
