"""The quick way of an export hides in every text what the page hides."""

import random

import pytest
from django.utils import timezone

from contacts.models import Household, HouseholdMove, Visit
from contacts.selectors import veil
from contacts.selectors.veil import Veil
from contacts.selectors.words import Spoken, VisitWords, place_of
from portal.accounts.roles import Role
from portal.core.db.bulk import Among, Joined
from tests.factories.accounts import make_post, make_world
from tests.factories.contacts import make_building, make_household, make_resident, make_visit

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

#: Of one building each; nobody is spelled alike twice.
PEOPLE = (
    ("王秀英", "欧阳娜娜", "张平安", "李 小明", "John Smith", "买买提·吐尔逊", "赵", "孙*"),
    ("赵铁柱", "诸葛亮", "钱多", "阿依古丽·麦麦提", "王建国"),
    ("周文彬", "司马相如", "何平"),
)
SAID = [
    *"王张李赵孙老小欧阳说在，。家 \n　的兴",
    *("王秀英", "秀英", "欧阳娜娜", "娜娜", "平安", "李小明", "李 小\n明", "小明", "JohnSmith"),
    *(
        "John Smith",
        "买买提·吐尔逊",
        "吐尔逊",
        "赵铁柱",
        "铁柱",
        "诸葛亮",
        "钱多",
        "王建国",
        "建国",
    ),
    *(
        "王大爷",
        "老王",
        "小李",
        "欧阳老师",
        "赵姐",
        "张奶奶",
        "保安大哥",
        "老胡同",
        "周文彬",
        "文彬",
    ),
    *(
        "13800131234",
        "138 0013-1234",
        "１３８００１３１２３４",
        "2026-11-22",
        "一二三四五六七",
        "502",
    ),
    *("旧名字", "王旧名", "陈先走", "先走", "司马相如", "相如", "何平", "楼上", "电梯坏了"),
]


@pytest.fixture
def spoken():
    """Visits to two buildings of a community and one of another, random words at each."""
    world = make_world()
    worker = make_post(Role.COMMUNITY_WORKER, world.north)
    buildings = (make_building(world.north), make_building(world.north), make_building(world.south))
    for building, names in zip(buildings, PEOPLE, strict=True):
        home = make_household(building)
        for name in names:
            make_resident(home, name=name)
    renamed = make_resident(Household.objects.get(building=buildings[0]), name="王新名")
    renamed.former_names = ["王旧名", "王 旧名字"]
    renamed.save()
    gone = make_household(buildings[1])
    make_resident(gone, name="陈先走")
    HouseholdMove.objects.create(
        household=gone, building=buildings[0], room="1", moved_on=timezone.localdate()
    )
    rng = random.Random(7)  # noqa: S311
    homes = {b.pk: Household.objects.filter(building=b).order_by("pk")[0] for b in buildings}
    for _ in range(150):
        home = homes[rng.choice(buildings).pk]
        text = "".join(rng.choices(SAID, k=rng.randrange(12)))
        make_visit(home, post=worker, text=text, occurred_at=timezone.now())
    visits = list(Visit.objects.select_related("household").order_by("pk"))
    return visits, [Spoken(place_of(v), v.text) for v in visits]


def test_a_text_is_masked_as_on_the_page(spoken):
    visits, said = spoken
    words = VisitWords(visits)

    found = Veil(Household.objects.all()).masked(said)

    assert found == [words.masked(visit, visit.text) for visit in visits]
    changed = sum(text != one.text for text, one in zip(found, said, strict=True))
    assert changed > 50


def test_with_room_for_nobody_the_same_is_hidden(spoken, monkeypatch):
    """More people than there is room for in one batch, and the same place asked for again."""
    _, said = spoken
    whole = Veil(Household.objects.all()).masked(said)
    monkeypatch.setattr(veil, "MOST_CHARACTERS", 1)
    narrow = Veil(Household.objects.all())

    assert narrow.masked(said) == whole
    assert [text for one in said for text in narrow.masked([one])] == whole
    assert narrow.masked([]) == []


def test_thousands_of_numbers_are_one_parameter(spoken):
    ids = [visit.pk for visit in spoken[0][:3]]
    found = Visit.objects.filter(Among("pk", [*ids, 10**12]))
    assert sorted(found.values_list("pk", flat=True)) == ids
    assert not Visit.objects.filter(Among("household_id", [])).exists()


def test_texts_of_a_group_are_joined_and_hold_no_separator(spoken):
    home = make_household(make_building(spoken[0][0].community))
    for name in ("甲乙", "丙\x1f丁"):
        make_resident(home, name=name)
    rows = (
        Household.objects.filter(pk=home.pk).values("pk").annotate(told=Joined("residents__name"))
    )
    assert sorted(rows.get()["told"].split("\x1f")) == ["", "丙丁", "甲乙"]
