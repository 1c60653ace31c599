"""Whether a person has bound an authenticator app."""

from __future__ import annotations

from allauth.mfa.models import Authenticator

from portal.accounts.models import User


def is_set_up(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())
