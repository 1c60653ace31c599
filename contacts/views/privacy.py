"""Public pages about personal data: what is kept and why, asking for it, the answer."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import Any, Final

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.generic import FormView, TemplateView

from contacts.forms.rights import RequestForm, StatusForm
from contacts.selectors import rights as selectors
from contacts.services import rights as services
from portal.core.access import PublicMixin
from portal.core.addresses import client_address
from portal.core.errors import DomainError
from portal.core.rates import within_rate

_HOUR: Final = 3600
#: One address may be a whole office, or the computer in the hall of a community.
REQUESTS_AN_HOUR: Final = 20
LOOK_UPS_AN_HOUR: Final = 30


class PrivacyMixin(PublicMixin):
    """Nothing of it stays on a shared computer, nothing of it is told to the next site."""

    request: HttpRequest
    referrer_policy = "no-referrer"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = self.referrer_policy
        return response


def processor() -> dict[str, Any]:
    """Who processes, as the operator says it; in plain words where nothing was said."""
    return {
        "processor": settings.PRIVACY_PROCESSOR,
        "processor_phone": settings.PRIVACY_PHONE,
        "answer_days": services.ANSWER_WITHIN.days,
    }


class NoticeView(PrivacyMixin, TemplateView):
    template_name = "privacy/notice.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | processor()


class DoorCardView(PrivacyMixin, TemplateView):
    """A card to leave at a door; the worker writes the name in by hand."""

    template_name = "privacy/door_card.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        address = self.request.build_absolute_uri(reverse("privacy:notice"))
        picture = segno.make(address, error="m").svg_data_uri(scale=4, border=2)
        return (
            super().get_context_data(**kwargs)
            | processor()
            | {
                "address": address,
                "picture": picture,
            }
        )


class LimitedFormView(PrivacyMixin, FormView):
    """A public form that a machine cannot send without end. What was typed stays on the page."""

    #: A form is sent with the origin it came from, which "no-referrer" would take away.
    referrer_policy = "same-origin"
    what: str
    limit: int

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        address, now = client_address(request), timezone.now()
        if within_rate(self.what, address, limit=self.limit, seconds=_HOUR, now=now):
            answer: HttpResponse = super().post(request, *args, **kwargs)
            return answer
        form = self.get_form()
        form.add_error(None, "从这个网络提交得太频繁。请一小时后再试，或者直接找社区工作者办理。")
        answer = self.form_invalid(form)
        answer.status_code = 429
        return answer


class RequestView(LimitedFormView):
    """Asking to read, correct or delete what is kept: the street first, then the rest."""

    template_name = "privacy/request.html"
    form_class = RequestForm
    what, limit = "rights", REQUESTS_AN_HOUR

    @cached_property
    def today(self) -> dt.date:
        return timezone.localdate()

    @cached_property
    def street_groups(self) -> selectors.Choices:
        return selectors.street_choices(today=self.today)

    @cached_property
    def streets(self) -> dict[int, str]:
        """The streets to choose from, named with their district."""
        groups = self.street_groups
        return {pk: f"{group} · {name}" for group, streets in groups for pk, name in streets}

    @cached_property
    def street(self) -> int | None:
        """The street that was chosen, or the only one there is."""
        sent = selectors.street_of(community=self.request.POST.get("community", ""))
        asked = self.request.GET.get("street", "")
        chosen = sent or (int(asked) if asked.isdecimal() else None)
        if chosen in self.streets:
            return chosen
        return next(iter(self.streets), None) if len(self.streets) == 1 else None

    def get_form_kwargs(self) -> dict[str, Any]:
        communities = selectors.community_choices(today=self.today, street_id=self.street or 0)
        return super().get_form_kwargs() | {"communities": communities}

    def form_valid(self, form: RequestForm) -> HttpResponse:
        try:
            filed, code = services.file_request(actor=None, entry=form.entry(), now=timezone.now())
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return self.form_invalid(form)
        context = self.get_context_data(code=code, due_on=filed.due_on, form=None)
        # No redirect: the code would stand in an address. Sent again it is the same request.
        return render(self.request, "privacy/filed.html", context)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        places = {
            "street": self.streets.get(self.street or 0, ""),
            "streets": self.street_groups if not self.street else [],
            "has_other_streets": len(self.streets) > 1,
        }
        return super().get_context_data(**kwargs) | processor() | places


class StatusView(LimitedFormView):
    """How far a request is, for whoever has the code and the end of the number."""

    template_name = "privacy/status.html"
    form_class = StatusForm
    what, limit = "rights-status", LOOK_UPS_AN_HOUR

    def form_valid(self, form: StatusForm) -> HttpResponse:
        data = form.cleaned_data
        found = selectors.answered(code=data["code"], tail=data["tail"])
        if found is None:
            form.add_error(
                None, "没有查到。请核对查询码和电话最后4位；忘了查询码，请到社区重新提出。"
            )
            return self.form_invalid(form)
        return self.render_to_response(self.get_context_data(form=form, found=found))
