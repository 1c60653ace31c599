"""What stands in an address or a hidden field, read safely."""

from __future__ import annotations

import uuid

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def safe_next(request: HttpRequest, default: str) -> str:
    """Where the person came from, if that is a page of ours."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return url if safe and url.startswith("/") else default


def as_uuid(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None


def as_row_id(text: str | None) -> int | None:
    """A row id; anything else, or one that no row can have, is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None  # noqa: PLR2004 -- digits of a bigint
