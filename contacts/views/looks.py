"""The page that tells a unit who looked at one of its households."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.generic import TemplateView
from django.views.generic.detail import SingleObjectMixin

from contacts.models import Household
from contacts.querysets import HouseholdQuerySet
from contacts.selectors import looks
from contacts.selectors.sight import household_lines
from contacts.services.looking import note_looks_seen
from portal.accounts.permissions import Permission
from portal.accounts.scope import ScopedMixin
from portal.accounts.selectors.trail import lines
from portal.core.paging import paginate


class HouseholdLookedView(ScopedMixin, SingleObjectMixin, TemplateView):
    """Who, when, under which post and for which reason; newest first."""

    permission = Permission.SEE_WHO_LOOKED
    model = Household
    template_name = "contacts/household_looked.html"

    def get_queryset(self) -> HouseholdQuerySet:
        rows: HouseholdQuerySet = super().get_queryset()
        return rows.for_line()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.object = self.get_object()
        if not looks.may_see(self.post_in_force, self.object):
            raise PermissionDenied(
                "谁看过这一户，只有走访责任人、社区负责人和街道管理员可以查看。请向走访责任人了解。"
            )
        note_looks_seen(actor=self.post_in_force, household=self.object)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        post, everybody = self.post_in_force, self.request.GET.get("who") == looks.EVERYBODY
        found = looks.looks_at(self.object, without=None if everybody else post.user_id)
        page = paginate(found, order=looks.ORDER, cursor=self.request.GET.get("cursor"))
        line = household_lines(post=post, households=[self.object], now=timezone.now())
        return super().get_context_data(**kwargs) | {
            "line": line[self.object.pk],
            "page": page,
            "looks": lines(page.items),
            "everybody": everybody,
            "export_url": self.export_url(
                "looks", f"?household={self.object.pk}{'&who=all' if everybody else ''}"
            ),
        }
