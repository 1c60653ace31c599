#!/usr/bin/env python
"""``make test``: the whole suite on PostgreSQL with the coverage floor, then the SQLite part.

Arguments go to pytest (both runs). With CI=true a skipped test fails the run.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTEST = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "worksteal"]


def run(title: str, *options: str, **environment: str) -> bool:
    print(f"=== {title}", flush=True)
    command = [*PYTEST, *options, *sys.argv[1:]]
    return subprocess.call(command, cwd=ROOT, env=os.environ | environment) == 0


def main() -> int:
    sqlite = run("SQLite: services, constraints, search", "-m", "sqlite", "-q", TEST_DB="sqlite")
    whole = run(
        "PostgreSQL: the whole suite",
        "--cov", "--cov-report=term:skip-covered",
        TEST_DB="",
    )  # fmt: skip
    if sqlite and whole:
        return 0
    print("make test: failed on", " and ".join(
        name for name, good in (("SQLite", sqlite), ("PostgreSQL", whole)) if not good
    ))  # fmt: skip
    return 1


if __name__ == "__main__":
    sys.exit(main())
