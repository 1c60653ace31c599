"""本周建议走访 followed week by week: who is visited when, and that nobody is forgotten."""

import datetime as dt
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from contacts.selectors.proposals import LIMIT, REST_DAYS, Candidate, choose
from portal.core.periods import Quarter

WEEK = dt.timedelta(days=7)
#: Mondays of whole quarters.
START = dt.date(2026, 1, 5)


@st.composite
def duties(draw):
    """The households one worker answers for: some hardship, some met long ago, some never."""
    size = draw(st.integers(1, 60))
    hardship = draw(st.integers(0, min(size, 30)))
    ages = draw(st.lists(st.none() | st.integers(31, 900), min_size=size, max_size=size))
    rows = []
    for number, age in enumerate(ages):
        met = None if age is None else START - dt.timedelta(days=age)
        rows.append(
            Candidate(
                household_id=number,
                door=(f"{number % 4}", f"{number:03}"),
                is_hardship=number < hardship,
                last_met_on=met,
                last_contact_on=met,
            )
        )
    return rows


def follow(rows, weeks):
    """Do what is proposed every Monday; gives each week's choices."""
    now = {row.household_id: row for row in rows}
    told = []
    for week in range(weeks):
        today = START + week * WEEK
        chosen = choose(now.values(), today=today)
        told.append((today, chosen))
        for choice in chosen:
            pk = choice.candidate.household_id
            now[pk] = replace(now[pk], last_met_on=today, last_contact_on=today)
    return told, now


@settings(max_examples=60)
@given(duties())
def test_the_hardship_rhythm_is_kept(rows):
    """Each quarter every hardship household is met, as long as the weeks can hold them."""
    told, _ = follow(rows, 26)
    hardship = {row.household_id for row in rows if row.is_hardship}
    for quarter in {Quarter.of(today) for today, _ in told}:
        weeks = [chosen for today, chosen in told if Quarter.of(today) == quarter]
        met = {c.candidate.household_id for chosen in weeks for c in chosen}
        if len(weeks) * LIMIT >= len(hardship) and len(weeks) >= 12:
            assert hardship <= met


@settings(max_examples=60)
@given(duties())
def test_nobody_else_is_met_twice_before_everybody_was_met_once(rows):
    told, _ = follow(rows, 20)
    ordinary = {row.household_id for row in rows if not row.is_hardship}
    never = {row.household_id for row in rows if row.last_met_on is None} & ordinary
    met: set[int] = set()
    for _, chosen in told:
        again = {c.candidate.household_id for c in chosen} & met
        assert not again or never <= met | {c.candidate.household_id for c in chosen}
        met |= {c.candidate.household_id for c in chosen} & ordinary


@settings(max_examples=60)
@given(duties())
def test_the_load_is_even(rows):
    """Never more than the reference a week, and never fewer while somebody waits."""
    told, _ = follow(rows, 20)
    now = {row.household_id: row for row in rows}
    for today, chosen in told:
        waiting = [
            row for row in now.values()
            if row.last_met_on is None or (today - row.last_met_on).days >= REST_DAYS
        ]  # fmt: skip
        assert min(LIMIT, len(waiting)) <= len(chosen) <= LIMIT
        for choice in chosen:
            pk = choice.candidate.household_id
            now[pk] = replace(now[pk], last_met_on=today, last_contact_on=today)


@settings(max_examples=60)
@given(duties())
def test_one_walks_building_by_building_and_door_by_door(rows):
    for _, chosen in follow(rows, 8)[0]:
        way = [choice.candidate.door for choice in chosen]
        assert way == sorted(way)


@settings(max_examples=60)
@given(duties())
def test_within_a_year_of_following_it_nobody_waits_longer_than_a_year(rows):
    _, now = follow(rows, 53)
    end = START + 53 * WEEK

    assert all(
        row.last_met_on is not None and (end - row.last_met_on).days <= 365 for row in now.values()
    )
