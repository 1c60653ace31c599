"""Finding a household by where it is: its building for everybody, its door among the own ones."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from django.db.models import Q

from contacts.models import Household
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post
from portal.core.db.bulk import Among

_UNIT_WORD: Final = re.compile(r"(?<=[0-9A-Za-z])单元$")
_ROOM_WORD: Final = re.compile(r"(?<=[0-9A-Za-z])[室号]$")
_BUILDING_WORD: Final = re.compile(r"(?<=[0-9A-Za-z])(?:号楼|栋|幢|座|楼)$")
_DASHES: Final = re.compile(r"[‐-―−－/#]")
#: 3-1-601: building, unit, room; 3-601: building or unit, room.
_DASHED: Final = re.compile(r"([^-]+)-(?:([^-]+)-)?([^-]+)")
#: 3号楼1单元601室, each part if it is said.
_SAID: Final = re.compile(r"(.+?(?:号楼|栋|幢|座|楼))?(?:(.+?)(?:单元|门))?(.*)")


def compact(value: str) -> str:
    """Without blanks and in plain characters: ３ is 3."""
    return "".join(unicodedata.normalize("NFKC", value).split())


def bare_unit(value: str) -> str:
    """3单元, ３ and 3 are the same: the unit without its word."""
    return _UNIT_WORD.sub("", compact(value))


def bare_room(value: str) -> str:
    """502室 and 502 are the same: the room without its word."""
    return _ROOM_WORD.sub("", compact(value))


def bare_building(value: str) -> str:
    """3, 3栋 and 3号楼 are the same building: the name without its word and without blanks."""
    return _BUILDING_WORD.sub("", compact(value))


def matching(words: str, *, post: Post, own: Q) -> Q:
    """Households that every word fits, as a building, as a community or as a door.

    One query for each word: names are looked for among the buildings around ``post``, of which
    there are few, not household by household.

    SECURITY: unit and room are asked of ``own`` households only. Whoever sees a household masked
    must not learn by asking which door it is behind.
    """
    found = Q()
    for word in unicodedata.normalize("NFKC", words).split():
        place = Q(Among("building_id", _buildings(post, word)))
        found &= place | (own & _door(_DASHES.sub("-", word)))
    return found


def at_door(
    post: Post, *, building_id: int, unit: str, room: str, besides: int | None = None
) -> Household | None:
    """The household in use that is registered behind this door already."""
    rows = Household.objects.visible_to(post).in_use()
    here = rows.filter(building_id=building_id, unit=bare_unit(unit), room=bare_room(room))
    found: Household | None = (here.exclude(pk=besides) if besides else here).first()
    return found


def is_at(household: Household, *, building_id: int, unit: str, room: str) -> bool:
    """Whether this is the household's own door, however it was written."""
    door = (household.building_id, household.unit, household.room)
    return door == (building_id, bare_unit(unit), bare_room(room))


def _buildings(post: Post, word: str) -> list[int]:
    """Those called so, and those of a community called so."""
    fits = _named("name", word) | _named("community__name", word)
    if _BUILDING_WORD.search(word):
        fits |= _named("name", _BUILDING_WORD.sub("", word))
    ids = post.organisation.scope_ids()
    level = next(name for name in reversed(ids._fields) if getattr(ids, name) is not None)
    rows = Organisation.objects.filter(
        fits, kind=OrganisationKind.BUILDING, **{level: getattr(ids, level)}
    )
    return list(rows.order_by().values_list("pk", flat=True))


def _building(word: str) -> Q:
    """3, 3栋 and 3号楼 are the same building."""
    return _named("building__name", _BUILDING_WORD.sub("", word))


def _named(column: str, words: str) -> Q:
    """The name has these words in it; 3号楼 is no part of 13号楼."""
    exact = words.upper() == words.lower()
    has = Q(**{f"{column}__contains" if exact else f"{column}__icontains": words})
    before = "(^|[^0-9])" if words[0].isdigit() else ""
    after = "([^0-9]|$)" if words[-1].isdigit() else ""
    if not (before or after):
        return has
    pattern = f"{before}{re.escape(words)}{after}"
    # The pattern is asked of the few names that have the words at all.
    return has & Q(**{f"{column}__regex" if exact else f"{column}__iregex": pattern})


def _door(word: str) -> Q:
    whole = Q(room__iexact=bare_room(word))
    if dashed := _DASHED.fullmatch(word):
        first, unit, room = dashed.groups()
        here = Q(room__iexact=bare_room(room))
        if unit:
            return whole | (here & _building(first) & _unit(unit))
        return whole | (here & (_building(first) | _unit(first)))
    return whole | _said(word)


def _said(word: str) -> Q:
    """Never empty: a word that names no part is the room itself."""
    said = _SAID.fullmatch(word)
    place, unit, room = said.groups() if said else ("", "", word)
    parts = [_building(place)] if place else []
    if unit:
        parts.append(_unit(unit))
    if room or not parts:
        parts.append(Q(room__iexact=bare_room(room)))
    found = Q()
    for part in parts:
        found &= part
    return found


def _unit(word: str) -> Q:
    """1, 1单元 and 1门 are the same."""
    bare = bare_unit(word).removesuffix("门")
    return Q(unit__iexact=bare) | Q(unit__iexact=f"{bare}门")
