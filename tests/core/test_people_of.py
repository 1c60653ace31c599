"""Looking first for who may stand in a text hides the same as the rule over everybody."""

from hypothesis import given
from hypothesis import strategies as st

from portal.core.addressing import surnames_called
from portal.core.masking import SEPARATOR, PeopleOf, mask_found, mask_text

_CHARACTERS = st.sampled_from("王李张欧阳司马秀英平安建国小老大爷奶阿姨姐·a 说的来了")
_NAMES = st.lists(st.text(_CHARACTERS, min_size=1, max_size=5), max_size=6)
_PIECES = st.lists(
    st.one_of(
        st.text(_CHARACTERS, max_size=6), st.sampled_from(["王奶奶", "老李", "小张", "13800138000"])
    ),
    max_size=8,
)


@given(names=_NAMES, pieces=_PIECES, pick=st.integers(0, 5))
def test_people_found_first_are_hidden_as_by_the_rule(names, pieces, pick):
    text = "".join([*pieces, *names[pick : pick + 1], *pieces[:1]])
    people = PeopleOf(SEPARATOR + "".join(f"{name}{SEPARATOR}" for name in names))
    packed = "".join(text.split())

    found = mask_found(
        text,
        names=people.within(packed),
        surnames=people.surnames_among(surnames_called(text)),
        full_names=(),
    )

    assert found == mask_text(text, names=names)
