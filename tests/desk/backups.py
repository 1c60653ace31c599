"""A backup from the outside: restored by the real command, or taken apart and put together again."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from portal.core.db import copying
from portal.desk.backup import archive

SECRETS = ("欧阳明月", "13912345678", "量血压时说头晕")
#: Rows of the trail of the fixture ``portal`` that lie under its one seal.
SEALED = 3


def restore_in_process_of_its_own(file: Path, url: str, folder: Path, **changed: str):
    environment = os.environ | {
        "DATABASE_URL": url,
        "DATA_DIR": str(folder),
        "JOB_FILES": str(folder / "jobs"),
        "ATTACHMENT_FILES": str(folder / "attachments"),
        "AUDIT_SEAL_FILE": str(folder / "seals.jsonl"),
        "FIELD_KEYS": ",".join(settings.FIELD_KEYS),
        "BLIND_INDEX_KEY": settings.BLIND_INDEX_KEY,
        "AUDIT_SEAL_KEY": settings.AUDIT_SEAL_KEY,
        **changed,
    }
    return subprocess.run(
        [sys.executable, "manage.py", "restore", str(file)],
        env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False,
    )  # fmt: skip


def restore_anew(file: Path, folder: Path, **changed: str):
    """Into an empty database and an empty folder ``folder``."""
    folder.mkdir()
    with copying.scratch_database(folder) as url:
        return restore_in_process_of_its_own(file, url, folder, **changed)


def rewrite(file: Path, change: Callable[[str, bytes], bytes]) -> None:
    """What somebody with the keys can do: every member of the backup as ``change`` returns it."""
    members = [(name, content.read()) for name, content in archive.members(file)]
    file.unlink()
    with archive.Writing(file) as target:
        for name, content in members:
            archive.add(target, name, change(name, content))
