"""The staff of the demo world: who works where, under which post and account."""

from dataclasses import dataclass, field
from random import Random
from typing import Final

from portal.desk.demo import names
from portal.desk.demo.chance import chance
from portal.desk.demo.places import BAJIAO, DISTRICT_CODE, STREETS, CommunityPlan, StreetPlan

#: Roles and delegate kinds are the values of portal.accounts.roles; the loader checks them.
WORKER: Final = "COMMUNITY_WORKER"
OFFICER: Final = "OFFICER"
LEADER: Final = "LEADER"
DELEGATE: Final = "DELEGATE"

SECTIONS: Final = (
    "党群工作办公室",
    "城市管理办公室",
    "民生保障办公室",
    "平安建设办公室",
    "社区建设办公室",
    "综合办公室",
)
#: Where the named accounts of the street work.
HOME_COMMUNITY: Final = "110107003007"
SECOND_COMMUNITY: Final = "110107003037"
#: The account whose week is lively, and how many households it is responsible for.
WORKER_ACCOUNT: Final = "worker"
OFFICER_ACCOUNT: Final = "officer"
WORKER_HOMES: Final = 45
ACCOUNTS: Final = (
    "worker",
    "officer",
    "leader",
    "delegate",
    "clerk",
    "handler",
    "streetadmin",
    "districtleader",
    "districtadmin",
    "inspector",
    "sysadmin",
    "secadmin",
    "auditor",
)


@dataclass(frozen=True)
class PostPlan:
    """A post; the place is a code of the tree, with the name of a section or the number of a grid."""

    place: str
    role: str
    title: str
    section: str = ""
    grid: int = 0
    delegate_kind: str = ""
    #: How many months ago it began.
    months: int = 30


@dataclass(frozen=True)
class Staff:
    username: str
    name: str
    posts: tuple[PostPlan, ...]


@dataclass
class _Namer:
    """Names of staff: nobody twice."""

    rng: Random
    taken: set[str] = field(default_factory=set)

    def __call__(self) -> str:
        while True:
            family = names.surname(self.rng)
            born = self.rng.randint(1970, 2000)
            name = family + names.given_name(self.rng, woman=chance(self.rng, 0.58), born=born)
            if name not in self.taken:
                self.taken.add(name)
                return name


def _street_staff(rng: Random, namer: _Namer, plan: StreetPlan) -> list[Staff]:
    def one(suffix: str, *posts: PostPlan) -> Staff:
        return Staff(f"{plan.slug}.{suffix}", namer(), posts)

    code = plan.code
    leaders = (
        "党工委书记",
        "党工委副书记、办事处主任",
        "党工委副书记",
        "办事处副主任",
        "办事处副主任",
        "纪工委书记",
    )
    staff = [
        one(f"l{i:02d}", PostPlan(code, LEADER, title, months=rng.randint(8, 60)))
        for i, title in enumerate(leaders, 1)
    ]
    for i, section in enumerate(SECTIONS, 1):
        staff.append(one(f"o{i:02d}", PostPlan(code, OFFICER, "机关干部", section=section)))
    for i, section in enumerate(SECTIONS[1:4], 1):
        staff.append(one(f"h{i:02d}", PostPlan(code, "HANDLER", "承办人", section=section)))
    staff.append(one("c01", PostPlan(code, "CLERK", "便民服务中心窗口")))
    staff.append(one("a01", PostPlan(code, "STREET_ADMIN", "街道管理员")))
    kinds = (("PARTY", "街道党代表"), ("PEOPLES_CONGRESS", "区人大代表"), ("CPPCC", "区政协委员"))
    staff += [
        one(f"d{i:02d}", PostPlan(code, DELEGATE, title, delegate_kind=kind))
        for i, (kind, title) in enumerate(kinds, 1)
    ]
    return staff


def _community_staff(
    rng: Random, namer: _Namer, street: StreetPlan, plan: CommunityPlan, number: int
) -> list[Staff]:
    """The secretary leads the community; the others are responsible for households."""
    slug = f"{street.slug}{number}"
    titles = [
        "社区党委副书记",
        "社区居委会副主任",
        "社区工作者",
        "社区工作者",
        "社区工作者",
        "网格员",
        "网格员",
        "网格员",
    ]
    titles = titles[: rng.randint(5, 8)]
    staff = [
        Staff(
            f"{slug}.s01",
            namer(),
            (PostPlan(plan.code, LEADER, "社区党委书记", months=rng.randint(14, 70)),),
        )
    ]
    for i, title in enumerate(titles, 1):
        grid = 1 + (i % 2) if title == "网格员" else 0
        staff.append(
            Staff(
                f"{slug}.w{i:02d}",
                namer(),
                (PostPlan(plan.code, WORKER, title, grid=grid, months=rng.randint(13, 70)),),
            )
        )
    return staff


def _named(namer: _Namer) -> list[Staff]:
    """The thirteen accounts that a visitor of the demo signs in with."""
    code, home = BAJIAO, HOME_COMMUNITY
    plans: dict[str, tuple[PostPlan, ...]] = {
        "worker": (
            PostPlan(home, WORKER, "社区工作者", months=40),
            PostPlan(SECOND_COMMUNITY, WORKER, "党员骨干", grid=1, months=14),
        ),
        "officer": (PostPlan(code, OFFICER, "机关干部", section="民生保障办公室"),),
        "leader": (PostPlan(code, LEADER, "办事处副主任（分管民生）", months=26),),
        "delegate": (PostPlan(code, DELEGATE, "街道党代表", delegate_kind="PARTY"),),
        "clerk": (PostPlan(code, "CLERK", "便民服务中心综合窗口"),),
        "handler": (PostPlan(code, "HANDLER", "承办人", section="城市管理办公室"),),
        "streetadmin": (PostPlan(code, "STREET_ADMIN", "街道管理员"),),
        "districtleader": (PostPlan(DISTRICT_CODE, "DISTRICT_LEADER", "区分管领导"),),
        "districtadmin": (PostPlan(DISTRICT_CODE, "DISTRICT_ADMIN", "区管理员"),),
        "inspector": (PostPlan(DISTRICT_CODE, "INSPECTOR", "督查专员", months=6),),
        "sysadmin": (PostPlan(DISTRICT_CODE, "SYSTEM_ADMIN", "系统管理员"),),
        "secadmin": (PostPlan(DISTRICT_CODE, "SECURITY_ADMIN", "安全管理员"),),
        "auditor": (PostPlan(DISTRICT_CODE, "AUDITOR", "审计员"),),
    }
    return [Staff(username, namer(), plans[username]) for username in ACCOUNTS]


def make_staff(rng: Random, streets: tuple[StreetPlan, ...] = STREETS) -> list[Staff]:
    """Everybody, the named accounts first."""
    namer = _Namer(rng)
    staff = _named(namer)
    for street in streets:
        staff += _street_staff(rng, namer, street)
        for number, plan in enumerate(street.communities, 1):
            staff += _community_staff(rng, namer, street, plan, number)
    return staff
