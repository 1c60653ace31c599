"""本周建议走访 followed week by week: who is visited when, and that nobody is forgotten.

There are always more households than places: with fewer any order would do.
"""

import datetime as dt
from dataclasses import dataclass, field, replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from contacts.selectors.proposal_rule import (
    AGAIN_LIMIT,
    LIMIT,
    REST_DAYS,
    RETRY_WEEKS,
    Candidate,
    Choice,
    Urgency,
    choose,
)
from contacts.workflow import YEAR
from portal.core.periods import Quarter, Week

WEEK = dt.timedelta(days=7)
#: A Monday, as the weeks of every quarter are counted below.
START = dt.date(2026, 1, 5)
WEEKS_OF_QUARTER = 13


@dataclass
class Duty:
    """The households one worker answers for, and what is found there."""

    rows: list[Candidate]
    #: Where nobody ever opens, and where one is always sent away.
    shut: set[int]
    declining: set[int]
    #: What somebody is promised: by week, the households where it is due.
    due: dict[int, set[int]] = field(default_factory=dict)

    @property
    def hardship(self) -> set[int]:
        return {row.household_id for row in self.rows if row.is_hardship}


_ages = st.none() | st.integers(31, 900)


@st.composite
def duties(draw, *, sizes, hardship, shut=12, due=0):
    """Some met long ago, some never; some shut, some declining, some by telephone."""
    size = draw(st.integers(*sizes))
    poor = draw(st.integers(*hardship))
    everybody = st.integers(0, size - 1)
    phone = draw(st.sets(everybody, max_size=10))
    # In a burst, where they hurt: the doors at the beginning of the way, or the hardship ones.
    first = draw(st.sampled_from([0, poor, size // 2]))
    closed = draw(st.integers(0, shut))
    rows = []
    for number in range(size):
        age = draw(_ages)
        met = None if age is None else START - dt.timedelta(days=age)
        rows.append(
            Candidate(
                household_id=number,
                door=(f"{number % 4}", f"{number:03}"),
                is_hardship=number < poor,
                by_phone=number in phone,
                last_met_on=met,
                last_contact_on=met,
            )
        )
    many, stride = draw(st.integers(0, due)), draw(st.integers(1, 7))
    return Duty(
        rows=rows,
        shut=set(range(first, min(first + closed, size))),
        declining=draw(st.sets(everybody, max_size=6)),
        due={week: {(week * many + n) * stride % size for n in range(many)} for week in range(53)},
    )


@dataclass
class Told:
    """What one Monday proposed, and how things stood then."""

    week: int
    today: dt.date
    choices: list[Choice]
    before: dict[int, Candidate]

    @property
    def ids(self) -> set[int]:
        return {choice.candidate.household_id for choice in self.choices}

    def of(self, *urgencies: Urgency) -> list[Choice]:
        return [choice for choice in self.choices if choice.urgency in urgencies]


def follow(duty: Duty, weeks: int) -> list[Told]:
    """Do every Monday what is proposed, whatever is found there."""
    now = {row.household_id: row for row in duty.rows}
    told = []
    for week in range(weeks):
        today = START + week * WEEK
        for pk in duty.due.get(week, ()):
            now[pk] = replace(now[pk], promise_on=today + dt.timedelta(days=week % 7))
        one = Told(week, today, choose(now.values(), today=today), dict(now))
        told.append(one)
        for pk in one.ids:
            now[pk] = visited(now[pk], today, duty)
    return told


def visited(one: Candidate, today: dt.date, duty: Duty) -> Candidate:
    if one.household_id in duty.shut | duty.declining:
        declined = today if one.household_id in duty.declining else one.declined_on
        weeks = one.weeks_tried + 1
        return replace(one, tried_on=today, weeks_tried=weeks, declined_on=declined)
    met = one.last_met_on if one.by_phone else today
    return replace(
        one, last_met_on=met, last_contact_on=today, tried_on=None, weeks_tried=0, promise_on=None
    )


@settings(max_examples=60)
@given(duties(sizes=(80, 140), hardship=(10, 60), due=8))
def test_every_hardship_household_has_its_turn_in_every_quarter(duty):
    """Whatever else is due, whoever else waits, and however many of them do not open."""
    told = follow(duty, 4 * WEEKS_OF_QUARTER)

    for quarter in {Quarter.of(one.today) for one in told}:
        weeks = [one for one in told if Quarter.of(one.today) == quarter]
        assert len(weeks) < WEEKS_OF_QUARTER or duty.hardship <= set.union(*(o.ids for o in weeks))


@settings(max_examples=60)
@given(duties(sizes=(80, 140), hardship=(0, 30), due=8))
def test_everything_that_is_due_is_named_beside_the_others(duty):
    for one in follow(duty, 26):
        declined = {
            pk for pk, row in one.before.items()
            if row.declined_on and row.declined_on >= Week.of(one.today).start
        }  # fmt: skip
        assert duty.due.get(one.week, set()) - declined <= one.ids
        assert len(one.choices) - len(one.of(Urgency.DUE)) <= LIMIT


@settings(max_examples=60)
@given(duties(sizes=(80, 140), hardship=(0, 20), shut=40))
def test_whoever_was_never_visited_has_a_turn_before_anybody_who_merely_waits(duty):
    """Hardship apart, and the few doors where nobody was met the last time."""
    told = follow(duty, 53)

    for one in told:
        unvisited = {pk for pk, row in one.before.items() if row.turn_on is None}
        waiting = one.of(Urgency.YEAR, Urgency.LONG_AGO)
        assert not waiting or unvisited <= one.ids


@settings(max_examples=60)
@given(duties(sizes=(70, 90), hardship=(0, 0), shut=60))
def test_everybody_has_a_turn_however_many_never_open(duty):
    """Three of five places are left to the others, whatever happens at the shut doors."""
    told = follow(duty, 53)

    assert set.union(*(one.ids for one in told)) == {row.household_id for row in duty.rows}


@settings(max_examples=30)
@given(duties(sizes=(70, 90), hardship=(0, 0), shut=60))
def test_nobody_waits_for_a_turn_much_longer_than_a_year(duty):
    told = follow(duty, 130)

    end = told[-1]
    for row in end.before.values():
        assert row.turn_on is not None
        assert end.today - row.turn_on <= YEAR + 8 * WEEK


@settings(max_examples=60)
@given(duties(sizes=(20, 140), hardship=(0, 20), shut=40, due=4))
def test_the_load_is_even(duty):
    """Five a week while five may be asked, and never more beside what is due."""
    for one in follow(duty, 20):
        ready = [
            row for row in one.before.values()
            if row.household_id not in {c.candidate.household_id for c in one.of(Urgency.DUE)}
            and row.promise_on is None
            and row.tried_on is None
            and (row.last_on is None or (one.today - row.last_on).days >= REST_DAYS)
        ]  # fmt: skip
        beside = len(one.choices) - len(one.of(Urgency.DUE))
        assert min(LIMIT, len(ready)) <= beside <= LIMIT
        others = len(ready) >= LIMIT
        assert not others or len(one.of(Urgency.AGAIN)) <= AGAIN_LIMIT


@settings(max_examples=60)
@given(duties(sizes=(80, 140), hardship=(0, 20), due=4))
def test_one_walks_building_by_building_and_door_by_door(duty):
    for one in follow(duty, 8):
        way = [choice.candidate.door for choice in one.choices]
        assert way == sorted(way)


def street(size: int, **changes) -> Duty:
    rows = [Candidate(household_id=number, door=("1", f"{number:03}")) for number in range(size)]
    return Duty(rows=rows, shut=set(), declining=set(), **changes)


def test_five_doors_that_never_open_do_not_keep_the_other_thirty_five_waiting():
    duty = street(40)
    duty.shut = {0, 1, 2, 3, 4}

    told = follow(duty, 53)

    first = [one.ids for one in told[:10]]
    assert set.union(*first) == set(range(40))
    assert told[0].ids == duty.shut


def test_a_shut_door_is_offered_again_and_ever_more_rarely():
    duty = street(300)
    duty.shut = {0}

    weeks = [one.week for one in follow(duty, 53) if 0 in one.ids]

    pauses = [later - earlier for earlier, later in pairwise(weeks)]
    assert pauses == [*RETRY_WEEKS[:2], *[RETRY_WEEKS[2]] * (len(pauses) - 2)]
    assert len(weeks) > len(RETRY_WEEKS)


def test_what_is_due_takes_no_place_from_the_rhythm_of_the_quarter():
    """Five promises a week, later this week: none of them is among what is due today."""
    duty = street(100)
    duty.rows = [replace(row, is_hardship=row.household_id >= 60) for row in duty.rows]
    duty.due = {week: {(week * 5 + n) % 60 for n in range(5)} for week in range(13)}

    told = follow(duty, 13)

    assert duty.hardship <= set.union(*(one.ids for one in told))
    assert all(len(one.of(Urgency.DUE)) == LIMIT for one in told)
