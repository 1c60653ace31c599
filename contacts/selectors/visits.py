"""What pages show of visits, masked for who reads them: one page, and what a list holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Q

from contacts import ports, workflow
from contacts.models import Household, Matter, Promise, Visit, VisitAmendment
from contacts.querysets import VisitQuerySet
from contacts.selectors.asked import promises_to_answer, steps_to_answer
from contacts.selectors.guests import ShownGuest, shown_guests
from contacts.selectors.household_shapes import PromiseLine, StepAtDoor
from contacts.selectors.one_visit import ReadVisit, amendments_of, guests_of
from contacts.selectors.sight import HouseholdLine, lines_of, shown_name
from contacts.selectors.visit_places import LOGS
from contacts.selectors.words import VisitWords
from portal.accounts.models import Post
from portal.accounts.permissions import Permission
from portal.accounts.roles import UNIT_WIDE, Role
from portal.core.bigrams import query_phrases
from portal.core.persons import looks_like_a_person
from portal.search.models import SearchEntry

#: Instead of who else was met, for those who do not see the household in full.
OTHERS: Final = "另有他人"
_NO_LINKS: Final[Mapping[str, str]] = {}
#: What an amendment keeps of it (``visit_parts.LABELS``).
_MET_OTHER: Final = Visit._meta.get_field("met_other").verbose_name


@dataclass(frozen=True, slots=True)
class ShownMatter:
    """One matter as it may be read."""

    position: int
    text: str
    outcome: str
    outcome_words: str
    #: What has become of it by now.
    state_words: str
    is_waiting: bool
    #: The page of its grievance, for who may read it.
    url: str = ""


@dataclass(frozen=True, slots=True)
class ShownAmendment:
    """A later change: who, when, why, and how it read before."""

    at: dt.datetime
    by: str
    reason: str
    before: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ShownPromise:
    """A promise with its state from the dates."""

    id: int
    text: str
    due_on: dt.date
    kept_on: dt.date | None
    is_late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitPage:
    """Everything on the page of one visit, as the acting post may read it."""

    visit: Visit
    #: None without a household, or with one that has moved out of sight.
    line: HouseholdLine | None
    #: Kind and place: what the page is called.
    title: str
    who: str
    #: A clerk who registered what somebody else received.
    recorded_by: str
    #: Of a 下访 or 接访, with whom it was.
    place: str
    guests: tuple[ShownGuest, ...]
    text: str
    met: str
    next_step: str
    matters: tuple[ShownMatter, ...]
    promises: tuple[ShownPromise, ...]
    amendments: tuple[ShownAmendment, ...]
    credits: tuple[ports.VisitCredit, ...]
    is_masked: bool
    #: The author may change it freely until ``visit.edit_until``, afterwards with a reason.
    may_edit: bool
    may_amend: bool
    may_void: bool
    may_tick: bool
    #: Due next steps of earlier contacts at this door, point or place, not answered yet.
    asked: tuple[StepAtDoor, ...] = ()
    #: Promises to this household, due soon or overdue: on the day the visit was written down.
    promises_asked: tuple[PromiseLine, ...] = ()
    voided_by: str = ""
    void_reason: str = ""


class VisitReader:
    """Masks what a post reads of some visits: the own words in full, else by sight."""

    def __init__(
        self,
        post: Post,
        visits: Sequence[Visit],
        now: dt.datetime,
        texts: Iterable[str] | None = None,
        beside: Iterable[int | None] = (),
    ) -> None:
        """``beside``: households the page names along with those of the visits."""
        self.post = post
        named = [*(visit.household_id for visit in visits), *beside]
        homes = dict.fromkeys(pk for pk in named if pk is not None)
        self.lines = lines_of(homes, post=post, now=now, cares=False)
        masked = [v for v in visits if not self.sees_words(v)]
        self.veil = VisitWords(masked, texts=texts)

    def place(self, visit: Visit) -> str:
        """Where it was: the address of the household in sight, else the community of the day."""
        line = self.line(visit)
        return line.address if line else visit.place_words

    def line(self, visit: Visit) -> HouseholdLine | None:
        return self.lines.get(visit.household_id or 0)

    def sees_household(self, visit: Visit) -> bool:
        line = self.line(visit)
        return line is not None and line.is_full

    def sees_words(self, visit: Visit) -> bool:
        """What one wrote or led is plain under the post of that day, not after."""
        return visit.is_told_by(self.post.pk) or self.sees_household(visit)

    def words(self, visit: Visit, text: str) -> str:
        return text if self.sees_words(visit) else self.veil.masked(visit, text)

    def matters(
        self, visit: Visit, links: Mapping[str, str] = _NO_LINKS
    ) -> tuple[ShownMatter, ...]:
        return tuple(
            ShownMatter(
                position=matter.position,
                text=self.words(visit, matter.text),
                outcome=matter.outcome,
                outcome_words=Matter.Outcome(matter.outcome).label,
                state_words=matter.state_words,
                is_waiting=matter.is_waiting,
                url=links.get(matter.grievance_number, ""),
            )
            for matter in visit.matters.all()
        )


def _kind_and_place(reader: VisitReader, visit: Visit) -> str:
    return f"{visit.get_kind_display()} · {reader.place(visit)}"


def _links(visit: Visit, post: Post) -> Mapping[str, str]:
    numbers = [one.grievance_number for one in visit.matters.all() if one.grievance_number]
    if not numbers:
        return {}
    return ports.grievance_links.implementation(numbers=numbers, post=post)


def visit_page(*, post: Post, read: ReadVisit, now: dt.datetime, today: dt.date) -> VisitPage:
    """The page of one visit that ``post`` may read."""
    visit = read.visit
    amendments = amendments_of(visit)
    guests = [] if visit.kind == Visit.Kind.HOME else guests_of(visit)
    reader = VisitReader(post, [visit], now, beside=[guest.household_id for guest in guests])
    own = visit.post_id == post.pk and post.may(LOGS[visit.kind])
    free = workflow.may_edit_freely(visit.recorded_at, now=now)
    may_tick = _may_tick(reader, visit)
    return VisitPage(
        visit=visit,
        line=reader.line(visit),
        title=_kind_and_place(reader, visit),
        who=_who(visit),
        recorded_by=visit.author.name if _only_wrote(visit) else "",
        place=reader.words(visit, visit.place),
        guests=shown_guests(guests, post=post, told=visit.is_told_by(post.pk), lines=reader.lines),
        text=reader.words(visit, visit.text),
        met=_met(reader, read),
        next_step=reader.words(visit, visit.next_step),
        matters=reader.matters(visit, _links(visit, post)),
        promises=tuple(_promise(reader, visit, p, today) for p in visit.promises.all()),
        amendments=_amendments(reader, visit, amendments),
        credits=tuple(ports.visit_credits.implementation(visit=visit, post=post)),
        is_masked=_is_masked(reader, visit),
        may_edit=own and free and not visit.is_voided,
        may_amend=own and not free and not visit.is_voided,
        may_void=(own or post.may(Permission.VOID_VISIT_OF_OTHERS)) and not visit.is_voided,
        may_tick=may_tick,
        asked=steps_to_answer(post=post, visit=visit, today=today) if may_tick else (),
        promises_asked=(
            promises_to_answer(post=post, visit=visit, today=today) if may_tick else ()
        ),
        voided_by=visit.voided_by.name if visit.voided_by else "",
        void_reason=reader.words(visit, visit.void_reason),
    )


def _is_masked(reader: VisitReader, visit: Visit) -> bool:
    if visit.kind != Visit.Kind.HOME:
        return not reader.sees_words(visit)
    return not (reader.sees_words(visit) and reader.sees_household(visit))


def _only_wrote(visit: Visit) -> bool:
    """At a reception whoever registers it need not have received anybody."""
    return visit.kind == Visit.Kind.RECEPTION and any(
        one.user_id == visit.author_id and not one.is_lead for one in visit.people.all()
    )


def _who(visit: Visit) -> str:
    aside = visit.author_id if _only_wrote(visit) else None
    return "、".join(one.user.name for one in visit.people.all() if one.user_id != aside)


def _met(reader: VisitReader, read: ReadVisit) -> str:
    visit = read.visit
    full = reader.sees_household(visit)
    met = read.met if reader.line(visit) else ()
    names = [shown_name(name, full=full) for name in met]
    if visit.met_other:
        names.append(visit.met_other if reader.sees_words(visit) else OTHERS)
    return "、".join(names)


def _promise(reader: VisitReader, visit: Visit, promise: Promise, today: dt.date) -> ShownPromise:
    until = promise.kept_on or today
    return ShownPromise(
        id=promise.pk,
        text=reader.words(visit, promise.text),
        due_on=promise.due_on,
        kept_on=promise.kept_on,
        is_late=until > promise.due_on,
    )


def _amendments(
    reader: VisitReader, visit: Visit, amendments: Iterable[VisitAmendment]
) -> tuple[ShownAmendment, ...]:
    return tuple(
        ShownAmendment(
            at=amendment.at,
            by=amendment.by.name,
            reason=reader.words(visit, amendment.reason),
            before=tuple((k, _before(reader, visit, k, v)) for k, v in amendment.before.items()),
        )
        for amendment in amendments
    )


def _before(reader: VisitReader, visit: Visit, label: str, words: str) -> str:
    if label == _MET_OTHER and not reader.sees_words(visit):
        return OTHERS
    return reader.words(visit, words)


def takes_part(*, post: Post, visit: Visit) -> bool:
    """Whether the acting post went along, or is responsible for the household now."""
    if any(person.post_id == post.pk for person in visit.people.all()):
        return True
    return Household.objects.own(post).filter(pk=visit.household_id or 0).exists()


def _may_tick(reader: VisitReader, visit: Visit) -> bool:
    """As ``takes_part`` asks when it is ticked: who is responsible now has the line as its own."""
    post, line = reader.post, reader.line(visit)
    if visit.is_voided or not post.may(LOGS[visit.kind]):
        return False
    went = any(person.post_id == post.pk for person in visit.people.all())
    return went or (line is not None and line.is_own)


def scope_words(post: Post) -> str:
    """Whose visits a list holds, in words (the rule itself: ``VisitQuerySet.visible_to``)."""
    if post.role in UNIT_WIDE:
        return post.organisation.name
    if post.role == Role.INSPECTOR:
        return "督查授权的单位"
    answers = post.role in {Role.COMMUNITY_WORKER, Role.OFFICER}
    return "我参加的，和我负责的住户的" if answers else "我参加的"


def about(visits: VisitQuerySet, *, post: Post, query: str) -> VisitQuerySet:
    """Those of ``visits`` whose words hold every word of ``query``; nothing without words.

    SECURITY: nothing for a person or a number either, whatever the index holds.
    """
    phrases = query_phrases(query)
    if not phrases or looks_like_a_person(query):
        return visits.none()
    ids = post.organisation.scope_ids()
    place = Q(street_id=ids.street_id) if ids.street_id else Q(district_id=ids.district_id)
    found = SearchEntry.objects.filter(place, kind="visit", tokens__matches=phrases)
    narrowed: VisitQuerySet = visits.filter(pk__in=found.values("object_id"))
    return narrowed
