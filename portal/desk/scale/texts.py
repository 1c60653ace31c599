"""What is written in a million visits: sentences of the demo's grammar, drawn with a skew.

Lengths follow those of real records (median 207, mean 397, 90 % below 987 characters): a cut
log-normal whose two parameters were solved for these three figures.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Final, NamedTuple

from portal.core.addressing import COMPOUND_SURNAMES, SURNAMES, address_forms
from portal.core.bigrams import document_tokens
from portal.core.masking import drop_numbers, mask_text
from portal.desk.demo import names, texts
from portal.desk.demo.households import Home, make_home
from portal.desk.demo.kinds import Note
from portal.desk.demo.places import Door
from portal.desk.demo.scenes import Scene, choose_speaker

#: Planted in a dozen visits; in none; in every fifth or so (measured by the benchmark).
RARE: Final = "热气球"
ABSENT: Final = "潜水艇"
COMMON: Final = "电梯"
MEDIAN, SIGMA, LONGEST, SHORTEST = 207, 1.2188, 2_500, 8
_NOTES: Final = 4_000
_HOMES: Final = 400
_FORENAMES: Final = 20_000
#: Zipf: the weight of a sentence falls with its rank.
_FLATTEN, _SKEW = 12, 0.85
_SENTENCE: Final = re.compile(r"[^。\n]*[。\n]|[^。\n]+$")
_DOOR: Final = Door("", "北里小区", 1990, 1, "3号楼", "2", 3, "302", False, False, False)  # noqa: FBT003


class Piece(NamedTuple):
    """Words with the tokens the search index keeps of them."""

    text: str
    tokens: tuple[str, ...]


@dataclass(frozen=True)
class Pool:
    """Everything there is to say."""

    sentences: tuple[Piece, ...]
    weights: tuple[float, ...]
    matters: tuple[Piece, ...]
    steps: tuple[Piece, ...]

    def body(self, rng: Random, length: int) -> tuple[str, list[str]]:
        """A text of ``length`` characters and its tokens."""
        wanted = max(1, round(length / 24))
        text: list[str] = []
        tokens: list[str] = []
        left = length
        while left > 0:
            for piece in rng.choices(self.sentences, cum_weights=self.weights, k=wanted):
                if len(piece.text) >= left:
                    last = cut(piece.text, left)
                    text.append(last.text)
                    tokens.extend(last.tokens)
                    left = 0
                    break
                text.append(piece.text)
                tokens.extend(piece.tokens)
                left -= len(piece.text)
        return "".join(text), tokens


def length(rng: Random) -> int:
    """How many characters one record has."""
    drawn = math.exp(rng.gauss(math.log(MEDIAN), SIGMA))
    return min(LONGEST, max(SHORTEST, round(drawn)))


def piece(text: str) -> Piece:
    return Piece(text, tuple(document_tokens(mask_text(drop_numbers(text)))))


def cut(text: str, size: int) -> Piece:
    """The beginning of a sentence, ended by its stop."""
    return piece(f"{text[: max(size - 1, 0)].rstrip('。')}。")


def make_pool(rng: Random, today: dt.date, notes_told: int = _NOTES) -> Pool:
    """The pool of a seed; a second's work."""
    homes = [make_home(rng, _DOOR, today) for _ in range(_HOMES)]
    notes = [_note(rng, homes, today, number) for number in range(notes_told)]
    sentences = {sentence: None for note in notes for sentence in _SENTENCE.findall(note.text)}
    fit = _fitness(rng)
    shuffled = [sentence for sentence in sentences if fit(sentence)]
    rng.shuffle(shuffled)
    weights = accumulate((rank + _FLATTEN) ** -_SKEW for rank in range(len(shuffled)))
    return Pool(
        sentences=tuple(map(piece, shuffled)),
        weights=tuple(weights),
        matters=_distinct(
            matter.text for note in notes for matter in note.matters if fit(matter.text)
        ),
        steps=_distinct(note.next_step for note in notes if fit(note.next_step)),
    )


def _fitness(rng: Random) -> Callable[[str], bool]:
    """Whether the index would keep a sentence whole at any door: nobody is in it, nothing planted."""
    given = {
        names.given_name(rng, woman=bool(n % 2), born=1935 + n % 90) for n in range(_FORENAMES)
    }
    apart = [ABSENT, RARE, *(name for name in sorted(given) if len(name) > 1)]
    known = re.compile("|".join(map(re.escape, apart)))

    def fit(sentence: str) -> bool:
        if not sentence.strip("。\n ") or known.search(sentence):
            return False
        return not address_forms(sentence, SURNAMES | COMPOUND_SURNAMES)

    return fit


def _distinct(found: Iterable[str]) -> tuple[Piece, ...]:
    return tuple(map(piece, dict.fromkeys(found)))


def _note(rng: Random, homes: Sequence[Home], today: dt.date, number: int) -> Note:
    home = rng.choice(homes)
    day = today - dt.timedelta(days=rng.randrange(730))
    scene = Scene(
        home=home,
        speaker=choose_speaker(rng, home, day),
        day=day,
        neighbours=homes[:40],
        colleagues=("小周", "小林", "老高"),
        seed=str(number % 50),
    )
    return (texts.write if number % 3 else texts.write_quiet)(rng, scene)
