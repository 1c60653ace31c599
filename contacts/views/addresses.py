"""What stands in an address or a hidden field, read safely."""

from __future__ import annotations

import uuid

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from portal.accounts.models import Post
from portal.accounts.permissions import Permission


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


def export_address(key: str, post: Post, query: str) -> str:
    """Where the list that the page shows is exported; "" for whom it is not."""
    if not post.may(Permission.EXPORT_LISTS):
        return ""
    return f"{reverse('contacts:list_export', args=[key])}{query}"
