"""可能重复: open grievances that may be about one thing. About things, never a list of persons."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, NamedTuple
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse

from grievances.likeness import THRESHOLD, is_same_spot, shingles, similarity
from grievances.models import Grievance
from grievances.parties import runs_desk
from grievances.selectors.rows import GrievanceRow, Mask, RowReader
from grievances.selectors.words import raisers_of
from grievances.workflow import BY_KEY
from portal.accounts.models import Post
from portal.accounts.permissions import Permission

#: Received no further apart than this.
WITHIN: Final = dt.timedelta(days=60)
#: So many of the newest are compared with each other.
COMPARED: Final = 400
GROUPS: Final = 10
GROUP_ROWS: Final = 5
#: On the page of one.
BESIDE: Final = 5
_COLUMNS: Final = (
    "pk", "number", "state", "household_id", "building_id", "community_id", "street_id",
    "district_id", "place", "text", "received_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Repeat:
    """Two that may be the same; ``merge_url`` is "" for who may not merge them."""

    newer: str
    older: str
    percent: int
    merge_url: str


@dataclass(frozen=True, slots=True)
class Group:
    """What hangs together by pairs, newest first, masked already."""

    rows: tuple[GrievanceRow, ...]
    pairs: tuple[Repeat, ...]
    #: There are more than are shown.
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Repeats:
    groups: tuple[Group, ...]
    #: How many groups there are among those compared.
    number: int
    #: Only the newest were compared.
    is_cut: bool


class _Case(NamedTuple):
    row: Grievance
    said: frozenset[str]
    spot: frozenset[str]


class _Pair(NamedTuple):
    newer: Grievance
    older: Grievance
    likeness: float


def may_merge(post: Post, grievance: Grievance) -> bool:
    """Whether the post is the desk of it, and it is in a state that can be merged."""
    place = runs_desk(post) if post.may(Permission.HANDLE_GRIEVANCES) else None
    return (
        place is not None
        and getattr(grievance, f"{place}_id") == post.organisation_id
        and grievance.state in BY_KEY["merge"].from_states
    )


def repeats_among(*, post: Post, now: dt.datetime, mask: Mask) -> Repeats:
    """Groups of open ones in the post's list, none of them restricted; few queries."""
    rows = _read(Grievance.objects.listed_for(post).open().filter(received_at__gt=now - WITHIN))
    pairs = _alike(_cases(rows[:COMPARED]))
    groups = _groups(pairs)
    shown = groups[:GROUPS]
    ids = [row.pk for group in shown for row in group[:GROUP_ROWS]]
    drawn = {row.number: row for row in RowReader(mask, now=now).rows(ids)}
    return Repeats(
        groups=tuple(_group(post, group, pairs, drawn) for group in shown),
        number=len(groups),
        is_cut=len(rows) > COMPARED,
    )


def repeats_of(*, post: Post, grievance: Grievance) -> list[Repeat]:
    """What may be the same as this one, the likest first; for who may merge it, else nothing."""
    if grievance.is_restricted or not may_merge(post, grievance):
        return []
    near = Q(household_id=grievance.household_id) if grievance.household_id else Q()
    for place in ("building_id", "community_id"):
        if found := getattr(grievance, place):
            near |= Q(**{place: found})
    if not near:
        return []
    since, until = grievance.received_at - WITHIN, grievance.received_at + WITHIN
    others = _read(
        Grievance.objects.listed_for(post)
        .open()
        .filter(near, received_at__range=(since, until))
        .exclude(pk=grievance.pk)
    )
    if not others:
        return []
    cases = _cases([grievance, *others[:COMPARED]])
    pairs = [pair for other in cases[1:] if (pair := _pair(cases[0], other))]
    pairs.sort(key=lambda pair: -pair.likeness)
    return [_repeat(post, pair) for pair in pairs[:BESIDE]]


def _read(found: Iterable) -> list[Grievance]:
    rows = found.only(*_COLUMNS).order_by("-received_at", "-pk")  # type: ignore[attr-defined]
    return list(rows[: COMPARED + 1])


def _cases(rows: Sequence[Grievance]) -> list[_Case]:
    raisers = raisers_of([row.pk for row in rows])
    return [
        _Case(row, shingles(row.text, without=raisers.get(row.pk, ())), shingles(row.place))
        for row in rows
    ]


def _alike(cases: Sequence[_Case]) -> list[_Pair]:
    """Pairs of one community; nothing lies in two."""
    near: dict[int, list[_Case]] = defaultdict(list)
    for case in cases:
        if case.row.community_id is not None:
            near[case.row.community_id].append(case)
    return [
        pair
        for some in near.values()
        for one, other in combinations(some, 2)
        if (pair := _pair(one, other))
    ]


def _pair(one: _Case, other: _Case) -> _Pair | None:
    if abs(one.row.received_at - other.row.received_at) > WITHIN or not _is_near(one, other):
        return None
    likeness = similarity(one.said, other.said)
    if likeness < THRESHOLD:
        return None
    older, newer = sorted((one.row, other.row), key=lambda row: (row.received_at, row.pk))
    return _Pair(newer, older, likeness)


def _is_near(one: _Case, other: _Case) -> bool:
    """The same household or building, or one community and the same spot in words."""
    for place in ("household_id", "building_id"):
        if getattr(one.row, place) and getattr(one.row, place) == getattr(other.row, place):
            return True
    community = one.row.community_id
    return (
        community is not None
        and community == other.row.community_id
        and is_same_spot(one.spot, other.spot)
    )


def _groups(pairs: Sequence[_Pair]) -> list[list[Grievance]]:
    """What hangs together, newest first in each and among them."""
    of: dict[int, dict[int, Grievance]] = {}
    for newer, older, _ in pairs:
        both = {newer.pk: newer, older.pk: older}
        joined = {**of.get(newer.pk, {}), **of.get(older.pk, {}), **both}
        for pk in joined:
            of[pk] = joined
    unique = {id(members): members for members in of.values()}
    groups = [sorted(members.values(), key=_newest_first) for members in unique.values()]
    return sorted(groups, key=lambda group: _newest_first(group[0]))


def _newest_first(row: Grievance) -> tuple[float, int]:
    return -row.received_at.timestamp(), -row.pk


def _group(
    post: Post, members: list[Grievance], pairs: Sequence[_Pair], drawn: dict[str, GrievanceRow]
) -> Group:
    shown = {row.pk for row in members[:GROUP_ROWS]}
    return Group(
        rows=tuple(drawn[row.number] for row in members[:GROUP_ROWS] if row.number in drawn),
        pairs=tuple(
            _repeat(post, pair)
            for pair in pairs
            if pair.newer.pk in shown and pair.older.pk in shown
        ),
        is_cut=len(members) > GROUP_ROWS,
    )


def _repeat(post: Post, pair: _Pair) -> Repeat:
    """The newer one is proposed to go into the older one: it is further, and was promised first."""
    newer, older = pair.newer, pair.older
    url = reverse("grievances:move", args=[newer.number, "merge"])
    return Repeat(
        newer=newer.number,
        older=older.number,
        percent=round(100 * min(pair.likeness, 1)),
        merge_url=f"{url}?{urlencode({'other': older.number})}" if may_merge(post, newer) else "",
    )
