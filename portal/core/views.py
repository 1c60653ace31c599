"""Pages of no app: what an error says, and the page that shows every component."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.views.generic import TemplateView

from portal.core import style
from portal.core.access import PublicMixin

REFUSED = "您当前的岗位不能打开这个页面或做这件事。"
#: Whom to ask where no post says it better (``Post.whom_to_ask``).
ASK = "本单位的管理员"


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 -- Django's signature
    """Say that the request could not be read; asks neither database nor session."""
    return HttpResponse(loader.get_template("errors/400.html").render(), status=400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say why, and whom to ask: ``PermissionDenied(reason)`` or ``PermissionDenied(reason, whom)``."""
    given = exception.args if isinstance(exception, PermissionDenied) else ()
    # A reason of ours names whom to ask in its own sentence; a bare refusal does not.
    reason = str(given[0]) if given else REFUSED
    ask = getattr(getattr(request, "post", None), "whom_to_ask", ASK)
    whom = str(given[1]) if len(given) > 1 else ("" if given else ask)
    return render(request, "errors/403.html", {"reason": reason, "whom": whom}, status=403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 -- Django's signature
    """Say the same for what does not exist and for what lies outside the scope."""
    return render(request, "errors/404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 -- Django's signature
    """Stand on nothing that may be broken: no database, no session, no context processor."""
    return HttpResponse(loader.get_template("errors/500.html").render(), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 -- Django's signature
    """Tell how to save what was typed on a page that had expired."""
    return HttpResponse(loader.get_template("403_csrf.html").render(), status=403)


class StyleView(PublicMixin, TemplateView):
    """Every component of the portal with its use, on invented data."""

    template_name = "help/style.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | style.samples()
