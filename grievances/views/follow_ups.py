"""回访: the queue, one attempt or verdict, ending it unreached; and the slip with the link."""

from __future__ import annotations

from typing import Any, Final

import segno
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.generic import FormView, TemplateView, View

from grievances.forms.follow_ups import FollowUpForm
from grievances.models import FollowUp
from grievances.selectors import follow_ups as selectors
from grievances.selectors.verdicts import is_rateable, verdict_of
from grievances.services import follow_ups as services
from grievances.services.links import check_may_hand_out, slip_token
from grievances.services.move_checks import ATTEMPTS, was_tried_enough
from grievances.services.revealing import REVEAL_FOR
from grievances.views.one import OneMixin
from grievances.views.resident import resident_address
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.core.errors import DomainError
from portal.core.paging import paginate_ids

#: Each is masked on its own (decision 0093).
PAGE_SIZE: Final = 20


class FollowUpListView(PostMixin, TemplateView):
    """Whose opinion is still to be asked, the longest waiting first."""

    permission = Permission.HANDLE_GRIEVANCES
    template_name = "grievances/follow_ups.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = paginate_ids(
            selectors.to_ask(self.post_in_force),
            order=selectors.ORDER,
            cursor=self.request.GET.get("cursor"),
            size=PAGE_SIZE,
        )
        return super().get_context_data(**kwargs) | {
            "page": page,
            "rows": selectors.ask_rows(page.items, now=timezone.now()),
            "scope": self.post_in_force.organisation.name,
        }


class AskMixin(OneMixin):
    """One grievance whose resident the post may ask."""

    permission = Permission.HANDLE_GRIEVANCES

    def check(self) -> None:
        services.check_may_ask(self.post_in_force, self.grievance, now=self.now)


class FollowUpView(AskMixin, FormView):
    """Ask, and write down what came of it."""

    template_name = "grievances/follow_up.html"
    form_class = FollowUpForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.check()
        if verdict_of(self.grievance) is not None or not is_rateable(self.grievance):
            messages.warning(request, "这件诉求现在没有要回访的：还没有办理结果，或者已经评价过。")
            return redirect(self.grievance)
        return super().get(request, *args, **kwargs)

    def form_valid(self, form: FollowUpForm) -> HttpResponse:
        told = form.cleaned_data
        try:
            made = services.record_follow_up(
                actor=self.post_in_force,
                number=self.grievance.number,
                way=told["way"],
                outcome=told["outcome"],
                entry=form.entry(),
                now=self.now,
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return self.form_invalid(form)
        messages.success(self.request, f"已登记：{made.get_outcome_display()}。")
        return redirect("grievances:follow_ups")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self.check()
        page = selectors.asked_page(self.grievance, post=self.post_in_force, now=self.now)
        return super().get_context_data(**kwargs) | {
            "grievance": self.grievance,
            "page": page,
            "minutes": int(REVEAL_FOR.total_seconds() // 60),
            "attempts_wanted": ATTEMPTS,
            "may_close": was_tried_enough(self.grievance),
            "answered": FollowUp.Outcome.ANSWERED.label,
        }


class UnreachedView(AskMixin, View):
    """End the asking without an answer, after enough attempts."""

    http_method_names = ("post", "options")

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        try:
            services.close_unreached(
                actor=self.post_in_force, number=self.grievance.number, now=self.now
            )
        except DomainError as error:
            messages.warning(request, error.message)
            return redirect("grievances:follow_up", self.grievance.number)
        messages.success(request, "已结束回访：未联系上。")
        return redirect("grievances:follow_ups")


class SlipView(OneMixin, TemplateView):
    """A slip for the resident: one name, one phone, the date, the number and the link to scan."""

    permission = Permission.HANDLE_GRIEVANCES
    template_name = "grievances/slip.html"
    #: By POST the old link ends and another one is made: a slip was lost.
    http_method_names = ("get", "post", "options")
    anew = False

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.anew = True
        return self.get(request, *args, **kwargs)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        response = super().dispatch(request, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        grievance, now = self.grievance, self.now
        check_may_hand_out(self.post_in_force, grievance, now=now)
        _, token = slip_token(
            actor=self.post_in_force, number=grievance.number, anew=self.anew, now=now
        )
        address = resident_address(self.request, token)
        owner = grievance.owner
        return super().get_context_data(**kwargs) | {
            "grievance": grievance,
            "address": address,
            "picture": segno.make(address, error="m").svg_data_uri(scale=4, border=2),
            "contact": owner.user.name if owner else "",
            "unit": owner.organisation.name if owner else grievance.street.name,
            "phone": settings.PRIVACY_PHONE,
            "today": timezone.localdate(now),
            "is_new": self.anew,
        }
