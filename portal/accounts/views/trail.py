"""The trail: read, exported, checked; by AUDITOR alone."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
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
from portal.core.sheets.writing import csv_row

ORDER: Final = ("-at", "-pk")
HEADER: Final = (
    "编号", "时间", "姓名", "账号", "角色", "单位", "动作", "对象", "字段", "理由",
)  # fmt: skip


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
        page = paginate(self.events(), order=ORDER, cursor=self.request.GET.get("cursor"))
        return super().get_context_data(**kwargs) | {
            "filter": self.filter,
            "page": page,
            "lines": trail.lines(page.items),
        }


class TrailExportView(_TrailMixin, View):
    """The same events as .csv, every page of them, streamed."""

    def get(self, _request: HttpRequest) -> HttpResponseBase:
        services.record_export(actor=self.post_in_force, conditions=self.filter.used)
        events = self.events().order_by(*ORDER).iterator(chunk_size=trail.CHUNK)
        name = f"audit-{timezone.localdate():%Y%m%d}.csv"
        return StreamingHttpResponse(
            _csv(trail.every_line(events)),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> bytes:
        return text.encode()


def _csv(found: Iterable[trail.TrailLine]) -> Iterator[bytes]:
    writer = csv.writer(_Echo())
    yield b"\xef\xbb\xbf"  # without it a spreadsheet does not read Chinese
    yield writer.writerow(HEADER)
    for line in found:
        at = f"{timezone.localtime(line.at):%Y-%m-%d %H:%M:%S}"
        cells = (
            line.number, at, line.who, line.username, line.role, line.place,
            line.action, line.obj, line.fields, line.reason,
        )  # fmt: skip
        yield writer.writerow(csv_row(cells))
