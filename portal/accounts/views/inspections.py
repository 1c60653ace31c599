"""督查授权: asked for, decided, closed; an inspector sees the own ones."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.generic import FormView, TemplateView

from portal.accounts.forms.people import DAY, InspectionForm
from portal.accounts.models import Inspection, Organisation, Post
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.accounts.selectors import inspections as selectors
from portal.accounts.services import inspections as services
from portal.accounts.views.redirects import address_of
from portal.core.errors import DomainError
from portal.core.paging import paginate

#: What an open case leads to, in the app above.
READING = (
    ("三访记录", "contacts:visit_list", "card-checklist"),
    ("住户", "contacts:household_list", "houses"),
)


class InspectionListView(PostMixin, TemplateView):
    permission = Permission.SEE_INSPECTIONS
    template_name = "accounts/inspections.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        post = self.post_in_force
        page = paginate(
            selectors.inspections(post),
            order=selectors.ORDER,
            cursor=self.request.GET.get("cursor"),
        )
        return super().get_context_data(**kwargs) | {
            "page": page,
            "lines": selectors.lines(post=post, rows=page.items, today=timezone.localdate()),
            "may_ask": post.may(Permission.ASK_INSPECTION),
            "scope": post.organisation.name,
            "export_url": self.export_url("inspections"),
        }


class InspectionNewView(PostMixin, FormView):
    permission = Permission.ASK_INSPECTION
    template_name = "accounts/inspection_new.html"

    def get_form(self, form_class: Any = None) -> InspectionForm:  # noqa: ARG002 -- Django's signature
        post, today = self.post_in_force, timezone.localdate()
        return InspectionForm(
            self.request.POST or None,
            inspectors=selectors.inspector_choices(post=post, today=today),
            places=selectors.place_choices(post=post, today=today),
        )

    def form_valid(self, form: InspectionForm) -> HttpResponse:
        post, data = self.post_in_force, form.cleaned_data
        places = Organisation.objects.visible_to(post)
        inspectors = Post.objects.visible_to(post).select_related("organisation")
        entry = services.NewInspection(
            post=inspectors.get(pk=data["post"]),
            title=data["title"],
            organisation=places.get(pk=data["organisation"]),
            since=data["since"],
            until=data["last_day"] + DAY,
        )
        try:
            services.ask(actor=post, entry=entry, now=timezone.now())
        except DomainError as error:
            field = "last_day" if error.field == "until" else error.field
            form.add_error(field, error.message)
            return self.form_invalid(form)
        messages.success(self.request, "已提出，等区领导批准。批准以后督查员才能查看。")
        return redirect("people:inspections")


class InspectionView(PostMixin, TemplateView):
    """One case; POST decides it or ends it."""

    permission = Permission.SEE_INSPECTIONS
    template_name = "accounts/inspection.html"
    kwargs: dict[str, Any]

    @cached_property
    def inspection(self) -> Inspection:
        rows = selectors.inspections(self.post_in_force)
        found: Inspection = get_object_or_404(rows, pk=self.kwargs["pk"])
        return found

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        decisions = {
            "approve": (services.approve, "已批准，督查员在期限内可以查看。"),
            "refuse": (services.refuse, "已退回，不批准。"),
            "close": (services.close, "已结束，督查员不能再查看。"),
        }
        decision = decisions.get(request.POST.get("do", ""))
        if decision is None:
            raise Http404
        decide, words = decision
        try:
            decide(actor=self.post_in_force, inspection=self.inspection, now=timezone.now())
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, words)
        return redirect("people:inspection", pk=self.inspection.pk)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        [line] = selectors.lines(
            post=self.post_in_force, rows=[self.inspection], today=timezone.localdate()
        )
        return super().get_context_data(**kwargs) | {
            "inspection": self.inspection,
            "line": line,
            "reading": [
                (title, url, icon)
                for title, name, icon in READING
                if line.is_open and (url := address_of(name))
            ],
        }
