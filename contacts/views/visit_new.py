"""记走访, 记下访, 记接访: one address, one form per kind."""

from __future__ import annotations

from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode
from django.views.generic import RedirectView, View

from contacts.services.drafts import PLACE_KINDS
from contacts.views import in_field
from contacts.views.place_forms import PlaceNewView
from contacts.views.visit_drafts import stash, to_sign_in
from contacts.views.visit_forms import HOME, VisitNewView
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin

#: ``?kind=`` and the form behind it, each with a permission of its own.
FORMS: Final[dict[str, Any]] = {
    HOME: VisitNewView,
    **dict.fromkeys(PLACE_KINDS, PlaceNewView),
}


def _kind(request: HttpRequest) -> str:
    return request.POST.get("kind") or request.GET.get("kind") or HOME


def _logs_own(request: HttpRequest) -> bool:
    """An 外勤会话 goes from door to door."""
    return _kind(request) == HOME and in_field.logs_own(request)


class VisitNewRouter(PostMixin, View):
    """Leads to the form of the kind that is asked for; a 走访 when none is."""

    permission = Permission.SEE_VISITS
    in_field = _logs_own

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.post_in_force.require(self.permission)
        if (kind := _kind(request)) not in FORMS:
            raise Http404
        response: HttpResponseBase = FORMS[kind].as_view()(request, *args, **kwargs)
        return response

    @staticmethod
    def when_signed_out(request: HttpRequest, **_kwargs: Any) -> HttpResponse | None:
        """Keep a form that arrives after the session has ended, and lead back to it."""
        client_id = stash(request)
        if client_id is None:
            return None
        query = {"draft": str(client_id)}
        if (kind := request.POST.get("kind", "")) in PLACE_KINDS:
            query["kind"] = kind
        return to_sign_in(f"{reverse('contacts:visit_new')}?{urlencode(query)}")


class _ToKind(PostMixin, RedirectView):
    """A short address for the navigation."""

    kind = ""

    def get_redirect_url(self, *_args: Any, **_kwargs: Any) -> str:
        query = {"kind": self.kind}
        if point := self.request.GET.get("point"):
            query["point"] = point
        return f"{reverse('contacts:visit_new')}?{urlencode(query)}"


class ToFieldView(_ToKind):
    permission = Permission.LOG_FIELD_VISIT
    kind = "field"


class ToReceptionView(_ToKind):
    permission = Permission.LOG_RECEPTION
    kind = "reception"
