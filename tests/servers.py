"""Private PostgreSQL and Redis servers for the tests, on free ports, gone afterwards.

Nothing that runs on the machine is touched. ``tools/testservers.py start`` keeps one pair up for
several runs: it writes a file, and ``LIANXIN_TEST_SERVERS`` names that file.
"""

import contextlib
import ctypes
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg2
import redis

PORTS = range(20_000, 32_000)  # below the range that outgoing connections take
PATIENCE = 30.0
POSTGRES_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "autovacuum": "off",
    "listen_addresses": "127.0.0.1",
    "log_min_messages": "fatal",
}
MISSING = (
    "The tests need {name}; as root on Debian or Ubuntu `make deps-test` installs it "
    "(packages: {package})."
)


@dataclass(frozen=True)
class Servers:
    """Where the private servers listen."""

    postgres: int
    redis: int

    def database_url(self, name: str) -> str:
        return f"postgres://postgres@127.0.0.1:{self.postgres}/{name}"

    def redis_url(self, number: int) -> str:
        return f"redis://127.0.0.1:{self.redis}/{number}"

    def save(self, path: Path) -> None:
        half = path.with_suffix(".half")
        half.write_text(json.dumps(asdict(self)))
        half.rename(path)

    @classmethod
    def load(cls, path: Path) -> "Servers":
        return cls(**json.loads(path.read_text()))


class MissingProgramError(RuntimeError):
    """A program that the tests need is not on this machine."""


def free_port() -> int:
    """A port that nobody listens on now."""
    for port in random.sample(PORTS, 200):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    message = "No free port for a test server"
    raise RuntimeError(message)


def program(name: str, package: str) -> str:
    """The path of a program, also where Debian hides PostgreSQL's."""
    homes = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    search = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", *map(str, homes)])
    found = shutil.which(name, path=search)
    if found is None:
        raise MissingProgramError(MISSING.format(name=name, package=package))
    return found


def _die_with_parent() -> None:
    """Linux: the server gets SIGINT (fast shutdown) when the process that started it is gone."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGINT)


def _owner() -> dict[str, str]:
    """PostgreSQL refuses root: there its files and process belong to the user ``postgres``."""
    return {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}


def _wait(answers: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if answers():
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    message = f"A test server did not start:\n{log.read_text(errors='replace')}"
    raise RuntimeError(message)


def _spawn(command: list[str], log: Path, **owner: str) -> "subprocess.Popen":
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 -- before any thread starts
            **owner,
        )


def _start_postgres(folder: Path) -> tuple["subprocess.Popen", int]:
    initdb, postgres = program("initdb", "postgresql"), program("postgres", "postgresql")
    folder.mkdir()
    if owner := _owner():
        shutil.chown(folder, **owner)
    data, log = folder / "data", folder / "log"
    subprocess.run(
        [initdb, "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C",
         "--no-sync", "--no-instructions"],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=folder,
        **owner,
    )  # fmt: skip
    port = free_port()
    options = [f"-c{name}={value}" for name, value in POSTGRES_SETTINGS.items()]
    command = [postgres, "-D", str(data), "-p", str(port), "-k", str(folder), *options]
    process = _spawn(command, log, **owner)

    def answers() -> bool:
        with contextlib.suppress(psycopg2.OperationalError):
            psycopg2.connect(f"postgres://postgres@127.0.0.1:{port}/postgres").close()
            return True
        return False

    _wait(answers, process, log)
    return process, port


def _start_redis(folder: Path) -> tuple["subprocess.Popen", int]:
    server = program("redis-server", "redis-server")
    folder.mkdir()
    port, log = free_port(), folder / "log"
    command = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "",
               "--appendonly", "no", "--dir", str(folder), "--databases", "64"]  # fmt: skip
    process = _spawn(command, log)

    def answers() -> bool:
        with contextlib.suppress(redis.ConnectionError), redis.Redis(port=port) as client:
            return bool(client.ping())
        return False

    _wait(answers, process, log)
    return process, port


def _stop(process: "subprocess.Popen") -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def running(*, with_postgres: bool = True) -> Iterator[Servers]:
    """The servers for as long as the block lasts, and never longer than this process."""
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="lianxin-test-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o711)
        postgres_port = 0
        if with_postgres:
            postgres, postgres_port = _start_postgres(folder / "postgres")
            stack.callback(_stop, postgres)
        broker, broker_port = _start_redis(folder / "redis")
        stack.callback(_stop, broker)
        yield Servers(postgres_port, broker_port)
