"""The second factor: an authenticator app (TOTP) and one-use recovery codes.

Tables, secrets and arithmetic are allauth's; that a code counts once is held in the database, so
that it holds in every web process.
"""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from django.db import transaction
from django.utils import timezone

from portal.accounts.models import Post, User
from portal.accounts.selectors.second_factor import is_set_up
from portal.audit.actors import Actor
from portal.audit.services import record
from portal.core.errors import DomainError

LAST_STEP = "last_step"


def new_secret() -> str:
    """A secret for an authenticator app, not stored anywhere yet."""
    return str(totp.generate_totp_secret())


@transaction.atomic
def set_up(*, user: User, secret: str, code: str) -> list[str]:
    """Bind an authenticator app that shows ``code`` now; the recovery codes, shown only once."""
    User.objects.select_for_update().get(pk=user.pk)
    if is_set_up(user):
        raise DomainError("这个账号已经绑定了动态口令。")
    step = _matching_step(secret, code)
    if step is None:
        raise DomainError(
            "动态口令不对。请确认手机时间准确，输入 App 现在显示的 6 位数字。", field="code"
        )
    bound = totp.TOTP.activate(user, secret).instance
    bound.data[LAST_STEP] = step
    bound.save(update_fields=["data"])
    record(actor=_oneself(user), action="account.second_factor", obj=user)
    return _new_codes(user)


@transaction.atomic
def renew_codes(*, user: User, code: str) -> list[str]:
    """New recovery codes in place of the old; none when ``code`` is not right."""
    if not passes(user=user, code=code):
        return []
    record(actor=_oneself(user), action="account.recovery_codes_renewed", obj=user)
    return _new_codes(user)


def _new_codes(user: User) -> list[str]:
    Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).delete()
    codes: list[str] = RecoveryCodes.activate(user).generate_codes()
    return codes


@transaction.atomic
def passes(*, user: User, code: str) -> bool:
    """Whether ``code`` is the app's now or an unused recovery code; either counts only once."""
    code = "".join(code.split())
    rows = Authenticator.objects.select_for_update().filter(user=user).order_by("pk")
    for row in list(rows):
        if row.type == Authenticator.Type.TOTP and _use_step(row, code):
            return True
        if row.type == Authenticator.Type.RECOVERY_CODES and RecoveryCodes(row).validate_code(code):
            record(actor=_oneself(user), action="account.recovery_code", obj=user)
            return True
    return False


@transaction.atomic
def remove(*, user: User, actor: Post | None = None) -> None:
    """Forget the person's app and codes, so that they set them up again (phone lost)."""
    Authenticator.objects.filter(user=user).delete()
    record(actor=actor, action="account.second_factor_reset", obj=user)


def _use_step(row: Authenticator, code: str) -> bool:
    step = _matching_step(decrypt(row.data["secret"]), code)
    if step is None or step <= row.data.get(LAST_STEP, -1):
        return False
    row.data[LAST_STEP] = step
    row.last_used_at = timezone.now()
    row.save(update_fields=["data", "last_used_at"])
    return True


def _matching_step(secret: str, code: str) -> int | None:
    """The 30-second step, one either side of now, in which the app shows ``code``."""
    for step in totp.yield_hotp_counters_from_time():
        if totp.compare_user_code(
            actual=code, expected=totp.format_hotp_value(totp.hotp_value(secret, step))
        ):
            return int(step)
    return None


def _oneself(user: User) -> Actor:
    return Actor(user_id=user.pk, username=user.username)
