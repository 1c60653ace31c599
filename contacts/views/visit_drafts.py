"""Half-written visits over HTTP: kept while typing, kept when the session ends, given up."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.views.generic import View

from contacts.forms.visit_drafts import has_words, typed_of
from contacts.selectors.visit_places import may_log_any
from contacts.services import drafts
from contacts.views import in_field
from contacts.views.addresses import as_row_id, as_uuid, safe_next
from portal.accounts.permissions import Permission
from portal.accounts.ports import KEPT
from portal.accounts.scope import PostMixin
from portal.core.errors import DomainError


def stash(request: HttpRequest, *, of_household: bool = True) -> uuid.UUID | None:
    """Keep a form that arrives signed out; its draft id, or None when it is not ours to keep."""
    if request.method != "POST":
        return None
    household_id = as_row_id(request.POST.get("household")) if of_household else None
    try:
        return drafts.stash(
            token=request.POST.get("owner", ""),
            typed=typed_of(request.POST),
            household_id=household_id,
            now=timezone.now(),
        )
    except DomainError:
        return None


def to_sign_in(url: str) -> HttpResponse:
    """To the sign-in page, which says that what was typed is kept, and from there to ``url``."""
    return redirect_to_login(url, f"{resolve_url(settings.LOGIN_URL)}?{KEPT}=1")


class VisitDraftView(PostMixin, View):
    """Keeps what is typed so far, or gives it up. Spoken to by the form's script."""

    # Each kind of visit is written under another permission; the post needs one of them.
    permission = Permission.SEE_VISITS
    in_field = in_field.keeps_own
    http_method_names = ("post", "options")

    def post(self, request: HttpRequest) -> HttpResponse:
        if not may_log_any(self.post_in_force):
            self.post_in_force.require(Permission.LOG_HOME_VISIT)
        client_id = as_uuid(request.POST.get("client_id"))
        if client_id is None:
            return JsonResponse({"error": "表单已失效，请重新打开。"}, status=400)
        typed = typed_of(request.POST)
        if "discard" in request.POST or not has_words(typed):
            drafts.forget(user_id=self.user.pk, client_id=client_id)
            if "discard" in request.POST:
                return redirect(safe_next(request, reverse("contacts:visit_new")))
            return JsonResponse({"saved": None})
        household_id = as_row_id(request.POST.get("household"))
        now = timezone.now()
        try:
            drafts.save_draft(
                actor=self.post_in_force,
                client_id=client_id,
                typed=typed,
                household_id=household_id,
                now=now,
            )
        except DomainError as error:
            return JsonResponse({"error": error.message}, status=413)
        return JsonResponse({"saved": f"{timezone.localtime(now):%H:%M}"})

    @staticmethod
    def when_signed_out(request: HttpRequest) -> HttpResponse:
        """The page saves itself once more although the session has ended."""
        kept = stash(request) is not None
        return JsonResponse({"signed_out": True, "kept": kept}, status=401)
