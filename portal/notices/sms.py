"""Text messages: any gateway that takes a request by HTTP, described by settings.

Without one, or with one half described, ``gateway()`` is None: somebody rings instead.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl, urlencode

from django.conf import settings

from portal.core import outward
from portal.notices.kinds import Delivery, Failure

#: Seconds that a gateway may take at most, whatever the setting says.
LONGEST: Final = 5.0
_METHODS: Final = frozenset({"POST", "PUT"})
_HOLE: Final = re.compile(r"\{(phone|text|uid)\}")
_REFERENCE: Final = re.compile(r"[\w.:-]{1,100}")
_OK: Final = range(200, 300)
#: Answers of a machine in between, after which the message may have gone on.
_UNCLEAR: Final = frozenset({500, 502, 504})


class SmsGateway(Protocol):
    """Whoever can send text messages."""

    def send(self, *, phone: str, text: str, uid: uuid.UUID) -> Delivery:
        """Try once. ``uid`` is the same for a repeat, for gateways that know repeats by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpGateway:
    """One request for each message; ``{phone}``, ``{text}`` and ``{uid}`` stand in ``body``.

    ``accepted`` says which answers mean that it was taken: "" any of 2xx, ``code=0`` those whose
    JSON has it there (dots lead inside), anything else those that begin so.
    """

    url: str
    method: str
    headers: Mapping[str, str]
    body: str
    accepted: str
    reference: str
    seconds: float

    def send(self, *, phone: str, text: str, uid: uuid.UUID) -> Delivery:
        """SECURITY: neither number nor words are in what this returns, raises or logs."""
        kind, body = _filled(self.body, {"phone": phone, "text": text, "uid": str(uid)})
        try:
            answer = outward.call(
                self.url,
                method=self.method,
                headers={"Content-Type": kind, **self.headers},
                body=body,
                seconds=self.seconds,
            )
        except outward.NotSentError:
            return Delivery(accepted=False, reason=Failure.UNREACHABLE)
        except outward.NoAnswerError:
            return Delivery(accepted=False, reason=Failure.UNCLEAR)
        if answer.status not in _OK:
            unclear = answer.status in _UNCLEAR
            return Delivery(accepted=False, reason=Failure.UNCLEAR if unclear else Failure.REFUSED)
        said = _said_yes(self.accepted, answer.text)
        if said is None:
            return Delivery(accepted=False, reason=Failure.UNCLEAR)
        reference = _reference(self.reference, answer.text, phone)
        reason = "" if said else Failure.REFUSED
        return Delivery(accepted=said, reference=reference, reason=reason)


def gateway() -> SmsGateway | None:
    """The gateway of this installation; None where there is none, or in the demo."""
    if not settings.SMS_URL or settings.DEMO or problems():
        return None
    return HttpGateway(
        url=settings.SMS_URL,
        method=settings.SMS_METHOD,
        headers=_headers(),
        body=settings.SMS_BODY,
        accepted=settings.SMS_ACCEPTED,
        reference=settings.SMS_REFERENCE,
        seconds=min(settings.SMS_TIMEOUT, LONGEST),
    )


def problems() -> list[str]:
    """What is wrong with the settings, for the operator; empty where there is nothing to set."""
    if not settings.SMS_URL:
        given = [n for n in ("SMS_BODY", "SMS_HEADERS", "SMS_ACCEPTED") if getattr(settings, n)]
        return [f"SMS_URL is empty, but {', '.join(given)} is set."] if given else []
    found = []
    if not outward.may_be_called(settings.SMS_URL):
        found.append("SMS_URL must be https (http on this machine only), without a password.")
    if _HOLE.search(settings.SMS_URL):
        found.append("SMS_URL must hold no {phone}, {text} or {uid}: addresses are logged.")
    if settings.SMS_METHOD not in _METHODS:
        found.append("SMS_METHOD must be POST or PUT: a number does not belong in an address.")
    if not {"phone", "text"} <= set(_HOLE.findall(settings.SMS_BODY)):
        found.append("SMS_BODY must hold {phone} and {text}.")
    if settings.SMS_TIMEOUT <= 0:
        found.append("SMS_TIMEOUT must be seconds above 0.")
    try:
        _headers()
    except ValueError:
        found.append("SMS_HEADERS must be a JSON object of texts in one line each.")
    return found


def _headers() -> dict[str, str]:
    """Raises ``ValueError``."""
    told = json.loads(settings.SMS_HEADERS or "{}")
    if not isinstance(told, dict) or not all(
        isinstance(value, str) and f"{name}{value}".isprintable() for name, value in told.items()
    ):
        raise ValueError("no headers")
    return told


def _filled(template: str, values: Mapping[str, str]) -> tuple[str, bytes]:
    """Type and bytes of the body: JSON if the template is JSON, else a form.

    SECURITY: values go into texts of the parsed template, so none can end its field.
    """

    def fill(part: Any) -> Any:
        if isinstance(part, str):
            return _HOLE.sub(lambda hole: values[hole[1]], part)
        if isinstance(part, dict):
            return {name: fill(inner) for name, inner in part.items()}
        return [fill(inner) for inner in part] if isinstance(part, list) else part

    try:
        parsed = json.loads(template)
    except ValueError:
        pairs = [(name, fill(value)) for name, value in parse_qsl(template, keep_blank_values=True)]
        return "application/x-www-form-urlencoded; charset=utf-8", urlencode(pairs).encode()
    return "application/json; charset=utf-8", json.dumps(fill(parsed), ensure_ascii=False).encode()


def _said_yes(rule: str, text: str) -> bool | None:
    """None: it cannot be told from the answer."""
    path, is_path, wanted = rule.partition("=")
    if not is_path:
        return text.lstrip().startswith(rule)
    found = _at(text, path)
    return None if found is None else found == wanted


def _reference(path: str, text: str, phone: str) -> str:
    """SECURITY: it is kept in clear, so nothing with the number in it."""
    found = (_at(text, path) if path else None) or ""
    return found if _REFERENCE.fullmatch(found) and phone not in found else ""


def _at(text: str, path: str) -> str | None:
    """The value at ``a.b.0`` in a JSON text; None where there is none."""
    try:
        found: Any = json.loads(text)
        for name in path.split("."):
            found = found[int(name)] if isinstance(found, list) else found[name]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    if isinstance(found, bool):
        return "true" if found else "false"
    return str(found) if isinstance(found, str | int | float) else None
