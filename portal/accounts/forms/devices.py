"""Registering a device, and giving the password once more."""

from __future__ import annotations

from django import forms

from portal.core.fields import TextField


class PasswordForm(forms.Form):
    """Only who knows the password goes on."""

    current = TextField(
        label="密码",
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class DeviceForm(PasswordForm):
    name = TextField(
        label="设备名称",
        max_length=40,
        initial="我的手机",
        help_text="自己认得出就行。",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("name", "current")
