"""Streets and communities of 石景山区 that are real, and the estates and houses invented in them."""

from dataclasses import dataclass
from random import Random
from typing import Final

from portal.desk.demo.chance import chance

DISTRICT_CODE: Final = "110107"
BAJIAO: Final = "110107003"


@dataclass(frozen=True)
class CommunityPlan:
    """A real community (found by its code in the tree) and the invented estate in it."""

    code: str
    estate: str
    #: Built: decides lifts, insulation, papers of the flat.
    built: int
    #: The house numbers of its walk-ups and of its towers.
    walkups: tuple[int, ...]
    towers: tuple[int, ...] = ()


@dataclass(frozen=True)
class StreetPlan:
    code: str
    #: Prefix of invented user names.
    slug: str
    communities: tuple[CommunityPlan, ...]


STREETS: Final = (
    StreetPlan(
        BAJIAO,
        "bajiao",
        (
            CommunityPlan("110107003007", "北里小区", 1986, (3, 5, 8, 11, 12), (20,)),
            CommunityPlan("110107003037", "南里小区", 1988, (2, 6, 9), (15,)),
            CommunityPlan("110107003009", "中里小区", 1987, (1, 4, 7)),
            CommunityPlan("110107003034", "中区家属院", 1992, (3, 10), (14,)),
            CommunityPlan("110107003042", "时代花园", 2004, (6,), (1, 2, 3)),
        ),
    ),
    StreetPlan(
        "110107004",
        "gucheng",
        (
            CommunityPlan("110107004010", "古城路小区", 1984, (9, 12, 16)),
            CommunityPlan("110107004007", "天翔里", 1996, (4, 5), (7,)),
            CommunityPlan("110107004027", "水泥厂宿舍", 1979, (1, 2, 6)),
            CommunityPlan("110107004031", "滨和园南区", 2016, (), (1, 3, 4)),
        ),
    ),
    StreetPlan(
        "110107005",
        "pingguoyuan",
        (
            CommunityPlan("110107005019", "苹一小区", 1983, (2, 5, 8)),
            CommunityPlan("110107005032", "海特花园一区", 1999, (11, 12), (16,)),
            CommunityPlan("110107005013", "西井小院", 1990, (3, 7, 9)),
            CommunityPlan("110107005034", "西黄新村南区", 2007, (5,), (8, 10)),
        ),
    ),
)


@dataclass(frozen=True)
class Door:
    """One door of one house."""

    community: str
    estate: str
    built: int
    grid: int
    building: str
    unit: str
    floor: int
    room: str
    tower: bool
    top: bool
    side: bool


def buildings(plan: CommunityPlan) -> list[tuple[int, str, bool]]:
    """(grid number, name, is a tower) of every house of the community, in walking order."""
    houses = [(number, False) for number in plan.walkups] + [(n, True) for n in plan.towers]
    houses.sort()
    grids = 3 if len(houses) > 3 else 2  # noqa: PLR2004 -- about two houses to a grid
    return [
        (1 + i * grids // len(houses), f"{number}号楼", tower)
        for i, (number, tower) in enumerate(houses)
    ]


def doors(rng: Random, plan: CommunityPlan) -> list[Door]:
    """Every registered door: some flats are empty or not registered yet."""
    found = []
    for grid, name, tower in buildings(plan):
        floors = rng.choice((16, 18)) if tower else rng.choice((5, 6, 6))
        units = 2 if tower else rng.choice((3, 4))
        per_floor = 2 if tower else 3
        for unit in range(1, units + 1):
            for floor in range(1, floors + 1):
                for n in range(1, per_floor + 1):
                    if chance(rng, 0.14):
                        continue
                    found.append(
                        Door(
                            community=plan.code,
                            estate=plan.estate,
                            built=plan.built,
                            grid=grid,
                            building=name,
                            unit=str(unit),
                            floor=floor,
                            room=f"{floor}{n:02d}",
                            tower=tower,
                            top=floor == floors,
                            side=(unit, n) in {(1, 1), (units, per_floor)},
                        )
                    )
    return found
