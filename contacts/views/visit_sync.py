"""What a device kept while it had no line comes home here, entry by entry."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.utils import timezone
from django.views.generic import View

from contacts.forms.rounds import parse_batch
from contacts.services.rounds import Outcome, send
from portal.accounts.field import is_limited
from portal.accounts.models import Post
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.core.errors import DomainError


def owner_of(post: Post) -> str:
    """Whose queue it is: the person under this post, and nobody else (decision 0061)."""
    return f"{post.user_id}.{post.pk}"


class VisitSyncView(PostMixin, View):
    """GET: who is asking, and the token to send with. POST: a batch; one answer per entry."""

    permission = Permission.LOG_HOME_VISIT
    http_method_names = ("get", "post", "options")
    in_field = True

    def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse(
            {
                "owner": owner_of(self.post_in_force),
                "epoch": self.user.draft_epoch,
                "token": get_token(request),
            }
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            batch = parse_batch(request.body)
        except DomainError as error:
            return JsonResponse({"error": error.message}, status=400)
        if batch.owner != owner_of(self.post_in_force):
            # SECURITY: what somebody else tapped on this device is never written down as mine.
            words = "这些记录属于另一个账号或岗位，没有发送。请换回原来的账号和岗位再发送。"
            return JsonResponse({"error": words}, status=409)
        outcomes = send(
            actor=self.post_in_force,
            entries=batch.entries,
            sent=batch.sent,
            now=timezone.now(),
            own_only=is_limited(request),
        )
        return JsonResponse({"results": [_said(outcome) for outcome in outcomes]})

    @staticmethod
    def when_signed_out(request: HttpRequest) -> HttpResponse:  # noqa: ARG004 -- the middleware's call
        return JsonResponse({"error": "登录已过期，请登录后发送。"}, status=401)


def _said(outcome: Outcome) -> dict[str, Any]:
    visit = outcome.visit
    if visit is None:
        return {"id": outcome.client_id, "state": "refused", "reason": outcome.reason}
    return {
        "id": outcome.client_id,
        "state": "known" if outcome.known else "saved",
        "visit": str(visit.client_id),
        "on": f"{visit.occurred_on:%Y-%m-%d}",
        "said": f"{timezone.localtime(visit.occurred_at):%H:%M} {visit.result_words}",
        "voided": visit.is_voided,
        "corrected": outcome.corrected,
    }
