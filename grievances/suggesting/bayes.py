"""Complement naive Bayes with normalised weights (Rennie and others, 2003) over sparse counts.

A label is weighed against the texts of all *other* labels, which bears labels of very different
sizes. Measured against other ways in decision 0114.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from grievances.suggesting.features import features

#: The most features a model keeps, those of most texts first.
MOST_FEATURES: Final = 20_000
#: While counting: when so many have been seen, those of a single text are dropped.
MOST_COUNTED: Final = 400_000
#: Of one feature, the labels kept.
MOST_LABELS: Final = 16
SMOOTHING: Final = 0.2

Features = Mapping[str, int]
#: Number of a feature → its weight in one text.
Vector = dict[int, float]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The features kept, in order, and how rare each is; what is unknown is as rare as can be."""

    words: Sequence[str]
    rarity: Sequence[float]
    unknown: float
    numbers: Mapping[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        numbers = {word: number for number, word in enumerate(self.words)}
        object.__setattr__(self, "numbers", numbers)

    @classmethod
    def of(cls, texts: Iterable[Features], *, fewest: int = 1) -> Vocabulary:
        """Of the features that stand in at least ``fewest`` of the texts."""
        seen: Counter[str] = Counter()
        count = 0
        for count, text in enumerate(texts, start=1):  # noqa: B007 -- how many there were
            seen.update(text.keys())
            if len(seen) > MOST_COUNTED:
                seen = Counter({word: times for word, times in seen.items() if times > 1})
        kept = (item for item in seen.items() if item[1] >= fewest)
        best = heapq.nsmallest(MOST_FEATURES, kept, key=lambda item: (-item[1], item[0]))
        return cls(
            words=[word for word, _ in best],
            rarity=[round(_rarity(count, times), 4) for _, times in best],
            unknown=round(_rarity(count, 0), 4),
        )

    def vector(self, text: Features) -> Vector:
        """Of length 1 over all features of the text: the less of it is known, the shorter."""
        found: Vector = {}
        squares = 0.0
        for word, times in text.items():
            number = self.numbers.get(word)
            rarity = self.unknown if number is None else self.rarity[number]
            weight = (1 + math.log(times)) * rarity
            squares += weight * weight
            if number is not None:
                found[number] = weight
        scale = 1 / math.sqrt(squares) if squares else 0.0
        return {number: weight * scale for number, weight in found.items()}


def _rarity(texts: int, times: int) -> float:
    return math.log((1 + texts) / (1 + times)) + 1


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted: the weight of each feature, in all and under each label (by number)."""

    labels: Sequence[str]
    vocabulary: Vocabulary
    #: Of each feature, of each label; over everything that was counted.
    totals: Sequence[float]
    sums: Sequence[float]
    #: Of each feature under the labels where it weighs most.
    cells: Sequence[Mapping[int, float]]

    @classmethod
    def of(cls, texts: Sequence[tuple[str, str]], *, fewest: int = 1) -> Counts:
        """Count the texts, each with its label."""
        vocabulary = Vocabulary.of((features(text) for text, _ in texts), fewest=fewest)
        labels = sorted({label for _, label in texts})
        place = {label: number for number, label in enumerate(labels)}
        cells: list[dict[int, float]] = [{} for _ in vocabulary.words]
        sums = [0.0] * len(labels)
        for text, label in texts:
            column = place[label]
            for number, weight in vocabulary.vector(features(text)).items():
                cell = cells[number]
                cell[column] = cell.get(column, 0.0) + weight
                sums[column] += weight
        return cls(
            labels,
            vocabulary,
            totals=[round(sum(cell.values()), 4) for cell in cells],
            sums=[round(weight, 4) for weight in sums],
            cells=[_heaviest(cell) for cell in cells],
        )


def _heaviest(cell: Mapping[int, float]) -> dict[int, float]:
    """The labels a feature tells of: one that stands under all of them tells nothing."""
    best = heapq.nsmallest(MOST_LABELS, cell.items(), key=lambda item: (-item[1], item[0]))
    return {column: round(weight, 4) for column, weight in sorted(best)}


class Bayes:
    """Scores of a text under each label, from ``Counts``; the higher, the likelier."""

    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        size, everything = len(counts.totals), sum(counts.totals)
        self._plain = [math.log(SMOOTHING + total) for total in counts.totals]
        self._mass = [
            math.log(SMOOTHING * size + max(everything - weight, 0.0)) if size else 0.0
            for weight in counts.sums
        ]
        self._norms = self._make_norms(size)

    def _gain(self, number: int, weight: float) -> float:
        """How much less a feature is expected outside a label under which it weighs so much."""
        outside = max(self.counts.totals[number] - weight, 0.0)
        return self._plain[number] - math.log(SMOOTHING + outside)

    def _make_norms(self, size: int) -> list[float]:
        """The mean weight of a feature under each label: labels with heavier ones gain nothing."""
        plain = sum(self._plain)
        norms = [size * mass - plain for mass in self._mass]
        for number, cell in enumerate(self.counts.cells):
            for column, weight in cell.items():
                norms[column] += self._gain(number, weight)
        return [norm / size if size else 1.0 for norm in norms]

    def scores(self, text: str) -> list[float]:
        """One for each label, in the order of ``counts.labels``; all 0 where nothing is known."""
        vector = self.counts.vocabulary.vector(features(text))
        length = sum(vector.values())
        common = sum(weight * self._plain[number] for number, weight in vector.items())
        scores = [length * mass - common for mass in self._mass]
        for number, weight in vector.items():
            for column, counted in self.counts.cells[number].items():
                scores[column] += weight * self._gain(number, counted)
        return [score / (norm or 1.0) for score, norm in zip(scores, self._norms, strict=True)]
