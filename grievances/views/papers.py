"""One grievance on paper, as the reader may see it: 诉求办理单, and the letters of a 信访件."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.views.generic import TemplateView

from grievances.kinds import Regime
from grievances.parties import parties_of
from grievances.selectors.handlers import handlers_of
from grievances.selectors.one import grievance_page
from grievances.selectors.papers import KINDS, MAKERS, PaperKind, paper_of, papers_for
from grievances.services.revealing import note_opened, note_printed
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


class LetterView(OneMixin, TemplateView):
    """One letter of a 信访件, for the desk and the unit that leads, while its state asks for it."""

    permission = Permission.HANDLE_GRIEVANCES

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        response = super().dispatch(request, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        return response

    @cached_property
    def kind(self) -> PaperKind:
        post, grievance = self.post_in_force, self.grievance
        kind = KINDS.get(self.kwargs["kind"])
        if kind is None or grievance.regime != Regime.PETITION:
            raise Http404
        if MAKERS.isdisjoint(parties_of(post, grievance, handlers_of(grievance, now=self.now))):
            raise PermissionDenied("文书由受理单位和主办单位出具。")
        if kind not in papers_for(post=post, grievance=grievance, now=self.now):
            raise Http404
        return kind

    def get_template_names(self) -> list[str]:
        return [self.kind.template]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        post, grievance, kind = self.post_in_force, self.grievance, self.kind
        paper = paper_of(kind, post=post, grievance=grievance, now=self.now)
        note_printed(actor=post, grievance=grievance, code=kind.trail_code)
        if paper.page.is_full:
            note_opened(actor=post, grievance=grievance)
        return super().get_context_data(**kwargs) | {
            "paper": paper,
            "page": paper.page,
            "grievance": grievance,
            "now": self.now,
            "today": timezone.localdate(self.now),
        }
