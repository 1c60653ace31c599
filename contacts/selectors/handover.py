"""移交清单: everything one person answers for, as the one who hands it over may read it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Final, TypeVar

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from contacts.models import (
    ContactPoint,
    Household,
    HouseholdDuty,
    Matter,
    Promise,
    Visit,
    VisitDraft,
)
from contacts.querysets import MAY_ANSWER, HouseholdQuerySet
from contacts.selectors.duties import reaches
from contacts.selectors.sight import HouseholdLine, household_lines
from contacts.selectors.words import VisitWords
from portal.accounts.models import Post, User
from portal.accounts.ports import Unfinished
from portal.accounts.roles import Role
from portal.accounts.selectors.posts import Holder, holders, of_who_can_sign_in

#: More lines of one kind than a person reads on a screen, which says how many more there are.
#: The paper that two people sign has all.
MOST: Final = 300


@dataclass(frozen=True, slots=True)
class HouseholdToHand:
    """One household the person answers for, and who will, when that is planned."""

    line: HouseholdLine
    since: dt.date
    planned: str = ""
    #: Beside the others of its building; nothing where it is masked.
    door: str = ""


@dataclass(frozen=True, slots=True)
class BuildingToHand:
    """The households of one building: those seen in full as the stairs go, then the masked ones."""

    id: int
    name: str
    households: tuple[HouseholdToHand, ...]

    @property
    def plain(self) -> tuple[HouseholdToHand, ...]:
        """Those that can be told apart."""
        return tuple(one for one in self.households if one.line.is_full)

    @property
    def alike(self) -> tuple[HouseholdToHand, ...]:
        """Those that read alike and go together; what is planned stays as planned."""
        return tuple(one for one in self.households if not one.line.is_full and not one.planned)

    @property
    def planned_alike(self) -> dict[str, int]:
        """How many of the masked ones are planned already, by who takes them from when."""
        masked = (one.planned for one in self.households if not one.line.is_full)
        return dict(Counter(filter(None, masked)))


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A promise, a next step or a matter that waits, masked already."""

    address: str
    text: str
    on: dt.date | None
    url: str
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class OpenList:
    """What is open of one kind, and how much there is of it."""

    lines: tuple[OpenLine, ...] = ()
    count: int = 0

    @property
    def more(self) -> int:
        """How many are not among the lines."""
        return self.count - len(self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverSheet:
    """What goes along with the duty, and what the colleague who takes over has to know."""

    person: User
    posts: tuple[str, ...]
    #: (where the duty comes from, how many); one only where nothing needs to be told apart.
    sources: tuple[tuple[str, int], ...]
    buildings: tuple[BuildingToHand, ...]
    promises: OpenList
    next_steps: OpenList
    matters: OpenList
    points: tuple[str, ...]
    #: Unsent forms: nobody but the person can read them, so only how many.
    drafts: int

    @property
    def count(self) -> int:
        return sum(len(building.households) for building in self.buildings)

    @property
    def shown_in_full(self) -> list[int]:
        """Households whose people are named on it."""
        homes = chain.from_iterable(building.households for building in self.buildings)
        return [one.line.id for one in homes if one.line.is_full]

    @property
    def masked(self) -> int:
        """How many households cannot be told apart until a reason is stated."""
        return self.count - len(self.shown_in_full)

    @property
    def is_empty(self) -> bool:
        open_ones = (self.promises.count, self.next_steps.count, self.matters.count)
        return not any((self.buildings, *open_ones, self.points, self.drafts))


def person_in_scope(*, post: Post, user_id: int) -> User | None:
    """Somebody with a post in the place of the acting one, now or before, or with duties there."""
    held = Q(posts__organisation__path__startswith=post.organisation.path)
    answers = Q(
        household_duties__household__in=Household.objects.visible_to(post).order_by().values("pk")
    )
    return User.objects.filter(held | answers, pk=user_id).distinct().first()


def households_of(*, post: Post, person: User, today: dt.date) -> HouseholdQuerySet:
    """Households in sight of ``post`` that the person answers for now."""
    duties = HouseholdDuty.objects.in_force(today).filter(user=person)
    rows: HouseholdQuerySet = Household.objects.visible_to(post).in_use()
    return rows.filter(pk__in=duties.values("household_id"))


def left_behind(*, held: Post) -> Unfinished | None:
    """The households somebody answers for under this post, with the sheet that hands them over."""
    number = Household.objects.own(held).in_use().count()
    if not number:
        return None
    return Unfinished(f"还负责 {number} 户", reverse("contacts:handover", args=[held.user_id]))


def sheet(*, post: Post, person: User, now: dt.datetime, whole: bool = False) -> HandoverSheet:
    """The sheet of one person, in a fixed number of queries.

    ``whole`` is the one on paper: no list of it is cut off at ``MOST``.
    """
    today = timezone.localdate(now)
    own = households_of(post=post, person=person, today=today)
    read = own.select_related("building__community")
    households = list(read.order_by("building__path", "door_order", "pk"))
    lines = household_lines(post=post, households=households, now=now, cares=False)
    reader = _Reader(post, lines, today, most=None if whole else MOST)
    ids = [household.pk for household in households]
    posts = Post.objects.visible_to(post).lasting(today).filter(user=person)
    points = ContactPoint.objects.visible_to(post).in_force(today).filter(user=person)
    return HandoverSheet(
        person=person,
        posts=tuple(f"{p.place} {p.label}" for p in posts.with_places()),
        sources=_sources(households, post=post, person=person, today=today),
        buildings=_buildings(households, lines, ids, today),
        promises=_promises(reader, ids),
        next_steps=_next_steps(reader, ids, person),
        matters=_matters(reader, ids, person),
        points=tuple(str(p.organisation) for p in points.select_related("organisation")),
        drafts=VisitDraft.objects.filter(user=person).count(),
    )


def receivers(*, post: Post, person: User, today: dt.date) -> list[tuple[int, str]]:
    """(user id, 王芳（八角北里社区第一网格 党员骨干）) of colleagues who may answer and sign in.

    Community workers of the person's own communities first, then those of others; officers after
    them, leaders last.
    """
    posts = Post.objects.visible_to(post).lasting(today).filter(role__in=MAY_ANSWER)
    rows = of_who_can_sign_in(posts).exclude(user=person).order_by("organisation__path", "pk")
    held = Post.objects.visible_to(post).filter(user=person).order_by()
    own = set(held.values_list("organisation_id", "organisation__community_id"))
    places = {pk for pair in own for pk in pair if pk is not None}
    found: dict[int, str] = {}
    for each in sorted(holders(rows), key=lambda one: _turn(one, places)):
        found.setdefault(each.user_id, str(each))
    return list(found.items())


#: Who visits from door to door is offered first, who leads last.
_TURNS: Final = {Role.COMMUNITY_WORKER: 0, Role.LEADER: 2}


def _turn(one: Holder, places: set[int]) -> tuple[int, bool]:
    return _TURNS.get(Role(one.role), 1), not {one.unit.id, one.unit.community_id} & places


def _sources(
    households: Sequence[Household], *, post: Post, person: User, today: dt.date
) -> tuple[tuple[str, int], ...]:
    """Under which post of the person the households stand, as its own lists count them.

    A household that two posts reach counts with both. A post outside the place of the acting one
    is not named.
    """
    rows = Post.objects.filter(user=person, role__in=MAY_ANSWER).lasting(today).with_places()
    held = [one for one in rows.order_by("organisation__path", "pk") if one.in_force(today)]
    found: Counter[str] = Counter()
    for home in households:
        reached = {_source(one, post) for one in held if reaches(one, home)}
        found.update(reached or {"现任岗位管不到的"})
    return tuple(found.items())


def _source(held: Post, post: Post) -> str:
    if held.organisation.path.startswith(post.organisation.path):
        return f"{held.place} {held.label}"
    return "其他单位的岗位"


_Row = TypeVar("_Row", Promise, Visit, Matter)
#: What names the place of a visit where its household is not on the sheet.
_PLACE: Final = ("community", "street", "building")
_Told = tuple[Visit, str, dt.date | None]


class _Reader:
    """Masks what stands in the visits of these households."""

    def __init__(
        self, post: Post, lines: dict[int, HouseholdLine], today: dt.date, *, most: int | None
    ) -> None:
        self.post, self.lines, self.today, self._most = post, lines, today, most

    def visits(self) -> Q:
        """Of those the post may read."""
        readable = Visit.objects.visible_to(self.post).valid().order_by()
        return Q(visit__in=readable.values("pk"))

    def read(
        self, rows: QuerySet[_Row], told: Callable[[_Row], _Told], *, due: bool = True
    ) -> OpenList:
        """The rows as lines; ``told`` gives the visit, the text and the day of one.

        ``due`` unless that day is when it was written down, which is never overdue.
        """
        found = list(rows if self._most is None else rows[: self._most + 1])
        is_cut = self._most is not None and len(found) > self._most
        count = rows.order_by().count() if is_cut else len(found)
        return OpenList(self._read(list(map(told, found[: self._most])), due=due), count)

    def _read(self, found: Sequence[_Told], *, due: bool) -> tuple[OpenLine, ...]:
        masked = [visit for visit, _, _ in found if not self._is_full(visit)]
        veil = VisitWords(masked, texts=[text for _, text, _ in found])
        return tuple(
            OpenLine(
                address=self._address(visit),
                text=text if self._is_full(visit) else veil.masked(visit, text),
                on=on,
                url=visit.get_absolute_url(),
                overdue=due and on is not None and on < self.today,
            )
            for visit, text, on in found
        )

    def _is_full(self, visit: Visit) -> bool:
        line = self.lines.get(visit.household_id or 0)
        return visit.post_id == self.post.pk or (line is not None and line.is_full)

    def _address(self, visit: Visit) -> str:
        line = self.lines.get(visit.household_id or 0)
        if line is not None:
            return line.address
        building = visit.building.name if visit.building else ""
        return " ".join(filter(None, (visit.place_words, building)))


def _buildings(
    households: Sequence[Household],
    lines: dict[int, HouseholdLine],
    ids: Sequence[int],
    today: dt.date,
) -> tuple[BuildingToHand, ...]:
    rows = HouseholdDuty.objects.filter(household__in=ids).select_related("user").order_by("since")
    since: dict[int, dt.date] = {}
    planned: dict[int, str] = {}
    for duty in rows:
        if duty.holds_on(today):
            since[duty.household_id] = duty.since
        elif duty.since > today:
            planned[duty.household_id] = f"{duty.since} 起由{duty.user.name}接手"
    return tuple(
        BuildingToHand(
            id=building.pk,
            name=building.full_name,
            households=tuple(
                HouseholdToHand(
                    lines[one.pk],
                    since[one.pk],
                    planned.get(one.pk, ""),
                    one.door if lines[one.pk].is_full else "",
                )
                for one in _told_apart_first(list(inside), lines)
            ),
        )
        for building, inside in groupby(households, key=lambda one: one.building)
    )


def _told_apart_first(homes: list[Household], lines: dict[int, HouseholdLine]) -> list[Household]:
    """SECURITY: among doors in order a masked one would be found by its neighbours."""
    masked = [one for one in homes if not lines[one.pk].is_full]
    plain = [one for one in homes if lines[one.pk].is_full]
    return plain + sorted(masked, key=lambda one: one.pk)


def _promises(reader: _Reader, ids: Sequence[int]) -> OpenList:
    rows = Promise.objects.filter(reader.visits(), household__in=ids, kept_on__isnull=True)
    rows = rows.select_related(*(f"visit__{one}" for one in _PLACE)).order_by("due_on", "pk")
    return reader.read(rows, lambda row: (row.visit, row.text, row.due_on))


def _left(reader: _Reader, ids: Sequence[int], person: User, *, visit: str = "") -> Q:
    """Of these households, or written by the person where nobody else answers now.

    What stands with a household that somebody else answers for has gone along with it.
    """
    others = HouseholdDuty.objects.in_force(reader.today).exclude(user=person).order_by()
    gone = Exists(others.filter(household=OuterRef(f"{visit}household")))
    return Q(**{f"{visit}household__in": ids}) | Q(~gone, **{f"{visit}author": person})


def _next_steps(reader: _Reader, ids: Sequence[int], person: User) -> OpenList:
    rows = Visit.objects.visible_to(reader.post).valid()
    rows = rows.filter(_left(reader, ids, person), next_step_done_at__isnull=True)
    rows = rows.exclude(next_step="").select_related(*_PLACE)
    rows = rows.order_by("next_step_on", "pk")
    return reader.read(rows, lambda row: (row, row.next_step, row.next_step_on))


def _matters(reader: _Reader, ids: Sequence[int], person: User) -> OpenList:
    """待转诉求."""
    rows = Matter.objects.filter(
        _left(reader, ids, person, visit="visit__"),
        reader.visits(),
        outcome=Matter.Outcome.ESCALATED,
        grievance_number="",
    )
    rows = rows.select_related(*(f"visit__{one}" for one in _PLACE))
    rows = rows.order_by("visit__occurred_at", "pk")
    return reader.read(rows, lambda row: (row.visit, row.text, row.visit.occurred_on), due=False)
