"""How alike two texts of grievances are: by the pairs of characters they share (decision 0123)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final

from portal.core.bigrams import normalise

#: From here on two texts at one place may be about the same thing.
THRESHOLD: Final = 0.3
#: From here on the words about a place within one community mean the same spot.
PLACE_THRESHOLD: Final = 0.5
#: Fewer pairs of characters than this prove nothing: two short texts share them by chance.
_FEWEST: Final = 5
_HAN: Final = re.compile(r"[\u3007\u3400-\u4dbf\u4e00-\u9fff]+|[a-z]+|\d+")
#: What stands in every other text and says nothing of the thing itself.
_FILLER: Final = re.compile(
    r"希望|尽快|及时|有关部门|相关部门|部门|社区|街道|小区|居民|群众|市民|反映|来电|投诉|请求|要求|处理|解决"
    r"|一下|我们|我家|您好|你好|谢谢|麻烦|没有人|没人|已经|一直|经常|非常|影响|生活|问题|情况|管管|现在|最近"
)


def shingles(text: str, *, without: Iterable[str] = ()) -> frozenset[str]:
    """The pairs of characters of a text, without numbers that mean a person, names and filler.

    ``without`` are the names of who raised it: who somebody is makes no two things alike.
    """
    for name in without:
        text = text.replace(name, " ") if name else text
    runs = _HAN.findall(_FILLER.sub(" ", normalise(text)))
    return frozenset(pair for run in runs for pair in (_pairs(run) if run[0] > "z" else (run,)))


def similarity(one: Collection[str], other: Collection[str]) -> float:
    """0 to 1: how much of the shorter of the two the longer one says as well."""
    shorter = min(len(one), len(other))
    if not shorter:
        return 0.0
    return len(frozenset(one) & frozenset(other)) / max(shorter, _FEWEST)


def is_same_spot(one: Collection[str], other: Collection[str]) -> bool:
    """Whether two sets of words about a place mean one; never where either has none."""
    shorter = min(len(one), len(other))
    shared = len(frozenset(one) & frozenset(other))
    return bool(shorter) and shared / shorter >= PLACE_THRESHOLD


def _pairs(run: str) -> Iterable[str]:
    return (run[at : at + 2] for at in range(len(run) - 1))
