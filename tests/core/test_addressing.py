"""How persons are spoken of, measured on texts as workers write them."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.addressing import (
    COMPOUND_SURNAMES,
    ORDINARY_WORDS,
    SURNAMES,
    address_forms,
    possible_names,
    surname_of,
)
from portal.core.masking import mask_text
from tests.desk.test_demo_corpus import draw, world

EVERY_SURNAME = SURNAMES | COMPOUND_SURNAMES
#: Of 10,000 forms of address found, at most so many may be none.
WRONG_IN_10_000 = 10


@pytest.fixture(scope="module")
def corpus():
    """Texts of the demo, and the surnames of those they speak of."""
    homes = world()
    notes = draw(3, 1500, homes)
    texts = [note.text for note in notes]
    texts += [matter.text for note in notes for matter in note.matters]
    return [text for text in texts if text], homes


def test_what_is_found_in_the_corpus_are_persons(corpus):
    texts, homes = corpus
    living = {surname_of(one.name) for home in homes for one in home.people}
    found = [
        (text[max(0, start - 3) : end + 3], surname)
        for text in texts
        for start, end, surname in address_forms(text, EVERY_SURNAME)
    ]
    # The demo speaks of those who live there, of colleagues and of the people of the estate office.
    odd = [words for words, surname in found if surname not in living]

    assert len(found) > 2000
    assert len(odd) * 10_000 <= WRONG_IN_10_000 * len(found), odd


def test_the_words_of_the_corpus_stay_words(corpus):
    """Masked with everybody of the demo, a text without its people is what it was."""
    texts, homes = corpus
    names = {one.name for home in homes for one in home.people}
    forenames = {name.removeprefix(surname_of(name)) for name in names}
    quiet = [
        text
        for text in texts
        if not address_forms(text, EVERY_SURNAME)
        and not any(word in text for word in (names | forenames) - ORDINARY_WORDS if len(word) > 1)
        and not any(character.isdigit() for character in text)
    ]

    assert len(quiet) > 300
    assert [text for text in quiet if mask_text(text, names=names) != text] == []


def test_every_resident_named_in_full_is_a_possible_name(corpus):
    _, homes = corpus
    names = {one.name for home in homes for one in home.people}
    missed = [name for name in names if name not in possible_names(f"今天{name}在家")]

    assert missed == []


@pytest.mark.parametrize(
    "text", ["提高明显", "方便群众", "高兴地说", "白菜便宜", "于是回家", "上周末没人", "王"]
)
def test_parts_of_words_are_not_looked_up(text):
    assert not {word for word in possible_names(text) if len(word) == 2}


def test_a_name_is_looked_up_however_it_is_spaced():
    assert "张小明" in possible_names("见到张 小明了")
    assert "买买提·吐尔逊" in possible_names("邻居买买提·吐尔逊")


@given(st.text("王李欧阳老小大爷奶家说的 ,，。张", max_size=40), st.sets(st.sampled_from("王李张")))
def test_forms_are_in_order_apart_and_of_the_given_surnames(text, surnames):
    found = address_forms(text, surnames)

    assert all(surname in surnames and surname in text[start:end] for start, end, surname in found)
    assert all(one[1] <= two[0] for one, two in itertools.pairwise(found))


@given(
    st.lists(st.sampled_from(("王阿姨", "老李", "小张", "陈奶奶", "在", "说", "漏水", "，"))).map(
        "".join
    )
)
def test_masking_twice_changes_nothing_more(text):
    names = ["王秀英", "李娜", "张小明", "陈玉兰"]
    once = mask_text(text, names=names)

    assert mask_text(once, names=names) == once
