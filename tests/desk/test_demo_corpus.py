"""The demo's texts: the same for the same seed, of real length, varied, and free of what is barred."""

# ruff: noqa: S311 -- a seeded generator is the point
import datetime as dt
import random
import re

import pytest

from contacts.models import Matter
from portal.accounts.roles import DelegateKind, Role
from portal.desk.demo import households, names, people, places, scenes, texts
from portal.desk.demo.kinds import OUTCOMES
from portal.desk.demo.phrases import Teller
from portal.desk.demo.situations import SEEN, SITUATIONS

TODAY = dt.date(2026, 11, 22)
DRAWN = 4000

#: Slogans and set phrases that a record of a visit has no business with.
SLOGANS = (
    "不忘初心", "牢记使命", "砥砺前行", "为人民服务", "坚定不移", "深入贯彻", "高度重视", "群众路线",
    "凝心聚力", "正能量", "满意度", "获得感", "幸福感", "零距离", "一张蓝图", "攻坚",
)  # fmt: skip
#: Categories that domain §2 keeps out, and words that would degrade a person.
BARRED = (
    "派出所", "民警", "警察", "公安", "法院", "检察", "起诉", "律师", "矫正", "刑满", "吸毒", "戒毒", "上访",
    "缠访", "重点人员", "宗教", "教堂", "佛", "清真", "民族", "少数民族", "回族", "党员", "精神病",
    "残废", "傻子", "疯", "刁民", "素质低", "外地佬", "身份证号",
)  # fmt: skip


def world(seed: int = 1) -> list[households.Home]:
    rng = random.Random(seed)
    return [
        households.make_home(rng, door, TODAY)
        for street in places.STREETS
        for plan in street.communities
        for door in places.doors(rng, plan)
    ]


def draw(seed: int, count: int, homes: list[households.Home]) -> list[texts.Note]:
    rng = random.Random(seed)
    by_house: dict[tuple[str, str], list[households.Home]] = {}
    for home in homes:
        by_house.setdefault((home.door.community, home.door.building), []).append(home)
    notes = []
    for _ in range(count):
        home = rng.choice(homes)
        day = TODAY - dt.timedelta(days=rng.randrange(365))
        scene = scenes.Scene(
            home=home,
            speaker=scenes.choose_speaker(rng, home, day),
            day=day,
            neighbours=by_house[home.door.community, home.door.building],
            colleagues=("吴婷", "赵磊"),
            seed="w",
        )
        writing = texts.write if rng.random() < 0.5 else texts.write_quiet
        notes.append(writing(rng, scene))
    return notes


@pytest.fixture(scope="module")
def homes() -> list[households.Home]:
    return world()


@pytest.fixture(scope="module")
def notes(homes: list[households.Home]) -> list[texts.Note]:
    return draw(7, DRAWN, homes)


def test_the_same_seed_gives_the_same_world(homes: list[households.Home]) -> None:
    assert homes[:200] == world()[:200]
    assert homes[:200] != world(2)[:200]
    assert draw(3, 50, homes) == draw(3, 50, homes)
    staff = people.make_staff(random.Random(5))
    assert staff == people.make_staff(random.Random(5))


def test_texts_are_as_long_as_real_ones(notes: list[texts.Note]) -> None:
    lengths = sorted(len(note.text) for note in notes)
    assert 120 <= lengths[DRAWN // 2] <= 210
    assert 500 <= lengths[DRAWN * 9 // 10] <= 900
    assert lengths[0] >= 8
    assert lengths[-1] <= 4000


def test_texts_are_not_copies_of_each_other(notes: list[texts.Note]) -> None:
    assert len({note.text for note in notes}) >= 0.95 * DRAWN


def test_many_situations_come_up(notes: list[texts.Note]) -> None:
    assert len(SITUATIONS) >= 120
    assert len({s.key for s in SITUATIONS}) == len(SITUATIONS)
    assert len({key for note in notes for key in note.keys}) >= 120


def test_no_slogans_and_nothing_barred(notes: list[texts.Note]) -> None:
    for note in notes:
        everything = "\n".join((note.text, note.next_step, *(m.text for m in note.matters)))
        found = [word for word in SLOGANS + BARRED if word in everything]
        assert not found, everything


def test_nothing_of_the_grammar_is_left(notes: list[texts.Note]) -> None:
    for note in notes:
        everything = "".join((note.text, note.next_step, *(m.text for m in note.matters)))
        assert not re.search(r"[{}|<>\[\]\ufdd0]|，，|。。|，。|^，|\n，|。，|、，", everything), (
            everything
        )


def test_every_pattern_can_be_told_in_every_branch(homes: list[households.Home]) -> None:
    rng = random.Random(9)
    home = next(home for home in homes if {"couple", "kids"} <= home.tags)
    scene = scenes.Scene(home, home.people[0], TODAY, homes[:5], ("吴婷",), "w")
    for situation in SITUATIONS:
        for _ in range(40):
            teller = Teller(rng, scene.slots(rng))
            for pattern in (
                *situation.say, *situation.more, situation.matter, situation.step, situation.later,
                *(act for _, act in situation.ends),
            ):  # fmt: skip
                teller.tell(pattern)
        matter = texts.plain(Teller(rng, scene.slots(rng)).tell(situation.matter))
        assert matter
        assert len(texts.plain(Teller(rng, scene.slots(rng)).tell(situation.step))) <= 200


def test_heating_is_told_in_winter_and_floods_in_summer() -> None:
    by_key = {s.key: s for s in SITUATIONS}
    assert not by_key["heating_cold"].fits(7, frozenset({"old"}))
    assert not by_key["flood_low"].fits(1, frozenset({"ground"}))
    assert by_key["flood_low"].fits(7, frozenset({"ground"}))
    assert not by_key["lift_stopped"].fits(7, frozenset({"walkup"}))
    assert not by_key["leak_upstairs"].fits(7, frozenset({"top"}))


def test_codes_are_those_of_the_models() -> None:
    assert set(OUTCOMES) == set(Matter.Outcome.values)
    staff = people.make_staff(random.Random(1))
    posts = [post for one in staff for post in one.posts]
    assert {post.role for post in posts} == set(Role.values)
    assert {post.delegate_kind for post in posts if post.delegate_kind} == set(DelegateKind.values)
    assert [one.username for one in staff[:13]] == list(people.ACCOUNTS)
    assert len({one.username for one in staff}) == len({one.name for one in staff}) == len(staff)


def test_households_are_many_and_a_seventh_of_them_need_care(homes: list[households.Home]) -> None:
    assert len(homes) >= 2200
    assert 0.12 <= sum(bool(home.cares) for home in homes) / len(homes) <= 0.18
    keys = {(h.door.community, h.door.building, h.door.unit, h.door.room) for h in homes}
    assert len(keys) == len(homes)


def test_names_are_whole(homes: list[households.Home]) -> None:
    for home in homes:
        for person in home.people:
            assert re.fullmatch(r"[\u4e00-\u9fff]{2,4}", person.name)


def test_what_is_seen_at_the_door_is_not_told_by_telephone(homes: list[households.Home]) -> None:
    rng = random.Random(4)
    for home in rng.sample(homes, 150):
        scene = scenes.Scene(home, home.people[0], TODAY, homes[:5], ("吴婷",), "w")
        for manner in ("PHONE", "OFFICE", "VIDEO", "RECEPTION"):
            assert not SEEN & set(texts.write(rng, scene, manner=manner).keys)


def test_phone_numbers_cannot_be_anybodys(homes: list[households.Home]) -> None:
    numbers = [p.phone for home in homes for p in home.people if p.phone]
    assert all(re.fullmatch(r"154\d{8}", number) for number in numbers)
    assert re.fullmatch(r"154\d{8}", names.phone(random.Random(1)))


def test_what_is_said_of_a_household_is_true_of_it(homes: list[households.Home]) -> None:
    for home in homes:
        ages = [TODAY.year - person.born for person in home.people]
        assert max(ages) >= 20
        assert ("alone" in home.tags) <= (len(home.people) == 1)
        assert not ({"special", "childless"} & home.tags and "kids" in home.tags)
        assert ("ground" in home.tags) == (home.door.floor == 1)
        assert "tower" in home.tags or home.door.floor <= 6
