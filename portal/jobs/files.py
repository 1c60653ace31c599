"""Files of jobs on disk: written under another name, there when whole, gone when they expire."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
from typing import Final

from portal.core.encryption import DecryptionError
from portal.core.sealed_store import SealedStore, Written
from portal.jobs.models import JobFile

__all__ = ["Written", "folder", "keep", "path_of", "remove", "writing"]

#: Uploads, results and rows given back hold personal data: they stay a week (decision 0071).
KEEP_FOR: Final = dt.timedelta(days=7)

_STORE: Final = SealedStore("JOB_FILES")
folder = _STORE.folder
path_of = _STORE.path_of
writing = _STORE.writing
keep = _STORE.keep
remove = _STORE.remove


def opened(file: JobFile) -> io.BufferedReader:
    """The clear bytes. Raises ``FileNotFoundError`` and ``DecryptionError``."""
    return _STORE.opened(file.stored)


def remove_strays(*, now: dt.datetime) -> int:
    """Remove what no row speaks of and nobody writes any more; how many."""
    return _STORE.remove_strays(JobFile.objects.values_list("stored", flat=True), now=now)


# --- The keys they lie under -----------------------------------------------------------------


def rekey() -> int:
    """Encrypt the files anew that are not under the first of ``FIELD_KEYS``; how many.

    What is damaged stays as it is.
    """
    written = 0
    for file in JobFile.objects.filter(pk__in=left()).order_by("pk"):
        with contextlib.suppress(FileNotFoundError, DecryptionError):
            _STORE.rekey(file.stored, file.digest)
            written += 1
    return written


def left() -> list[int]:
    """Ids of files on disk that are not under the first of ``FIELD_KEYS``."""
    rows = JobFile.objects.order_by("pk").values_list("pk", "stored")
    return [pk for pk, stored in rows if _STORE.needs_rekeying(stored)]
