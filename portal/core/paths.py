"""Addresses of records: the same but for the key at one place in them."""

from __future__ import annotations

import uuid
from functools import lru_cache
from typing import Any, Final

from django.urls import get_script_prefix, get_urlconf, reverse

#: Stands for a key while the address around it is found.
_MARKS: Final[dict[type, int | uuid.UUID]] = {
    int: 9_876_543_210_123,
    uuid.UUID: uuid.UUID("ffffffff-eeee-4ddd-8ccc-bbbbbbbbbbbb"),
}


def path_of(name: str, key: int | uuid.UUID) -> str:
    """``reverse(name, args=[key])``, for lists of many: what stands around the key is kept."""
    before, after = _around(name, key.__class__, get_urlconf(), get_script_prefix())
    return f"{before}{key}{after}"


@lru_cache(maxsize=256)
def _around(name: str, kind: Any, urlconf: str | None, _prefix: str) -> tuple[str, str]:
    mark = _MARKS[kind]
    before, after = reverse(name, urlconf, args=[mark]).split(str(mark))
    return before, after
