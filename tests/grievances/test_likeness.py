"""How alike two texts are, held to labelled pairs."""

import pytest

from grievances.likeness import THRESHOLD, is_same_spot, shingles, similarity
from tests.grievances.likeness_pairs import DIFFERENT, SAME


def alike(one: str, other: str) -> bool:
    return similarity(shingles(one), shingles(other)) >= THRESHOLD


def test_precision_and_recall_on_the_labelled_pairs():
    """Decision 0123 says these numbers."""
    found = sum(alike(*pair) for pair in SAME)
    wrong = sum(alike(*pair) for pair in DIFFERENT)
    assert len(SAME) + len(DIFFERENT) >= 60
    assert found / (found + wrong) >= 0.8
    assert found / len(SAME) >= 0.8


def test_from_nothing_to_the_same():
    text = shingles("楼道灯坏了，晚上看不见台阶。")
    assert similarity(text, text) == 1
    assert similarity(text, shingles("低保申请交了两个月。")) == 0
    assert similarity(text, frozenset()) == 0


@pytest.mark.parametrize("pair", SAME[:3])
def test_the_order_of_the_two_does_not_matter(pair):
    one, other = map(shingles, pair)
    assert similarity(one, other) == similarity(other, one)


def test_who_somebody_is_makes_no_two_things_alike():
    one, other = "欧阳建国反映漏雨，13800131234", "欧阳建国要办老年卡，13800131234"
    without = ["欧阳建国"]
    assert similarity(shingles(one, without=without), shingles(other, without=without)) == 0


def test_two_words_prove_nothing():
    assert not alike("漏水", "漏水")


def test_the_same_spot_is_named_by_both():
    gate = shingles("3号楼门前")
    assert is_same_spot(gate, shingles("3号楼门前台阶"))
    assert not is_same_spot(gate, shingles("北门菜市场"))
    assert not is_same_spot(gate, shingles(""))
