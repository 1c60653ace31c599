"""The second factor: an authenticator app (TOTP) and one-use recovery codes.

Tables, secrets and arithmetic are allauth's; that a code counts once is held in the database, so
that it holds in every web process.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Final

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt, encrypt
from django.db import transaction
from django.utils import timezone

from portal.accounts.models import Post, User
from portal.accounts.selectors.second_factor import is_set_up
from portal.audit.actors import Actor
from portal.audit.services import record
from portal.core.encryption import DecryptionError, under_current_key
from portal.core.errors import DomainError

logger = logging.getLogger(__name__)

LAST_STEP = "last_step"
#: Of allauth's data, what is ciphertext: the app's secret, and what recovery codes are made from.
_SEALED: Final = ("secret", "seed")


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
    """New recovery codes in place of the old; none when ``code`` is not right.

    Raises ``UnreadableError``.
    """
    if not passes(user=user, code=code):
        return []
    record(actor=_oneself(user), action="account.recovery_codes_renewed", obj=user)
    return _new_codes(user)


def _new_codes(user: User) -> list[str]:
    Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).delete()
    codes: list[str] = RecoveryCodes.activate(user).generate_codes()
    return codes


class UnreadableError(DomainError):
    """A key of ``FIELD_KEYS`` is gone under which a secret of this person still lies.

    SECURITY: another of their secrets may be readable, so the code that was tried counts as wrong.
    """

    def __init__(self) -> None:
        super().__init__(
            "服务器缺少密钥，读不出您的动态口令或恢复码，不一定是您输错了。"
            "请先不要再试，联系维护服务器的人员：放回取下的旧密钥，或为您重置动态口令。",
            field="code",
        )


@transaction.atomic
def passes(*, user: User, code: str) -> bool:
    """Whether ``code`` is the app's now or an unused recovery code; either counts only once.

    Raises ``UnreadableError`` when no secret that can be read takes it and one cannot be read.
    """
    code = "".join(code.split())
    unreadable = False
    for row in list(Authenticator.objects.select_for_update().filter(user=user).order_by("pk")):
        try:
            if _takes(row, code, user):
                return True
        except DecryptionError:
            unreadable = True
            logger.error(  # noqa: TRY400 -- a traceback says no more
                "accounts: a key of FIELD_KEYS is missing for authenticator %s;"
                " put it back and run rotate_field_keys",
                row.pk,
            )
    if unreadable:
        raise UnreadableError
    return False


def _takes(row: Authenticator, code: str, user: User) -> bool:
    if row.type == Authenticator.Type.TOTP:
        return _use_step(row, code)
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


# --- The keys the secrets lie under ----------------------------------------------------------


def rekey() -> int:
    """Encrypt the secrets anew that are not under the first of ``FIELD_KEYS``; of how many rows.

    What cannot be read stays as it is.
    """
    written = 0
    for pk in left():
        # One by one under its lock: a code may be used, and counted in the same data, meanwhile.
        with transaction.atomic(), suppress(Authenticator.DoesNotExist, DecryptionError):
            row = Authenticator.objects.select_for_update().get(pk=pk)
            row.data |= {name: encrypt(decrypt(row.data[name])) for name in _stale(row)}
            row.save(update_fields=["data"])
            written += 1
    return written


def left() -> list[int]:
    """Ids of rows with a secret that is not under the first of ``FIELD_KEYS``."""
    return [row.pk for row in Authenticator.objects.order_by("pk") if _stale(row)]


def _stale(row: Authenticator) -> list[str]:
    return [name for name in _SEALED if not under_current_key(row.data.get(name, ""))]
