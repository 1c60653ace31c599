"""How often something may be asked from one place; counted in the shared cache for all processes."""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings
from django.core.cache import cache


def within_rate(what: str, who: str, *, limit: int, seconds: int) -> bool:
    """Count one more; whether ``who`` stays within ``limit`` per ``seconds``, from the first one.

    The cache learns neither the address nor the name of whoever asks.
    """
    secret = settings.SECRET_KEY.encode()
    mark = hmac.new(secret, f"{what}:{who}".encode(), hashlib.sha256).hexdigest()[:32]
    key = f"rate:{what}:{mark}"
    if cache.add(key, 1, timeout=seconds):
        return True
    try:
        return cache.incr(key) <= limit
    except ValueError:  # it ran out between the two calls
        cache.add(key, 1, timeout=seconds)
        return True
