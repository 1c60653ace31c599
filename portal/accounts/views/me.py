"""The own account: posts, sign-ins, password, second factor; switching the post."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.views import INTERNAL_RESET_SESSION_TOKEN, PasswordResetConfirmView
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, TemplateView, View

from portal.accounts import lockout
from portal.accounts.forms.sign_in import ChangePasswordForm, FirstPasswordForm
from portal.accounts.middleware import POST_KEY
from portal.accounts.models import Post, User
from portal.accounts.scope import PublicMixin, SignedInMixin
from portal.accounts.selectors.demo import may_sign_in
from portal.accounts.selectors.first_steps import Step
from portal.accounts.selectors.profile import profile
from portal.accounts.services import people, sign_in
from portal.accounts.views.redirects import landing, next_url
from portal.core.addresses import client_address
from portal.core.errors import DomainError


class MeView(SignedInMixin, TemplateView):
    template_name = "accounts/me.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = profile(user=self.user, today=timezone.localdate())
        return super().get_context_data(**kwargs) | {"profile": own}


class SwitchView(SignedInMixin, View):
    """Act under another of the own posts from now on."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            post = people.switch_post(
                user=self.user,
                post_id=int(request.POST.get("post", "")),
                today=timezone.localdate(),
            )
        except (Post.DoesNotExist, ValueError) as error:
            raise Http404 from error
        request.session[POST_KEY] = post.pk
        messages.success(request, f"现在以“{post.place} {post.label}”的岗位工作。")
        return redirect(landing(next_url(request), post))


@method_decorator(never_cache, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
class PasswordView(SignedInMixin, FormView):
    """Change the own password; every other session of the person ends."""

    answers = (Step.PASSWORD,)
    form_class = ChangePasswordForm
    template_name = "accounts/password.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if settings.DEMO:
            messages.info(request, "演示环境的密码是公用的，不能修改。")
            return redirect("accounts:me")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: ChangePasswordForm) -> HttpResponse:
        user = self.user
        if not user.check_password(form.cleaned_data["current"]):
            return self._refused(form)
        try:
            people.set_password(
                user=user,
                password=form.cleaned_data["password"],
                actor=self.request.post,  # type: ignore[attr-defined]
            )
        except DomainError as error:
            form.add_error(error.field, error.message)
            return self.form_invalid(form)
        update_session_auth_hash(self.request, user)
        messages.success(self.request, "密码已修改。您在其他电脑和手机上的登录已全部退出。")
        return redirect(next_url(self.request, "accounts:me"))

    def _refused(self, form: ChangePasswordForm) -> HttpResponse:
        username = self.user.username
        locks = lockout.count_failure(self.request, username)
        address = client_address(self.request)
        sign_in.record_failure(username=username, reason="password", locks=locks, address=address)
        if locks:
            logout(self.request)
            return lockout.locked_page(self.request)
        form.add_error("current", "现在的密码不对。")
        return self.form_invalid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "first": self.user.must_change_password,
            "next": next_url(self.request, "accounts:me"),
        }


@method_decorator(never_cache, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
class WelcomeView(PublicMixin, PasswordResetConfirmView):
    """A one-time link: set the first password, or a new one after the old was forgotten."""

    template_name = "accounts/welcome.html"
    form_class = FirstPasswordForm  # type: ignore[assignment]
    success_url = reverse_lazy("accounts:login")

    def get_user(self, uidb64: str) -> User | None:
        """Nobody where the person could not sign in afterwards: the link is no good."""
        user = super().get_user(uidb64)
        return user if isinstance(user, User) and may_sign_in(user) else None

    def form_valid(self, form: FirstPasswordForm) -> HttpResponse:  # type: ignore[override]
        user = form.user
        try:
            people.set_password(user=user, password=form.cleaned_data["new_password1"])
        except DomainError as error:
            form.add_error("new_password1", error.message)
            return self.form_invalid(form)  # type: ignore[arg-type]
        del self.request.session[INTERNAL_RESET_SESSION_TOKEN]
        messages.success(self.request, "密码已设好，请用它登录。")
        return redirect(self.get_success_url())
