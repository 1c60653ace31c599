#!/usr/bin/env python
"""``make lock``: compile each .in file into pinned requirements with hashes."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = Path(sys.executable).parent / "uv"
FILES = ("requirements", "requirements-dev", "tools/node-requirements")

for name in FILES:
    subprocess.run(
        [UV, "pip", "compile", "--quiet", "--universal", "--python-version", "3.11",
         "--generate-hashes", "--no-emit-index-url", "--custom-compile-command", "make lock",
         f"{name}.in", "-o", f"{name}.txt"],
        cwd=ROOT,
        check=True,
    )  # fmt: skip
