"""The trail: read and checked, by AUDITOR alone; exported by a job like any list."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.views.generic import TemplateView, View

from portal.accounts.forms.trail import TrailFilter
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.accounts.selectors import trail
from portal.accounts.services import trail as services
from portal.audit.models import AuditEvent
from portal.audit.querysets import AuditEventQuerySet
from portal.core.paging import paginate
from portal.core.sheets.writing import CSV

#: Events on one page.
SIZE: Final = 25


class _TrailMixin(PostMixin):
    permission = Permission.READ_AUDIT

    @cached_property
    def filter(self) -> TrailFilter:
        return TrailFilter(self.request.GET)

    def events(self) -> AuditEventQuerySet:
        """What the auditor may see and asked for."""
        return self.filter.apply(AuditEvent.objects.visible_to(self.post_in_force))


class TrailView(_TrailMixin, TemplateView):
    """The list, newest first; POST checks the whole chain and shows the finding above it."""

    template_name = "accounts/audit.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = super().get(request, *args, **kwargs)
        if "cursor" not in request.GET:
            services.record_reading(actor=self.post_in_force, conditions=self.filter.used)
        return answer

    def post(self, _request: HttpRequest) -> HttpResponse:
        report = services.verify(actor=self.post_in_force) if trail.may_check_on_page() else None
        return self.render_to_response(self.get_context_data(report=report, checked=True))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = paginate(
            self.events(), order=trail.ORDER, cursor=self.request.GET.get("cursor"), size=SIZE
        )
        return super().get_context_data(**kwargs) | {
            "filter": self.filter,
            "page": page,
            "lines": trail.lines(page.items),
            "export_url": self.export_url("audit"),
        }


class TrailExportView(_TrailMixin, View):
    """Where the file once came from at once: to the page that lets a job write it."""

    def get(self, _request: HttpRequest) -> HttpResponse:
        asked = self.request.GET.copy()
        asked.pop("cursor", None)
        asked["format"] = CSV
        return redirect(self.export_url("audit", f"?{asked.urlencode()}"))
