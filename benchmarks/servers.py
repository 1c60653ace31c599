"""Private PostgreSQL, Redis and gunicorn for one run; the loaded data folder is kept for the next.

Nothing that runs on the machine is touched.
"""

import contextlib
import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg2
import redis

from tests.servers import free_port, program

ROOT: Final = Path(__file__).resolve().parent.parent
PATIENCE: Final = 60.0
#: What an administrator of a server with 8 GB would set; durable, as in deployment.
SERVING: Final = {
    "shared_buffers": "1GB",
    "effective_cache_size": "4GB",
    "work_mem": "16MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_connections": "60",
    "max_wal_size": "4GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "listen_addresses": "127.0.0.1",
    "log_min_messages": "fatal",
}
#: While filling: the folder is thrown away when the machine stops in the middle.
LOADING: Final = SERVING | {
    "max_wal_size": "1GB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "maintenance_work_mem": "1GB",
}


def _owner() -> dict[str, str]:
    """PostgreSQL refuses root: there its files and process belong to the user ``postgres``."""
    return {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}


def _wait(answers: Callable[[], bool], process: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if answers():
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    message = f"A server did not start:\n{log.read_text(errors='replace')[-2000:]}"
    raise RuntimeError(message)


def _stop(process: subprocess.Popen, how: signal.Signals) -> None:
    process.send_signal(how)
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def _running(
    command: list[str],
    log: Path,
    answers: Callable[[], bool],
    how: signal.Signals,
    environment: dict[str, str] | None = None,
    **owner: str,
) -> Iterator[subprocess.Popen]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=ROOT if environment else log.parent,
            env=environment,
            start_new_session=True,
            **owner,
        )
    try:
        _wait(answers, process, log)
        yield process
    finally:
        _stop(process, how)


@contextlib.contextmanager
def postgres(folder: Path, settings: dict[str, str]) -> Iterator[int]:
    """The server over ``folder`` (made when it is not there); its port."""
    if not (folder / "data" / "PG_VERSION").exists():
        _make_cluster(folder)
    port = free_port()
    options = [f"-c{name}={value}" for name, value in settings.items()]
    command = [program("postgres", "postgresql"), "-D", str(folder / "data"), "-p", str(port),
               "-k", "", *options]  # fmt: skip

    def answers() -> bool:
        with contextlib.suppress(psycopg2.OperationalError):
            psycopg2.connect(f"postgres://postgres@127.0.0.1:{port}/postgres").close()
            return True
        return False

    with _running(command, folder / "log", answers, signal.SIGINT, **_owner()):
        yield port


def _make_cluster(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if owner := _owner():
        shutil.chown(folder, **owner)
    subprocess.run(
        [program("initdb", "postgresql"), "-D", str(folder / "data"), "-U", "postgres", "-A",
         "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=folder,
        **owner,
    )  # fmt: skip


@contextlib.contextmanager
def broker(folder: Path) -> Iterator[int]:
    """A Redis that keeps nothing; its port."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [program("redis-server", "redis-server"), "--port", str(port), "--bind",
               "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]  # fmt: skip

    def answers() -> bool:
        with contextlib.suppress(redis.ConnectionError), redis.Redis(port=port) as client:
            return bool(client.ping())
        return False

    with _running(command, folder / "redis.log", answers, signal.SIGTERM):
        yield port


@dataclass(frozen=True)
class Web:
    """A gunicorn that answers."""

    port: int
    pid: int

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in children.split()]


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


@contextlib.contextmanager
def web(application: str, environment: dict[str, str], log: Path) -> Iterator[Web]:
    """The deployment's gunicorn configuration over ``application`` on a free port."""
    port = free_port()
    command = [str(Path(sys.executable).parent / "gunicorn"), "-c", "deploy/gunicorn.conf.py",
               "--bind", f"127.0.0.1:{port}", application]  # fmt: skip

    def answers() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR
        except OSError:
            return False
        finally:
            connection.close()

    with _running(command, log, answers, signal.SIGTERM, environment) as process:
        yield Web(port, process.pid)
