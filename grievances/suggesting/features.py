"""What a text is compared by: single characters and pairs, Latin words, "a number"."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Final

#: So many characters are read; a matter is told in its first sentences.
READ: Final = 1_000
LONGEST: Final = 2
_WORD: Final = 20
_NUMBER: Final = "#"
_RUN: Final = re.compile(r"(?P<latin>[a-z]+)|(?P<number>\d+)|(?P<other>[^\W\d_a-z]+)")


def features(text: str) -> Counter[str]:
    """How often each feature stands in the text; nothing runs over punctuation, blanks or stars.

    Numbers all read alike: a door or a telephone says nothing of the topic, and must not be kept.
    """
    found: Counter[str] = Counter()
    for run in _RUN.finditer(unicodedata.normalize("NFKC", text[:READ]).lower()):
        if run["latin"]:
            found[run["latin"][:_WORD]] += 1
        elif run["number"]:
            found[_NUMBER] += 1
        else:
            words = run["other"]
            for size in range(1, LONGEST + 1):
                found.update(words[at : at + size] for at in range(len(words) - size + 1))
    return found
