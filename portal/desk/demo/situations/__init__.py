"""All situations and everyday lines of the demo world."""

from typing import Final

from portal.desk.demo.kinds import Situation
from portal.desk.demo.situations import (
    civic,
    dwelling,
    elders,
    family,
    health,
    neighbours,
    pensions,
    season,
    stairs,
    warmth,
    welfare,
    yard,
)
from portal.desk.demo.situations.life import LIVES

SITUATIONS: Final[tuple[Situation, ...]] = (
    *dwelling.SITUATIONS,
    *warmth.SITUATIONS,
    *stairs.SITUATIONS,
    *yard.SITUATIONS,
    *neighbours.SITUATIONS,
    *elders.SITUATIONS,
    *pensions.SITUATIONS,
    *health.SITUATIONS,
    *welfare.SITUATIONS,
    *family.SITUATIONS,
    *season.SITUATIONS,
    *civic.SITUATIONS,
)
BY_KEY: Final = {situation.key: situation for situation in SITUATIONS}

__all__ = ["BY_KEY", "LIVES", "SITUATIONS"]
