"""今日: what the acting post has to do today, and how the week of its unit goes."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils import timezone

from contacts import todo
from contacts.models import Household, Matter, Visit, VisitDraft
from contacts.querysets import VisitQuerySet
from contacts.selectors.figures import unit_reading
from contacts.selectors.points import PointLine, point_lines
from contacts.selectors.proposals import Proposal, proposals
from contacts.selectors.rounds import to_complete_count
from contacts.selectors.sight import HouseholdLine, household_lines
from contacts.selectors.week import PersonWeek, UnitWeek, person_week, unit_week
from contacts.selectors.words import VisitWords
from portal.accounts.models import Post
from portal.accounts.permissions import Permission
from portal.accounts.roles import UNIT_WIDE, Role
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
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
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
    today = timezone.localdate(now)
    may_log = post.may(Permission.LOG_HOME_VISIT)
    due = todo.due_items(post=post, today=today)
    proposed = proposals(post=post, today=today, leave_out=due.household_ids) if may_log else []
    drafts = _drafts(post)
    # A unit's own page below has the visits of everybody, the own among them.
    recent = [] if post.role in UNIT_WIDE else list(_recent(post))
    lines = household_lines(
        post=post, households=list(_households(proposed, due.items, drafts, recent)), now=now
    )
    return OwnWork(
        may_log=may_log,
        week=person_week(post=post, user_id=post.user_id, week=Week.of(today)),
        proposals=tuple(
            ProposalLine(line=lines[one.household.pk], proposal=one, client_id=uuid.uuid4())
            for one in proposed
        ),
        has_households=bool(proposed)
        or any(line.is_own for line in lines.values())
        or Household.objects.own(post).in_use().exists(),
        due=tuple(
            DueLine(item=item, line=_line(item.visit, lines), place=_place(item.visit))
            for item in due.items
        ),
        due_has_more=due.has_more,
        to_complete=_to_complete(post, due, now) if may_log else 0,
        drafts=_draft_lines(drafts, lines),
        recent=_recent_lines(recent, lines, post),
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


def _drafts(post: Post) -> Sequence[VisitDraft]:
    """Begun, not sent, for a household still in sight; what was typed stays encrypted.

    Unsent changes of a saved visit carry no household: their edit page offers them.
    """
    in_sight = Household.objects.visible_to(post).in_use().order_by()
    drafts = VisitDraft.objects.filter(user_id=post.user_id, household__in=in_sight)
    rows = drafts.select_related("household__building").order_by("-updated_at", "-pk")
    return list(rows.defer("payload", "household__avoid", "household__note")[:DRAFTS])


def _draft_lines(
    drafts: Sequence[VisitDraft], lines: Mapping[int, HouseholdLine]
) -> tuple[DraftLine, ...]:
    return tuple(
        DraftLine(
            client_id=draft.client_id, line=lines[draft.household_id], updated_at=draft.updated_at
        )
        for draft in drafts
        if draft.household_id is not None
    )


def _recent(post: Post) -> VisitQuerySet:
    rows: VisitQuerySet = (
        Visit.objects.visible_to(post)
        .by_person(post.user_id)
        .valid()
        .select_related("household__building", "community", "street")
        .defer("household__avoid", "household__note")
        .prefetch_related("matters", "people")
        .order_by("-occurred_at", "-pk")[:RECENT]
    )
    return rows


def _households(
    proposed: Sequence[Proposal],
    due: Sequence[todo.DueItem],
    drafts: Sequence[VisitDraft],
    recent: Sequence[Visit],
) -> Iterable[Household]:
    """Every household the page names, once."""
    found = [one.household for one in proposed]
    found += [item.visit.household for item in due if item.visit.household]
    found += [draft.household for draft in drafts if draft.household]
    found += [visit.household for visit in recent if visit.household]
    return {household.pk: household for household in found}.values()


def _line(visit: Visit, lines: Mapping[int, HouseholdLine]) -> HouseholdLine | None:
    return lines.get(visit.household_id) if visit.household_id is not None else None


def _place(visit: Visit) -> str:
    """Where a visit without a household was."""
    return f"{visit.get_kind_display()} · {visit.place_words}"


def _is_full(visit: Visit, lines: Mapping[int, HouseholdLine], post: Post) -> bool:
    """What this post wrote is plain to it; everything else by what it sees of the household."""
    line = _line(visit, lines)
    return visit.is_told_by(post.pk) or (line is not None and line.is_full)


def _recent_lines(
    recent: Sequence[Visit], lines: Mapping[int, HouseholdLine], post: Post
) -> tuple[RecentLine, ...]:
    masked = [visit for visit in recent if not _is_full(visit, lines, post)]
    veil = VisitWords(masked, texts=[visit.text for visit in masked])
    return tuple(
        RecentLine(
            url=visit.get_absolute_url(),
            line=_line(visit, lines),
            place=_place(visit),
            occurred_at=visit.occurred_at,
            channel=visit.get_channel_display(),
            result=visit.result_words,
            met=visit.result == Visit.Result.MET,
            text=veil.masked(visit, visit.text) if visit in masked else visit.text,
            matters=len(visit.matters.all()),
        )
        for visit in recent
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


def _escalated(post: Post) -> tuple[EscalatedLine, ...]:
    """The newest matters of the unit that became, or wait to become, a grievance."""
    escalated = Matter.Outcome.ESCALATED
    # The newest visits first, along their index: a district has a hundred thousand such matters.
    visits = Visit.objects.visible_to(post).valid().raising(escalated)
    newest = visits.order_by("-occurred_at", "-pk").values("pk")[:ESCALATED]
    matters = list(
        Matter.objects.filter(visit__in=newest, outcome=escalated)
        .select_related("visit__community", "visit__street", "visit__building")
        .order_by("-visit__occurred_at", "-pk")[:ESCALATED]
    )
    veil = VisitWords(
        (matter.visit for matter in matters), texts=[matter.text for matter in matters]
    )
    return tuple(
        EscalatedLine(
            url=matter.visit.get_absolute_url(),
            on=matter.visit.occurred_on,
            place=" ".join(
                place.name
                for place in (matter.visit.community or matter.visit.street, matter.visit.building)
                if place
            ),
            text=veil.masked(matter.visit, matter.text),
            state=matter.state_words,
        )
        for matter in matters
    )
