import datetime as dt
import uuid
from dataclasses import replace

import pytest

from contacts.models import Promise, Visit
from contacts.selectors.asked import promises_to_answer, steps_to_answer
from contacts.selectors.todo import LIMIT, Kind, due_items
from contacts.services import visits
from contacts.services.visit_entries import ordinary_entry
from portal.accounts.roles import Role
from tests.factories.accounts import make_post, make_world
from tests.factories.contacts import make_building, make_duty, make_household, make_visit
from tests.factories.places import make_place_visit, make_point

TODAY = dt.date(2026, 11, 18)
DAY = dt.timedelta(days=1)
EARLIER = dt.datetime(2026, 11, 2, 4, tzinfo=dt.UTC)
NOON = dt.datetime(2026, 11, 18, 4, tzinfo=dt.UTC)


@pytest.fixture
def worker(db):
    return make_post(Role.COMMUNITY_WORKER, make_world().north)


@pytest.fixture
def household(worker):
    return make_household(make_building(worker.organisation), worker=worker.user)


def step(household, post, on, **fields):
    return make_visit(
        household, post=post, occurred_at=EARLIER, next_step="带缴费单", next_step_on=on, **fields
    )


def promise(household, post, due_on, **fields):
    visit = make_visit(household, post=post, occurred_at=EARLIER)
    return Promise.objects.create(
        household=household, visit=visit, text="问清维修", due_on=due_on, **fields
    )


def found(post):
    return due_items(post=post, today=TODAY).items


def test_today_is_due_and_not_overdue(worker, household):
    step(household, worker, TODAY)
    promise(household, worker, TODAY)

    assert [(item.kind, item.is_overdue) for item in found(worker)] == [
        (Kind.NEXT_STEP, False),
        (Kind.PROMISE, False),
    ]


def test_the_longest_overdue_comes_first(worker, household):
    step(household, worker, TODAY - DAY)
    promise(household, worker, TODAY - 3 * DAY)

    assert [(item.kind, item.days_overdue) for item in found(worker)] == [
        (Kind.PROMISE, 3),
        (Kind.NEXT_STEP, 1),
    ]


def test_tomorrow_is_not_due(worker, household):
    step(household, worker, TODAY + DAY)
    promise(household, worker, TODAY + DAY)

    assert found(worker) == ()


def test_done_kept_and_voided_are_not_due(worker, household):
    step(household, worker, TODAY, next_step_done_at=EARLIER)
    promise(household, worker, TODAY, kept_on=TODAY, kept_by=worker.user)
    step(
        household,
        worker,
        TODAY,
        voided_at=EARLIER,
        voided_by=worker.user,
        void_reason="选错了户",
    )

    assert found(worker) == ()


def test_visits_to_complete_come_last_and_are_the_authors(worker, household):
    mine = make_visit(household, post=worker, occurred_at=EARLIER, to_complete=True, text="要点")
    colleague = make_post(Role.COMMUNITY_WORKER, worker.organisation)
    make_visit(household, post=colleague, occurred_at=EARLIER, to_complete=True)
    step(household, worker, TODAY)

    assert [(item.kind, item.visit_id) for item in found(worker)][1:] == [
        (Kind.TO_COMPLETE, mine.pk)
    ]


def test_households_where_something_is_due_are_those_with_a_date(worker, household):
    other = make_household(household.building, worker=worker.user)
    make_visit(household, post=worker, next_step="再去", next_step_on=TODAY)
    make_visit(other, post=worker, to_complete=True)

    assert due_items(post=worker, today=TODAY).household_ids == {household.pk}


def test_duty_moves_with_the_household(worker, household):
    visit = step(household, worker, TODAY)
    successor = make_post(Role.COMMUNITY_WORKER, worker.organisation)
    household.duties.update(until=TODAY)
    make_duty(household, successor.user, since=TODAY)

    assert [item.visit_id for item in found(successor)] == [visit.pk]


def test_a_colleague_has_nothing_to_do_with_it(worker, household):
    step(household, worker, TODAY)
    promise(household, worker, TODAY)

    assert found(make_post(Role.COMMUNITY_WORKER, worker.organisation)) == ()


def test_a_leader_is_not_handed_the_units_list(worker, household):
    step(household, worker, TODAY)

    assert found(make_post(Role.LEADER, worker.organisation)) == ()


def test_what_was_written_under_a_post_is_due_while_the_post_lasts(worker, household):
    step(household, worker, TODAY)
    elsewhere = make_post(Role.COMMUNITY_WORKER, make_household().community, user=worker.user)

    assert found(elsewhere) == ()


def test_a_household_out_of_use_needs_nothing(worker, household):
    step(household, worker, TODAY)
    household.ended_on = TODAY
    household.save()

    assert found(worker) == ()


def test_a_long_list_says_that_there_is_more(worker, household, django_assert_num_queries):
    for _ in range(LIMIT + 1):
        step(household, worker, TODAY)

    with django_assert_num_queries(2):
        due = due_items(post=worker, today=TODAY)

    assert len(due.items) == LIMIT
    assert due.has_more


def test_a_plan_with_a_contact_since_is_asked_first(worker, household):
    neighbour = make_household(household.building, worker=worker.user, room="602")
    step(neighbour, worker, TODAY - 5 * DAY)
    plan = step(household, worker, TODAY)
    tap = ordinary_entry(client_id=uuid.uuid4(), household_id=household.pk, now=NOON)

    assert [item.contacted_on for item in found(worker)] == [None, None]
    visits.log_visit(actor=worker, entry=tap, now=NOON)

    first, second = found(worker)
    assert (first.visit_id, first.contacted_on, first.is_overdue) == (plan.pk, TODAY, False)
    assert (second.household_id, second.contacted_on) == (neighbour.pk, None)


def test_the_visit_that_made_the_plan_does_not_ask_for_it(worker, household):
    visits.log_visit(
        actor=worker,
        entry=replace(
            ordinary_entry(client_id=uuid.uuid4(), household_id=household.pk, now=NOON),
            next_step="下午送表",
            next_step_on=TODAY,
        ),
        now=NOON,
    )

    assert [item.contacted_on for item in found(worker)] == [None]


def test_a_plan_put_off_is_not_asked_again_before_its_day(worker, household):
    plan = step(household, worker, TODAY)

    visits.put_off_next_step(actor=worker, visit_id=plan.pk, until=TODAY + DAY, now=NOON)

    assert found(worker) == ()
    assert [item.due_on for item in due_items(post=worker, today=TODAY + DAY).items] == [
        TODAY + DAY
    ]


def tap(worker, household, at):
    entry = ordinary_entry(client_id=uuid.uuid4(), household_id=household.pk, now=at)
    return visits.log_visit(actor=worker, entry=entry, now=at)


def test_a_contact_that_was_answered_for_does_not_ask_again(worker, household):
    plan = step(household, worker, TODAY)
    first = tap(worker, household, NOON - DAY)
    visits.put_off_next_step(actor=worker, visit_id=plan.pk, until=TODAY + 2 * DAY, now=NOON)
    then = TODAY + 2 * DAY

    def asked(visit):
        return [one.text for one in steps_to_answer(post=worker, visit=visit, today=then)]

    due = due_items(post=worker, today=then).items
    assert [item.contacted_on for item in due] == [None]
    assert asked(first) == []
    later = tap(worker, household, NOON + 2 * DAY)
    due = due_items(post=worker, today=then).items
    assert [item.contacted_on for item in due] == [then]
    assert asked(later) == [plan.next_step]


def meeting(post, spot, at, **fields):
    told = {"text": "", "kind": Visit.Kind.FIELD, "place": "居委会", "point": spot}
    return make_place_visit(spot.organisation, post=post, occurred_at=at, **told | fields)


def test_a_plan_made_at_a_contact_point_is_asked_after_the_next_visit_there(worker):
    leader = make_post(Role.LEADER, worker.organisation.parent)
    point = make_point(leader.user, worker.organisation)
    plan = meeting(leader, point, EARLIER, next_step="问清加装电梯", next_step_on=TODAY - DAY)
    other = make_post(Role.LEADER, worker.organisation.parent)

    def contacted():
        return [item.contacted_on for item in found(leader)]

    elsewhere = meeting(leader, point, NOON, point=None, place="社区食堂")
    of_another = meeting(other, point, NOON)
    assert contacted() == [None]
    again = meeting(leader, point, NOON)
    assert contacted() == [TODAY]
    for visit, post, steps in (
        (again, leader, [plan.next_step]),
        (again, other, []),
        (elsewhere, leader, []),
        (of_another, other, []),
    ):
        asked = steps_to_answer(post=post, visit=visit, today=TODAY)
        assert [one.text for one in asked] == steps


def test_a_reception_at_the_same_place_asks_as_well(worker):
    leader = make_post(Role.LEADER, worker.organisation.parent)
    point = make_point(leader.user, worker.organisation)
    meeting(leader, point, EARLIER, next_step="问清加装电梯", next_step_on=TODAY)
    meeting(leader, point, NOON, point=None, kind=Visit.Kind.RECEPTION, channel="OFFICE")

    assert [item.contacted_on for item in found(leader)] == [TODAY]


@pytest.mark.parametrize(("ahead", "is_asked"), [(-3, True), (0, True), (7, True), (8, False)])
def test_a_promise_that_is_due_soon_is_asked_on_the_day_of_a_contact(
    worker, household, ahead, is_asked
):
    given = promise(household, worker, TODAY + ahead * DAY)
    visit = tap(worker, household, NOON)

    asked = [item.promise_id for item in found(worker) if item.contacted_on == TODAY]
    on_page = promises_to_answer(post=worker, visit=visit, today=TODAY)
    assert asked == [one.id for one in on_page] == ([given.pk] if is_asked else [])
    tomorrow = due_items(post=worker, today=TODAY + DAY).items
    assert [item.contacted_on for item in tomorrow] == ([None] if ahead <= 1 else [])
    assert promises_to_answer(post=worker, visit=visit, today=TODAY + DAY) == ()


def test_a_promise_is_asked_of_whom_it_binds_and_until_it_is_kept(worker, household):
    given = promise(household, worker, TODAY)
    colleague = make_post(Role.COMMUNITY_WORKER, worker.organisation)
    visit = tap(worker, household, NOON)

    assert promises_to_answer(post=colleague, visit=visit, today=TODAY) == ()
    visits.keep_promise(actor=worker, promise_id=given.pk, now=NOON)
    assert promises_to_answer(post=worker, visit=visit, today=TODAY) == ()
    assert found(worker) == ()
