"""Whether a search asks for somebody: by the form of its words, and by what stands in the texts."""

from __future__ import annotations

from portal.accounts.models import Post
from portal.core.persons import (
    full_names_in,
    holds_a_number,
    is_addressed,
    looks_like_a_person,
    may_be_a_name,
)
from portal.search import registry
from portal.search.selectors import is_found


def asks_for_a_person(post: Post, query: str, *, places: bool = False) -> bool:
    """Whether the words are refused as a search for topics, or with ``places`` for addresses.

    SECURITY: the register is not asked, so the answer tells nobody who is in it. A word made like
    a full name passes when a place is called so; one that only may be a name when it stands in a
    text that the post may find, where names of residents are not (decision 0102).
    """
    numbers = holds_a_number if places else looks_like_a_person
    if numbers(query) or is_addressed(query):
        return True
    of_places = [kind for kind in registry.kinds() if kind.of_places]
    if any(not is_found(post, name, kinds=of_places) for name in full_names_in(query)):
        return True
    kinds = of_places if places else registry.kinds()
    return may_be_a_name(query) and not is_found(post, query, kinds=kinds)
