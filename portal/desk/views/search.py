"""Search by topic over what the acting post may read. Persons are found elsewhere, by POST."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.generic import TemplateView

from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.desk.search import hits_of
from portal.search import registry
from portal.search.persons import asks_for_a_person
from portal.search.selectors import search

QUERY_LIMIT: Final = 100
_PERSON: Final = "person"


def _query(**asked: str) -> str:
    return f"?{urlencode(asked)}" if any(asked.values()) else ""


class SearchView(PostMixin, TemplateView):
    permission = Permission.SEARCH
    template_name = "desk/search.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # SECURITY: a number or a person in ``q`` is not searched, and leaves the address at once.
        if asks_for_a_person(self.post_in_force, request.GET.get("q", "")):
            return HttpResponseRedirect(f"{reverse('desk:search')}?{urlencode({'find': _PERSON})}")
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked, post = self.request.GET, self.post_in_force
        query = " ".join(asked.get("q", "").split())[:QUERY_LIMIT]
        kind = asked.get("kind") or None
        known = {one.key for one in registry.kinds()}
        page = search(post, query, kind=kind, cursor=asked.get("cursor")) if query else None
        hits = (
            hits_of(post=post, entries=page.items, query=query, now=timezone.now()) if page else []
        )
        return super().get_context_data(
            **kwargs,
            query=query,
            kind=kind if kind in known else "",
            chips=self._chips(query, kind),
            page=page,
            hits=hits,
            scope=post.place,
            asked_for_person=asked.get("find") == _PERSON,
            may_find=post.may(Permission.FIND_PERSONS),
            register_url=f"{reverse('contacts:household_list')}{_query(q=query)}",
        )

    @staticmethod
    def _chips(query: str, kind: str | None) -> list[tuple[str, str, bool]]:
        """Label, address and whether it is the one chosen."""
        kinds = [("", "全部"), *((one.key, one.label) for one in registry.kinds())]
        return [
            (
                label,
                f"?{urlencode({'q': query, **({'kind': key} if key else {})})}",
                key == (kind or ""),
            )
            for key, label in kinds
        ]
