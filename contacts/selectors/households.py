"""One household's page: the door card first, then what happened, who answers for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import F, FilteredRelation, Q, QuerySet
from django.utils import timezone

from contacts import ports
from contacts.models import (
    Household,
    HouseholdCare,
    Matter,
    Promise,
    Resident,
    Visit,
)
from contacts.querysets import KEEPS_REGISTER, HouseholdQuerySet, VisitQuerySet
from contacts.selectors import duties
from contacts.selectors.household_shapes import (
    CareLine,
    HistoryLine,
    HouseholdPage,
    KnownBefore,
    MatterLine,
    May,
    NextStepLine,
    PersonLine,
    PromiseLine,
    RaisedLine,
)
from contacts.selectors.sight import (
    Sight,
    shown_name,
    sight_of,
)
from contacts.selectors.words import VisitWords
from portal.accounts.models import Post
from portal.accounts.outline import Scoped
from portal.accounts.permissions import Permission
from portal.accounts.roles import Role
from portal.core.db.prepared import Day, Moment, Number, Prepared
from portal.core.encryption import normalise_phone
from portal.core.masking import mask_phone
from portal.core.paging import KeyPage, first_page, one_page, paginate
from portal.core.paths import path_of

HISTORY_SIZE: Final = 20
#: An explanation is worth knowing at the door for a year; older ones are history.
EXPLAINED_FOR: Final = dt.timedelta(days=365)
MATTERS_SHOWN: Final = 6


@dataclass(frozen=True, slots=True)
class _Told:
    """What was told of a household, as far as the post may read it, before it is masked."""

    history: KeyPage[Visit]
    matters: Sequence[Matter]
    promises: Sequence[Promise]
    steps: Sequence[Visit]

    def visits(self) -> dict[int, Visit]:
        hung = [matter.visit for matter in self.matters] + [one.visit for one in self.promises]
        return {visit.pk: visit for visit in (*hung, *self.history, *self.steps)}

    def open_matters(self, today: dt.date) -> list[Matter]:
        """What may come up at the door: handed on, or explained within a year."""
        found = [matter for matter in self.matters if _may_come_up(matter, today)]
        return found[:MATTERS_SHOWN]

    def texts(self, today: dt.date) -> Iterator[str]:
        """Those that are shown."""
        listed = {visit.pk for visit in self.history}
        shown = {one.pk: one for one in self.open_matters(today)}
        shown |= {one.pk: one for one in self.matters if one.visit_id in listed}
        yield from (matter.text for matter in shown.values())
        yield from (promise.text for promise in self.promises)
        yield from (visit.text for visit in self.history if _is_readable(visit))
        yield from (visit.next_step for visit in self.steps)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Who reads which household when: what every part of the page asks."""

    post: Post
    household: Household
    today: dt.date
    #: None when the household is seen in full.
    veil: VisitWords | None = None

    def text(self, text: str, *, of: Visit) -> str:
        """The author reads the own words as written; others by what they see of the household."""
        if self.veil is None or of.post_id == self.post.pk:
            return text
        return self.veil.masked(of, text)


def household_page(
    *, post: Post, household: Household, now: dt.datetime, cursor: str | None = None
) -> HouseholdPage:
    """The page in a fixed number of queries.

    ``household`` is scoped and read ``with_sight``; its places are loaded.
    """
    seen = sight_of(household, post=post, now=now)
    full, today = seen.sees(household.pk), timezone.localdate(now)
    residents = _RESIDENTS.objects(home=household.pk)
    told = _told(post, household, cursor)
    veil = None if full else VisitWords(told.visits().values(), texts=told.texts(today))
    reader = _Reader(post, household, today, veil)
    return HouseholdPage(
        id=household.pk,
        place=place_line(household),
        address=door_address(household, full=full),
        is_full=full,
        is_own=household.pk in seen.own,
        open_until=seen.until.get(household.pk),
        sees_cares=seen.sees_cares(household.pk),
        ended_on=household.ended_on,
        known=_known(household, full=full, today=today),
        last_met_on=household.last_met_on,
        last_contact_on=household.last_contact_on,
        days_since_met=(today - household.last_met_on).days if household.last_met_on else None,
        residents=tuple(_person(resident, full=full, today=today) for resident in residents),
        cares=_cares(seen, household, today),
        duties=duties.history(household, today=today),
        matters=_matter_lines(reader, told.open_matters(today)),
        promises=_promises(reader, told.promises),
        next_steps=_next_steps(reader, told.steps),
        history=tuple(_history_line(reader, visit, told.matters) for visit in told.history),
        history_page=told.history,
        sections=ports.household_sections.implementation(
            household_id=household.pk, post=post, now=now
        ),
        may=_may(post, household, full=full, is_own=household.pk in seen.own),
    )


def one_household(*, post: Post, pk: int, now: dt.datetime) -> Household | None:
    """A household the post may know of, ready for ``household_page``."""
    return next(iter(_ONE.objects(post, home=pk, now=now)), None)


def _one(post: Post, *, home: Any, now: Any) -> HouseholdQuerySet:
    rows = Household.objects.visible_to(post).filter(pk=home).with_sight(post, now)
    found: HouseholdQuerySet = rows.select_related("community", "grid", "building").order_by()
    return found


_ONE: Final = Scoped(_one, home=Number, now=Moment)


def _residents(*, home: Any) -> QuerySet[Resident]:
    return Resident.objects.filter(household_id=home)


_RESIDENTS: Final = Prepared(_residents, home=Number)


def _known(household: Household, *, full: bool, today: dt.date) -> KnownBefore:
    return KnownBefore(
        wish=household.door_wish_text(today),
        wish_reason=household.door_wish_reason if full else "",
        avoid=household.avoid if full else "",
        note=household.note if full else "",
    )


def _may(post: Post, household: Household, *, full: bool, is_own: bool) -> May:
    in_use = household.ended_on is None
    return May(
        edit=in_use and full and post.may(Permission.EDIT_HOUSEHOLDS),
        assign=in_use and post.may(Permission.ASSIGN_HOUSEHOLDS),
        merge=in_use and post.may(Permission.MERGE_HOUSEHOLDS),
        reveal=not full and post.may(Permission.REVEAL_PERSONS),
        log=in_use and post.may(Permission.LOG_HOME_VISIT),
        answer=is_own and in_use and post.may(Permission.LOG_HOME_VISIT),
        see_looks=post.may(Permission.SEE_WHO_LOOKED)
        and (is_own or post.role != Role.COMMUNITY_WORKER),
    )


def place_line(household: Household) -> str:
    """八角北里社区 · 第一网格; needs community and grid loaded."""
    places = (household.community, household.grid)
    return " · ".join(place.name for place in places if place)


def door_address(household: Household, *, full: bool) -> str:
    """12号楼 3单元502室, or to the building; needs it loaded."""
    building = household.building.name
    return f"{building} {household.door}" if full else building


def _person(resident: Resident, *, full: bool, today: dt.date) -> PersonLine:
    age = f"{today.year - resident.birth_year}岁左右" if resident.birth_year and full else ""
    return PersonLine(
        id=resident.pk,
        name=shown_name(resident.name, full=full),
        phone=resident.phone if full else mask_phone(resident.phone),
        tel=normalise_phone(resident.phone) if full else "",
        relation=resident.get_relation_display(),
        age=age,
        is_contact=resident.is_contact,
        left_on=resident.left_on,
    )


def _cares(seen: Sight, household: Household, today: dt.date) -> tuple[CareLine, ...]:
    if not seen.sees_cares(household.pk):
        return ()
    return tuple(
        CareLine(name=name, basis=basis, since=since)
        for name, basis, since in _CARES.rows(home=household.pk, on=today)
    )


def _care_rows(*, home: Any, on: Any) -> QuerySet[HouseholdCare, Any]:
    in_force = Q(since__lte=on) & (Q(until__isnull=True) | Q(until__gt=on))
    rows = HouseholdCare.objects.filter(in_force, household_id=home)
    return rows.values_list("category__name", "category__basis", "since")


_CARES: Final = Prepared(_care_rows, home=Number, on=Day)


def _told(post: Post, household: Household, cursor: str | None) -> _Told:
    """In two queries."""
    rows = _LEFT_OPEN.objects(post, home=household.pk)
    visits = list({row.pk: row for row in rows}.values())
    promises = {row.promise: _promise_of(row) for row in rows if row.promise}
    return _Told(
        history=_history_page(post, household, cursor),
        matters=list({row.matter: _matter_of(row) for row in rows if row.matter}.values()),
        promises=sorted(promises.values(), key=lambda one: (one.due_on, one.pk)),
        steps=[one for one in visits if one.next_step and one.next_step_done_at is None],
    )


def _left_open(post: Post, *, home: Any) -> VisitQuerySet:
    """Visits the post may read that raised, promised or planned something, once for each of it."""
    step = Q(next_step_done_at__isnull=True) & ~Q(next_step="")
    unkept = Q(promises__household_id=home, promises__kept_on__isnull=True)
    rows = Visit.objects.visible_to(post).valid().filter(household_id=home)
    rows = rows.annotate(promised=FilteredRelation("promises", condition=unkept)).annotate(
        **{name: F(path) for name, path in (_OF_MATTER | _OF_PROMISE).items()}
    )
    rows = rows.filter(step | Q(matter__isnull=False) | Q(promise__isnull=False))
    found: VisitQuerySet = rows.select_related("author").order_by(*_ORDER, "matters__position")
    return found


_OF_MATTER: Final = {
    "matter": "matters__pk",
    "matter_text": "matters__text",
    "matter_outcome": "matters__outcome",
    "matter_number": "matters__grievance_number",
}
_OF_PROMISE: Final = {
    "promise": "promised__pk",
    "promise_words": "promised__text",
    "promise_on": "promised__due_on",
}


def _matter_of(row: Any) -> Matter:
    return Matter(
        pk=row.matter,
        visit=row,
        text=row.matter_text,
        outcome=row.matter_outcome,
        grievance_number=row.matter_number,
    )


def _promise_of(row: Any) -> Promise:
    return Promise(pk=row.promise, visit=row, text=row.promise_words, due_on=row.promise_on)


def _is_readable(visit: Visit) -> bool:
    """Whether the post may read it, or only know that it was (``with_readable``)."""
    return bool(getattr(visit, "readable"))  # noqa: B009 -- annotated


def _history(post: Post, *, home: Any) -> VisitQuerySet:
    """What the post may read; those who keep the register also see the days of the others."""
    keeps_register = post.role in KEEPS_REGISTER
    visits = Visit.objects.all() if keeps_register else Visit.objects.visible_to(post)
    rows = visits.valid().filter(household_id=home).with_readable(post)
    found: VisitQuerySet = rows.select_related("author")
    return found


def _newest(post: Post, *, home: Any) -> VisitQuerySet:
    return _history(post, home=home).order_by(*_ORDER)[: HISTORY_SIZE + 1]


_ORDER: Final = ("-occurred_at", "-pk")
_NEWEST: Final = Scoped(_newest, home=Number)
_LEFT_OPEN: Final = Scoped(_left_open, home=Number)


def _matter_lines(reader: _Reader, matters: Iterable[Matter]) -> tuple[MatterLine, ...]:
    return tuple(
        MatterLine(
            text=reader.text(matter.text, of=matter.visit),
            on=matter.visit.occurred_on,
            url=matter.visit.get_absolute_url(),
            state=matter.state_words,
            waiting=matter.outcome == Matter.Outcome.ESCALATED,
        )
        for matter in matters
    )


def _may_come_up(matter: Matter, today: dt.date) -> bool:
    if matter.outcome == Matter.Outcome.EXPLAINED:
        return matter.visit.occurred_on >= today - EXPLAINED_FOR
    return matter.outcome == Matter.Outcome.ESCALATED


def _promises(reader: _Reader, rows: Sequence[Promise]) -> tuple[PromiseLine, ...]:
    return tuple(
        PromiseLine(
            id=promise.pk,
            text=reader.text(promise.text, of=promise.visit),
            due_on=promise.due_on,
            url=promise.visit.get_absolute_url(),
            overdue=promise.due_on < reader.today,
            due_today=promise.due_on == reader.today,
        )
        for promise in rows
    )


def _next_steps(reader: _Reader, rows: Sequence[Visit]) -> tuple[NextStepLine, ...]:
    return tuple(
        NextStepLine(
            text=reader.text(visit.next_step, of=visit),
            on=visit.next_step_on,
            url=visit.get_absolute_url(),
            overdue=visit.next_step_on is not None and visit.next_step_on < reader.today,
            who=visit.author.name,
            answer_url=path_of("contacts:next_step", visit.client_id),
        )
        for visit in rows
    )


def _history_page(post: Post, household: Household, cursor: str | None) -> KeyPage[Visit]:
    if cursor:
        rows = _history(post, home=household.pk)
        return paginate(rows, order=_ORDER, cursor=cursor, size=HISTORY_SIZE)
    newest = _NEWEST.objects(post, home=household.pk)
    if len(newest) <= HISTORY_SIZE:
        return one_page(newest)
    rows = _history(post, home=household.pk)
    return first_page(newest, rows, order=_ORDER, size=HISTORY_SIZE)


def _history_line(reader: _Reader, visit: Visit, matters: Iterable[Matter]) -> HistoryLine:
    readable = _is_readable(visit)
    how = f"{visit.get_channel_display()} · {visit.get_result_display()}"
    return HistoryLine(
        readable=readable,
        on=visit.occurred_on,
        at=visit.occurred_at if readable else None,
        # SECURITY: of what one may not read, the day only: not how, not with which result.
        title=how if readable else visit.get_kind_display(),
        met=readable and visit.result == Visit.Result.MET,
        url=visit.get_absolute_url() if readable else "",
        who=visit.author.name if readable else "",
        text=reader.text(visit.text, of=visit) if readable else "",
        raised=tuple(
            RaisedLine(
                text=reader.text(matter.text, of=visit),
                outcome=matter.get_outcome_display(),
            )
            for matter in matters
            if matter.visit_id == visit.pk
        ),
    )
