"""User name and password, the second factor, a new password."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import LoginForm
from allauth.account.models import Login
from django import forms
from django.core.exceptions import ValidationError

from portal.accounts.lockout import is_locked
from portal.accounts.models import User
from portal.accounts.selectors.demo import may_sign_in
from portal.accounts.services.people import normal_username
from portal.core.fields import TextField

MISMATCH = "mismatch"


def _password_field(label: str, autocomplete: str, help_text: str = "") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return TextField(label=label, strip=False, max_length=128, widget=widget, help_text=help_text)


class SignInForm(LoginForm):
    """allauth's form with our words; a wrong name, a wrong password and a closed account read alike."""

    #: The account was locked before this attempt.
    was_locked = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = TextField(
            label="账号",
            max_length=40,
            widget=forms.TextInput(
                attrs={
                    "autocomplete": "username",
                    "autocapitalize": "none",
                    "spellcheck": "false",
                }
            ),
        )
        self.fields["password"] = _password_field("密码", "current-password")
        self.order_fields(["login", "password"])
        known = self.is_bound or self.initial.get("login")
        self.fields["password" if known else "login"].widget.attrs["autofocus"] = True

    def add_prefix(self, field_name: str) -> str:
        """The name that browsers and password managers know."""
        return "username" if field_name == "login" else super().add_prefix(field_name)

    def clean_login(self) -> str:
        return normal_username(self.cleaned_data["login"])

    def _clean_with_password(self, credentials: dict[str, str]) -> dict[str, Any]:
        self.was_locked = is_locked(self.request, credentials["username"])
        user = get_adapter(self.request).authenticate(self.request, **credentials)
        if user is None or not may_sign_in(user):
            raise ValidationError("账号或密码不正确。请检查大小写和输入法后再试。", code=MISMATCH)
        self.user = user
        self._login = Login(user=user)
        cleaned: dict[str, Any] = self.cleaned_data
        return cleaned


class CodeForm(forms.Form):
    """Six digits of the app, or a recovery code."""

    code = TextField(
        label="动态口令",
        max_length=20,
        help_text="手机验证器 App 现在显示的 6 位数字；手机不在身边时可用一个恢复码。",
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
        ),
    )


class FirstCodeForm(CodeForm):
    """The first code of a new app; the picture to scan stands above it, so nothing is focused."""

    code = TextField(
        label="动态口令",
        max_length=20,
        help_text="6 位数字，每 30 秒换一次。",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class NewPasswordForm(forms.Form):
    """A password typed twice."""

    password = _password_field(
        "新密码", "new-password", "至少 10 个字符，不能全是数字，不要与账号或姓名相近。"
    )
    again = _password_field("再输一次新密码", "new-password")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("password") != cleaned.get("again") and "password" in cleaned:
            self.add_error("again", ValidationError("两次输入的新密码不一样。", code="differs"))
        return cleaned


class FirstPasswordForm(forms.Form):
    """Behind a one-time link; the service checks the password, once and in our words."""

    new_password1 = _password_field(
        "新密码", "new-password", "至少 10 个字符，不能全是数字，不要与账号或姓名相近。"
    )
    new_password2 = _password_field("再输一次新密码", "new-password")

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, again = cleaned.get("new_password1"), cleaned.get("new_password2")
        if first and again and first != again:
            self.add_error("new_password2", "两次输入的新密码不一样。")
        return cleaned


class ChangePasswordForm(NewPasswordForm):
    """The password of now, then the new one twice."""

    current = _password_field("现在的密码", "current-password")
    field_order = ("current", "password", "again")
