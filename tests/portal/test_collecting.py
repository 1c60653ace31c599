"""Processes that work for long look for garbage seldom (decision 0108); commands as Python does."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from portal.core.collecting import THRESHOLDS

ROOT = Path(__file__).resolve().parents[2]
SAY = "import gc, json; print(json.dumps([gc.get_threshold(), gc.get_freeze_count() > 0]))"


@pytest.mark.parametrize(
    ("loads", "seldom"),
    [
        ("import portal.wsgi", True),
        ("from celery.signals import worker_init as s; import portal.celery; s.send(None)", True),
        ("from celery.signals import worker_process_init as s; import portal.celery; s.send(None)", True),
        ("import portal.celery", False),
    ],
)  # fmt: skip
def test_who_serves_or_works_collects_seldom(loads, seldom, tmp_path):
    told = subprocess.run(
        [sys.executable, "-c", f"{loads}\n{SAY}"],
        cwd=ROOT, env={"DATA_DIR": str(tmp_path), "PATH": ""}, capture_output=True, text=True,
        check=True, timeout=120,
    ).stdout  # fmt: skip
    thresholds, frozen = json.loads(told.splitlines()[-1])

    assert (tuple(thresholds) == THRESHOLDS, frozen) == (seldom, seldom)
