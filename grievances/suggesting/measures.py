"""How good guesses were: accuracy, macro-F1, how many were not said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quality:
    """Measured on texts the model did not learn from. Shares are None where nothing was asked."""

    texts: int
    #: Not said, because the model was not sure enough.
    declined: int
    #: The best guess of every text, said or not.
    accuracy: float | None
    #: Of those that were said.
    accuracy_said: float | None
    #: The mean over all labels that were right or guessed, the best guess of every text.
    macro_f1: float | None

    @property
    def declined_share(self) -> float | None:
        return self.declined / self.texts if self.texts else None


def measure(right: Sequence[str], guessed: Sequence[str], said: Sequence[bool]) -> Quality:
    """Hold guesses to the right labels, text by text."""
    good = [a == b for a, b in zip(right, guessed, strict=True)]
    answered = [one for one, is_said in zip(good, said, strict=True) if is_said]
    return Quality(
        texts=len(good),
        declined=len(good) - len(answered),
        accuracy=_share(good),
        accuracy_said=_share(answered),
        macro_f1=_macro_f1(right, guessed),
    )


def _share(rows: Sequence[bool]) -> float | None:
    return sum(rows) / len(rows) if rows else None


def _macro_f1(right: Sequence[str], guessed: Sequence[str]) -> float | None:
    """The plain mean of each label's F1: a rare label weighs as much as a frequent one."""
    wanted, given = Counter(right), Counter(guessed)
    hits = Counter(a for a, b in zip(right, guessed, strict=True) if a == b)
    labels = wanted.keys() | given.keys()
    if not labels:
        return None
    return sum(2 * hits[one] / (wanted[one] + given[one]) for one in labels) / len(labels)
