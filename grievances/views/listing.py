"""The list of grievances a post may read, and its short list of restricted ones."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.views.generic import TemplateView

from contacts.selectors.words import masked_texts
from grievances.forms.listing import GrievanceFilterForm
from grievances.kinds import SEARCH_KIND
from grievances.models import Grievance
from grievances.selectors.listing import IS_ENDED, IS_OPEN, page_of, scope_words
from grievances.selectors.rows import RowReader
from portal.accounts.permissions import Permission
from portal.accounts.roles import Role
from portal.accounts.scope import PostMixin
from portal.accounts.services import inspections
from portal.core.paging import KeyPage, one_page
from portal.search.persons import asks_for_a_person
from portal.search.selectors import search

#: Each is masked on its own (decision 0093).
PAGE_SIZE: Final = 20
#: ``?find=person``: somebody was looked for where only topics are found.
_PERSON: Final = "person"
#: Said of an empty list to those who register none.
_NOTHING: Final[dict[str, str]] = {
    Role.INSPECTOR: "有批准的督查授权时，那个单位的诉求会出现在这里。",
    Role.HANDLER: "交给您单位办理的诉求会出现在这里。",
    Role.DISTRICT_LEADER: "街道、社区登记的诉求会出现在这里。",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One link of the filter bar."""

    label: str
    url: str
    is_on: bool = False


class GrievanceListView(PostMixin, TemplateView):
    """What the acting post may read, newest first, every filter in the address."""

    permission = Permission.SEE_GRIEVANCES
    template_name = "grievances/list.html"

    @cached_property
    def now(self) -> dt.datetime:
        return timezone.now()

    @cached_property
    def filter(self) -> GrievanceFilterForm:
        return GrievanceFilterForm(
            self.request.GET,
            post=self.post_in_force,
            now=self.now,
            today=timezone.localdate(self.now),
        )

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # SECURITY: a number or a person in ``q`` is not searched, and leaves the address at once.
        if asks_for_a_person(self.post_in_force, request.GET.get("q", "")):
            return redirect(f"{request.path}{self._url(drop=('q',), find=_PERSON)}")
        inspections.note_listed(actor=self.post_in_force)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        post, is_valid = self.post_in_force, self.filter.is_valid()
        page, ids = self._page()
        return super().get_context_data(
            filter=self.filter,
            page=page,
            rows=RowReader(masked_texts, now=self.now).rows(ids),
            chips=self._chips() if is_valid else [],
            tabs=self._tabs(),
            period=self.filter.period_words if is_valid else "",
            scope=scope_words(post),
            may_register=post.may(Permission.REGISTER_GRIEVANCES),
            may_find=post.may(Permission.FIND_PERSONS),
            asked_for_person=self.request.GET.get("find") == _PERSON,
            is_narrowed=is_valid and (self.filter.is_narrowed or self.filter.cleaned_data["q"]),
            nothing_words=_NOTHING.get(post.role, "您登记或负责的诉求会出现在这里。"),
            export_url=self.export_url("grievances", self._url()),
            **kwargs,
        )

    def _page(self) -> tuple[KeyPage[Any], list[int]]:
        """The page, and the grievances on it in their order."""
        post, cursor = self.post_in_force, self.request.GET.get("cursor")
        if not self.filter.is_valid():
            return one_page([]), []
        found = self.filter.apply_filters(Grievance.objects.listed_for(post))
        if query := self.filter.cleaned_data["q"]:
            among = found if self.filter.is_narrowed else None
            hits = search(post, query, kind=SEARCH_KIND, cursor=cursor, size=PAGE_SIZE, among=among)
            return hits, [hit.object_id for hit in hits]
        page = page_of(found, cursor=cursor, size=PAGE_SIZE)
        return page, page.items

    def _url(self, drop: tuple[str, ...] = (), **add: str) -> str:
        """This list with other filters, from its beginning."""
        query: QueryDict = self.request.GET.copy()
        for name in ("cursor", "find", *drop):
            query.pop(name, None)
        for name, value in add.items():
            query[name] = value
        return f"?{query.urlencode()}"

    def _chips(self) -> list[Choice]:
        return [Choice(words, self._url(drop=names)) for names, words in self.filter.chosen()]

    def _tabs(self) -> list[Choice]:
        """One tap for the usual lists."""
        asked, drop = self.request.GET, ("state", "overdue")
        state, overdue = asked.get("state", ""), asked.get("overdue", "")
        return [
            Choice("全部", self._url(drop), is_on=not (state or overdue)),
            Choice(
                "还在办", self._url(drop, state=IS_OPEN), is_on=state == IS_OPEN and not overdue
            ),
            Choice("已过期", self._url(drop, overdue="1"), is_on=bool(overdue)),
            Choice("已结束", self._url(drop, state=IS_ENDED), is_on=state == IS_ENDED),
        ]


class RestrictedListView(PostMixin, TemplateView):
    """封存: what names the acting post, without a word of its text; nobody else's list."""

    permission = Permission.SEE_GRIEVANCES
    template_name = "grievances/restricted.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = page_of(
            Grievance.objects.named_for(self.post_in_force),
            cursor=self.request.GET.get("cursor"),
            size=PAGE_SIZE,
        )
        rows = RowReader(masked_texts, now=timezone.now()).rows(page.items)
        return super().get_context_data(page=page, rows=rows, **kwargs)
