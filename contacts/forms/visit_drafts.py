"""What of a sent or half-written form is kept, and the form filled from it again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from contacts.forms.visits import GUESTS_PREFIX, MATTERS_PREFIX, VisitForm

_MANY: Final = frozenset({"met", "companions"})
_MATTER: Final = re.compile(rf"{MATTERS_PREFIX}-(\d{{1,2}})-(id|text|outcome|drop)")
_GUEST: Final = re.compile(rf"{GUESTS_PREFIX}-\d{{1,2}}-(?:id|household|name|phone|door|drop)")
#: What the form of a 下访 or 接访 has besides (contacts.forms.field_visits).
_OF_PLACES: Final = frozenset(
    {"kind", "where", "place", "by_appointment", "lead", "promise_household"}
)
#: What makes a form worth keeping: words. A ticked box is ticked again in a second.
_WORDS: Final = ("text", "met_other", "next_step", "promise", "companion_names", "reason")


def typed_of(data: Any) -> dict[str, list[str]]:
    """What a sent form holds, without tokens: only fields of the form are kept."""
    known = {*VisitForm.base_fields, *_OF_PLACES, "household", "next"}
    parts = (_MATTER, _GUEST)
    return {
        name: data.getlist(name)
        for name in data
        if name in known or any(part.fullmatch(name) for part in parts)
    }


def has_words(typed: Mapping[str, Sequence[str]]) -> bool:
    ends = ("-text", "-name", "-phone", "-door")
    names = [name for name in typed if name in _WORDS or name.endswith(ends)]
    return any(value.strip() for name in names for value in typed[name])


def restored(typed: Mapping[str, Sequence[str]]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Initial values of the form and of its matters from a draft, as they were typed."""
    initial: dict[str, Any] = {}
    rows: dict[int, dict[str, Any]] = {}
    for name, values in typed.items():
        if match := _MATTER.fullmatch(name):
            rows.setdefault(int(match[1]), {})[match[2]] = values[-1] if values else ""
        elif name in _MANY:
            initial[name] = list(values)
        else:
            initial[name] = values[-1] if values else ""
    matters = [rows[n] for n in sorted(rows) if rows[n].get("text") or rows[n].get("outcome")]
    return initial, matters
