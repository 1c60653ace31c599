#!/usr/bin/env python
"""Keep one PostgreSQL and one Redis up for many test runs: ``testservers.py start | stop``.

``eval "$(tools/testservers.py start)"`` sets the variable that the tests look for.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

FILE = Path(os.environ.get("LIANXIN_TEST_SERVERS", ROOT / "var" / "test-servers.json"))
PID = FILE.with_suffix(".pid")


def serve() -> None:
    """Hold the servers until SIGTERM."""
    from tests.servers import running  # noqa: PLC0415 -- needs the path set above

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with running() as servers:
        PID.write_text(str(os.getpid()))
        servers.save(FILE)
        try:
            signal.pause()
        finally:
            FILE.unlink(missing_ok=True)
            PID.unlink(missing_ok=True)


def start() -> None:
    FILE.parent.mkdir(parents=True, exist_ok=True)
    if not FILE.exists():
        log = FILE.with_suffix(".log")
        with log.open("wb") as output:
            keeper = subprocess.Popen(
                [sys.executable, __file__, "serve"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        while not FILE.exists():
            if keeper.poll() is not None:
                sys.exit(log.read_text())
            time.sleep(0.1)
    print(f"export LIANXIN_TEST_SERVERS={FILE}")


def stop() -> None:
    if PID.exists():
        os.kill(int(PID.read_text()), signal.SIGTERM)


if __name__ == "__main__":
    commands = {"start": start, "stop": stop, "serve": serve}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:  # noqa: PLR2004
        sys.exit(__doc__)
    commands[sys.argv[1]]()
