"""民情日记: one person's visits by week, as the acting post may read them. Nothing is copied."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, TypedDict

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery, prefetch_related_objects

from contacts.models import Promise, Visit, VisitPerson
from contacts.selectors.sight import HouseholdLine, lines_of
from contacts.selectors.words import VisitWords, texts_of
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation, Post, User
from portal.accounts.outline import Scoped
from portal.accounts.permissions import ROLES, Permission
from portal.accounts.roles import Role, post_label
from portal.accounts.selectors.unit_rows import UnitRow, columns
from portal.core.db.prepared import Day, Number, Text
from portal.core.periods import Week

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    class _PromiseColumns(TypedDict):
        promise_text: str | None
        promise_due: dt.date | None
        promise_kept: dt.date | None

    _Row = WithAnnotations[Visit, _PromiseColumns]

#: Whose diaries there are: those who go to residents.
_WRITERS: Final = ROLES[Permission.LOG_HOME_VISIT] | {Role.DELEGATE}
#: More than six lines of the widest phone are folded there to six: characters, or line breaks.
LONG_TEXT: Final = 160
LONG_LINES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class DiaryMatter:
    text: str
    #: Or what has become of it since.
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiaryEntry:
    """One visit as it may be shown; nothing in here needs masking again."""

    url: str
    occurred_at: dt.datetime
    kind: str
    #: Else a 下访 or 接访: nobody is "met at the door" there.
    is_home: bool
    channel: str
    result: str
    met: bool
    #: None without a household, or with one that has moved out of sight; then ``place``.
    line: HouseholdLine | None
    place: str
    text: str
    matters: tuple[DiaryMatter, ...]
    next_step: str
    next_step_on: dt.date | None
    next_step_done: bool
    promise: str
    promise_due: dt.date | None
    promise_kept_on: dt.date | None
    #: Who else went along.
    companions: tuple[str, ...]
    to_complete: bool
    recorded_at: dt.datetime
    recorded_late: bool

    @property
    def is_long(self) -> bool:
        """Whether the text fills more than half a phone."""
        return len(self.text) > LONG_TEXT or self.text.count("\n") >= LONG_LINES


@dataclass(frozen=True, slots=True)
class DiaryDay:
    date: dt.date
    entries: tuple[DiaryEntry, ...]

    @property
    def count(self) -> int:
        return len(self.entries)


@dataclass(frozen=True, slots=True)
class DiaryWeek:
    """Seven days, Monday first, the empty ones included."""

    week: Week
    days: tuple[DiaryDay, ...]
    #: Distinct households met at the door: 本周已走访.
    households: int

    @property
    def visits(self) -> int:
        return sum(day.count for day in self.days)

    @property
    def shown_in_full(self) -> set[int]:
        """Households whose people are named in it."""
        lines = (entry.line for day in self.days for entry in day.entries)
        return {line.id for line in lines if line and line.is_full}


@dataclass(frozen=True, slots=True)
class DiaryPerson:
    user_id: int
    #: 王芳 · 八角北里社区 · 社区工作者: the place in full, because a closed list shows no group.
    label: str


@dataclass(frozen=True, slots=True)
class DiaryGroup:
    """The people of one community with its grids, or of a street with its sections."""

    name: str
    people: tuple[DiaryPerson, ...]


def diary_week(*, post: Post, user_id: int, week: Week, now: dt.datetime) -> DiaryWeek:
    """What ``user_id`` did in ``week``, as far as ``post`` may read it; at most eight queries."""
    visits = _visits(post, user_id, week)
    homes = {visit.household_id for visit in visits if visit.household_id is not None}
    lines = lines_of(homes, post=post, now=now) if homes else {}
    veil = _veil(visits, lines, post)
    entries = defaultdict(list)
    for visit in visits:
        entries[visit.occurred_on].append(_entry(visit, lines, veil, post, user_id))
    met = {visit.household_id for visit in visits if visit.counts}
    return DiaryWeek(
        week=week,
        days=tuple(DiaryDay(day, tuple(entries[day])) for day in week.days),
        households=len(met - {None}),
    )


def _visits(post: Post, user_id: int, week: Week) -> list[_Row]:
    given: dict[str, Any] = {"person": user_id, "start": week.start, "end": week.end}
    visits: list[_Row] = _WEEK.objects(post, **given)
    parts = VisitPerson.objects.select_related("user").only(
        "visit", "post", "is_lead", "user__name"
    )
    prefetch_related_objects(visits, "matters", Prefetch("people", parts))
    return visits


def _of_week(post: Post, *, person: Any, start: Any, end: Any) -> QuerySet[Visit]:
    promise = Promise.objects.filter(visit=OuterRef("pk")).order_by("pk")
    return (
        Visit.objects.visible_to(post)
        .by_person(person, start=start, end=end)
        .valid()
        .select_related("community", "street")
        .annotate(
            promise_text=Subquery(promise.values("text")[:1]),
            promise_due=Subquery(promise.values("due_on")[:1]),
            promise_kept=Subquery(promise.values("kept_on")[:1]),
        )
        .order_by("occurred_at", "pk")
    )


_WEEK: Final = Scoped(_of_week, person=Number, start=Day, end=Day)


def _veil(visits: Sequence[_Row], lines: Mapping[int, HouseholdLine], post: Post) -> VisitWords:
    """Masks what the post does not read in full."""
    masked = [visit for visit in visits if not _is_full(visit, lines, post)]
    promised = (visit.promise_text or "" for visit in masked)
    return VisitWords(masked, texts=chain(promised, *map(texts_of, masked)))


def _is_full(visit: Visit, lines: Mapping[int, HouseholdLine], post: Post) -> bool:
    """Who wrote or led it reads the words; everybody else by what they see of the household."""
    if visit.is_told_by(post.pk):
        return True
    line = lines.get(visit.household_id or 0)
    return line is not None and line.is_full


def _entry(
    visit: _Row,
    lines: Mapping[int, HouseholdLine],
    veil: VisitWords,
    post: Post,
    user_id: int,
) -> DiaryEntry:
    full = _is_full(visit, lines, post)

    def shown(text: str | None) -> str:
        return (text or "") if full else veil.masked(visit, text or "")

    return DiaryEntry(
        url=visit.get_absolute_url(),
        occurred_at=visit.occurred_at,
        kind=visit.get_kind_display(),
        is_home=visit.kind == Visit.Kind.HOME,
        channel=visit.get_channel_display(),
        result=visit.result_words,
        met=visit.result == Visit.Result.MET,
        line=lines.get(visit.household_id or 0),
        place=shown(visit.place) or visit.place_words,
        text=shown(visit.text),
        matters=tuple(
            DiaryMatter(text=shown(one.text), outcome=one.state_words)
            for one in visit.matters.all()
        ),
        next_step=shown(visit.next_step),
        next_step_on=visit.next_step_on,
        next_step_done=visit.next_step_done_at is not None,
        promise=shown(visit.promise_text),
        promise_due=visit.promise_due,
        promise_kept_on=visit.promise_kept,
        companions=tuple(p.user.name for p in visit.people.all() if p.user_id != user_id),
        to_complete=visit.to_complete,
        recorded_at=visit.recorded_at,
        recorded_late=visit.was_recorded_late,
    )


def diary_units(post: Post) -> list[Organisation]:
    """Between which units a district chooses first: its streets; others need no choice."""
    if post.organisation.kind != OrganisationKind.DISTRICT:
        return []
    streets = Organisation.objects.visible_to(post).filter(kind=OrganisationKind.STREET)
    return list(streets.order_by("path"))


def diary_people(*, post: Post, unit: Organisation, today: dt.date) -> list[DiaryGroup]:
    """Those who keep a diary in ``unit`` today, by community, in the official order."""
    groups: defaultdict[str, list[DiaryPerson]] = defaultdict(list)
    for user_id, name, title, role, *at in _WRITING.rows(post, under=unit.path, on=today):
        place = UnitRow(*at)
        label = f"{name} · {place.full_name} · {post_label(role, title)}"
        groups[_group(place)].append(DiaryPerson(user_id, label))
    return [DiaryGroup(name, tuple(people)) for name, people in groups.items()]


def _writing(post: Post, *, under: Any, on: Any) -> QuerySet[Post, Any]:
    rows = Post.objects.visible_to(post).in_force(on)
    rows = rows.filter(role__in=_WRITERS, organisation__path__startswith=under)
    return rows.order_by("organisation__path", "user__name", "user_id", "pk").values_list(
        "user_id", "user__name", "title", "role", *columns("organisation__")
    )


_WRITING: Final = Scoped(_writing, under=Text, on=Day)


def _group(place: UnitRow) -> str:
    """Under which heading the people of a unit stand."""
    above = place.street if place.kind == OrganisationKind.SECTION else place.community
    return above or place.name


def diary_owner(*, post: Post, user_id: int) -> User | None:
    """The person, if the post may open that diary: one who holds or held a post in its unit."""
    if user_id == post.user_id:
        return post.user
    held = Post.objects.visible_to(post).filter(user_id=user_id)
    found = held.select_related("user").order_by("pk").first()
    return found.user if found else None
