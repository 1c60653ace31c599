"""How sure a score is, and from where on one may speak; learned on texts that were held out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

#: Of what is said, so much shall be right.
WANTED: Final = 0.8
#: Never said below this, whatever was measured.
LEAST: Final = 0.3
#: And not unless it is so many times likelier than by chance.
OVER_CHANCE: Final = 1.3
#: Nothing reaches this: the model is always silent.
NEVER: Final = 2.0
_LEAST_SHARE: Final = 1e-9
_SHARPNESS: Final = tuple(2.0 ** (step / 2) for step in range(-2, 21))


@dataclass(frozen=True, slots=True)
class Calibration:
    """``sharpness`` turns scores into shares that add up to 1; ``threshold`` is where one speaks."""

    sharpness: float
    threshold: float


def shares(scores: Sequence[float], sharpness: float) -> list[float]:
    """Scores as shares of 1, the higher the sharper they differ."""
    top = max(scores)
    raised = [math.exp(sharpness * (score - top)) for score in scores]
    whole = sum(raised)
    return [value / whole for value in raised]


def calibrate(held_out: Iterable[tuple[Sequence[float], int | None]]) -> Calibration:
    """Learn from scores of held-out texts and the place of the right label among them.

    ``None``: the right label was unknown. Too few texts, or a single label, give a model that is
    always silent.
    """
    rows = [(scores, right) for scores, right in held_out if len(scores) > 1]
    if not rows:
        return Calibration(1.0, NEVER)
    sharpness = min(_SHARPNESS, key=lambda value: (_surprise(rows, value), value))
    labels = max(len(scores) for scores, _ in rows)
    return Calibration(sharpness, _threshold(rows, sharpness, labels))


def _surprise(rows: Sequence[tuple[Sequence[float], int | None]], sharpness: float) -> float:
    """The mean surprise at the right labels (natural log); unknown ones are left out."""
    found = [
        -math.log(max(shares(scores, sharpness)[right], _LEAST_SHARE))
        for scores, right in rows
        if right is not None
    ]
    return sum(found) / len(found) if found else 0.0


def _threshold(
    rows: Sequence[tuple[Sequence[float], int | None]], sharpness: float, labels: int
) -> float:
    """The lowest confidence above which enough is right, counted with one more wrong one."""
    said = []
    for scores, right in rows:
        found = shares(scores, sharpness)
        best = max(range(len(found)), key=found.__getitem__)
        said.append((found[best], best == right))
    said.sort(reverse=True)
    threshold, good = NEVER, 0
    for count, (confidence, is_right) in enumerate(said, start=1):
        good += is_right
        if good / (count + 1) >= WANTED:
            threshold = confidence
    floor = max(LEAST, min(OVER_CHANCE / labels, 0.9))
    return round(max(threshold, floor), 6)
