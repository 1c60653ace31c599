"""The page of an 办理链接: no sign-in, only the token; GET and HEAD change nothing."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.generic import FormView

from grievances.forms.handler_link import HandlerForm
from grievances.models import HandlerLink
from grievances.selectors.handler_links import HandlerPage, handler_page, is_in_force
from grievances.services.handler_links import SAME_SENDING, LinkEntry, Used, find, use_link
from grievances.views.private_link import PrivateLinkMixin, office
from portal.core.errors import DomainError


class HandlerLinkView(PrivateLinkMixin, FormView):
    """One step of one unit. Its answer says thank you: what was sent counts once, whatever comes."""

    what = "handler_link"
    gone_template = "handler_link/gone.html"
    too_often_template = "handler_link/too_often.html"
    template_name = "handler_link/page.html"
    form_class = HandlerForm
    #: The form is on this page, and "no-referrer" would take away the origin it is sent with; the
    #: path, with the token in it, is sent to nobody.
    referrer_policy = "strict-origin"

    @cached_property
    def link(self) -> HandlerLink | None:
        return find(self.token)

    @property
    def is_found(self) -> bool:
        """A used one says so; what is revoked, outlived or past reads like a wrong one."""
        link = self.link
        if link is None or link.assignment.grievance.is_restricted:
            return False
        return link.used_at is not None or is_in_force(link, now=self.now)

    @property
    def is_used(self) -> bool:
        return self.link is not None and self.link.used_at is not None

    @cached_property
    def page(self) -> HandlerPage:
        assert self.link is not None  # noqa: S101 -- dispatch answered otherwise
        return handler_page(self.link, now=self.now)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.is_used:
            return self._used()
        answer: HttpResponse = super().get(request, *args, **kwargs)
        return answer

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.is_used:
            return self._sent_again()
        answer: HttpResponse = super().post(request, *args, **kwargs)
        return answer

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"page": self.page}

    def form_valid(self, form: HandlerForm) -> HttpResponse:
        try:
            used = use_link(token=self.token, entry=form.entry(), now=self.now)
        except HandlerLink.DoesNotExist:
            return self.gone()
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return self.form_invalid(form)
        return self._thanks(used)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"page": self.page, "token": self.token}

    def _sent_again(self) -> HttpResponse:
        """The same form twice: the browser shows this answer, so it says what the first one did."""
        assert self.link is not None  # noqa: S101 -- dispatch answered otherwise
        used_at = self.link.used_at
        if used_at is None or self.now - used_at > SAME_SENDING:
            return self._used()
        return self._thanks(use_link(token=self.token, entry=LinkEntry(does=""), now=self.now))

    def _thanks(self, used: Used) -> HttpResponse:
        following = used.following
        address = handler_address(self.request, str(following.token)) if following else ""
        return self._said(
            "handler_link/thanks.html", address=address, following=following, used=used
        )

    def _used(self) -> HttpResponse:
        return self._said(
            "handler_link/used.html", used_at=self.link.used_at if self.link else None
        )

    def _said(self, template: str, **told: Any) -> HttpResponse:
        """Of the case nothing but its number: the link is spent."""
        number = self.link.assignment.grievance.number if self.link else ""
        context = office() | {"number": number} | told
        return render(self.request, template, context)


def handler_address(request: HttpRequest, token: str) -> str:
    """The whole address of an 办理链接, to send or print."""
    return request.build_absolute_uri(reverse("handler_link:page", args=[token]))
