"""Where a request comes from, behind as many proxies of our own as ``PROXY_COUNT`` says."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final

from django.conf import settings
from django.http import HttpRequest

_IPV6_GROUPS: Final = 3


def client_address(request: HttpRequest) -> str:
    """The address of the client as the outermost of our own proxies saw it.

    SECURITY: without proxies of ours, X-Forwarded-For is what the client says and is not read;
    otherwise anybody had as many addresses, and so as many attempts, as they cared to write.
    """
    return _as_our_proxies_saw(request) or _direct(request)


def proven_address(request: HttpRequest) -> str:
    """The same where it is beyond doubt, else "".

    A forwarded request that ``PROXY_COUNT`` does not account for came through a proxy nobody
    told us of: the direct address is then that proxy's, not the client's.
    """
    return _as_our_proxies_saw(request) if _chain(request) else _direct(request)


def network_part(address: str) -> str:
    """What of an address tells the own office from elsewhere: 10.20.*.*, 2001:db8:1:*."""
    try:
        asking = ip_address(address)
    except ValueError:
        return ""
    if asking.version == 4:  # noqa: PLR2004 -- of the protocol
        first, second, *_ = str(asking).split(".")
        return f"{first}.{second}.*.*"
    groups = asking.exploded.split(":")[:_IPV6_GROUPS]
    return ":".join([*(group.lstrip("0") or "0" for group in groups), "*"])


def _direct(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def _chain(request: HttpRequest) -> list[str]:
    parts = request.headers.get("X-Forwarded-For", "").split(",")
    return [part.strip() for part in parts if part.strip()]


def _as_our_proxies_saw(request: HttpRequest) -> str:
    chain, proxies = _chain(request), int(settings.PROXY_COUNT)
    return chain[-proxies] if 0 < proxies <= len(chain) else ""
