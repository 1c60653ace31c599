"""E-mail to somebody outside, by the server of the settings; a repeat has the same Message-ID."""

from __future__ import annotations

import smtplib
import socket
import ssl
import uuid
from email.utils import parseaddr
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage

from portal.notices.kinds import Delivery, Failure

_REFUSED: Final = (
    smtplib.SMTPResponseException,
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPNotSupportedError,
)
_UNREACHABLE: Final = (ConnectionRefusedError, socket.gaierror, ssl.SSLError)


def is_on() -> bool:
    """Whether this installation sends e-mail; never in the demo."""
    return bool(settings.EMAIL_HOST) and not settings.DEMO and not problems()


def message_id(uid: uuid.UUID) -> str:
    """By which a mail program knows a repeat."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    return f"<{uid.hex}@{domain}>"


def send(*, uid: uuid.UUID, address: str, subject: str, text: str) -> Delivery:
    """Try once. SECURITY: neither address nor words are in what this returns, raises or logs."""
    message = EmailMessage(
        " ".join(subject.split()),
        text,
        to=[address],
        headers={"Message-ID": message_id(uid), "Auto-Submitted": "auto-generated"},
    )
    try:
        message.send()
    except _REFUSED:
        return Delivery(accepted=False, reason=Failure.REFUSED)
    except _UNREACHABLE:
        return Delivery(accepted=False, reason=Failure.UNREACHABLE)
    except OSError:
        return Delivery(accepted=False, reason=Failure.UNCLEAR)
    return Delivery(accepted=True, reference=uid.hex)


def problems() -> list[str]:
    """What is wrong with the settings, for the operator."""
    found = []
    if settings.EMAIL_HOST and "@" not in parseaddr(settings.DEFAULT_FROM_EMAIL)[1]:
        found.append("EMAIL_HOST is set: DEFAULT_FROM_EMAIL must be the sender's address.")
    if settings.EMAIL_USE_TLS and settings.EMAIL_USE_SSL:
        found.append("EMAIL_USE_TLS and EMAIL_USE_SSL exclude each other.")
    return found
