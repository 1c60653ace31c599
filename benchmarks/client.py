"""One connection kept alive, one request after another, every answer checked."""

import gzip
import http.client
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urlencode

OK: Final = 200
SESSION: Final = "__Host-sessionid"
CSRF: Final = "__Host-csrftoken"
PATIENCE: Final = 120


@dataclass(frozen=True)
class Answer:
    """What came back, and how many milliseconds it took."""

    status: int
    body: str
    bytes: int
    ms: float
    cookies: dict[str, str]
    location: str


class UnexpectedAnswerError(RuntimeError):
    """A page answered otherwise than the benchmark takes for granted."""


class Client:
    """A browser's connection, as the reverse proxy would hand it on."""

    def __init__(self, port: int, *, session: str = "", cookie: str = SESSION) -> None:
        self.port = port
        self.cookies = {cookie: session} if session else {}
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def get(self, path: str) -> Answer:
        return self._send("GET", path, None)

    def post(self, path: str, fields: Sequence[tuple[str, str]]) -> Answer:
        return self._send("POST", path, urlencode(fields).encode())

    def _send(self, method: str, path: str, body: bytes | None) -> Answer:
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "X-Forwarded-Proto": "https",
            "Accept-Encoding": "gzip",
            "Referer": f"https://127.0.0.1:{self.port}{path}",
        }
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        started = time.perf_counter()
        try:
            self._connection.request(method, path, body=body, headers=headers)
            response = self._connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            self._connection.close()  # a worker that was recycled
            self._connection.request(method, path, body=body, headers=headers)
            response = self._connection.getresponse()
        data = response.read()
        ms = (time.perf_counter() - started) * 1000
        packed = response.headers.get("Content-Encoding") == "gzip"
        text = gzip.decompress(data) if packed else data
        cookies = {}
        for line in response.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            cookies[name] = value
        self.cookies |= cookies
        return Answer(
            response.status,
            text.decode("utf-8", "replace"),
            len(data),
            ms,
            cookies,
            response.headers.get("Location", ""),
        )

    def close(self) -> None:
        self._connection.close()


@dataclass
class Timing:
    """Milliseconds of one page."""

    cold: float = 0.0
    all: list[float] = field(default_factory=list)
    body: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.all)

    @property
    def p95(self) -> float:
        ordered = sorted(self.all)
        return ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]


def timed(clients: Sequence[Client], path: str, *, times: int, warm: int = 3) -> Timing:
    """``times`` answers, the clients in turn; the first one is reported as cold."""
    timing = Timing()
    for number in range(times + warm):
        answer = clients[number % len(clients)].get(path)
        if answer.status != OK:
            raise UnexpectedAnswerError(f"{path} answered {answer.status} {answer.location}")
        if number == 0:
            timing.cold, timing.body = answer.ms, answer.body
        if number >= warm:
            timing.all.append(answer.ms)
    return timing


def throughput(make: Callable[[int], Client], path: str, *, hands: int, seconds: float) -> float:
    """Requests a second with so many connections at once."""
    end = time.monotonic() + seconds
    counts = [0] * hands

    def work(number: int) -> None:
        client = make(number)
        while time.monotonic() < end:
            client.get(path)
            counts[number] += 1
        client.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(hands)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


class FormReader(HTMLParser):
    """The fields that a browser would send for the form with ``token``'s field, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[list[tuple[str, str]]] = []
        self._select = ""
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self.forms.append([])
        elif not self.forms:
            return
        elif tag == "input" and name:
            self._input(name, given)
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in given:
            self.forms[-1].append((self._select, given.get("value", "")))
        elif tag == "textarea" and name:
            self.forms[-1].append((name, ""))

    def _input(self, name: str, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        if kind in {"submit", "button", "file"} or "disabled" in given:
            return
        if kind in {"radio", "checkbox"} and "checked" not in given:
            return
        self.forms[-1].append((name, given.get("value", "on" if kind == "checkbox" else "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""


def form_with(body: str, name: str) -> list[tuple[str, str]]:
    """The fields of the form that has a field called ``name``."""
    reader = FormReader()
    reader.feed(body)
    for fields in reader.forms:
        if any(field == name for field, _ in fields):
            return fields
    raise UnexpectedAnswerError(f"no form with {name}")
