"""One-time links: how somebody without a password gets in."""

from __future__ import annotations

from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from portal.accounts.models import Post, User
from portal.accounts.services import devices
from portal.accounts.services.sign_in import end_open_forms
from portal.audit.services import record


def one_time_link(user: User) -> str:
    """The address (without host) where the person sets a password; three days, once.

    It ends as soon as the password changes or the person signs in.
    """
    key = urlsafe_base64_encode(force_bytes(user.pk))
    token = default_token_generator.make_token(user)
    return reverse("accounts:welcome", args=[key, token])


@transaction.atomic
def withdraw_password(*, user: User, actor: Post | None = None) -> None:
    """The old password and every session end at once; only a one-time link leads back."""
    user.set_unusable_password()
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    end_open_forms(user=user)
    devices.end_all(user=user, reason="new_password", now=timezone.now())
    record(actor=actor, action="account.reset", obj=user, fields=["password"])
