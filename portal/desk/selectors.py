"""今日: what the acting post has to do today, and how the week of its unit goes."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, NamedTuple

from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from contacts.models import Matter, Visit, VisitDraft
from contacts.models.visits import result_words
from contacts.selectors import todo
from contacts.selectors.figures import unit_reading
from contacts.selectors.own_homes import own_homes
from contacts.selectors.points import PointLine, point_lines
from contacts.selectors.proposals import Proposal, proposals
from contacts.selectors.rounds import to_complete_count
from contacts.selectors.sight import HouseholdLine, lines_of
from contacts.selectors.week import OwnVisit, PersonWeek, UnitWeek, own_week, unit_week
from contacts.selectors.words import VisitWords
from portal.accounts.models import Post
from portal.accounts.outline import Scoped
from portal.accounts.permissions import Permission
from portal.accounts.roles import UNIT_WIDE, Role
from portal.core.db.prepared import Number, Prepared
from portal.core.paths import path_of
from portal.core.periods import Week
from portal.metrics.selectors import Reading

RECENT: Final = 5
ESCALATED: Final = 5
DRAFTS: Final = 5
#: Those whose page is about visits; for the others 今日 says what the post is for.
_OWN_WORK: Final = frozenset(
    {Role.COMMUNITY_WORKER, Role.OFFICER, Role.LEADER, Role.DELEGATE, Role.CLERK}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalLine:
    """One proposed household with the id its one-tap visit will carry."""

    line: HouseholdLine
    proposal: Proposal
    client_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DueLine:
    item: todo.DueItem
    line: HouseholdLine | None


@dataclass(frozen=True, slots=True)
class DraftLine:
    client_id: uuid.UUID
    line: HouseholdLine
    updated_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentLine:
    url: str
    line: HouseholdLine | None
    place: str
    occurred_at: dt.datetime
    channel: str
    result: str
    met: bool
    text: str
    matters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWork:
    """What one person has to do and has done."""

    may_log: bool
    week: PersonWeek
    proposals: tuple[ProposalLine, ...]
    has_households: bool
    #: Next steps and promises of doors where contact was made today: asked at once, above all.
    asked: tuple[DueLine, ...]
    #: The others.
    due: tuple[DueLine, ...]
    due_has_more: bool
    #: Own visits that wait to be written out, all of them.
    to_complete: int
    drafts: tuple[DraftLine, ...]
    recent: tuple[RecentLine, ...]
    #: The own 联系点 with the days since the last 下访: shown, never judged.
    points: tuple[PointLine, ...]
    may_log_field: bool
    may_log_reception: bool

    @property
    def may_answer(self) -> bool:
        """Whether what is due can be ticked off here."""
        return self.may_log or self.may_log_field or self.may_log_reception


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalatedLine:
    """A matter that waits for somebody else; without names, to the building."""

    url: str
    on: dt.date
    place: str
    text: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many households of the unit were not visited; each opens to the register."""

    households: int
    never: int
    year: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitDay:
    """The same for a whole unit: figures and matters, no persons."""

    name: str
    week: UnitWeek
    coverage: Coverage
    escalated: tuple[EscalatedLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    own: OwnWork | None
    unit: UnitDay | None


def today_page(*, post: Post, week: Week, now: dt.datetime) -> Today:
    """Everything 今日 shows to this post; ``week`` is the one whose unit figures are asked for."""
    own = _own_work(post, now) if post.role in _OWN_WORK else None
    unit = _unit_day(post, week, now) if post.role in UNIT_WIDE else None
    return Today(own=own, unit=unit)


# ---- own work ----


def _own_work(post: Post, now: dt.datetime) -> OwnWork:
    today, may_log = timezone.localdate(now), post.may(Permission.LOG_HOME_VISIT)
    week = Week.of(today)
    homes = own_homes(post=post, today=today) if may_log else []
    before = max(week.end, todo.asked_before(today))
    ends = todo.open_ends(post=post, homes=[home.id for home in homes], before=before)
    due = todo.due_items(post=post, today=today, ends=ends)
    proposed = proposals(
        post=post,
        today=today,
        leave_out=due.household_ids,
        homes=homes,
        ends=[one for one in ends if one.due_on is None or one.due_on < week.end],
    )
    drafts = _drafts(post)
    # A unit's own page below has the visits of everybody, the own among them.
    show = 0 if post.role in UNIT_WIDE else RECENT
    own, recent = own_week(post=post, week=week, show=show)
    lines = lines_of(_households(proposed, due.items, drafts, recent), post=post, now=now)
    due_lines = [DueLine(item=one, line=lines.get(one.household_id or 0)) for one in due.items]
    return OwnWork(
        may_log=may_log,
        week=own,
        proposals=tuple(
            ProposalLine(line=lines[one.household_id], proposal=one, client_id=uuid.uuid4())
            for one in proposed
        ),
        has_households=bool(homes),
        asked=tuple(one for one in due_lines if one.item.contacted_on == today),
        due=tuple(one for one in due_lines if one.item.contacted_on != today),
        due_has_more=due.has_more,
        to_complete=_to_complete(post, due, now) if may_log else 0,
        drafts=_draft_lines(drafts, lines),
        recent=_recent_lines(recent, lines),
        points=_own_points(post, today),
        may_log_field=post.may(Permission.LOG_FIELD_VISIT),
        may_log_reception=post.may(Permission.LOG_RECEPTION),
    )


def _to_complete(post: Post, due: todo.DueList, now: dt.datetime) -> int:
    """Counted in the list, and in the database only where the list is cut off."""
    if due.has_more:
        return to_complete_count(post, now=now)
    return len(due.of(todo.Kind.TO_COMPLETE))


def _own_points(post: Post, today: dt.date) -> tuple[PointLine, ...]:
    if not post.may(Permission.LOG_FIELD_VISIT):
        return ()
    return tuple(point_lines(post=post, today=today, own_only=True))


class _Draft(NamedTuple):
    client_id: uuid.UUID
    household_id: int
    updated_at: dt.datetime


def _drafts(post: Post) -> list[_Draft]:
    """Begun, not sent, for a household still in use; what was typed stays encrypted.

    Unsent changes of a saved visit carry no household: their edit page offers them.
    """
    return [_Draft(*row) for row in _BEGUN.rows(user=post.user_id)]


def _begun(*, user: Any) -> QuerySet[VisitDraft, Any]:
    rows = VisitDraft.objects.filter(
        user_id=user, household__isnull=False, household__ended_on__isnull=True
    )
    return rows.order_by("-updated_at", "-pk").values_list(
        "client_id", "household_id", "updated_at"
    )


_BEGUN: Final = Prepared(_begun, user=Number)


def _draft_lines(
    drafts: Sequence[_Draft], lines: Mapping[int, HouseholdLine]
) -> tuple[DraftLine, ...]:
    """Those of households in sight, the newest."""
    found = [
        DraftLine(draft.client_id, lines[draft.household_id], draft.updated_at)
        for draft in drafts
        if draft.household_id in lines
    ]
    return tuple(found[:DRAFTS])


def _households(
    proposed: Sequence[Proposal],
    due: Sequence[todo.DueItem],
    drafts: Sequence[_Draft],
    recent: Sequence[OwnVisit],
) -> set[int]:
    """Every household the page names."""
    named: Iterable[Any] = chain(proposed, due, drafts, recent)
    return {one.household_id for one in named if one.household_id is not None}


def _recent_lines(
    recent: Sequence[OwnVisit], lines: Mapping[int, HouseholdLine]
) -> tuple[RecentLine, ...]:
    """What this post wrote is plain to it; the rest by what it sees of the household."""

    def is_full(visit: OwnVisit) -> bool:
        line = lines.get(visit.household_id or 0)
        return visit.is_told or (line is not None and line.is_full)

    masked = {one.visit_id: _visit_of(one) for one in recent if not is_full(one)}
    texts = [one.text for one in recent if one.visit_id in masked]
    veil = VisitWords(masked.values(), texts=texts)
    return tuple(
        RecentLine(
            url=path_of("contacts:visit", one.client_id),
            line=lines.get(one.household_id or 0),
            place=f"{Visit.Kind(one.kind).label} · {one.unit}",
            occurred_at=one.occurred_at,
            channel=Visit.Channel(one.channel).label,
            result=result_words(one.result, one.channel),
            met=one.result == Visit.Result.MET,
            text=veil.masked(masked[one.visit_id], one.text)
            if one.visit_id in masked
            else one.text,
            matters=one.matters,
        )
        for one in recent
    )


# ---- a unit ----


def _unit_day(post: Post, week: Week, now: dt.datetime) -> UnitDay:
    today = timezone.localdate(now)
    reading = unit_reading(
        post.organisation,
        period=week,
        today=today,
        sources=("visits", "register"),
        parts_of=("visits",),
    )
    return UnitDay(
        name=post.organisation.name,
        week=unit_week(post=post, week=week, reading=reading),
        coverage=coverage(post=post, today=today, reading=reading),
        escalated=_escalated(post),
    )


def coverage(*, post: Post, today: dt.date, reading: Reading | None = None) -> Coverage:
    """How many households of the unit there are, and how many of them nobody has met."""
    if reading is None:
        days = Week.of(today)
        reading = unit_reading(post.organisation, period=days, today=today, sources=("register",))
    total = reading.total
    return Coverage(
        households=total.get("households", 0),
        never=total.get("band_never", 0),
        year=total.get("unvisited", 0),
    )


class _Passed(NamedTuple):
    """A matter that was passed on, with what masking and the line ask of its visit."""

    text: str
    number: str
    visit_id: int
    client_id: uuid.UUID
    kind: str
    household_id: int | None
    building_id: int | None
    community_id: int | None
    street_id: int
    occurred_on: dt.date
    unit: str
    building: str | None


def _escalated(post: Post) -> tuple[EscalatedLine, ...]:
    """The newest matters of the unit that became, or wait to become, a grievance."""
    found = [_Passed(*row) for row in _PASSED.rows(post)]
    visits = [_visit_of(one) for one in found]
    veil = VisitWords(visits, texts=[one.text for one in found])
    return tuple(
        EscalatedLine(
            url=visit.get_absolute_url(),
            on=one.occurred_on,
            place=" ".join(filter(None, (one.unit, one.building))),
            text=veil.masked(visit, one.text),
            state=Matter(outcome=_ESCALATED, grievance_number=one.number).state_words,
        )
        for one, visit in zip(found, visits, strict=True)
    )


_ESCALATED: Final = Matter.Outcome.ESCALATED


def _passed(post: Post) -> QuerySet[Matter, Any]:
    # The newest visits first, along their index: a district has a hundred thousand such matters.
    visits = Visit.objects.visible_to(post).valid().raising(_ESCALATED)
    newest = visits.order_by("-occurred_at", "-pk").values("pk")[:ESCALATED]
    rows = Matter.objects.filter(visit__in=newest, outcome=_ESCALATED)
    named: QuerySet[Matter, Any] = rows.order_by("-visit__occurred_at", "-pk").values_list(
        "text", "grievance_number", "visit_id", "visit__client_id", "visit__kind",
        "visit__household_id", "visit__building_id", "visit__community_id", "visit__street_id",
        "visit__occurred_on", Coalesce("visit__community__name", "visit__street__name"),
        "visit__building__name",
    )[:ESCALATED]  # fmt: skip
    return named


_PASSED: Final = Scoped(_passed)


def _visit_of(one: _Passed | OwnVisit) -> Visit:
    """What masking asks of a visit: whom a text of it may be about."""
    return Visit(
        pk=one.visit_id,
        client_id=one.client_id,
        kind=one.kind,
        household_id=one.household_id,
        building_id=one.building_id,
        community_id=one.community_id,
        street_id=one.street_id,
    )
