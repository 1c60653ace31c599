"""Looking for malware by a clamd that the office runs (``ATTACHMENT_SCANNER``)."""

from __future__ import annotations

import logging
import socket
import struct
from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Error

from portal.core.errors import DomainError

logger = logging.getLogger(__name__)

#: Seconds of silence after which it is taken for away.
_PATIENCE: Final = 15.0
_BLOCK: Final = 1 << 18
_LONGEST_ANSWER: Final = 4096
_INFECTED: Final = "杀毒软件在文件里发现病毒，没有接收。请检查发送文件的电脑或手机。"
_AWAY: Final = "现在不能检查文件，没有接收。请过几分钟再传；文字可以先提交。"


def is_set() -> bool:
    """Whether this installation scans. Where it does not, pages say 未扫描."""
    return bool(settings.ATTACHMENT_SCANNER)


def require_clean(data: bytes) -> None:
    """Let the scanner look at ``data``.

    Raises ``DomainError`` for an infected file, and where no answer comes: what could not be looked
    at is not taken, or stopping the scanner would be a way in.
    """
    try:
        with _line(settings.ATTACHMENT_SCANNER) as line:
            answer = _asked(line, data)
    except (OSError, ValueError) as error:
        logger.warning("attachments: the scanner does not answer (%s)", type(error).__name__)
        raise DomainError(_AWAY) from None
    if answer == "stream: OK":
        return
    if answer.endswith(" FOUND"):
        raise DomainError(_INFECTED)
    logger.warning("attachments: the scanner could not look at a file")
    raise DomainError(_AWAY)


def check_address(**_kwargs: Any) -> list[CheckMessage]:
    """System check: a path, or host:port."""
    told = settings.ATTACHMENT_SCANNER
    if not told or told.startswith("/") or told.rpartition(":")[2].isdecimal():
        return []
    return [Error("ATTACHMENT_SCANNER must be a path or host:port.", id="core.E003")]


def _line(address: str) -> socket.socket:
    if address.startswith("/"):
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(_PATIENCE)
        try:
            line.connect(address)
        except OSError:
            line.close()
            raise
        return line
    host, _, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE)


def _asked(line: socket.socket, data: bytes) -> str:
    """INSTREAM: blocks led by their length, an empty one ends them."""
    line.sendall(b"zINSTREAM\0")
    for start in range(0, len(data), _BLOCK):
        block = data[start : start + _BLOCK]
        line.sendall(struct.pack(">I", len(block)) + block)
    line.sendall(struct.pack(">I", 0))
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < _LONGEST_ANSWER:
        got = line.recv(_LONGEST_ANSWER)
        if not got:
            break
        answer += got
    return answer.rstrip(b"\0").decode(errors="replace").strip()
