"""Addresses of sign-in, the own account and the trail."""

from django.urls import path

from portal.accounts.views import me, second_factor, sign_in, trail

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
    path("audit/", trail.TrailView.as_view(), name="audit"),
    path("audit/export.csv", trail.TrailExportView.as_view(), name="audit_export"),
]
