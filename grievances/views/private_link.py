"""What the pages behind a private link share: no sign-in, limits, and nothing that stays behind."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from portal.core.access import PublicMixin
from portal.core.addresses import client_address
from portal.core.rates import within_rate

_HOUR: Final = 3600
#: Of one link from one address: a page that is read again and again, a form sent in vain.
LOOKS_AN_HOUR, SENDS_AN_HOUR = 60, 20
#: Of wrong links from one address: the computer in the hall of a community has many readers.
WRONG_AN_HOUR: Final = 30


def office() -> dict[str, str]:
    """Whom to ring, as the operator says it; "" where nothing was said."""
    return {"processor": settings.PRIVACY_PROCESSOR, "processor_phone": settings.PRIVACY_PHONE}


class PrivateLinkMixin(PublicMixin):
    """Nothing stays in a cache, index or ``Referer``; a token that is not known is refused."""

    request: HttpRequest
    kwargs: dict[str, Any]
    referrer_policy = "no-referrer"
    #: What its limits are counted under.
    what: str
    gone_template: str
    too_often_template: str

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.request, self.kwargs = request, kwargs
        refused = self._refusal()
        response: HttpResponseBase = refused or super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = self.referrer_policy
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response

    @cached_property
    def now(self) -> dt.datetime:
        return timezone.now()

    @property
    def token(self) -> str:
        return str(self.kwargs["token"])

    @property
    def is_found(self) -> bool:
        """Whether there is anything behind the token."""
        raise NotImplementedError

    def _refusal(self) -> HttpResponse | None:
        address = client_address(self.request)
        if not self.is_found:
            within = self._within("wrong", address, WRONG_AN_HOUR)
            return self.gone() if within else self._too_often()
        is_sent = self.request.method == "POST"
        what, limit = ("send", SENDS_AN_HOUR) if is_sent else ("look", LOOKS_AN_HOUR)
        return None if self._within(what, f"{address} {self.token}", limit) else self._too_often()

    def gone(self) -> HttpResponse:
        """No link in force."""
        return self._plain(self.gone_template, 404)

    def _within(self, what: str, who: str, limit: int) -> bool:
        return within_rate(f"{self.what}-{what}", who, limit=limit, seconds=_HOUR, now=self.now)

    def _too_often(self) -> HttpResponse:
        return self._plain(self.too_often_template, 429)

    def _plain(self, template: str, status: int) -> HttpResponse:
        return render(self.request, template, office(), status=status)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        told: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return told | office()
