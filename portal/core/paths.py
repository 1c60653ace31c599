"""Addresses of records: the same but for the key at one place in them."""

from __future__ import annotations

import uuid
from functools import lru_cache
from typing import Final

from django.urls import get_script_prefix, get_urlconf, reverse

#: Stand for a key while the address around it is found.
_NUMBER: Final = 9_876_543_210_123
_UUID: Final = uuid.UUID("ffffffff-eeee-4ddd-8ccc-bbbbbbbbbbbb")


def path_of(name: str, key: int | uuid.UUID) -> str:
    """``reverse(name, args=[key])``, for lists of many: what stands around the key is kept."""
    mark = _UUID if isinstance(key, uuid.UUID) else _NUMBER
    before, after = _around(name, mark, get_urlconf(), get_script_prefix())
    return f"{before}{key}{after}"


@lru_cache(maxsize=256)
def _around(name: str, mark: int | uuid.UUID, urlconf: str | None, _prefix: str) -> tuple[str, str]:
    before, after = reverse(name, urlconf, args=[mark]).split(str(mark))
    return before, after
