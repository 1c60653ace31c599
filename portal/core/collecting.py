"""How often a long-lived process looks for garbage that reference counting leaves (decision 0108)."""

from __future__ import annotations

import gc
from typing import Final

#: Container objects made and not gone before the youngest are looked through (Python: 700), and
#: rounds before the next generation. A page makes some ten thousand and lets them go.
THRESHOLDS: Final = (50_000, 20, 50)


def collect_seldom() -> None:
    """Once everything is loaded: leave that out of every collection, and collect less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
