"""Binding an authenticator app, and new recovery codes."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import segno
from allauth.mfa.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from portal.accounts.forms.sign_in import CodeForm, FirstCodeForm
from portal.accounts.middleware import SECOND_FACTOR_KEY
from portal.accounts.scope import SignedInMixin
from portal.accounts.selectors.first_steps import Step
from portal.accounts.selectors.second_factor import is_set_up
from portal.accounts.services import second_factor
from portal.accounts.views.redirects import next_url
from portal.accounts.views.refused_codes import refused
from portal.core.encryption import DecryptionError, decrypt, encrypt
from portal.core.errors import DomainError

PENDING = "second_factor_pending"
CONTEXT = "accounts.second_factor_secret"


class _CodesView(SignedInMixin, FormView):
    """A code in, recovery codes out: shown on this answer and nowhere else."""

    form_class = CodeForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if settings.DEMO:
            messages.info(request, "演示环境不使用动态口令。")
            return redirect("accounts:me")
        return super().dispatch(request, *args, **kwargs)

    def codes_page(self, codes: list[str]) -> HttpResponse:
        context = {"codes": codes, "next": next_url(self.request, "accounts:me")}
        return render(self.request, "accounts/recovery_codes.html", context)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        going = {"next": next_url(self.request, "accounts:me")}
        return super().get_context_data(**kwargs) | going


@method_decorator(never_cache, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
class SecondFactorSetupView(_CodesView):
    """Scan, type the code, keep the recovery codes."""

    answers = (Step.SECOND_FACTOR,)
    form_class = FirstCodeForm
    template_name = "accounts/second_factor_setup.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if is_set_up(self.user):
            return redirect(next_url(request, "accounts:me"))
        return super().dispatch(request, *args, **kwargs)

    def _secret(self) -> str:
        """One secret per session until it is bound, so that a reload does not void the scan."""
        kept = self.request.session.get(PENDING)
        if kept:
            # Its key may have been taken out meanwhile: nothing was bound yet, so a new picture.
            with suppress(DecryptionError):
                return decrypt(kept, context=CONTEXT)
        secret = second_factor.new_secret()
        self.request.session[PENDING] = encrypt(secret, context=CONTEXT)
        return secret

    def form_valid(self, form: FirstCodeForm) -> HttpResponse:
        try:
            codes = second_factor.set_up(
                user=self.user, secret=self._secret(), code=form.cleaned_data["code"]
            )
        except DomainError as error:
            form.add_error(error.field, error.message)
            return self.form_invalid(form)
        self.request.session.pop(PENDING, None)
        self.request.session[SECOND_FACTOR_KEY] = self.user.pk
        return self.codes_page(codes)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        secret = self._secret()
        address = get_adapter().build_totp_url(self.user, secret)
        return super().get_context_data(**kwargs) | {
            "picture": segno.make(address, error="m").svg_data_uri(scale=5, border=2),
            "secret": " ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
            "compulsory": any(post.needs_second_factor for post in self.request.user_posts),  # type: ignore[attr-defined]
        }


@method_decorator(never_cache, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
class RecoveryCodesView(_CodesView):
    """New recovery codes; the old ones end. Asks for a code, because the session may be another's."""

    template_name = "accounts/recovery_codes_renew.html"

    def form_valid(self, form: CodeForm) -> HttpResponse:
        try:
            codes = second_factor.renew_codes(user=self.user, code=form.cleaned_data["code"])
        except second_factor.UnreadableError as error:
            return refused(self, form, user=self.user, leave=logout, error=error)
        if codes:
            return self.codes_page(codes)
        return refused(self, form, user=self.user, leave=logout)
