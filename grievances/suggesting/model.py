"""A trained model: learns from examples, measures itself, is kept as bytes, suggests or is silent."""

from __future__ import annotations

import itertools
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from grievances.suggesting.bayes import Bayes, Counts, Vocabulary
from grievances.suggesting.calibration import Calibration, calibrate, shares
from grievances.suggesting.measures import Quality, measure

#: The most examples learned from, the first ones given.
MOST_EXAMPLES: Final = 20_000
#: Every example is held out once while there are few of them; of more, one part in five.
ALL_HELD_OUT: Final = 4_000
PARTS: Final = 5
#: So many are suggested at most.
MOST: Final = 3
#: A second and third one must be at least so likely.
_ALSO: Final = 0.05
_FORM: Final = 1


class Scored(NamedTuple):
    """A label with its share of what is likely (0 to 1)."""

    label: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Model:
    """What was learned. The same examples in the same order give the same model."""

    bayes: Bayes
    calibration: Calibration
    #: The label of the most examples: the guess where nothing is known of a text.
    usual: str

    def ranked(self, text: str) -> list[Scored]:
        """Every label, the likeliest first; a text without anything known has no order in it."""
        labels = self.bayes.counts.labels
        found = shares(self.bayes.scores(text), self.calibration.sharpness)
        # Of two that are as likely, the usual one, then the first by name.
        order = sorted(
            range(len(labels)), key=lambda at: (-found[at], labels[at] != self.usual, labels[at])
        )
        return [Scored(labels[at], found[at]) for at in order]

    def best(self, text: str) -> tuple[Scored, bool]:
        """The likeliest label, and whether it may be said."""
        first = self.ranked(text)[0]
        return first, first.confidence >= self.calibration.threshold

    def suggest(self, text: str) -> tuple[Scored, ...]:
        """At most three labels, or none where the model is not sure enough of the first."""
        ranked = self.ranked(text)
        if ranked[0].confidence < self.calibration.threshold:
            return ()
        also = (one for one in ranked[1:MOST] if one.confidence >= _ALSO)
        return (ranked[0], *also)

    def pack(self) -> bytes:
        """As bytes to keep: compressed JSON of numbers and features, no text."""
        counts = self.bayes.counts
        kept = {
            "form": _FORM,
            "labels": list(counts.labels),
            "usual": self.usual,
            "words": list(counts.vocabulary.words),
            "rarity": list(counts.vocabulary.rarity),
            "unknown": counts.vocabulary.unknown,
            "totals": list(counts.totals),
            "sums": list(counts.sums),
            "cells": [[value for pair in cell.items() for value in pair] for cell in counts.cells],
            "sharpness": self.calibration.sharpness,
            "threshold": self.calibration.threshold,
        }
        text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        return zlib.compress(text.encode(), 6)

    @classmethod
    def unpack(cls, kept: bytes) -> Model:
        """The model that was packed. Raises ``ValueError`` for bytes of another form."""
        data = json.loads(zlib.decompress(kept))
        if data.get("form") != _FORM:
            raise ValueError("The kept model is of another form: train it again.")
        cells = [dict(zip(row[::2], row[1::2], strict=True)) for row in data["cells"]]
        vocabulary = Vocabulary(data["words"], data["rarity"], data["unknown"])
        return cls(
            Bayes(Counts(data["labels"], vocabulary, data["totals"], data["sums"], cells)),
            Calibration(data["sharpness"], data["threshold"]),
            data["usual"],
        )


class Learned(NamedTuple):
    """A model, from how many examples, and how good it was on those held out."""

    model: Model
    examples: int
    quality: Quality


def learn(examples: Iterable[tuple[str, str]], *, fewest: int = 1) -> Learned:
    """Learn from pairs of text and label; at most ``MOST_EXAMPLES``, the first ones.

    ``fewest``: a feature is kept only if so many examples have it, so that nothing that one text
    alone says is kept. Raises ``ValueError`` without any example.
    """
    read = list(itertools.islice(examples, MOST_EXAMPLES))
    if not read:
        raise ValueError("There is nothing to learn from.")
    held_out = _held_out(read, fewest)
    calibration = calibrate((scores, place) for scores, place, _, _ in held_out)
    times = Counter(label for _, label in read)
    usual = min(times, key=lambda label: (-times[label], label))
    model = Model(Bayes(Counts.of(read, fewest=fewest)), calibration, usual)
    return Learned(model, len(read), _quality(held_out, calibration))


_HeldOut = tuple[list[float], int | None, Sequence[str], str]


def _held_out(read: Sequence[tuple[str, str]], fewest: int) -> list[_HeldOut]:
    """Scores of texts by models that did not see them: place of the right label, labels, label."""
    part_of = _parts([label for _, label in read])
    tried = range(PARTS) if len(read) <= ALL_HELD_OUT else range(1)
    found: list[_HeldOut] = []
    for part in tried:
        rest = [row for row, own in zip(read, part_of, strict=True) if own != part]
        if not rest:
            continue
        bayes = Bayes(Counts.of(rest, fewest=fewest))
        labels = bayes.counts.labels
        place = {label: number for number, label in enumerate(labels)}
        found.extend(
            (bayes.scores(text), place.get(label), labels, label)
            for (text, label), own in zip(read, part_of, strict=True)
            if own == part
        )
    return found


def _parts(labels: Sequence[str]) -> list[int]:
    """Each label's examples dealt out in turn, so that every part has some of each."""
    dealt: Counter[str] = Counter()
    start = {label: number for number, label in enumerate(sorted(set(labels)))}
    parts = []
    for label in labels:
        parts.append((dealt[label] + start[label]) % PARTS)
        dealt[label] += 1
    return parts


def _quality(held_out: Sequence[_HeldOut], calibration: Calibration) -> Quality:
    right, guessed, said = [], [], []
    for scores, _, labels, label in held_out:
        found = shares(scores, calibration.sharpness)
        best = max(range(len(found)), key=found.__getitem__)
        right.append(label)
        guessed.append(labels[best])
        said.append(found[best] >= calibration.threshold)
    return measure(right, guessed, said)
