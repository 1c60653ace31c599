"""A scene is one visit about to be written: who speaks, where, when; it fills the slots."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from portal.desk.demo import names
from portal.desk.demo.chance import chance
from portal.desk.demo.households import ADULT, ELDER, OLD, Home, Person

#: Around the speaker's name, until the text is joined: a name said twice running is dropped.
MARK: Final = "\ufdd0"
_WEEKDAYS: Final = "一二三四五六日"
_TODDLER: Final = 3
_SCHOOL: Final = range(6, 15)
_MIDDLE: Final = 45


def call(person: Person, year: int, rng: Random) -> str:
    """How a community worker calls the person: 张阿姨, 李师傅, 小刘."""
    age, family = year - person.born, person.family_name
    if age >= OLD:
        return family + (
            rng.choice(("奶奶", "阿姨")) if person.woman else rng.choice(("爷爷", "大爷"))
        )
    if age >= ELDER + 3:
        return family + (
            rng.choice(("阿姨", "大妈")) if person.woman else rng.choice(("大爷", "叔"))
        )
    if age >= _MIDDLE:
        return family + (
            rng.choice(("姐", "女士")) if person.woman else rng.choice(("师傅", "先生", "哥"))
        )
    polite = "女士" if person.woman else "先生"
    return rng.choice((f"小{family}", family + polite))


def say_date(day: date, seen_on: date, rng: Random) -> str:
    """A day as one writes it: 昨天, 周四, 下周二, 25号, 12月3号."""
    away = (day - seen_on).days
    if away in {-1, -2} and chance(rng, 0.6):
        return "昨天" if away == -1 else "前天"
    weeks = (day - timedelta(days=day.weekday()) - seen_on + timedelta(days=seen_on.weekday())).days
    if abs(weeks) <= 7 and chance(rng, 0.6):  # noqa: PLR2004 -- the week before and after
        prefix = {0: "", 7: "下", -7: "上"}[weeks]
        return f"{prefix}周{_WEEKDAYS[day.weekday()]}"
    if day.month == seen_on.month:
        return f"{day.day}号"
    return f"{day.month}月{day.day}号"


@dataclass(frozen=True)
class Scene:
    """Everything a text may know of the moment."""

    home: Home
    speaker: Person
    day: date
    #: Others in the same house, and the colleagues of the visitor.
    neighbours: Sequence[Home]
    colleagues: Sequence[str]
    #: Who wrote it: fixes the habits of writing names.
    seed: str

    @property
    def tags(self) -> frozenset[str]:
        age = self.day.year - self.speaker.born
        tags = set(self.home.tags)
        if self.speaker is not self.home.people[0]:
            tags.discard("kids")
        tags |= {
            name
            for name, holds in (
                ("elder", age >= ELDER),
                ("elder80", age >= OLD),
                ("workage", ADULT <= age < ELDER),
                ("child", any(self._age(p) in _SCHOOL for p in self.home.people)),
                ("baby", any(0 <= self._age(p) <= _TODDLER for p in self.home.people)),
                ("toddler", any(1 < self._age(p) <= _TODDLER for p in self.home.people)),
                ("newborn", any(0 <= self._age(p) <= 1 for p in self.home.people)),
            )
            if holds
        }
        return frozenset(tags)

    def _age(self, person: Person) -> int:
        return self.day.year - person.born

    @property
    def habit(self) -> int:
        """A number that stays with the household: its story is the same at every visit."""
        door = self.home.door
        return Random(f"{door.community}{door.building}{door.unit}{door.room}").randrange(5040)

    def slots(self, rng: Random) -> dict[str, Callable[[], str]]:
        """The words for the slots; names come in full first, then short."""
        habit = Random(f"{self.seed}{self.speaker.name}")
        title = call(self.speaker, self.day.year, habit)
        full = title if chance(habit, 0.78) else self.speaker.name
        door = self.home.door
        said = iter((full,))
        above, below = self._room(1, habit), self._room(-1, habit)
        across = habit.choice(("对门", f"对门{self._across()}"))
        manager = habit.choice(("物业客服", "物业工程部", f"物业{names.surname(habit)}经理"))
        keeper = Random(f"{door.community}物业")
        keeper_name = f"物业小{names.surname(keeper)}"
        short = self._short(title)
        return {
            "谁": lambda: MARK + next(said, short if chance(rng, 0.45) else title) + MARK,
            "他": lambda: "她" if self.speaker.woman else "他",
            "伴": lambda: "老伴",
            "儿": lambda: self.home.child_word,
            "孩名": self._child_name,
            "楼": lambda: door.building,
            "元": lambda: f"{door.unit}单元",
            "层": lambda: str(door.floor),
            "上": lambda: above,
            "下": lambda: below,
            "对": lambda: across,
            "小区": lambda: door.estate,
            "管家": lambda: keeper_name if chance(rng, 0.6) else manager,
            "同事": lambda: self._colleague(rng),
            "邻": lambda: self._neighbour(rng),
            "近": lambda: say_date(self.day + timedelta(days=rng.randint(2, 9)), self.day, rng),
            "过": lambda: say_date(self.day - timedelta(days=rng.randint(1, 12)), self.day, rng),
            "电": lambda: names.phone(rng),
            "节": lambda: {6: "端午", 10: "重阳"}.get(self.day.month, "中秋"),
            "节礼": lambda: {6: "粽子", 10: "重阳糕"}.get(self.day.month, "月饼"),
        }

    def _short(self, title: str) -> str:
        if self.day.year - self.speaker.born >= OLD - 6:
            return "老人"
        return title

    def _child_name(self) -> str:
        kids = [p for p in self.home.people if self._age(p) in _SCHOOL]
        return kids[0].name[len(kids[0].family_name) :] if kids else ""

    def _room(self, step: int, rng: Random) -> str:
        floor = self.home.door.floor + step
        if floor == 0 or (step > 0 and self.home.door.top):
            return "隔壁"
        room = f"{floor}{self.home.door.room[-2:]}"
        return rng.choice(
            (f"楼{'上' if step > 0 else '下'}{room}", f"楼{'上' if step > 0 else '下'}")
        )

    def _across(self) -> str:
        last = int(self.home.door.room[-1])
        return f"{self.home.door.floor}0{2 if last == 1 else 1}"

    def _colleague(self, rng: Random) -> str:
        # In full: a short form could be the name of the resident, too.
        return rng.choice(self.colleagues) if self.colleagues else "同事"

    def _neighbour(self, rng: Random) -> str:
        others = [home for home in self.neighbours if home is not self.home]
        if not others:
            return "楼门长"
        home = rng.choice(others)
        title = call(home.people[0], self.day.year, Random(home.people[0].name))
        return rng.choice((title, f"{home.door.room}的{title}"))


def choose_speaker(rng: Random, home: Home, day: date) -> Person:
    """Mostly whoever is at home by day: the old, or the first contact."""
    grown = [p for p in home.people if day.year - p.born >= ADULT]
    weights = [3 if day.year - p.born >= ELDER else 2 if p is grown[0] else 1 for p in grown]
    return rng.choices(grown, weights)[0]
