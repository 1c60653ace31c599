"""Names of many units at once: 1号楼…12号楼."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from portal.core.errors import DomainError

#: At most so many at once: a slip of a digit is not 10,000 buildings.
MOST: Final = 100
_PARTS: Final = re.compile(r"[、,，;；\n]+")
_RANGE: Final = re.compile(
    r"(?P<before>[^\d…~至到-]*)(?P<first>\d{1,4})(?P<after>[^\d…~至到-]*)"
    r"\s*(?:…+|\.{2,}|~|-+|—+|至|到)\s*"
    r"(?P<again>[^\d…~至到-]*)(?P<last>\d{1,4})(?P<end>[^\d]*)"
)


def expand(text: str) -> list[str]:
    """The names that a pattern means: 1号楼…12号楼, 1-12号楼, or single ones between commas.

    Each once, in the order given. Raises ``DomainError`` for a range that cannot be read.
    """
    names: dict[str, None] = {}
    for part in _PARTS.split(text):
        name = " ".join(part.split())
        if name:
            names.update(dict.fromkeys(_several(name)))
    if len(names) > MOST:
        raise DomainError(f"一次最多{MOST}个，请分几次建立。", field="names")
    return list(names)


def _several(name: str) -> list[str]:
    found = _RANGE.fullmatch(unicodedata.normalize("NFKC", name).replace("...", "…"))
    if found is None:
        return [name]
    before, after, end = found["before"], found["after"], found["end"]
    # 1-12号楼 says the word once, 1号楼…12号楼 twice; A1…B3 means nothing.
    if found["again"] not in {"", before} or after not in {"", end}:
        raise DomainError(f"看不懂“{name}”，请写成 1号楼…12号楼。", field="names")
    first, last = int(found["first"]), int(found["last"])
    if last < first and "-" in name:
        return [name]  # a house number such as 16-1号楼
    if last < first or last - first >= MOST:
        raise DomainError(f"“{name}”应从小到大，一次最多{MOST}个。", field="names")
    return [f"{before}{number}{end}" for number in range(first, last + 1)]
