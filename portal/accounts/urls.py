"""Addresses of sign-in, the own account and the trail."""

from django.urls import path

from portal.accounts.views import devices, me, second_factor, sign_in, trail

app_name = "accounts"
urlpatterns = [
    path("accounts/login/", sign_in.SignInView.as_view(), name="login"),
    path("accounts/2fa/", sign_in.SecondFactorView.as_view(), name="second_factor"),
    path("accounts/logout/", sign_in.SignOutView.as_view(), name="logout"),
    path("accounts/welcome/<uidb64>/<token>/", me.WelcomeView.as_view(), name="welcome"),
    path("accounts/me/", me.MeView.as_view(), name="me"),
    path("accounts/me/password/", me.PasswordView.as_view(), name="password"),
    path(
        "accounts/2fa/setup/",
        second_factor.SecondFactorSetupView.as_view(),
        name="second_factor_setup",
    ),
    path("accounts/2fa/codes/", second_factor.RecoveryCodesView.as_view(), name="recovery_codes"),
    path("accounts/switch/", me.SwitchView.as_view(), name="switch"),
    path("accounts/me/devices/", devices.DevicesView.as_view(), name="devices"),
    path(
        "accounts/me/devices/<int:device>/revoke/",
        devices.DeviceRevokeView.as_view(),
        name="device_revoke",
    ),
    path("accounts/field/start/", devices.FieldStartView.as_view(), name="field_start"),
    path("accounts/field/end/", devices.FieldEndView.as_view(), name="field_end"),
    path("accounts/unlock/", devices.UnlockView.as_view(), name="unlock"),
    path("audit/", trail.TrailView.as_view(), name="audit"),
    path("audit/export.csv", trail.TrailExportView.as_view(), name="audit_export"),
]
