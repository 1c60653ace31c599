#!/usr/bin/env python
"""``make check``: every tool on the whole tree, side by side; fails when one complains.

``--format`` only rewrites the templates' syntax (the rest of ``make format`` is ruff's).
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
TEMPLATES = [str(path.relative_to(ROOT)) for path in sorted(ROOT.glob("templates/**/*.html"))]
DJADE = [str(BIN / "djade"), "--target-version", "5.2"]
MOST_LINES = 60  # of one tool's complaints
#: Stands in for what a served installation keeps secret; long enough for the deployment check.
DUMMY = "dummy-for-the-deployment-check-0123456789-abcdefghijklmnopqrstuvwxyz"
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "portal.settings.production",
    "SECRET_KEY": DUMMY,
    "FIELD_KEYS": "k1:" + "QUJD" * 10 + "QUI=",
    "BLIND_INDEX_KEY": DUMMY,
    "AUDIT_SEAL_KEY": DUMMY,
    "ALLOWED_HOSTS": "portal.example.gov.cn",
    "DATABASE_URL": "postgres://portal:unused@127.0.0.1:1/portal",
}


@dataclass(frozen=True)
class Step:
    """One tool; ``environment`` is added to ours."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)


def tool(name: str, *arguments: str) -> list[str]:
    return [str(BIN / name), *arguments]


def manage(*arguments: str) -> list[str]:
    return [sys.executable, "-W", "error::DeprecationWarning:portal", "manage.py", *arguments]


STEPS = [  # the slow ones first
    Step("types", tool("mypy", "--no-error-summary")),
    Step(
        "imports, relations, dead addresses and templates",
        tool("pytest", "-q", "--no-header", "-p", "no:randomly", "--durations=0",
             "-p", "no:cacheprovider", "tests/portal/test_architecture.py"),
        {"LIANXIN_TEST_SERVERS": "none"},
    ),
    Step("settings for deployment",
         manage("check", "--deploy", "--fail-level", "WARNING"), PRODUCTION),
    Step("no missing migration",
         manage("makemigrations", "--check", "--dry-run"),
         {"DJANGO_SETTINGS_MODULE": "portal.settings.test"}),
    Step("layers", tool("lint-imports", "--no-logo")),
    Step("templates, lint", tool("djlint", "--lint", "--quiet", "templates")),
    Step("templates, format", [*DJADE, "--check", *TEMPLATES]),
    Step("code, lint", tool("ruff", "check", "--quiet", ".")),
    Step("code, format", tool("ruff", "format", "--check", "--quiet", ".")),
]  # fmt: skip


def run(step: Step) -> tuple[Step, int, float, str]:
    began = time.monotonic()
    done = subprocess.run(
        step.command,
        cwd=ROOT,
        env=os.environ | step.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return step, done.returncode, time.monotonic() - began, done.stdout


def main() -> int:
    began, failed = time.monotonic(), []
    with ThreadPoolExecutor(max(2, os.cpu_count() or 2)) as pool:
        for step, code, seconds, output in pool.map(run, STEPS):
            print(
                f"{'ok    ' if code == 0 else 'FAILED'} {seconds:5.1f} s  {step.name}", flush=True
            )
            if code:
                failed.append(step.name)
                lines = output.rstrip().splitlines()
                print(*lines[:MOST_LINES], sep="\n", flush=True)
                if len(lines) > MOST_LINES:
                    print(f"... and {len(lines) - MOST_LINES} more lines", flush=True)
    print(f"make check: {len(failed)} of {len(STEPS)} failed, {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--format"]:
        sys.exit(subprocess.call([*DJADE, *TEMPLATES], cwd=ROOT))
    sys.exit(main())
