"""Chinese text as words a database can index: pairs of characters, Latin words, short numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from portal.core.masking import drop_numbers

_HAN: Final = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN: Final = re.compile(rf"(?P<han>[{_HAN}]+)|(?P<word>[^\W_{_HAN}]+)")
WORD_LIMIT: Final = 40
DOCUMENT_LIMIT: Final = 16_000  # PostgreSQL keeps positions up to 16,383
PHRASE_LIMIT: Final = 8


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens that stand side by side; with ``prefix`` the last one need only begin like this."""

    tokens: tuple[str, ...]
    prefix: bool = False


def normalise(text: str) -> str:
    """One spelling of width and case; personal numbers (seven digits and more) are cut out."""
    return drop_numbers(unicodedata.normalize("NFKC", text).lower())


def _run_tokens(run: re.Match[str]) -> Iterator[str]:
    """漏水了 → 漏水, 水了, 了. The last character alone makes every character begin a token."""
    han = run["han"]
    if han is None:
        yield run["word"][:WORD_LIMIT]
        return
    for place in range(len(han)):
        yield han[place : place + 2]


def document_tokens(text: str) -> list[str]:
    """What is stored of a text, in order; at most 16,000 tokens."""
    tokens: list[str] = []
    for run in _RUN.finditer(normalise(text)):
        tokens.extend(_run_tokens(run))
        if len(tokens) > DOCUMENT_LIMIT:
            break
    return tokens[:DOCUMENT_LIMIT]


def query_phrases(query: str) -> list[Phrase]:
    """The phrases a text must all hold to match: one per word of the query, in any order.

    A query of one character is a prefix, so it needs no other way of searching. A query without
    letters or short numbers (a phone number, say) gives no phrase and finds nothing.
    """
    phrases = []
    for word in normalise(query).split():
        runs = list(_RUN.finditer(word))
        tokens = [token for run in runs for token in _run_tokens(run)]
        if not tokens:
            continue
        open_end = runs[-1]["han"] is not None
        if open_end and len(runs[-1][0]) > 1:
            tokens.pop()  # in a text the run may go on: 漏水 must find 漏水了
            open_end = False
        phrase = Phrase(tuple(tokens), prefix=open_end)
        if phrase not in phrases:
            phrases.append(phrase)
    return phrases[:PHRASE_LIMIT]
