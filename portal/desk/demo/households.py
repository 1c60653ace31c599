"""Who lives behind a door: composition, care, what not to ask, wishes about visits."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from portal.desk.demo import names
from portal.desk.demo.chance import chance
from portal.desk.demo.places import Door

ELDER: Final = 60
OLD: Final = 80
ADULT: Final = 20


@dataclass(frozen=True)
class Person:
    name: str
    woman: bool
    born: int
    #: A value of contacts.models.Resident.Relation.
    relation: str
    phone: str = ""

    @property
    def family_name(self) -> str:
        return self.name[:2] if self.name[:2] in names.COMPOUND else self.name[:1]


@dataclass(frozen=True)
class Home:
    """One household of the demo world; the first person is rung first."""

    door: Door
    people: tuple[Person, ...]
    #: Codes of the shipped care categories.
    cares: tuple[str, ...]
    tags: frozenset[str]
    #: What the residents call the child who looks after them: 儿子, 女儿, 闺女, 侄子 …
    child_word: str
    avoid: str = ""
    note: str = ""
    phone_reason: str = ""
    phone_until: date | None = None


#: (weight in an old estate, weight in a new one, builder)
Builder = Callable[[Random, int], tuple[list[Person], set[str]]]


def _person(
    rng: Random, *, woman: bool, born: int, relation: str, family: str = "", reachable: bool = True
) -> Person:
    family = family or names.surname(rng)
    return Person(
        name=family + names.given_name(rng, woman=woman, born=born),
        woman=woman,
        born=born,
        relation=relation,
        phone=names.phone(rng) if reachable else "",
    )


def _alone(rng: Random, year: int) -> tuple[list[Person], set[str]]:
    age = rng.choice((66, 70, 73, 76, 79, 82, 85, 88, 91))
    woman = chance(rng, 0.66)
    return [_person(rng, woman=woman, born=year - age, relation="HEAD")], {"alone"}


def _old_couple(rng: Random, year: int) -> tuple[list[Person], set[str]]:
    born = year - rng.randint(62, 86)
    head = _person(rng, woman=False, born=born, relation="HEAD")
    wife = _person(rng, woman=True, born=born + rng.randint(-1, 5), relation="SPOUSE")
    return rng.sample([head, wife], 2), {"couple"}


def _couple(rng: Random, year: int) -> tuple[list[Person], set[str]]:
    born = year - rng.randint(27, 58)
    return [
        _person(rng, woman=False, born=born, relation="HEAD"),
        _person(rng, woman=True, born=born + rng.randint(-2, 4), relation="SPOUSE"),
    ], set()


def _family(rng: Random, year: int) -> tuple[list[Person], set[str]]:
    born = year - rng.randint(30, 47)
    father = _person(rng, woman=False, born=born, relation="HEAD")
    mother = _person(rng, woman=True, born=born + rng.randint(-2, 4), relation="SPOUSE")
    oldest = max(1, min(17, year - mother.born - 25))
    kids = [_child(rng, year - rng.randint(0, oldest), father.family_name)]
    if chance(rng, 0.22):
        kids.append(_child(rng, year - rng.randint(0, oldest), father.family_name))
    return [*rng.sample([father, mother], 2), *kids], set()


def _child(rng: Random, born: int, family: str, relation: str = "CHILD") -> Person:
    return _person(
        rng,
        woman=chance(rng, 0.5),
        born=born,
        relation=relation,
        family=family,
        reachable=False,
    )


def _three(rng: Random, year: int) -> tuple[list[Person], set[str]]:
    grandma = _person(rng, woman=True, born=year - rng.randint(62, 74), relation="HEAD")
    son = _person(rng, woman=False, born=grandma.born + rng.randint(24, 29), relation="CHILD")
    wife = _person(rng, woman=True, born=son.born + rng.randint(-1, 4), relation="OTHER")
    kid_born = min(year, son.born + rng.randint(27, 34))
    return [
        grandma,
        son,
        wife,
        _child(rng, kid_born, son.family_name, "GRANDCHILD"),
    ], set()


def _shared(rng: Random, year: int) -> tuple[list[Person], set[str]]:
    people = [
        _person(rng, woman=chance(rng, 0.5), born=year - rng.randint(22, 36), relation="TENANT")
        for _ in range(rng.choice((2, 3, 3)))
    ]
    return people, {"tenant", "shared"}


def _tenants(rng: Random, year: int) -> tuple[list[Person], set[str]]:
    born = year - rng.randint(24, 44)
    one = _person(rng, woman=chance(rng, 0.5), born=born, relation="TENANT")
    people = [one]
    if chance(rng, 0.6):
        other = _person(rng, woman=not one.woman, born=born + rng.randint(-3, 3), relation="TENANT")
        people.append(other)
        if chance(rng, 0.35) and born < year - 28:
            father = other if one.woman else one
            people.append(_child(rng, year - rng.randint(1, 9), father.family_name, "OTHER"))
    return people, {"tenant"}


def _single_parent(rng: Random, year: int) -> tuple[list[Person], set[str]]:
    parent = _person(rng, woman=chance(rng, 0.8), born=year - rng.randint(32, 46), relation="HEAD")
    family = parent.family_name if not parent.woman else names.surname(rng)
    return [parent, _child(rng, year - rng.randint(6, 14), family)], {"single"}


def _grandparent_child(rng: Random, year: int) -> tuple[list[Person], set[str]]:
    woman = chance(rng, 0.7)
    elder = _person(rng, woman=woman, born=year - rng.randint(62, 72), relation="HEAD")
    kid = _child(rng, year - rng.randint(6, 13), names.surname(rng), "GRANDCHILD")
    return [elder, kid], {"childcare"}


def _elder_and_child(rng: Random, year: int) -> tuple[list[Person], set[str]]:
    elder = _person(rng, woman=chance(rng, 0.6), born=year - rng.randint(74, 92), relation="PARENT")
    born = elder.born + rng.randint(24, 30)
    child = _person(rng, woman=chance(rng, 0.5), born=born, relation="HEAD")
    return [elder, child], set()


_SHAPES: Final[tuple[tuple[int, int, Builder], ...]] = (
    (14, 5, _alone),
    (24, 12, _old_couple),
    (13, 22, _couple),
    (14, 32, _family),
    (11, 11, _three),
    (5, 4, _shared),
    (10, 9, _tenants),
    (3, 2, _single_parent),
    (1, 1, _grandparent_child),
    (5, 2, _elder_and_child),
)

_AVOID_ALONE: Final = (
    "老伴去年走的，不要再问家庭成员情况",
    "老伴今年春天去世，别提以前两口子的事，聊身体和吃饭",
    "不愿意提<孩>，不问孩子来不来",
    "听力差，敲门要久一点，说话凑近，别嫌烦",
    "不要问退休金和存款，问过一次不高兴",
)
_AVOID_ILL: Final = (
    "病情已经登记清楚，不要一遍遍问病名和花费",
    "化疗期间怕感染，进门戴口罩，别久坐",
    "不愿邻居知道病情，楼道里不谈",
    "只跟责任人谈家里的事，别换人来问",
)
_AVOID_SPECIAL: Final = (
    "不要问孩子的事，不要提“家里几口人”，由责任人一人联系",
    "孩子的生日和清明前后不上门，打电话就好",
)
_AVOID_ANY: Final = (
    "上夜班，上午不要敲门",
    "孩子中午睡觉，别按门铃，发微信",
    "收入情况刚核过，今年不用再问",
    "户口和居住信息已核对，不再要身份证复印件",
    "跟楼上有过争执，不要传两家的话",
    "家有大狗，先打电话再上楼",
    "正在找工作，别问“怎么在家”",
    "离婚不久，不问另一方",
)
_PHONE_REASONS: Final = (
    "上夜班，白天休息，请打电话",
    "产后休养，先电话联系",
    "术后免疫力低，怕感染，先不上门",
    "家里装修，临时住在外面",
    "照顾重病家人，没有精力接待",
    "去外地子女家过冬，回来再上门",
    "住户要求微信或电话联系",
    "孩子备考，这段时间不上门",
)
_NOTES: Final = (
    "钥匙有一把放在对门",
    "门铃坏了，敲门",
    "周末在家，平时要晚七点后",
    "儿女在外地，急事先打本人电话",
    "楼门密码跟门栋长要",
    "愿意当志愿者，懂电工",
    "会理发，可以请来帮忙",
    "养了一只小狗，不咬人",
)


def _child_word(rng: Random, people: list[Person], tags: set[str], year: int) -> str:
    if "special" in tags:
        return rng.choice(("侄子", "外甥女"))
    inside = [p for p in people if p.relation == "CHILD" and year - p.born >= ADULT]
    if inside:
        return "女儿" if inside[0].woman else "儿子"
    if year - people[0].born >= ELDER:
        return rng.choice(("儿子", "女儿", "闺女", "大儿子", "二闺女"))
    return "爱人" if any(p.relation == "SPOUSE" for p in people) else "家里人"


def _care(rng: Random, people: list[Person], tags: set[str], year: int) -> list[str]:
    oldest = max(year - p.born for p in people)
    shares: list[tuple[str, float]] = [
        ("DIBAO", 0.012 + 0.03 * ("single" in tags) + 0.02 * ("alone" in tags)),
        ("DIBAO_EDGE", 0.008),
        ("RIGID_SPENDING", 0.008),
        ("TEKUN", 0.012 if "alone" in tags else 0),
        ("LIVING_ALONE", 0.42 if "alone" in tags else 0),
        ("VERY_OLD", 0.14 if oldest >= OLD else 0),
        ("DISABLED_OLD", 0.09 if oldest >= 75 and len(people) > 1 else 0),  # noqa: PLR2004
        ("DISABILITY", 0.022),
        ("LOST_ONLY_CHILD", 0.02 if tags & {"alone", "couple"} else 0),
        ("CHILD_IN_NEED", 0.6 if "childcare" in tags else 0),
        ("SERIOUS_ILLNESS", 0.012),
        ("VETERAN_CARE", 0.02 if oldest >= ELDER else 0.002),
    ]
    return [code for code, share in shares if chance(rng, share)][:3]


_CARE_TAGS: Final = {
    "DIBAO": {"dibao", "hardship"},
    "DIBAO_EDGE": {"hardship"},
    "RIGID_SPENDING": {"hardship"},
    "TEKUN": {"hardship", "special"},
    "DISABLED_OLD": {"bedrid"},
    "DISABILITY": {"disabled"},
    "LOST_ONLY_CHILD": {"special"},
    "SERIOUS_ILLNESS": {"illness", "hardship"},
    "VETERAN_CARE": {"veteran"},
}
#: 特困人员 have no child to mention either; the tag only keeps texts from inventing one.
_NO_CHILD: Final = frozenset({"TEKUN", "LOST_ONLY_CHILD"})


def door_tags(door: Door) -> set[str]:
    tags = {"tower" if door.tower else "walkup"}
    for name, holds in (
        ("old", door.built < 1995),  # noqa: PLR2004 -- built by the works, before the market
        ("new", door.built >= 2000),  # noqa: PLR2004
        ("ground", door.floor == 1),
        ("top", door.top),
        ("high", not door.tower and door.floor >= 4),  # noqa: PLR2004
        ("low", door.floor <= 3),  # noqa: PLR2004
        ("side", door.side),
    ):
        if holds:
            tags.add(name)
    return tags


def make_home(rng: Random, door: Door, today: date) -> Home:
    """The household behind the door, as it is today."""
    year = today.year
    new = year - door.built < 25  # noqa: PLR2004 -- younger estates house younger people
    weights = [shape[1] if new else shape[0] for shape in _SHAPES]
    builder = rng.choices([shape[2] for shape in _SHAPES], weights)[0]
    people, tags = builder(rng, year)
    cares = _care(rng, people, tags, year)
    tags |= door_tags(door).union(*(_CARE_TAGS[c] for c in cares if c in _CARE_TAGS))
    tags.discard("childcare" if "CHILD_IN_NEED" not in cares else "")
    if _NO_CHILD & set(cares) and "TEKUN" in cares:
        tags.discard("special")
        tags.add("childless")
    if "tenant" not in tags:
        tags.add("owner")
    if chance(rng, 0.12):
        tags.add("pet")
    word = "侄子" if "childless" in tags else _child_word(rng, people, tags, year)
    elder_apart = year - people[0].born >= ELDER and not any(
        p.relation in {"CHILD", "HEAD"} and year - p.born >= ADULT
        for p in people[1:]
        if p.born > people[0].born + 15
    )
    if elder_apart and not tags & {"special", "childless", "tenant", "childcare"}:
        tags.add("kids")
    reason, until = _phone_wish(rng, today)
    return Home(
        door=door,
        people=tuple(people),
        cares=tuple(cares),
        tags=frozenset(tags),
        child_word=word,
        avoid=_avoid(rng, tags, word),
        note=rng.choice(_NOTES) if chance(rng, 0.12) else "",
        phone_reason=reason,
        phone_until=until,
    )


def _avoid(rng: Random, tags: set[str], word: str) -> str:
    if "special" in tags:
        return rng.choice(_AVOID_SPECIAL)
    if "illness" in tags and chance(rng, 0.7):
        return rng.choice(_AVOID_ILL)
    if "alone" in tags and chance(rng, 0.3):
        return rng.choice(_AVOID_ALONE).replace("<孩>", word)
    return rng.choice(_AVOID_ANY) if chance(rng, 0.05) else ""


def _phone_wish(rng: Random, today: date) -> tuple[str, date | None]:
    if not chance(rng, 0.025):
        return "", None
    until = today + timedelta(days=rng.randint(-40, 120)) if chance(rng, 0.75) else None
    return rng.choice(_PHONE_REASONS), until
