"""催办单: units with what they have to answer soon, a sheet for each, and noting the reminder."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.generic import TemplateView

from grievances.selectors.chases import SHEET, chase_sheet, chase_units
from grievances.selectors.liaisons import liaisons_by_unit
from grievances.services.chases import chase_unit
from grievances.views.outside import BookMixin


class ChaseListView(BookMixin, TemplateView):
    template_name = "grievances/chases.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        post = self.post_in_force
        return super().get_context_data(**kwargs) | {
            "units": chase_units(post, now=timezone.now()),
            "scope": post.organisation.name,
        }


class ChaseSheetView(BookMixin, TemplateView):
    """One unit: to print, or to read out on the telephone."""

    template_name = "grievances/chase_sheet.html"
    http_method_names = ("get", "post", "options")

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        noted = chase_unit(
            actor=self.post_in_force, unit_id=self.kwargs["unit"], now=timezone.now()
        )
        messages.success(
            request, f"已记下催办 {noted} 件。" if noted else "今天已经催过，没有重复记录。"
        )
        return redirect("grievances:chases")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        post, unit_id, now = self.post_in_force, self.kwargs["unit"], timezone.now()
        known = {unit.id: unit for unit in chase_units(post, now=now)}
        if unit_id not in known:
            raise Http404
        sheet = chase_sheet(post, unit_id, now=now)
        return super().get_context_data(**kwargs) | {
            "unit": known[unit_id],
            "sheet": sheet,
            "more": max(0, sheet.total - SHEET),
            "liaisons": liaisons_by_unit(post, [unit_id]).get(unit_id, []),
            "office": post.organisation.name,
            "now": now,
        }
