"""One request to a machine outside, by HTTP: within a time and a size, to nobody else.

SECURITY: certificates are checked, no redirect is followed, no proxy of the environment is asked,
and nothing of what is sent is in an error or a log.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

#: Of an answer no more is read.
MOST_BYTES: Final = 64 * 1024
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class NotSentError(Exception):
    """The request surely did not arrive."""


class NoAnswerError(Exception):
    """The request may have arrived; what became of it is not known."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, and at most ``MOST_BYTES`` of text."""

    status: int
    text: str


def may_be_called(url: str) -> bool:
    """Whether ``url`` is https to a host, or http on this machine; without a name or password."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    if not parts.hostname or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def call(
    url: str, *, method: str, headers: Mapping[str, str], body: bytes, seconds: float
) -> Answer:
    """Send ``body`` and read the answer, all in ``seconds`` after the line is there.

    Raises ``NotSentError`` and ``NoAnswerError``.
    """
    parts = urlsplit(url)
    with _line(parts, seconds) as line:
        talk = http.client.HTTPConnection(str(parts.hostname), parts.port)
        talk.sock = line
        target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        try:
            talk.request(method, target, body, {"Host": parts.netloc, **headers})
            answer = talk.getresponse()
            return Answer(answer.status, answer.read(MOST_BYTES).decode(errors="replace"))
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswerError(type(error).__name__) from None


@contextlib.contextmanager
def _line(parts: SplitResult, seconds: float) -> Iterator[socket.socket]:
    """An open line, encrypted for https, that is cut when the time is over."""
    secure = parts.scheme == "https"
    address = (str(parts.hostname), parts.port or (443 if secure else 80))
    try:
        line = socket.create_connection(address, timeout=seconds)
    except OSError as error:
        raise NotSentError(type(error).__name__) from None
    with contextlib.ExitStack() as stack:
        if secure:
            line = ssl.create_default_context().wrap_socket(
                line, server_hostname=parts.hostname, do_handshake_on_connect=False
            )
        stack.enter_context(line)
        # A time-out of the socket is counted anew with every byte that drips in.
        clock = threading.Timer(seconds, _cut, [line])
        clock.daemon = True
        clock.start()
        stack.callback(clock.cancel)
        if isinstance(line, ssl.SSLSocket):
            try:
                line.do_handshake()
            except OSError as error:
                raise NotSentError(type(error).__name__) from None
        yield line


def _cut(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        # Of the plain socket: an encrypted one would forget its cipher under whoever reads.
        socket.socket.shutdown(line, socket.SHUT_RDWR)
