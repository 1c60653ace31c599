"""System checks: a half-described gateway is said at the start, not when a message fails."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register

from portal.notices import mail, sms

_MOST_HOURS: Final = 24


@register(Tags.security)
def check_channels(**_kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = [
        *(Error(words, id="notices.E001") for words in sms.problems()),
        *(Error(words, id="notices.E002") for words in mail.problems()),
    ]
    if not 0 <= settings.SMS_FROM_HOUR < settings.SMS_UNTIL_HOUR <= _MOST_HOURS:
        words = "SMS_FROM_HOUR must come before SMS_UNTIL_HOUR, both of one day."
        found.append(Error(words, id="notices.E003"))
    return found


@register(Tags.security, deploy=True)
def check_mail_is_encrypted(**_kwargs: Any) -> list[CheckMessage]:
    if settings.EMAIL_HOST and not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL):
        words = "E-mail goes to EMAIL_HOST in clear: set EMAIL_USE_TLS or EMAIL_USE_SSL."
        return [checks.Warning(words, id="notices.W001")]
    return []
