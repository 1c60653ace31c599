"""A small grammar for sentences.

`{a|b}` chooses, `[a]` may be left out, `<slot>` is filled in. A choice with a number, `{1=a|b}`,
is made once: the same number takes the same branch wherever it stands in one telling, so that the
answer fits the question. The number 9 is made once for all: it stays the same for a household.
"""

from collections.abc import Callable, Mapping
from random import Random
from typing import Final

Slots = Mapping[str, Callable[[], str]]

_HALF: Final = 0.5
_FOR_ALL: Final = "9"


class Teller:
    """Writes patterns of one telling; remembers the numbered choices."""

    def __init__(self, rng: Random, slots: Slots, *, habit: int = 0) -> None:
        self._rng = rng
        self._habit = habit
        self._slots = slots
        self._chosen: dict[str, int] = {}

    def begin(self) -> None:
        """A new subject: numbered choices are free again."""
        self._chosen.clear()

    def tell(self, pattern: str) -> str:
        """One variant of the pattern; an unknown slot is a KeyError."""
        text, end = self._sequence(pattern, 0)
        if end != len(pattern):
            raise ValueError(f"unbalanced pattern at {end}: {pattern}")
        return text

    def _sequence(self, pattern: str, start: int) -> tuple[str, int]:
        out: list[str] = []
        at = start
        while at < len(pattern) and pattern[at] not in "|}]":
            sign = pattern[at]
            if sign == "{":
                piece, at = self._choice(pattern, at + 1)
            elif sign == "[":
                piece, at = self._optional(pattern, at + 1)
            elif sign == "<":
                close = pattern.index(">", at)
                piece, at = self._slots[pattern[at + 1 : close]](), close + 1
            else:
                piece, at = sign, at + 1
            out.append(piece)
        return "".join(out), at

    def _choice(self, pattern: str, start: int) -> tuple[str, int]:
        number = ""
        if pattern[start].isdigit() and pattern[start + 1] == "=":
            number, start = pattern[start], start + 2
        starts, at = [start], _skip(pattern, start)
        while pattern[at] == "|":
            starts.append(at + 1)
            at = _skip(pattern, at + 1)
        branch = self._rng.randrange(len(starts))
        if number == _FOR_ALL:
            branch = self._habit % len(starts)
        elif number:
            branch = self._chosen.setdefault(number, branch)
        # Only the chosen branch is written, so that a slot that remembers is asked once.
        text, _ = self._sequence(pattern, starts[branch])
        return text, at + 1

    def _optional(self, pattern: str, start: int) -> tuple[str, int]:
        end = _skip(pattern, start)
        if self._rng.random() < _HALF:
            return "", end + 1
        text, _ = self._sequence(pattern, start)
        return text, end + 1


def _skip(pattern: str, start: int) -> int:
    """Where the branch that begins at `start` ends: at its own | } or ]."""
    depth = 0
    for at in range(start, len(pattern)):
        sign = pattern[at]
        if depth == 0 and sign in "|}]":
            return at
        if sign in "{[":
            depth += 1
        elif sign in "}]":
            depth -= 1
    raise ValueError(f"unbalanced pattern: {pattern}")
