"""Receivers on this machine: a gateway for text messages and a mail server, for real sockets."""

import contextlib
import http.server
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.servers import free_port


@dataclass
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: str


@dataclass
class SmsReceiver:
    """A gateway: what it answers can be changed, what it was sent is kept."""

    port: int
    status: int = 200
    answer: str = '{"code": 0, "data": {"id": "SM-1"}}'
    headers: dict[str, str] = field(default_factory=dict)
    got: list[Received] = field(default_factory=list)
    #: Called with the open file of the connection instead of answering.
    instead: Callable | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/send"


@contextlib.contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Threads(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def handle_error(self, request, client_address) -> None:
        """A caller that hangs up is part of the tests."""


@contextlib.contextmanager
def sms_receiver(wrap: Callable | None = None) -> Iterator[SmsReceiver]:
    """``wrap`` makes the listening socket an encrypted one."""
    receiver = SmsReceiver(free_port())

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            receiver.got.append(Received(self.path, dict(self.headers), body))
            if receiver.instead:
                receiver.instead(self.wfile)
                return
            self.send_response(receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(receiver.answer.encode())

        def log_message(self, *_args) -> None:
            pass

    server = _Threads(("127.0.0.1", receiver.port), Handler)
    if wrap:
        server.socket = wrap(server.socket)
    with serving(server):
        yield receiver


@dataclass
class MailReceiver:
    port: int
    got: list[bytes] = field(default_factory=list)
    #: The answer to an address, and to a whole message; None: hang up without one.
    to_address: str = "250 ok"
    to_message: str | None = "250 ok"


class _Mail(socketserver.StreamRequestHandler):
    """As much of SMTP as a client needs to hand over a message."""

    receiver: MailReceiver

    def handle(self) -> None:
        told = self.receiver
        self.say("220 here")
        while line := self.rfile.readline().decode().strip().upper():
            if line.startswith("DATA"):
                self.say("354 go on")
                told.got.append(self.message())
                if told.to_message is None:
                    return
                self.say(told.to_message)
            elif line == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say(told.to_address if line.startswith("RCPT") else "250 ok")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def message(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line)
        return b"".join(lines)


@contextlib.contextmanager
def mail_receiver() -> Iterator[MailReceiver]:
    receiver = MailReceiver(free_port())
    handler = type("Handler", (_Mail,), {"receiver": receiver})
    with serving(_Threads(("127.0.0.1", receiver.port), handler)):
        yield receiver
