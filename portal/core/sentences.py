"""Sentences that somebody typed, put one after the other in a line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

#: What closes or breaks off a sentence and would stand before the ；. A question stays one.
_CLOSING: Final = "。．.；;，,、 \n"


def in_a_row(parts: Iterable[str]) -> str:
    """A；B。 from "A。" and "B。": only the last keeps its closing mark."""
    *before, last = [*parts] or [""]
    return "；".join([*(one.rstrip(_CLOSING) for one in before), last])
