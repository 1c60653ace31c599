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
#: What everybody meets outside the own door: a leader at the contact point looks at these.
PUBLIC: Final = (*stairs.SITUATIONS, *yard.SITUATIONS)
#: What one sees at the door; not told by telephone or at the counter.
SEEN: Final = frozenset(
    {
        *(s.key for s in dwelling.SITUATIONS if s.key not in {"property_fee", "title_deed"}),
        *(s.key for s in warmth.SITUATIONS if s.key != "heating_fee"),
        *(s.key for s in stairs.SITUATIONS if not s.key.startswith(("lift_slow", "lift_add_for"))),
        "bathroom_bar",
        "meal_order",
        "call_button",
        "wander",
        "lonely",
        "heatwave",
        "winter_fire",
        "flood_prep",
        "snow_path",
        "spring_visit",
        "festival_alone",
        "aid_goods",
        "yellow_water",
        "haircut",
        "fall_after",
        "health_goods",
        "rent_lift",
        "veteran",
        "child_hard",
        "heating_trial",
        "safety_door",
        "shoe_rack",
        "roof_drip_rain",
        "allowance80",
        "care_bed",
        "smartphone",
        "tenant_deposit",
        "water_bill_split",
        "moving_in",
        "flu_home",
        "special_family",
    }
)
BY_KEY: Final = {situation.key: situation for situation in SITUATIONS}

__all__ = ["BY_KEY", "LIVES", "PUBLIC", "SEEN", "SITUATIONS"]
