"""In, the step after the password, and out."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.stagekit import clear_login
from allauth.account.stages import LoginStage, LoginStageController
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, TemplateView

from portal.accounts import field, lockout
from portal.accounts.adapters import SecondFactorStage
from portal.accounts.forms.sign_in import MISMATCH, CodeForm, SignInForm
from portal.accounts.middleware import SECOND_FACTOR_KEY
from portal.accounts.models import User
from portal.accounts.ports import KEPT, Unfinished, unfinished
from portal.accounts.scope import PublicMixin
from portal.accounts.selectors.demo import demo_accounts, may_sign_in
from portal.accounts.services import second_factor, sign_in
from portal.accounts.views.redirects import next_url
from portal.accounts.views.refused_codes import refused
from portal.core.addresses import client_address


@method_decorator(never_cache, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
class SignInView(PublicMixin, FormView):
    """User name and password. In demo mode a choice of accounts fills in the user name."""

    form_class = SignInForm
    template_name = "accounts/login.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return redirect(next_url(request))
        if request.method == "POST" and not ratelimit.consume(request, action="login"):
            return render(request, "accounts/slow_down.html", status=429)
        return super().dispatch(request, *args, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        chosen = self.request.GET.get("as", "") if settings.DEMO else ""
        return {"login": chosen}

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request}

    def form_valid(self, form: SignInForm) -> HttpResponse:
        answer: HttpResponse = form.login(self.request, redirect_url=next_url(self.request))
        return answer

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        if form.has_error("__all__", MISMATCH):
            locked = bool(getattr(self.request, "axes_locked_out", False))
            sign_in.record_failure(
                username=form.cleaned_data["login"],
                reason="locked" if form.was_locked else "password",
                locks=locked and not form.was_locked,
                address=client_address(self.request),
            )
        return super().form_invalid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "next": next_url(self.request),
            "demo_accounts": demo_accounts() if settings.DEMO else [],
            "chosen": self.request.GET.get("as", ""),
            "kept": KEPT in self.request.GET,
        }


@method_decorator(never_cache, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
class SecondFactorView(PublicMixin, FormView):
    """The code after the password; reached only with the right password, for a quarter of an hour."""

    form_class = CodeForm
    template_name = "accounts/second_factor.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        stage: LoginStage | None = LoginStageController.enter(request, SecondFactorStage.key)
        if stage is None or not isinstance(stage.login.user, User):
            return redirect(settings.LOGIN_URL)
        self.stage, self.owner = stage, stage.login.user
        if lockout.is_locked(request, self.owner.username) or not may_sign_in(self.owner):
            clear_login(request)
            return lockout.locked_page(request)
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: CodeForm) -> HttpResponse:
        try:
            if second_factor.passes(user=self.owner, code=form.cleaned_data["code"]):
                self.request.session[SECOND_FACTOR_KEY] = self.owner.pk
                answer: HttpResponse = self.stage.exit()
                return answer
        except second_factor.UnreadableError as error:
            return refused(self, form, user=self.owner, leave=clear_login, error=error)
        return refused(self, form, user=self.owner, leave=clear_login)


@method_decorator(never_cache, name="dispatch")
class SignOutView(PublicMixin, TemplateView):
    """Out, by POST; opening the address only asks. Drafts are wiped, once that was confirmed."""

    template_name = "accounts/logout.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"unfinished": self._unfinished()}

    def _unfinished(self) -> tuple[Unfinished, ...]:
        user = self.request.user
        return unfinished(user_id=user.pk) if isinstance(user, User) else ()

    def post(self, request: HttpRequest) -> HttpResponse:
        if "confirm" not in request.POST and self._unfinished():
            return self.render_to_response(self.get_context_data())
        if isinstance(request.user, User):
            field.leave(request, reason="sign_out")
            sign_in.sign_out(user=request.user, post=request.post)  # type: ignore[attr-defined]
        logout(request)
        messages.success(request, "已退出登录。")
        answer = redirect(settings.LOGIN_URL)
        # What the browser kept for the way (lists, taps not sent) goes with the session. Where
        # somebody else's unsent taps wait too, the page has cleared its own (decision 0104).
        if "keep" not in request.POST:
            answer.headers["Clear-Site-Data"] = '"storage"'
        return answer
