"""How often something may be asked from one place; counted in the shared cache for all processes."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac

from django.conf import settings
from django.core.cache import cache


def within_rate(what: str, who: str, *, limit: int, seconds: int, now: dt.datetime) -> bool:
    """Use one of the ``limit`` places that ``who`` has in each stretch of ``seconds``, if one is left.

    Each place is a row of its own that only one process can add and that nobody writes again:
    counting in one row would lose what two processes count at once, and renew its end each time.
    The cache learns neither the address nor the name of whoever asks.
    """
    window = int(now.timestamp()) // seconds
    secret = settings.SECRET_KEY.encode()
    asked = f"{what}:{who}:{window}".encode()
    mark = hmac.new(secret, asked, hashlib.sha256).hexdigest()[:32]
    places = [f"rate:{what}:{mark}:{number}" for number in range(limit)]
    taken = cache.get_many(places)
    return any(cache.add(place, 1, timeout=seconds) for place in places if place not in taken)
