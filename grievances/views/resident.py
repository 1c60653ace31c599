"""The resident's page: no sign-in, only the token of the private link; GET counts nothing."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.generic import FormView, TemplateView

from grievances.forms.resident import CallForm, VerdictForm
from grievances.models import Grievance
from grievances.selectors.resident import ResidentPage, resident_page
from grievances.services import follow_ups
from grievances.services.links import resolve
from grievances.views.private_link import PrivateLinkMixin
from portal.core.errors import DomainError


class ResidentMixin(PrivateLinkMixin):
    """Whatever is not in force is answered alike."""

    what = "resident"
    gone_template = "resident/gone.html"
    too_often_template = "resident/too_often.html"

    @cached_property
    def grievance(self) -> Grievance | None:
        return resolve(self.token, now=self.now)

    @property
    def is_found(self) -> bool:
        return self.grievance is not None

    @cached_property
    def page(self) -> ResidentPage:
        assert self.grievance is not None  # noqa: S101 -- dispatch answered otherwise
        return resident_page(self.grievance, now=self.now)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        told = {"page": self.page, "token": self.token}
        return super().get_context_data(**kwargs) | told


class ResidentView(ResidentMixin, TemplateView):
    """How far it is."""

    template_name = "resident/page.html"


class ResidentFormView(ResidentMixin, FormView):
    """A form of the page. It says thank you in its answer: what was sent counts once, whatever comes."""

    #: A form is sent with the origin it came from, which "no-referrer" would take away; the path,
    #: with the token in it, is sent to nobody.
    referrer_policy = "strict-origin"

    def thanks(self, template: str, **context: Any) -> HttpResponse:
        self.__dict__.pop("page", None)  # it reads otherwise now
        return render(self.request, template, self.get_context_data(form=None, **context))

    def is_open(self) -> bool:
        """Whether the form has anything to ask now."""
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.is_open():
            return self._page_itself()
        answer: HttpResponse = super().get(request, *args, **kwargs)
        return answer

    def form_invalid(self, form: Any) -> HttpResponse:
        return super().form_invalid(form) if self.is_open() else self._page_itself()

    def _page_itself(self) -> HttpResponse:
        return render(self.request, "resident/page.html", self.get_context_data(form=None))

    def refuse(self, form: Any, error: DomainError) -> HttpResponse:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return self.form_invalid(form)


class RateView(ResidentFormView):
    """The verdict: counted when it is first sent."""

    template_name = "resident/rate.html"
    form_class = VerdictForm

    def is_open(self) -> bool:
        return self.page.may_rate

    def form_valid(self, form: VerdictForm) -> HttpResponse:
        try:
            verdict, is_new = follow_ups.rate_by_link(
                token=self.token, entry=form.entry(), now=self.now
            )
        except DomainError as error:
            return self.refuse(form, error)
        return self.thanks("resident/thanks.html", verdict=verdict, is_new=is_new)


class CallView(ResidentFormView):
    """Please ring me; one at a time."""

    template_name = "resident/call.html"
    form_class = CallForm

    def is_open(self) -> bool:
        return self.page.may_ask_call

    def form_valid(self, form: CallForm) -> HttpResponse:
        try:
            call, is_new = follow_ups.ask_call_back(
                token=self.token, words=form.cleaned_data["words"], now=self.now
            )
        except DomainError as error:
            return self.refuse(form, error)
        return self.thanks("resident/call_asked.html", call=call, is_new=is_new)


def resident_address(request: HttpRequest, token: str) -> str:
    """The whole address of a private link, for a slip."""
    return request.build_absolute_uri(reverse("resident:page", args=[token]))
