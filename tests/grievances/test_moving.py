"""A grievance goes through the table: from the door to the file, with the right people at each step."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied

from grievances.kinds import Manner, Part, State
from grievances.models import Event, FollowUp, Grievance, Opinion, Pause, Told
from grievances.workflow import MOVES
from portal.accounts.kinds import OrganisationKind
from portal.accounts.roles import Role
from portal.accounts.trail_words import reason_words
from portal.audit.models import AuditEvent
from portal.core.errors import DomainError
from tests.factories.accounts import make_organisation, make_post
from tests.factories.grievances import make_grievance, move

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

NOW = dt.datetime(2026, 11, 18, 2, 0, tzinfo=dt.UTC)  # Wednesday 10:00 in Shanghai
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


@pytest.fixture
def clerk(world):
    return make_post(Role.CLERK, world.bajiao)


@pytest.fixture
def handler(world):
    return make_post(Role.HANDLER, world.section)


@pytest.fixture
def leader(world):
    return make_post(Role.LEADER, world.bajiao)


@pytest.fixture
def found(world, clerk):
    return make_grievance(world.north, post=clerk, now=NOW)


def given(found, clerk, world, **said):
    move(found, "accept", clerk, now=NOW + HOUR)
    return move(found, "assign", clerk, now=NOW + HOUR, lead_id=world.section.pk, **said)


def verdict(found, *, grade="4", solved=True, by=None):
    return FollowUp.objects.create(
        grievance=found,
        round=Grievance.objects.get(pk=found.pk).round,
        way="PHONE",
        outcome="ANSWERED",
        was_contacted=True,
        was_solved=solved,
        grade=grade,
        at=NOW,
        by=by,
    )


def answered(found, clerk, handler, leader, world):
    given(found, clerk, world)
    move(found, "sign", handler, now=NOW + 2 * HOUR)
    move(found, "reply", handler, now=NOW + DAY)
    return move(found, "conclude", leader, now=NOW + DAY + HOUR)


def test_the_whole_way(found, clerk, handler, leader, world):
    answered(found, clerk, handler, leader, world)
    verdict(found, by=clerk)
    move(found, "follow_up", clerk, now=NOW + 2 * DAY)
    done = move(found, "file", clerk, now=NOW + 3 * DAY)

    assert (done.state, done.result, done.round) == (State.FILED, "SOLVED", 1)
    assert done.ended_at == NOW + 3 * DAY
    assert [event.move for event in done.events.all()] == [
        "register",
        "accept",
        "assign",
        "sign",
        "reply",
        "conclude",
        "follow_up",
        "file",
    ]
    assert AuditEvent.objects.filter(action="grievance.move").count() == 7
    assert Opinion.objects.get().reply == "已更换灯具两盏。"


def test_the_clock_of_settling_runs_from_the_acceptance_and_stops_with_the_reply(
    found, clerk, handler, world
):
    given(found, clerk, world)
    move(found, "sign", handler, now=NOW + 2 * HOUR)
    found.refresh_from_db()
    assert (found.due_step, found.due_on) == ("SETTLE", dt.date(2026, 12, 3))

    replied = move(found, "reply", handler, now=NOW + DAY)

    assert (replied.due_step, replied.due_at) == ("", None)
    assert replied.replied_due_at.astimezone(dt.UTC).date() == dt.date(2026, 12, 3)


def test_who_handles_reads_it_and_those_who_do_not_find_nothing(found, clerk, handler, world):
    stranger = make_post(
        Role.HANDLER,
        make_organisation(
            OrganisationKind.SECTION, parent=world.bajiao, code="110107003S02", name="民政科"
        ),
    )
    assert not Grievance.objects.visible_to(handler).exists()
    given(found, clerk, world)

    assert Grievance.objects.visible_to(handler).get() == found
    with pytest.raises(Grievance.DoesNotExist):
        move(found, "sign", stranger)


def test_a_move_of_somebody_else_is_refused(found, clerk, handler, world):
    given(found, clerk, world)
    with pytest.raises(PermissionDenied, match="签收"):
        move(found, "sign", clerk)


def test_a_move_that_does_not_lead_from_here_is_refused(found, clerk):
    with pytest.raises(DomainError, match="待受理"):
        move(found, "assign", clerk, lead_id=1)


def test_a_form_drawn_before_somebody_elses_move_is_refused(found, clerk):
    move(found, "accept", clerk)
    with pytest.raises(DomainError, match="刚被别人办到"):
        move(found, "decline", clerk, seen_state="REGISTERED")


def test_a_street_orders_only_what_is_its_own(found, clerk, world):
    bureau = make_organisation(
        OrganisationKind.DEPARTMENT, parent=world.district, code="110107D01", name="区城管委"
    )
    move(found, "accept", clerk)
    with pytest.raises(DomainError, match="吹哨"):
        move(found, "assign", clerk, lead_id=bureau.pk)

    given_to = move(found, "assign", clerk, lead_id=bureau.pk, manner=Manner.COORDINATE)

    assert given_to.lead == bureau


def test_the_desk_writes_for_a_unit_that_never_signs_in(found, clerk, leader, world):
    outside = make_organisation(
        OrganisationKind.EXTERNAL, parent=world.bajiao, code="110107003E001", name="物业公司"
    )
    move(found, "accept", clerk)
    move(found, "assign", clerk, lead_id=outside.pk, manner=Manner.COORDINATE)

    move(found, "sign", clerk)
    move(found, "reply", clerk)

    event = found.events.filter(move="reply").get()
    assert (event.on_behalf, event.unit) == (True, outside)
    with pytest.raises(PermissionDenied):
        move(found, "conclude", clerk)
    assert move(found, "conclude", leader).state == State.CONCLUDED


def test_who_wrote_the_reply_does_not_pass_it(found, leader, world):
    admin = make_post(Role.STREET_ADMIN, world.bajiao)
    outside = make_organisation(
        OrganisationKind.EXTERNAL, parent=world.bajiao, code="110107003E001", name="物业公司"
    )
    move(found, "accept", admin)
    move(found, "assign", admin, lead_id=outside.pk, manner=Manner.TRANSFER)
    move(found, "sign", admin)
    move(found, "reply", admin)

    with pytest.raises(DomainError, match="另一人"):
        move(found, "conclude", admin)


def test_co_handlers_have_their_own_day(found, clerk, world):
    given(found, clerk, world, co_handlers=[world.north])

    parts = {row.unit_id: row.part for row in found.assignments.all()}
    assert parts == {world.section.pk: Part.LEAD, world.north.pk: Part.CO_HANDLER}


def test_an_objection_is_decided_and_the_case_goes_on_to_another(found, clerk, handler, world):
    other = make_organisation(
        OrganisationKind.SECTION, parent=world.bajiao, code="110107003S02", name="民政科"
    )
    given(found, clerk, world)
    move(found, "object", handler, now=NOW + 2 * HOUR)
    moved = move(found, "uphold_objection", clerk, lead_id=other.pk, reason="属民政职责")

    assert (moved.state, moved.lead) == (State.ASSIGNED, other)
    assert found.assignments.filter(withdrawn_at=None).get().unit == other
    assert Grievance.objects.visible_to(handler).exists(), "what one wrote stays readable"


def test_an_objection_after_its_days_is_refused(found, clerk, handler, world):
    given(found, clerk, world)
    with pytest.raises(DomainError, match="已过"):
        move(found, "object", handler, now=NOW + 5 * DAY)


def test_waiting_for_better_times_stops_the_clock_where_its_policy_allows_it(
    found, clerk, handler, world
):
    given(found, clerk, world)
    move(found, "sign", handler, now=NOW + 2 * HOUR)
    stopped = move(found, "not_now", handler, now=NOW + DAY)
    assert (stopped.state, stopped.due_at) == (State.NOT_NOW, None)
    assert stopped.relook_on

    running = move(found, "resume", handler, now=NOW + 11 * DAY)

    assert Pause.objects.get().until == NOW + 11 * DAY
    assert running.due_on == dt.date(2026, 12, 14), "13 days left after the 29th; a Sunday rolls on"
    assert running.relook_on is None


def test_a_bad_verdict_is_decided_by_somebody_else_once(found, clerk, handler, leader, world):
    answered(found, clerk, handler, leader, world)
    verdict(found, grade="2", by=clerk)
    move(found, "follow_up", clerk)
    with pytest.raises(DomainError, match="先由另一人"):
        move(found, "file", clerk)
    with pytest.raises(DomainError, match="您审核的"):
        move(found, "reopen", leader)

    again = move(found, "reopen", make_post(Role.STREET_ADMIN, world.bajiao))

    assert (again.state, again.round, again.result) == (State.IN_HAND, 2, "")
    assert again.replied_at is None
    assert again.due_on is not None


def test_a_good_verdict_reopens_nothing(found, clerk, handler, leader, world):
    answered(found, clerk, handler, leader, world)
    verdict(found, by=clerk)
    move(found, "follow_up", clerk)
    with pytest.raises(DomainError, match="不需要"):
        move(found, "reopen", make_post(Role.STREET_ADMIN, world.bajiao))


def test_telling_stays_open_until_somebody_told(found, clerk):
    move(found, "decline", clerk)
    task = Told.objects.get()
    assert (task.told_at, task.about) == (None, "decline")
    assert "市交通委 12328" in task.words
    found.refresh_from_db()
    assert found.public_words == "这件事由市里管。"


def test_a_merged_one_goes_on_in_the_other(found, clerk, world):
    other = make_grievance(world.south, post=clerk, now=NOW)

    merged = move(found, "merge", clerk, other_number=other.number)

    assert (merged.state, merged.merged_into) == (State.MERGED, other)
    with pytest.raises(DomainError, match="没有这件"):
        move(other, "merge", clerk, other_number=found.number)


def test_a_restricted_one_is_opened_to_those_named_only(world, clerk, leader):
    named = make_post(Role.LEADER, world.bajiao)
    sealed = make_grievance(world.north, post=clerk, now=NOW, is_restricted=True, named=(named.pk,))

    assert Grievance.objects.visible_to(named).get() == sealed
    for post in (leader, make_post(Role.STREET_ADMIN, world.bajiao)):
        assert not Grievance.objects.visible_to(post).exists()
    assert not Grievance.objects.listed_for(named).exists()
    assert Grievance.objects.named_for(named).get() == sealed


def test_a_unit_that_is_given_a_restricted_one_does_not_see_it(world, clerk, handler):
    sealed = make_grievance(world.north, post=clerk, now=NOW, is_restricted=True)
    move(sealed, "accept", clerk)
    move(sealed, "assign", clerk, lead_id=world.section.pk)

    assert not Grievance.objects.visible_to(handler).exists()


def test_the_timeline_says_who_had_it(found, clerk, handler, leader, world):
    answered(found, clerk, handler, leader, world)
    holders = list(Event.objects.filter(grievance=found).values_list("move", "holder"))
    street, section = world.bajiao.pk, world.section.pk
    assert holders == [
        ("register", street),
        ("accept", street),
        ("assign", section),
        ("sign", section),
        ("reply", street),
        ("conclude", street),
    ]


def test_the_trail_calls_every_move_as_the_table_does():
    assert {move.key: reason_words(f"MOVE_{move.key.upper()}") for move in MOVES} == {
        move.key: move.label for move in MOVES
    }
