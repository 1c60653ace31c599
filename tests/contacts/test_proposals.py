import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contacts.models import Household, Promise, Visit
from contacts.selectors.proposal_rule import (
    AGAIN_LIMIT,
    LIMIT,
    REST_DAYS,
    RETRY_WEEKS,
    RULES,
    Candidate,
    Urgency,
    choose,
)
from contacts.selectors.proposals import proposals
from contacts.workflow import YEAR
from portal.accounts.roles import Role
from portal.core.periods import Quarter, Week
from tests.factories.accounts import make_organisation, make_post, make_world
from tests.factories.contacts import (
    make_building,
    make_care,
    make_category,
    make_duty,
    make_household,
    make_visit,
)

TODAY = dt.date(2026, 11, 18)  # a Wednesday
DAY = dt.timedelta(days=1)


def noon(day):
    return dt.datetime.combine(day, dt.time(4), tzinfo=dt.UTC)


# ---- the rule, without a database ----

_days = st.none() | st.dates(TODAY - 800 * DAY, TODAY)
_due = st.none() | st.dates(TODAY - 60 * DAY, TODAY + 20 * DAY)


@st.composite
def candidates(draw):
    rows = draw(
        st.lists(
            st.tuples(st.booleans(), st.booleans(), _days, _days, _due, _due, _days, _days),
            max_size=25,
        )
    )
    made = []
    for number, (phone, hardship, met, contact, step, promise, declined, tried) in enumerate(rows):
        last = max((d for d in (met, contact) if d), default=None)
        counts = last if phone else met
        shut = tried if tried and (counts is None or tried > counts) else None
        made.append(
            Candidate(
                household_id=number,
                door=("B1" if number % 2 else "B2", f"{number:03}"),
                by_phone=phone,
                is_hardship=hardship,
                last_met_on=met,
                last_contact_on=last,
                step_on=step,
                promise_on=promise,
                declined_on=declined,
                tried_on=shut,
                weeks_tried=1 + number % 4 if shut else 0,
            )
        )
    return made


@settings(max_examples=300)
@given(candidates(), st.integers(0, 8))
def test_what_always_holds(rows, limit):
    week = Week.of(TODAY)

    chosen = choose(rows, today=TODAY, limit=limit)

    ids = [c.candidate.household_id for c in chosen]
    assert len(ids) == len(set(ids))
    assert sum(choice.urgency is not Urgency.DUE for choice in chosen) <= limit
    for choice in chosen:
        one = choice.candidate
        assert one.last_met_on is None or one.last_met_on < week.start
        assert one.declined_on is None or one.declined_on < week.start
        assert choice.reasons
        assert choice.reasons == tuple(sorted(choice.reasons))
        assert (choice.urgency is Urgency.DUE) == (Urgency.DUE in choice.reasons)
        if one.by_phone:
            assert one.last_contact_on is None or one.last_contact_on < week.start
    assert ids == [c.candidate.household_id for c in sorted(chosen, key=lambda c: c.candidate.door)]


@settings(max_examples=300)
@given(candidates(), st.integers(1, 8), st.randoms())
def test_the_order_of_the_rows_does_not_matter(rows, limit, random):
    shuffled = list(rows)
    random.shuffle(shuffled)

    assert choose(rows, today=TODAY, limit=limit) == choose(shuffled, today=TODAY, limit=limit)


@settings(max_examples=300)
@given(candidates(), st.integers(0, 8))
def test_nobody_is_left_out_for_somebody_less_urgent(rows, limit):
    """Nor, of the same urgency, for somebody who had a turn later."""
    everybody = choose(rows, today=TODAY, limit=len(rows))
    chosen = choose(rows, today=TODAY, limit=limit)
    left = [place(c) for c in everybody if c not in chosen]
    beside = [place(c) for c in chosen if c.urgency is not Urgency.DUE]

    assert Urgency.DUE not in [urgency for urgency, _ in left]
    # Doors that were shut the last time leave their place to others beyond the second.
    if sum(urgency is Urgency.AGAIN for urgency, _ in beside) >= AGAIN_LIMIT:
        left = [one for one in left if one[0] is not Urgency.AGAIN]
    assert not beside or not left or max(beside) <= min(left)


def place(choice):
    """Hardship households are asked again first: of that line the turn alone decides nothing."""
    is_again = choice.urgency is Urgency.AGAIN
    return choice.urgency, TODAY if is_again else choice.candidate.turn_on or dt.date.min


def one(number=1, **fields):
    return Candidate(household_id=number, **fields)


def first(*rows):
    return choose(rows, today=TODAY, limit=1)[0].candidate.household_id


LONG_AGO = {"last_met_on": TODAY - 200 * DAY, "last_contact_on": TODAY - 200 * DAY}
YEAR_AGO = {"last_met_on": TODAY - 400 * DAY, "last_contact_on": TODAY - 400 * DAY}


def test_hardship_without_a_visit_this_quarter_comes_before_merely_long_ago():
    assert first(one(1, **YEAR_AGO), one(2, is_hardship=True, **LONG_AGO)) == 2


def test_never_visited_comes_before_long_ago():
    assert first(one(1, **YEAR_AGO), one(2)) == 2


def test_what_is_due_stands_beside_the_others():
    due = [one(n, promise_on=TODAY, last_met_on=TODAY - 20 * DAY) for n in range(20, 28)]
    rest = [one(1), one(2, is_hardship=True)]

    found = choose([*due, *rest], today=TODAY, limit=1)

    assert {c.candidate.household_id for c in found} == {2, *range(20, 28)}


SHUT = {"tried_on": TODAY - 20 * DAY, "weeks_tried": 1}


def test_where_nobody_was_met_the_last_time_one_goes_again_before_new_doors():
    assert first(one(1), one(2, **SHUT)) == 2
    assert first(one(1, is_hardship=True), one(2, **SHUT)) == 1


@pytest.mark.parametrize(("weeks_tried", "pause"), [(1, 0), (2, 1), (3, 2), (9, 2)])
def test_after_each_attempt_the_pause_is_longer(weeks_tried, pause):
    after = dt.timedelta(weeks=RETRY_WEEKS[pause])
    shut = one(tried_on=TODAY, weeks_tried=weeks_tried)

    assert choose([shut], today=TODAY + after - DAY) == []
    (found,) = choose([shut], today=TODAY + after)
    assert (found.urgency, found.reasons) == (Urgency.AGAIN, (Urgency.NEVER,))


def test_what_is_due_waits_for_no_pause():
    assert choose([one(promise_on=TODAY, tried_on=TODAY, weeks_tried=3)], today=TODAY)


def test_doors_that_stay_shut_take_two_places_while_others_wait():
    shut = [one(number, **SHUT) for number in range(10)]
    others = [one(number) for number in range(20, 30)]

    def chosen(*rows):
        return [c.urgency for c in choose(rows, today=TODAY)]

    assert sorted(chosen(*shut, *others)) == [Urgency.AGAIN] * 2 + [Urgency.NEVER] * 3
    assert sorted(chosen(*shut, *others[:1])) == [Urgency.AGAIN] * 4 + [Urgency.NEVER]


def test_a_hardship_household_that_did_not_open_has_a_new_turn_with_the_quarter():
    start = Quarter.of(TODAY).start
    before = one(is_hardship=True, tried_on=start - DAY, weeks_tried=5)
    since = one(is_hardship=True, tried_on=start, weeks_tried=1)

    later = start + dt.timedelta(weeks=RETRY_WEEKS[-1])
    assert [c.urgency for c in choose([before], today=later)] == [Urgency.HARDSHIP]
    assert [c.urgency for c in choose([since], today=later)] == [Urgency.AGAIN]


def test_due_later_than_this_week_is_no_reason_yet():
    sunday = Week.of(TODAY).last_day
    recent = {"last_met_on": TODAY - 20 * DAY}

    assert choose([one(step_on=sunday + DAY, **recent)], today=TODAY) == []
    assert choose([one(step_on=sunday, **recent)], today=TODAY)[0].urgency is Urgency.DUE


def test_hardship_begins_anew_with_the_quarter():
    start = Quarter.of(TODAY).start

    def urgency(met):
        found = choose([one(is_hardship=True, last_met_on=met)], today=TODAY)
        return found[0].urgency if found else None

    assert urgency(start - DAY) is Urgency.HARDSHIP
    assert urgency(start) is Urgency.LONG_AGO


@pytest.mark.parametrize(
    ("last", "urgency"),
    [
        (TODAY - YEAR, Urgency.LONG_AGO),
        (TODAY - YEAR - DAY, Urgency.YEAR),
        (TODAY - REST_DAYS * DAY, Urgency.LONG_AGO),
        (TODAY - (REST_DAYS - 1) * DAY, None),
    ],
)
def test_the_days_at_which_a_reason_begins(last, urgency):
    found = choose([one(last_met_on=last)], today=TODAY)

    assert (found[0].urgency if found else None) == urgency


def test_a_door_that_was_shut_for_a_year_stands_in_the_row_with_the_others():
    long_shut = one(1, tried_on=TODAY - YEAR - DAY, weeks_tried=1)

    assert [c.urgency for c in choose([long_shut], today=TODAY)] == [Urgency.YEAR]
    assert first(long_shut, one(2, **YEAR_AGO)) == 2


def test_a_call_is_enough_where_only_calls_are_wanted():
    called = {"last_met_on": None, "last_contact_on": TODAY - DAY}

    assert choose([one(by_phone=True, **called)], today=TODAY) == []
    assert choose([one(**called)], today=TODAY)[0].urgency is Urgency.NEVER


def test_every_urgency_has_its_words():
    assert [rule.urgency for rule in RULES] == sorted(Urgency)
    assert all(rule.title and rule.words for rule in RULES)


# ---- from the records ----


@pytest.fixture
def worker(db):
    return make_post(Role.COMMUNITY_WORKER, make_world().north)


@pytest.fixture
def building(worker):
    return make_building(worker.organisation)


@pytest.fixture
def own(worker, building):
    return lambda **fields: make_household(building, worker=worker.user, **fields)


def lines(post, **options):
    return {p.household_id: p for p in proposals(post=post, today=TODAY, **options)}


def reasons(post, household):
    return lines(post)[household.pk].reasons


def test_only_own_households_in_use_inside_the_place_are_proposed(worker, building, own):
    mine = own()
    own(ended_on=TODAY)
    make_household(building)
    handed_over = make_household(building)
    make_duty(handed_over, worker.user, until=TODAY)
    elsewhere = make_household(community=make_world_community(), worker=worker.user)

    assert set(lines(worker)) == {mine.pk}
    assert elsewhere.pk not in lines(worker)


@settings(max_examples=100)
@given(candidates(), st.sets(st.integers(0, 24)))
def test_what_the_page_names_already_is_left_out_and_nothing_else_changes(rows, named):
    left = [row for row in rows if row.household_id not in named]

    chosen = choose(left, today=TODAY, limit=len(rows))

    everybody = choose(rows, today=TODAY, limit=len(rows))
    assert chosen == [c for c in everybody if c.candidate.household_id not in named]


def test_a_household_named_above_makes_room_for_the_next(worker, own):
    named, *others = (own() for _ in range(LIMIT + 1))

    found = lines(worker, leave_out={named.pk})

    assert set(found) == {one.pk for one in others}


def make_world_community():
    street = make_organisation("STREET", parent=make_organisation("DISTRICT"))
    return make_organisation("COMMUNITY", parent=street)


def test_a_household_met_this_week_is_not_proposed_whoever_went(worker, own):
    household = own()
    colleague = make_post(Role.COMMUNITY_WORKER, worker.organisation)
    make_visit(household, post=colleague, occurred_at=noon(Week.of(TODAY).start))

    assert lines(worker) == {}


def test_a_voided_visit_brings_the_household_back(worker, own):
    household = own()
    make_visit(
        household,
        post=worker,
        occurred_at=noon(TODAY),
        voided_at=noon(TODAY),
        voided_by=worker.user,
        void_reason="选错了户",
    )

    assert reasons(worker, household) == ("从未走访",)


def test_reasons_are_said_in_words_with_their_facts(worker, own):
    household = own()
    make_care(household, make_category("低保家庭", is_hardship=True))
    visit = make_visit(
        household,
        post=worker,
        occurred_at=noon(dt.date(2025, 6, 2)),
        next_step="带供暖缴费单",
        next_step_on=TODAY,
    )
    Promise.objects.create(
        household=household, visit=visit, text="问清扶手维修", due_on=TODAY - 2 * DAY
    )
    make_visit(household, post=worker, occurred_at=noon(TODAY - DAY), result=Visit.Result.NOT_HOME)

    found = lines(worker)[household.pk]

    assert found.reasons == (
        "答应的事已过期 2 天",
        "困难家庭，本季度未走访",
        "未走访满12个月，上次 2025-06-02",
    )
    assert found.facts == ("答应过：问清扶手维修", "下一步：带供暖缴费单", "11-17 无人在家")


def test_what_is_done_or_kept_is_no_reason(worker, own):
    household = own()
    visit = make_visit(
        household,
        post=worker,
        occurred_at=noon(TODAY - 10 * DAY),
        next_step="带缴费单",
        next_step_on=TODAY,
        next_step_done_at=noon(TODAY),
    )
    Promise.objects.create(
        household=household,
        visit=visit,
        text="问清维修",
        due_on=TODAY,
        kept_on=TODAY,
        kept_by=worker.user,
    )

    assert lines(worker) == {}


def test_a_care_that_ended_or_is_no_hardship_does_not_count(worker, own):
    household = own()
    make_care(household, make_category("高龄老人", is_hardship=False))
    make_care(household, make_category("低保家庭", is_hardship=True), until=TODAY)

    assert reasons(worker, household) == ("从未走访",)


def test_a_household_that_wants_calls_is_proposed_as_a_call(worker, own):
    household = own(
        door_wish=Household.DoorWish.PHONE, door_wish_reason="术后静养", door_wish_until=TODAY
    )

    found = lines(worker)[household.pk]

    assert found.by_phone
    assert found.reasons == ("从未联系",)


def test_the_wish_ends_with_its_last_day(worker, own):
    household = own(
        door_wish=Household.DoorWish.PHONE,
        door_wish_reason="术后静养",
        door_wish_until=TODAY - DAY,
    )

    assert not lines(worker)[household.pk].by_phone


def test_who_declined_this_week_is_left_alone_until_the_next(worker, own):
    household = own()
    make_visit(
        household,
        post=worker,
        occurred_at=noon(Week.of(TODAY).start),
        result=Visit.Result.DECLINED,
    )
    make_visit(household, post=worker, occurred_at=noon(TODAY), result=Visit.Result.NOT_HOME)

    assert lines(worker) == {}
    assert proposals(post=worker, today=TODAY + RETRY_WEEKS[0] * 7 * DAY)


def test_who_was_not_at_home_has_a_pause_and_is_offered_again(worker, own):
    shut, other = own(), own()
    make_visit(shut, post=worker, occurred_at=noon(TODAY), result=Visit.Result.NOT_HOME)

    assert set(lines(worker)) == {other.pk}
    after = {p.household_id: p for p in proposals(post=worker, today=TODAY + 14 * DAY)}
    assert after[shut.pk].urgency is Urgency.AGAIN
    assert (after[shut.pk].reasons, after[shut.pk].facts) == (("从未走访",), ("11-18 无人在家",))


def test_a_meeting_ends_the_count_of_attempts_and_a_voided_one_is_none(worker, own):
    met, voided = own(), own()
    make_visit(met, post=worker, occurred_at=noon(TODAY - 50 * DAY), result="NOT_HOME")
    make_visit(met, post=worker, occurred_at=noon(TODAY - 40 * DAY))
    make_visit(
        voided,
        post=worker,
        occurred_at=noon(TODAY),
        result="NOT_HOME",
        voided_at=noon(TODAY),
        voided_by=worker.user,
        void_reason="选错了户",
    )

    found = lines(worker)

    assert found[met.pk].urgency is Urgency.LONG_AGO
    assert found[met.pk].facts == ()
    assert found[voided.pk].urgency is Urgency.NEVER


def test_an_unanswered_call_is_an_attempt_only_where_calls_are_wanted(worker, own):
    wish = {"door_wish": Household.DoorWish.PHONE, "door_wish_reason": "术后静养"}
    by_phone, at_door = own(**wish), own()
    for household in (by_phone, at_door):
        make_visit(
            household,
            post=worker,
            occurred_at=noon(TODAY - DAY),
            channel=Visit.Channel.PHONE,
            result=Visit.Result.NOT_HOME,
        )

    assert set(lines(worker)) == {at_door.pk}


def test_what_is_due_later_this_week_takes_no_place_from_the_others(worker, own):
    others = [own() for _ in range(LIMIT)]
    due = [own() for _ in range(LIMIT)]
    for household in due:
        visit = make_visit(household, post=worker, occurred_at=noon(TODAY - 20 * DAY))
        Promise.objects.create(
            household=household, visit=visit, text="送单子", due_on=TODAY + 3 * DAY
        )

    assert set(lines(worker)) == {one.pk for one in (*others, *due)}


def test_the_most_urgent_are_given_in_walking_order(worker, own):
    doors = [("10", "101"), ("2", "1001"), ("2", "502"), ("1", "302"), ("1", "301")]
    for unit, room in doors:
        own(unit=unit, room=room)
    make_visit(own(unit="1", room="101"), post=worker, occurred_at=noon(TODAY - 40 * DAY))

    found = proposals(post=worker, today=TODAY)

    doors = Household.objects.in_bulk([p.household_id for p in found])
    assert [(doors[p.household_id].unit, doors[p.household_id].room) for p in found] == [
        ("1", "301"),
        ("1", "302"),
        ("2", "502"),
        ("2", "1001"),
        ("10", "101"),
    ]
    assert len(found) == LIMIT


def test_a_leader_without_households_gets_no_proposals(worker, own):
    own()
    leader = make_post(Role.LEADER, worker.organisation)

    assert proposals(post=leader, today=TODAY) == []


def test_four_hundred_households_cost_three_queries(worker, building, django_assert_num_queries):
    common = {
        "district_id": building.district_id,
        "street_id": building.street_id,
        "community_id": building.community_id,
        "building": building,
    }
    rows = Household.objects.bulk_create(
        Household(unit="1", room=str(number), **common) for number in range(400)
    )
    for row in rows:
        make_duty(row, worker.user)

    with django_assert_num_queries(3):
        assert len(proposals(post=worker, today=TODAY)) == LIMIT
