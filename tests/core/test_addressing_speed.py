"""Quick ways through the rule of address find what the rule, written as one pattern, finds."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core import addressing
from portal.core.addressing import (
    address_forms,
    name_runs,
    names_of,
    possible_names,
    surnames_called,
)
from portal.core.masking import holds_number, mask_text

SURNAMES = ["王", "李", "欧阳", "阳", "高", "时", "孙", "安"]
texts = st.lists(
    st.sampled_from([*SURNAMES, *"老小大爷奶叔姐哥先生师傅家的子兴，保区", "大爷", "奶奶", "叔叔"]),
    max_size=14,
).map("".join)
some = st.frozensets(st.sampled_from(SURNAMES))


def by_pattern(text, surnames):
    """The rule as one regular expression for these surnames."""
    asked = sorted(surnames - addressing.FUNCTION_WORDS, key=len, reverse=True)
    if not asked:
        return []
    any_of = "|".join(map(re.escape, asked))
    found = []
    for m in re.finditer(
        f"(?P<before>{any_of})(?:{addressing.TITLES})|[老小](?P<after>{any_of})", text
    ):
        titled = m["before"] is not None
        form = addressing._Form(m.start(), m.end(), m["before"] or m["after"], titled)
        wrong = addressing._is_inside_a_word if titled else addressing._is_no_nickname
        if not wrong(text, form):
            found.append((form.start, form.end, form.surname))
    return found


@given(texts, some)
@settings(max_examples=1500)
def test_the_forms_are_those_of_the_pattern(text, surnames):
    assert address_forms(text, surnames) == by_pattern(text, surnames)


@given(texts, some)
@settings(max_examples=500)
def test_whoever_is_addressed_was_called(text, surnames):
    called = surnames_called(text)
    assert {surname for _, _, surname in address_forms(text, surnames)} <= called
    assert address_forms(text, surnames) == address_forms(text, surnames & called)


@given(st.lists(st.sampled_from([*"王欧阳司马于和是小明说·• \n", "ab"]), max_size=14).map("".join))
@settings(max_examples=500)
def test_every_possible_name_begins_where_one_may(text):
    packed = "".join(text.split())
    assert possible_names(text) <= names_of(name_runs(text, packed))


@given(st.text(alphabet="0123456789-( 一二三零幺+138安X", max_size=30))
def test_without_a_number_none_is_masked(text):
    if not holds_number(text):
        assert mask_text(text) == text
