"""The launcher: web, worker and scheduler as children of one process; all stop together."""

import contextlib
import ctypes
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Event
from types import FrameType

WEB_PATIENCE = 60.0  # seconds until the first page must answer
STOP_PATIENCE = 8.0  # seconds a child gets to finish what it does
LOOK_EVERY = 0.2
MOST_RESTARTS = 5  # of worker and scheduler together, in one run
STOPPED = "已停止"
#: Celery warns root at length; an embedded portal does what its user may do, no more.
NO_ROOT_WARNING = "ignore:You're running the worker with superuser:UserWarning"
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Processes = dict[str, subprocess.Popen[bytes]]


class CannotRunError(Exception):
    """Why the portal was not started, in one sentence for the person at the keyboard."""


def web_command(bind: str, port: int) -> list[str]:
    listen = f"[{bind}]:{port}" if ":" in bind else f"{bind}:{port}"
    # The headers of a proxy stay: demo mode and /metrics must see that there is one.
    return [sys.executable, "-m", "waitress", f"--listen={listen}", "--threads=8", "--ident=",
            "--no-clear-untrusted-proxy-headers", "portal.wsgi:application"]  # fmt: skip


def background_commands() -> dict[str, list[str]]:
    """The worker (threads: light, and one SQLite writer anyway) and the scheduler."""
    celery = [
        sys.executable,
        "-W",
        NO_ROOT_WARNING,
        "-m",
        "celery",
        "--app=portal.celery",
        "--quiet",
    ]
    return {
        "worker": [*celery, "worker", "--pool=threads", "--concurrency=4", "--without-gossip",
                   "--without-mingle", "--loglevel=WARNING"],
        "scheduler": [*celery, "beat", "--pidfile=", "--loglevel=WARNING"],
    }  # fmt: skip


def require_free_port(bind: str, port: int) -> None:
    """Raise CannotRunError when somebody listens at the address already."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except OSError as error:
            raise CannotRunError(
                f"不能监听 {bind}:{port}（{error.strerror}）：连心可能已经在运行，"
                f"或换一个端口：PORT={port + 1} make run"
            ) from error


def keep_private(folder: Path) -> None:
    """Let no other account of the machine read what lies in the data folder.

    SECURITY: the database holds names and addresses. What comes later follows the mask of
    ``portal.settings.embedded``. The mode of a folder that was there is its owner's affair.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            with contextlib.suppress(OSError):  # gone meanwhile, or another's
                path.chmod(0o700 if path.is_dir() else 0o600)


@contextlib.contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the data folder; two schedulers on one database would do everything twice."""
    with (folder / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotRunError(
                f"数据目录 {folder} 正在被另一个连心使用；请先停止它，或用 DATA_DIR 换一个目录。"
            ) from error
        yield


def _die_with_parent() -> None:
    """Linux: a killed launcher leaves no orphan."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _spawn(
    command: Sequence[str], environment: Mapping[str, str], *, stdout: int | None = None
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 -- our own commands
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        start_new_session=True,  # Ctrl-C reaches the launcher only, which stops all in order
        preexec_fn=_die_with_parent,  # noqa: PLW1509 -- the launcher has no threads
    )


def _answers(bind: str, port: int) -> bool:
    asked = http.client.HTTPConnection(bind, port, timeout=2)
    try:
        asked.request("GET", "/healthz", headers={"Host": "127.0.0.1"})
        return asked.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()


def _dead(children: Processes) -> str | None:
    return next((name for name, child in children.items() if child.poll() is not None), None)


def _await_web(children: Processes, bind: str, port: int, stop: Event) -> None:
    end = time.monotonic() + WEB_PATIENCE
    while not stop.is_set() and not _dead(children) and not _answers(bind, port):
        if time.monotonic() > end:
            raise CannotRunError(f"网页服务 {WEB_PATIENCE:.0f} 秒内没有应答，已停止。")
        stop.wait(0.05)


def stop_all(children: Processes) -> None:
    """SIGTERM to each child's group, SIGKILL to those that do not end in time."""
    for child in children.values():
        _signal_group(child, signal.SIGTERM)
    end = time.monotonic() + STOP_PATIENCE
    for child in children.values():
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(max(0.0, end - time.monotonic()))
        _signal_group(child, signal.SIGKILL)
        child.wait()


def _signal_group(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, number)


def _watch(children: Processes, stop: Event) -> None:
    """Until a signal. Background work that ends is started again, since its rows are the truth.

    Raises CannotRunError when the web process ends, or the others again and again.
    """
    restarts = 0
    while not stop.wait(LOOK_EVERY):
        dead = _dead(children)
        if dead is None:
            continue
        code = children[dead].returncode
        restarts += 1
        if dead == "web" or restarts > MOST_RESTARTS:
            raise CannotRunError(f"{dead} 已退出（代码 {code}），全部停止。")
        _signal_group(children[dead], signal.SIGKILL)  # whatever it has left behind
        print(f"{dead} 已退出（代码 {code}），重新启动。", file=sys.stderr, flush=True)  # noqa: T201 -- the launcher's voice
        command = background_commands()[dead]
        children[dead] = _spawn(command, os.environ, stdout=subprocess.DEVNULL)


def supervise(bind: str, port: int, announce: Sequence[str]) -> int:
    """Run all until a signal or the death of one; the exit code (0 after a signal)."""
    stop = Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, on_signal) for number in STOP_SIGNALS}
    children: Processes = {"web": _spawn(web_command(bind, port), os.environ)}
    try:
        _await_web(children, bind, port, stop)  # the first page first, the rest after it
        if not stop.is_set() and not _dead(children):
            print(*announce, sep="\n", flush=True)  # noqa: T201 -- the launcher's voice
            for name, command in background_commands().items():
                # They log to stderr; on stdout Celery only says how it shuts down.
                children[name] = _spawn(command, os.environ, stdout=subprocess.DEVNULL)
        _watch(children, stop)
    finally:
        stop_all(children)
        for number, handler in before.items():
            signal.signal(number, handler)
    with contextlib.suppress(OSError):  # the terminal may be gone
        print(f"\n{STOPPED}", flush=True)  # noqa: T201 -- the launcher's voice
    return 0
