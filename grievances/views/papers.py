"""诉求办理单: one grievance on paper, as the reader may see it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.views.generic import TemplateView

from grievances.parties import parties_of
from grievances.selectors.handlers import handlers_of
from grievances.selectors.one import grievance_page
from grievances.services.revealing import note_printed
from grievances.views.one import OneMixin
from portal.accounts.permissions import Permission


class PaperView(OneMixin, TemplateView):
    """For who has something to do with it; each opening leaves a line in the trail."""

    permission = Permission.HANDLE_GRIEVANCES
    template_name = "grievances/print.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        response = super().dispatch(request, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        post, grievance = self.post_in_force, self.grievance
        if not parties_of(post, grievance, handlers_of(grievance, now=self.now)):
            raise PermissionDenied("办理单由受理、办理或回访这件诉求的人打印。")
        page = grievance_page(post=post, grievance=grievance, now=self.now)
        note_printed(actor=post, grievance=grievance)
        return super().get_context_data(**kwargs) | {
            "page": page,
            "grievance": grievance,
            "now": self.now,
        }
