"""The copy of the seals outside the database, one JSON line each, so that a cut tail shows."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from portal.audit.models import AuditSeal


def line_of(seal: AuditSeal) -> dict[str, Any]:
    """What the file holds of a seal."""
    return {
        "id": seal.pk,
        "from_id": seal.from_id,
        "to_id": seal.to_id,
        "count": seal.count,
        "previous": seal.previous,
        "digest": seal.digest,
        "at": seal.at.isoformat(),
    }


def _path() -> Path:
    return Path(settings.AUDIT_SEAL_FILE)


def _lines(file: Iterable[str]) -> list[dict[str, Any]]:
    """Every whole line; a torn last one (a crash while writing) is left out."""
    lines = []
    for text in file:
        try:
            line = json.loads(text)
        except json.JSONDecodeError:
            continue
        if isinstance(line, dict) and isinstance(line.get("id"), int):
            lines.append(line)
    return lines


def read() -> list[dict[str, Any]] | None:
    """The seals in the file, in order; ``None`` when there is no file."""
    try:
        with _path().open(encoding="utf-8") as file:
            return _lines(file)
    except FileNotFoundError:
        return None


@dataclass(frozen=True, slots=True)
class Extent:
    """How far the file goes: bytes of whole lines, and the newest seal in them (0: none)."""

    size: int
    newest: int


def extent() -> Extent:
    """The file as it is now. It only grows, so these bytes stay what they are."""
    size = newest = 0
    with suppress(FileNotFoundError), _path().open("rb") as file:
        for text in file:
            if not text.endswith(b"\n"):
                break
            size += len(text)
            newest = max(
                [newest, *(line["id"] for line in _lines([text.decode(errors="replace")]))]
            )
    return Extent(size, newest)


def append_missing() -> int:
    """Write the seals that are newer than the file's last line; how many. Safe to repeat.

    The lines are on the disk when this returns.
    """
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        text = file.read()
        file.seek(0)
        last = max((line["id"] for line in _lines(file)), default=0)
        seals = list(AuditSeal.objects.filter(pk__gt=last).order_by("pk"))
        if seals and text and not text.endswith("\n"):
            file.write("\n")
        file.writelines(json.dumps(line_of(seal)) + "\n" for seal in seals)
        file.flush()
        os.fsync(file.fileno())
    return len(seals)
