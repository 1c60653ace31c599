"""Own devices and the 外勤会话: register, revoke, start, end, and back to the whole portal."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, View

from portal.accounts import lockout
from portal.accounts.field import DEVICE_COOKIE, begin, device_here, leave, unlock
from portal.accounts.forms.devices import DeviceForm, PasswordForm
from portal.accounts.models import Device
from portal.accounts.models.devices import FIELD_SESSION
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin, SignedInMixin
from portal.accounts.selectors.devices import may_go_out, own_devices
from portal.accounts.services import devices, sign_in
from portal.accounts.views.redirects import next_url
from portal.core.addresses import client_address
from portal.core.errors import DomainError

YEAR: Final = 365 * 24 * 3600
HOURS: Final = int(FIELD_SESSION.total_seconds() // 3600)


@method_decorator(never_cache, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
class AskPasswordView(SignedInMixin, FormView):
    """A form that counts a wrong password like a failed sign-in."""

    form_class: type[Form] = PasswordForm

    def form_valid(self, form: Form) -> HttpResponse:
        user = self.user
        if lockout.is_locked(self.request, user.username):
            logout(self.request)
            return lockout.locked_page(self.request)
        if user.check_password(form.cleaned_data["current"]):
            return self.allowed(form)
        locks = lockout.count_failure(self.request, user.username)
        sign_in.record_failure(
            username=user.username,
            reason="password",
            locks=locks,
            address=client_address(self.request),
        )
        if locks:
            logout(self.request)
            return lockout.locked_page(self.request)
        form.add_error("current", "密码不对，请再输一次。")
        return self.form_invalid(form)

    def allowed(self, form: Form) -> HttpResponse:
        raise NotImplementedError


class DevicesView(AskPasswordView):
    """The own devices; the one at hand is registered with the password."""

    form_class = DeviceForm
    template_name = "accounts/devices.html"

    def allowed(self, form: Form) -> HttpResponse:
        try:
            _, token = devices.register(
                user=self.user,
                post=self.request.post,  # type: ignore[attr-defined]
                name=form.cleaned_data["name"],
                now=timezone.now(),
            )
        except DomainError as error:
            form.add_error(error.field, error.message)
            return self.form_invalid(form)
        messages.success(self.request, "这台设备已登记，可以开始外勤了。")
        response = redirect(next_url(self.request, "accounts:devices"))
        response.set_cookie(
            DEVICE_COOKIE,
            token,
            max_age=YEAR,
            httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
        )
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        here = device_here(self.request)
        found = own_devices(user=self.user, here=here, now=timezone.now())
        return super().get_context_data(**kwargs) | {
            "devices": found,
            "here": here,
            "until": next((one.until for one in found if one.here), None),
            "may_go_out": may_go_out(self.user, self.request.post),  # type: ignore[attr-defined]
            "hours": HOURS,
            "idle_minutes": settings.SESSION_IDLE_SECONDS // 60,
            "next": next_url(self.request, "accounts:devices"),
        }


class DeviceRevokeView(SignedInMixin, View):
    """移除: a lost phone, or one that is handed on."""

    http_method_names = ("post", "options")

    def post(self, request: HttpRequest, device: int) -> HttpResponse:
        try:
            devices.revoke(
                user=self.user,
                post=request.post,  # type: ignore[attr-defined]
                device_id=device,
                now=timezone.now(),
            )
        except Device.DoesNotExist as error:
            raise Http404 from error
        messages.success(request, "设备已移除，上面的外勤会话已结束。")
        return redirect("accounts:devices")


class FieldStartView(PostMixin, View):
    """开始外勤: eight hours on this device, from now."""

    permission = Permission.LOG_HOME_VISIT
    http_method_names = ("post", "options")

    def post(self, request: HttpRequest) -> HttpResponse:
        here = device_here(request)
        try:
            started = devices.start(actor=self.post_in_force, device=here, now=timezone.now())
        except DomainError as error:
            messages.error(request, error.message)
            return redirect("accounts:devices")
        begin(request, started)
        messages.success(
            request,
            f"外勤开始，{HOURS}小时内久未操作不会退出。",
        )
        return redirect(next_url(request, settings.FIELD_HOME))


class FieldEndView(SignedInMixin, View):
    """结束外勤: back to the usual rules; a session that was limited ends with it."""

    http_method_names = ("post", "options")
    in_field = True

    def post(self, request: HttpRequest) -> HttpResponse:
        limited = leave(request, reason="ended")
        if limited:
            logout(request)
            messages.success(request, "外勤已结束。请重新登录。")
            return redirect(settings.LOGIN_URL)
        messages.success(request, "外勤已结束。")
        return redirect(next_url(request, "accounts:devices"))


class UnlockView(AskPasswordView):
    """The password once more, and the whole portal is open again."""

    template_name = "accounts/unlock.html"
    in_field = True

    def allowed(self, form: Form) -> HttpResponse:  # noqa: ARG002 -- the password was right
        unlock(self.request)
        return redirect(next_url(self.request))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "next": next_url(self.request),
            "field_home": settings.FIELD_HOME,
        }
