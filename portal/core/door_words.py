"""Doors in free text: hidden where the reader may hold no data of residents; the building stays."""

from __future__ import annotations

import re
from typing import Final

from portal.core.masking import STAR

_NUMBER: Final = "[0-9０-９零〇一二三四五六七八九十]"
_DOOR: Final = re.compile(
    "|".join(
        (
            # 3单元502室, 二单元五零二, 1门301
            f"{_NUMBER}{{1,3}}[ ]?(?:单元|门洞|门)[ ]?{_NUMBER}{{2,5}}(?:[ ]?[室号户])?",
            # 502室, 五零二室
            f"(?<!{_NUMBER}){_NUMBER}{{2,5}}[ ]?室",
            # 12-3-502, 3-502; not 2026-11-18 and not 10-20
            r"(?<![\d-])\d{1,3}-\d{1,2}-\d{3,4}(?![\d-])",
            r"(?<![\d-])\d{1,2}-\d{3}(?![\d-])",
            # 12号楼502, 3栋1单元
            f"(?<=[楼栋幢座]){_NUMBER}{{3,4}}(?!{_NUMBER}|[年元户人])",
        )
    )
)


def mask_doors(text: str) -> str:
    """12号楼3单元502室 → 12号楼*. Years, dates and amounts stay."""
    return _DOOR.sub(STAR, text)
