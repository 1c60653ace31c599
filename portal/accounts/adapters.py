"""How allauth behaves here: user names only, no sign-up, no e-mail, secrets encrypted."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.stages import AuthenticateStage
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.selectors.demo import may_sign_in
from portal.accounts.selectors.posts import posts_in_force, user_of
from portal.accounts.services import sign_in
from portal.core import encryption
from portal.core.addresses import client_address


class SignInBackend(AuthenticationBackend):
    """Asked at sign-in, after the password, and again at every request of a session."""

    def user_can_authenticate(self, user: AbstractBaseUser | None) -> bool:
        return isinstance(user, User) and may_sign_in(user)

    def get_user(self, user_id: int) -> User | None:
        user = user_of(user_id, timezone.localdate())
        return user if self.user_can_authenticate(user) else None


class SecondFactorStage(AuthenticateStage):
    """The step after the password for whoever has set up an authenticator app."""

    urlname = "accounts:second_factor"

    def handle(self) -> tuple[Any, bool]:
        if self._should_handle(self.request):
            return redirect(self.urlname), True
        return None, True


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 -- allauth's signature
        return False

    def get_login_stages(self) -> list[str]:
        """Demo mode, which lives on loopback with invented people, asks no second factor."""
        return [] if settings.DEMO else ["portal.accounts.adapters.SecondFactorStage"]

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing of allauth's own; our pages say what is worth saying."""

    @transaction.atomic
    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Every stage is passed: the session begins, with a new key."""
        super().login(request, user)
        if isinstance(user, User):
            posts = posts_in_force(user, timezone.localdate())
            sign_in.record_sign_in(
                user=user,
                post=posts[0] if posts else None,
                address=client_address(request),
            )


class MFAAdapter(DefaultMFAAdapter):
    """SECURITY: allauth would keep the secrets of authenticator apps in clear."""

    context = "mfa.authenticator.secret"

    def encrypt(self, text: str) -> str:
        return encryption.encrypt(text, context=self.context)

    def decrypt(self, encrypted_text: str) -> str:
        return encryption.decrypt(encrypted_text, context=self.context)
