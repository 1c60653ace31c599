"""The page for a database that is away: says so, says what to do, and needs no database."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from portal.core import views

RETRY_AFTER = 30  # seconds


def server_error(request: HttpRequest) -> HttpResponse:
    """Handler of uncaught errors: 503 with its own page for the database, else the usual 500."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        page = render_to_string("errors/503.html")
        return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER)})
    return views.server_error(request)
