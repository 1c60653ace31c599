"""Registering a device, and giving the password once more."""

from __future__ import annotations

from django import forms


class PasswordForm(forms.Form):
    """Only who knows the password goes on."""

    current = forms.CharField(
        label="密码",
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class DeviceForm(PasswordForm):
    name = forms.CharField(
        label="设备名称",
        max_length=40,
        initial="我的手机",
        help_text="自己认得出就行。",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("name", "current")
