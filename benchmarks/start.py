"""How soon ``make run`` answers when everything is there already."""

import contextlib
import http.client
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from benchmarks.client import OK
from benchmarks.data import ROOT
from tests.servers import free_port

LIMIT_SECONDS: Final = 5.0
TIMES: Final = 3
#: The first start installs, migrates and loads the demo.
_PATIENCE: Final = 300.0
#: Settings of the measured portal are none of the embedded one's.
_FOREIGN: Final = ("DJANGO_SETTINGS_MODULE", "DATABASE_URL", "REDIS_URL", "STATIC_ROOT")


def measure() -> list[dict[str, Any]]:
    """Seconds to the first page of the second start, the median of a few."""
    with tempfile.TemporaryDirectory() as folder:
        first = _start(Path(folder))
        again = sorted(_start(Path(folder)) for _ in range(TIMES))
    median = again[len(again) // 2]
    words = f"{median:.1f} s（第一次 {first:.0f} s）"
    return [{"name": "再次 make run 到第一页", "value": median, "limit": LIMIT_SECONDS,
             "words": words, "limit_words": f"{LIMIT_SECONDS:g} s"}]  # fmt: skip


def _start(folder: Path) -> float:
    """Start, wait for the page to sign in, stop; the seconds until it came."""
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    started = time.monotonic()
    process = subprocess.Popen(
        ["make", "run", f"PORT={port}", f"DATA_DIR={folder}"],
        cwd=ROOT, env=kept, start_new_session=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        while not _answers(port):
            if process.poll() is not None or time.monotonic() - started > _PATIENCE:
                raise RuntimeError("make run did not answer")
            time.sleep(0.02)
        return time.monotonic() - started
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        process.wait(60)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/accounts/login/")
        return connection.getresponse().status == OK
    except OSError:
        return False
    finally:
        connection.close()
