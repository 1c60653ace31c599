import re

from hypothesis import given
from hypothesis import strategies as st

from portal.core.bigrams import (
    DOCUMENT_LIMIT,
    Phrase,
    document_tokens,
    normalise,
    query_phrases,
)

TEXT = st.lists(
    st.one_of(
        st.text("漏水燃气味号楼三", max_size=5),
        st.text("abＺ 3９,。", max_size=4),
        st.text(max_size=4),
    )
).map("".join)


def test_every_character_begins_a_token():
    assert document_tokens("3号楼漏水!Wi-Fi") == ["3", "号楼", "楼漏", "漏水", "水", "wi", "fi"]


def test_a_query_is_a_phrase_per_word_open_at_its_end():
    assert query_phrases("漏水") == [Phrase(("漏水",))]
    assert query_phrases("燃气异味 三单元") == [
        Phrase(("燃气", "气异", "异味")),
        Phrase(("三单", "单元")),
    ]
    assert query_phrases("号") == [Phrase(("号",), prefix=True)]
    assert query_phrases("漏水3号") == [Phrase(("漏水", "水", "3", "号"), prefix=True)]
    assert query_phrases("3 3") == [Phrase(("3",))]
    assert query_phrases(" ,。'\"*") == []


def test_numbers_of_persons_neither_enter_nor_search():
    text = "电话１３８ 0013 8000,证11010719900101123X,补50元"

    assert document_tokens(text) == ["电话", "话", "证", "补", "50", "元"]
    assert query_phrases("13800138000") == []


def _matches(phrase, tokens):
    size = len(phrase.tokens)
    for start in range(len(tokens) - size + 1):
        part = tokens[start : start + size]
        if tuple(part[:-1]) != phrase.tokens[:-1]:
            continue
        last = part[-1]
        if last == phrase.tokens[-1] or (phrase.prefix and last.startswith(phrase.tokens[-1])):
            return True
    return False


@given(TEXT, st.data())
def test_any_stretch_of_characters_of_a_text_finds_it(text, data):
    runs = re.findall(r"[\u4e00-\u9fff]+", normalise(text))
    if not runs:
        return
    run = data.draw(st.sampled_from(runs))
    start = data.draw(st.integers(0, len(run) - 1))
    part = run[start : data.draw(st.integers(start + 1, len(run)))]

    assert all(_matches(phrase, document_tokens(text)) for phrase in query_phrases(part))


@given(TEXT)
def test_tokens_are_safe_to_write_between_quotes(text):
    tokens = document_tokens(text)

    assert not set("".join(tokens)) & set(" '\"\\:*&|!<>()-+^\0")
    assert not any(re.search(r"\d{7,}", token) for token in tokens)


def test_a_document_of_any_length_is_kept_within_the_limit():
    assert len(document_tokens("漏水" * DOCUMENT_LIMIT)) == DOCUMENT_LIMIT
