"""Texts by the thousand, batch by batch, are hidden as one by one and as the rule says."""

import random
from collections import defaultdict
from itertools import chain

import pytest
from django.db.models import Q
from django.utils import timezone

from contacts.models import Household, HouseholdMove, Resident, Visit, VisitGuest
from contacts.selectors import name_book
from contacts.selectors.words import People, Spoken, VisitWords, masked_texts, place_of
from portal.accounts.roles import Role
from portal.core.addressing import possible_names
from portal.core.db.bulk import Among, Joined
from portal.core.masking import mask_text
from tests.factories.accounts import make_post, make_world
from tests.factories.contacts import make_building, make_household, make_resident, make_visit
from tests.factories.places import make_place_visit

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


def _spoken(visit: Visit, guests: set[str]) -> Spoken:
    lives_in = visit.household.building_id if visit.household else None
    return Spoken(place_of(visit)._replace(lives_in=lives_in), visit.text, guests)


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
    places = [*homes.values(), gone]
    for _ in range(150):
        text = "".join(rng.choices(SAID, k=rng.randrange(12)))
        make_visit(rng.choice(places), post=worker, text=text, occurred_at=timezone.now())
    for place in (world.north, world.bajiao) * 10:
        text = "".join(rng.choices([*SAID, "钱进财", "进财", "钱师傅"], k=rng.randrange(12)))
        make_place_visit(place, post=worker, text=text, guests=(("钱进财", ""),))
    # Some were made before the household moved.
    Visit.objects.filter(
        household=gone,
        pk__in=Visit.objects.filter(household=gone).order_by("pk").values_list("pk", flat=True)[:9],
    ).update(building=buildings[0])
    guests = defaultdict(set)
    for guest in VisitGuest.objects.all():
        guests[guest.visit_id].add(guest.name)
    visits = Visit.objects.select_related("household").order_by("pk")
    return [_spoken(visit, guests[visit.pk]) for visit in visits]


def by_the_plain_rule(one: Spoken) -> str:
    """Everybody near and around, looked for by ``portal.core.masking`` alone."""
    home, place = Household.objects.filter(pk=one.place.household_id), one.place
    buildings = {place.building_id, *home.values_list("moves__building_id", flat=True)}
    there = Q(household__building__in=buildings) | Q(household__moves__building__in=buildings)
    near = Resident.objects.filter(there | Q(household__in=home))
    around = {"household__community": place.community_id}
    if not place.community_id:
        around = {"household__street": place.street_id}
    full = Resident.objects.filter(**around).values_list("name", flat=True)
    return mask_text(
        one.text,
        names=[*chain.from_iterable([p.name, *p.former_names] for p in near), *one.guests],
        full_names=[
            name
            for name in full
            # Registered with a blank or in other letters, a name is known only to those near.
            if name.replace("·", "").isalpha()
            and not name.isascii()
            # One of two characters may be part of a word: 于是.
            and (len(name) > 2 or name in possible_names(one.text))
        ],
    )


def test_many_texts_are_masked_as_one_by_one_and_by_the_rule(spoken):
    found = People(many=True).all_masked(spoken)

    assert found == [by_the_plain_rule(one) for one in spoken]
    assert found == [masked_texts([one])[0] for one in spoken]
    assert found == masked_texts(spoken)
    changed = sum(text != one.text for text, one in zip(found, spoken, strict=True))
    assert changed > 50


def test_a_page_of_visits_is_masked_the_same(spoken):
    visits = list(Visit.objects.select_related("household").order_by("pk"))
    words = VisitWords(visits)

    assert People(many=True).all_masked(spoken) == [words.masked(v, v.text) for v in visits]


def test_with_room_for_nobody_the_same_is_hidden(spoken, monkeypatch):
    """More people than there is room for in one batch, and the same place asked for again."""
    whole = People(many=True).all_masked(spoken)
    monkeypatch.setattr(name_book, "MOST_CHARACTERS", 1)
    monkeypatch.setattr(name_book, "MOST_NAMES", 1)
    narrow = People(many=True)

    assert narrow.all_masked(spoken) == whole
    assert [text for one in spoken for text in narrow.all_masked([one])] == whole
    assert narrow.all_masked([]) == []


def test_what_was_read_is_not_asked_again(spoken, django_assert_max_num_queries):
    people = People(many=True)
    people.all_masked(spoken)
    with django_assert_max_num_queries(1):  # whether somebody has moved
        people.all_masked(spoken)


def test_thousands_of_numbers_are_one_parameter(spoken):
    ids = sorted(Visit.objects.values_list("pk", flat=True))[:3]
    found = Visit.objects.filter(Among("pk", [*ids, 10**12]))
    assert sorted(found.values_list("pk", flat=True)) == ids
    assert not Visit.objects.filter(Among("household_id", [])).exists()


def test_texts_of_a_group_are_joined_and_hold_no_separator(spoken):
    home = make_household(Visit.objects.filter(household__isnull=False)[0].building)
    for name in ("甲乙", "丙\x1f丁"):
        make_resident(home, name=name)
    rows = (
        Household.objects.filter(pk=home.pk).values("pk").annotate(told=Joined("residents__name"))
    )
    assert sorted(rows.get()["told"].split("\x1f")) == ["", "丙丁", "甲乙"]


def test_a_short_name_of_the_community_is_hidden_over_the_end_of_a_line(spoken):
    place = spoken[0].place
    visit = Visit.objects.filter(community=place.community_id).first()
    elsewhere = make_household(make_building(visit.community))
    make_resident(elsewhere, name="张安")

    found = masked_texts([Spoken(place, "找张\n安谈过"), Spoken(place, "张安来过")])

    assert found == ["找张*谈过", "张*来过"]
