"""How rows and seals are signed: canonical text, then HMAC with separate keys for each."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.conf import settings

#: The signed columns of an event, in signing order; never the database id.
CONTENT: Final = (
    "uid",
    "at",
    "actor_id",
    "actor_username",
    "post_id",
    "role",
    "organisation_id",
    "district_id",
    "action",
    "object_kind",
    "object_id",
    "fields",
    "reason_code",
    "request_id",
)
#: What the first seal follows.
GENESIS: Final = "0" * 64


def _key(purpose: str) -> bytes:
    return hmac.digest(settings.AUDIT_SEAL_KEY.encode(), purpose.encode(), hashlib.sha256)


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")
    return value if isinstance(value, int | str | list | None) else str(value)


def _text(values: Iterable[Any]) -> bytes:
    plain = [_plain(value) for value in values]
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()


def row_mac(content: Mapping[str, Any]) -> str:
    """The signature of one event's content."""
    return hmac.new(
        _key("event"), _text(content[name] for name in CONTENT), hashlib.sha256
    ).hexdigest()


def seal_digest(
    *,
    previous: str,
    at: dt.datetime,
    holes: list[list[int]],
    rows: Iterable[tuple[int, str]],
) -> str:
    """The signature of a batch: the seal before, the time, the holes, each row's id and mac."""
    signature = hmac.new(_key("seal"), _text((previous, at, holes)), hashlib.sha256)
    for row_id, mac in rows:
        signature.update(f"\n{row_id} {mac}".encode())
    return signature.hexdigest()


def holes_between(first: int, ids: Iterable[int]) -> list[list[int]]:
    """The ranges missing from ``ids`` (ascending), counted from ``first``."""
    holes, expected = [], first
    for row_id in ids:
        if row_id > expected:
            holes.append([expected, row_id - 1])
        expected = row_id + 1
    return holes
