"""The words of a message to somebody outside."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices


class Channel(TextChoices):
    SMS = "SMS", "短信"
    EMAIL = "EMAIL", "电子邮件"


class State(TextChoices):
    """SENT: the gateway or the mail server took it over; no more is known."""

    WAITING = "WAITING", "待发送"
    SENT = "SENT", "已发出"
    FAILED = "FAILED", "没有发出"


class Failure(TextChoices):
    """Why a try, or in the end the message, came to nothing."""

    OFF = "OFF", "发送渠道已停用"
    UNREACHABLE = "UNREACHABLE", "连不上发送方"
    REFUSED = "REFUSED", "发送方没有接受"
    #: The only one after which it may be that the person has got it.
    UNCLEAR = "UNCLEAR", "不能确定是否已发出"
    TOO_LATE = "TOO_LATE", "等待太久，没有再发"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What came of one try. ``reference`` is the number the other side gave it, if any."""

    accepted: bool
    reference: str = ""
    reason: str = ""
