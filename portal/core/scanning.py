"""Scans over many texts at once: one call where hundreds of calls cost more than what they do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Final

from portal.core.addressing import NOTHING

_BETWEEN: Final = "\n"


class Whole:
    """Many texts as one. What is looked for holds no end of a line, so it lies in one of them."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.text = _BETWEEN.join(texts)
        self._ends = list(accumulate(len(text) + 1 for text in texts))

    def places(self, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
        """(number of the text, place in ``text``) of each match, in order."""
        number, ends = 0, self._ends
        for match in pattern.finditer(self.text):
            at = match.start()
            while at >= ends[number]:
                number += 1
            yield number, at


class Pairs:
    """A character of one set before a character of another; both grow with what is learnt."""

    def __init__(self) -> None:
        self._first: set[str] = set()
        self._second: set[str] = set()
        self._is_new = False
        self._pattern = NOTHING

    def learn(self, pairs: Iterable[str]) -> None:
        """Texts of two characters."""
        joined = "".join(pairs)
        first, second = set(joined[::2]), set(joined[1::2])
        if first <= self._first and second <= self._second:
            return
        self._first |= first
        self._second |= second
        self._is_new = True

    @property
    def pattern(self) -> re.Pattern[str]:
        """Where such a pair stands, and others."""
        if self._is_new:
            self._pattern = re.compile(f"[{_any(self._first)}](?=[{_any(self._second)}])")
            self._is_new = False
        return self._pattern


def _any(characters: Iterable[str]) -> str:
    return "".join(map(re.escape, sorted(characters)))
