"""Quick ways through the masking of names and numbers hide what the rule, written plainly, hides."""

import re
import sys

from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal.core import masking
from portal.core.masking import MAYBE_NUMBER, KnownNames, holds_number, mask_found, mask_text

BLANKS = st.sampled_from([" ", "\n", "\u3000", "\x1f"])
CHARACTERS = st.sampled_from(list("张王小明欧阳娜李兴平安老大爷奶，。"))
texts = st.lists(st.one_of(CHARACTERS, CHARACTERS, BLANKS), max_size=30).map("".join)
words = st.lists(st.text("张王小明欧阳娜李", min_size=1, max_size=4), max_size=5, unique=True)
names = st.lists(
    st.lists(st.one_of(CHARACTERS, CHARACTERS, CHARACTERS, BLANKS), min_size=1, max_size=5).map(
        "".join
    ),
    max_size=5,
)
DIGITS = "0123456789０８٣𝟗-（） (+86一幺零〇\u200b\u2013_.·Xx安\n\t"
numbers = st.lists(
    st.sampled_from([*DIGITS, "13800131234", "010-6887", "110107"]), max_size=30
).map("".join)


def covered_by_pattern(text, covers):
    """Any of the words, longest first; white space may stand between their characters."""
    ordered = sorted(covers, key=len, reverse=True)
    pattern = "|".join(r"\s*".join(map(re.escape, word)) for word in ordered)
    return re.sub(pattern, lambda m: covers["".join(m[0].split())], text)


def test_every_decimal_digit_may_be_of_a_number():
    every = [chr(code) for code in range(sys.maxunicode + 1) if chr(code).isdecimal()]
    assert [digit for digit in every if not MAYBE_NUMBER.search(digit * 7)] == []


@given(texts, words)
@example("王 小明王小", ["王小明", "小明王"])
@settings(max_examples=500)
def test_names_with_blanks_inside_are_covered_as_by_a_pattern(text, words):
    covers = {word: f"<{number}>" for number, word in enumerate(words)}
    ordered = sorted(covers, key=len, reverse=True)
    if covers:
        assert masking._cover_apart(text, ordered, covers) == covered_by_pattern(text, covers)


@given(numbers)
@settings(max_examples=1000)
def test_numbers_are_found_where_the_plain_pattern_finds_them(text):
    found = [match.span() for match in masking._PLACE.finditer(text)]
    assert holds_number(text) == bool(found)
    if found:
        assert MAYBE_NUMBER.search(text)


@given(st.from_regex(r"[01][0-9]{6,12}", fullmatch=True))
def test_the_short_way_of_a_mobile_number_is_that_of_any_other(run):
    if masking._MOBILE.fullmatch(run):
        assert masking._mask_run(run) == masking.mask_phone(run)


@given(names)
def test_names_are_read_alike_together_and_one_by_one(names):
    every = KnownNames(names)
    alone = [KnownNames([name]) for name in names]
    assert set(every.by_end) == {end for one in alone for end in one.by_end}
    assert every.surnames == frozenset().union(*(one.surnames for one in alone))


@given(st.one_of(texts, st.tuples(texts, numbers, texts).map("".join)), names, names)
@settings(max_examples=500)
def test_who_has_looked_already_hides_the_same(text, near, around):
    known = KnownNames(near)
    packed = "".join(text.split())
    found = mask_found(
        text,
        names=known.within(packed),
        surnames=known.surnames,
        full_names=KnownNames(around).within(packed),
    )
    assert found == mask_text(text, names=near, full_names=around)
