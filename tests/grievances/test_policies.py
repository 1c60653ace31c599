"""Clocks are rows: shipped ones, a district's own before them, and no change of what has begun."""

import datetime as dt
from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grievances.clocks import shipped
from grievances.clocks.kinds import Start, Step, Unit
from grievances.clocks.policy import Policy
from grievances.clocks.standing import is_overdue
from grievances.kinds import Urgency
from grievances.models import ClockPolicy, Pause
from grievances.selectors import due
from grievances.selectors.rules import rules_of
from grievances.services import policies
from portal.accounts.kinds import OrganisationKind
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.core.errors import DomainError
from portal.core.periods import day_of
from portal.core.workdays.selectors import working_calendar
from tests.factories.accounts import make_organisation, make_post
from tests.factories.grievances import make_grievance, move

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

NOW = dt.datetime(2026, 11, 18, 2, 0, tzinfo=dt.UTC)  # Wednesday 10:00 in Shanghai
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


def settle(**changes):
    said = {
        "step": Step.SETTLE,
        "regime": "LOCAL",
        "start": Start.ACCEPTED,
        "unit": Unit.DAYS,
        "length": 7,
        "rolls_over": True,
        "may_pause": True,
        "article": "区诉求办理办法第八条",
    }
    return Policy(**(said | changes))


def law(step):
    return next(each for each in shipped.read() if each.step == step and each.regime == "PETITION")


@pytest.fixture
def clerk(world):
    return make_post(Role.CLERK, world.bajiao)


@pytest.fixture
def admin(world):
    return make_post(Role.DISTRICT_ADMIN, world.district)


def accepted(world, clerk, at):
    found = make_grievance(world.north, post=clerk, now=at)
    return move(found, "accept", clerk, now=at)


# --- the shipped rows -----------------------------------------------------------------------


def test_the_shipped_rows_are_those_of_the_file_and_loading_again_changes_nothing(capsys):
    call_command("load_clock_policies")
    call_command("load_clock_policies")

    assert [row.policy for row in ClockPolicy.objects.all()] == list(shipped.read())
    assert "0 new, 0 changed, 0 ended" in capsys.readouterr().out


def test_before_they_are_loaded_the_file_answers_and_loading_is_no_other_version(world):
    before = rules_of(world.district.pk)
    policies.load_shipped(now=NOW)

    assert rules_of(world.district.pk).version == before.version


def test_a_changed_file_is_a_new_version_and_what_had_begun_keeps_its_limit(world, clerk):
    policies.load_shipped(now=NOW - 9 * DAY)
    old = accepted(world, clerk, NOW)
    changed = [
        replace(each, length=10) if each == settle_of_file() else each for each in shipped.read()
    ]

    done = policies.load_shipped(changed, now=NOW + HOUR)
    new = accepted(world, clerk, NOW + 2 * HOUR)
    due.refresh(old)

    assert (done.created, done.changed, done.ended) == (0, 1, 0)
    assert old.due_on == dt.date(2026, 12, 3)
    assert new.due_on == dt.date(2026, 11, 30)  # the 28th is a Saturday


def settle_of_file():
    return next(
        each
        for each in shipped.read()
        if (each.step, each.regime, each.urgency) == (Step.SETTLE, "LOCAL", "")
    )


def test_a_row_that_is_gone_from_the_file_ends(world):
    policies.load_shipped(now=NOW)
    kept = [each for each in shipped.read() if each.step != Step.FOLLOW_UP]

    assert policies.load_shipped(kept, now=NOW + HOUR).ended == 1
    assert ClockPolicy.objects.get(step=Step.FOLLOW_UP).valid_until == NOW + HOUR


# --- a district's own -----------------------------------------------------------------------


def test_the_own_row_goes_before_the_shipped_one_in_its_district_only(world, clerk, admin):
    other = make_organisation(OrganisationKind.DISTRICT, parent=None, code="110108", name="海淀区")
    policies.change_policy(actor=admin, policy=settle(), now=NOW)

    found = accepted(world, clerk, NOW + HOUR)

    assert due.policy_for(found, Step.SETTLE) == settle()
    assert found.due_on == dt.date(2026, 11, 25)
    assert rules_of(other.pk).version != rules_of(world.district.pk).version


def test_a_change_never_rewrites_what_has_begun(world, clerk, admin):
    before = accepted(world, clerk, NOW)
    due_at = before.due_at

    policies.change_policy(actor=admin, policy=settle(), now=NOW + HOUR)
    due.refresh(before)

    assert before.due_at == due_at


def test_an_ended_row_limits_what_began_under_it_and_nothing_after(world, clerk, admin):
    own = policies.change_policy(actor=admin, policy=settle(), now=NOW)
    under = accepted(world, clerk, NOW + HOUR)

    policies.end(actor=admin, policy_id=own.pk, now=NOW + DAY)
    after = accepted(world, clerk, NOW + DAY + HOUR)

    assert due.policy_for(under, Step.SETTLE).length == 7
    assert due.policy_for(after, Step.SETTLE).length == 15


def test_versions_that_count_from_different_events_leave_no_gap_and_never_two(world, clerk, admin):
    """Received before the change and accepted after it: one of the two, and always one."""
    found = make_grievance(world.north, post=clerk, now=NOW)
    by_arrival = settle(start=Start.RECEIVED, length=9)
    policies.change_policy(actor=admin, policy=settle(), now=NOW - DAY)
    policies.change_policy(actor=admin, policy=by_arrival, now=NOW + HOUR)
    move(found, "accept", clerk, now=NOW + 2 * HOUR)
    found.refresh_from_db()
    assert due.policy_for(found, Step.SETTLE).length == 7

    policies.change_policy(actor=admin, policy=settle(length=5), now=NOW + 3 * HOUR)
    later = make_grievance(world.north, post=clerk, now=NOW + 2 * HOUR)
    later = move(later, "accept", clerk, now=NOW + 4 * HOUR)
    assert due.policy_for(later, Step.SETTLE).length == 5


def test_a_changed_row_keeps_its_history(admin):
    policies.change_policy(actor=admin, policy=settle(), now=NOW)
    policies.change_policy(actor=admin, policy=settle(length=9), now=NOW + DAY)
    policies.change_policy(actor=admin, policy=settle(length=9), now=NOW + 2 * DAY)

    rows = ClockPolicy.objects.values_list("length", "valid_from", "valid_until", "created_by")
    assert list(rows) == [(7, NOW, NOW + DAY, admin.pk), (9, NOW + DAY, None, admin.pk)]
    assert AuditEvent.objects.filter(action="clock.change").count() == 2


@pytest.mark.parametrize("role", [Role.STREET_ADMIN, Role.CLERK, Role.LEADER, Role.DISTRICT_LEADER])
def test_only_the_administrator_of_the_district_changes_clocks(world, admin, role):
    own = policies.change_policy(actor=admin, policy=settle(), now=NOW)
    unit = world.district if role == Role.DISTRICT_LEADER else world.bajiao
    other = make_post(role, unit)

    with pytest.raises(PermissionDenied):
        policies.change_policy(actor=other, policy=settle(length=3), now=NOW)
    with pytest.raises(PermissionDenied):
        policies.end(actor=other, policy_id=own.pk, now=NOW)


def test_nobody_ends_a_shipped_row(admin):
    policies.load_shipped(now=NOW)

    with pytest.raises(ClockPolicy.DoesNotExist):
        policies.end(actor=admin, policy_id=ClockPolicy.objects.first().pk, now=NOW)


# --- what a district may not set --------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "changes"),
    [
        (Step.INFORM, {"length": 16}),
        (Step.INFORM, {"rolls_over": True}),
        (Step.INFORM, {"unit": Unit.WORKING_DAYS}),
        (Step.INFORM, {"start": Start.ASSIGNED}),
        (Step.SETTLE, {"extension": 31}),
        (Step.SETTLE, {"may_pause": True}),
        (Step.SETTLE, {"nature": "COMPLAINT", "length": 90}),
        (Step.ASK_REVIEW, {"length": 20}),
        (Step.ASK_RECHECK, {"length": 40}),
        (Step.OBJECT, {"length": 3}),
    ],
)
def test_what_the_regulation_limits_is_not_made_longer_and_no_right_is_cut(admin, step, changes):
    with pytest.raises(DomainError):
        policies.change_policy(actor=admin, policy=replace(law(step), **changes), now=NOW)

    assert not ClockPolicy.objects.filter(district__isnull=False).exists()


def test_an_office_may_be_quicker_than_the_regulation(admin):
    quicker = replace(law(Step.SETTLE), length=45, extension=15, article="区承诺")

    assert policies.change_policy(actor=admin, policy=quicker, now=NOW).length == 45


@pytest.mark.parametrize(
    "changes",
    [
        {"regime": ""},
        {"regime": "HOTLINE"},
        {"unit": Unit.STATED, "length": 0, "rolls_over": False, "may_pause": False},
        {"article": "长" * 121},
    ],
)
def test_a_row_names_its_regime_and_the_ticket_keeps_its_date(admin, changes):
    with pytest.raises(DomainError):
        policies.change_policy(actor=admin, policy=settle(**changes), now=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"length": 0},
        {"unit": "STATED"},
        {"unit": "HOURS"},
        {"article": ""},
        {"step": "NEVER"},
        {"valid_until": NOW - DAY},
    ],
)
def test_the_database_holds_no_row_that_says_two_things(world, admin, changes):
    row = policies.change_policy(actor=admin, policy=settle(), now=NOW)

    with pytest.raises(IntegrityError), transaction.atomic():
        ClockPolicy.objects.filter(pk=row.pk).update(**changes)


def test_one_row_of_a_key_is_in_force(admin):
    row = policies.change_policy(actor=admin, policy=settle(), now=NOW)
    row.pk = None

    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_rules_cost_one_query_however_many_steps_are_asked(world, clerk, django_assert_num_queries):
    policies.load_shipped(now=NOW)
    found = accepted(world, clerk, NOW)
    calendar = working_calendar()

    with django_assert_num_queries(1):
        rules = rules_of(found.district_id)
        for step in Step:
            if step != Step.SETTLE:  # reads pauses and extensions
                due.deadline_of(found, step, calendar=calendar, rules=rules)


# --- properties, through the stored date --------------------------------------------------------

FEW = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def in_hand(world, clerk):
    policies.load_shipped(now=NOW)
    return accepted(world, clerk, NOW)


def paused(found, spans):
    Pause.objects.filter(grievance=found).delete()
    for since, length in spans:
        begin = NOW + dt.timedelta(minutes=since)
        Pause.objects.create(
            grievance=found,
            since=begin,
            until=begin + dt.timedelta(minutes=length),
            reason="等待鉴定",
        )


SPANS = st.lists(st.tuples(st.integers(0, 12_000), st.integers(1, 9_000)), max_size=3)


@FEW
@given(spans=SPANS, then=st.sampled_from(Urgency), was=st.sampled_from(Urgency))
def test_a_change_of_urgency_keeps_the_pauses_and_the_time_used(in_hand, spans, was, then):
    paused(in_hand, spans)
    in_hand.urgency = was
    before = due.deadline_of(in_hand, Step.SETTLE)
    in_hand.urgency = then
    due.refresh(in_hand)
    after = due.deadline_of(in_hand, Step.SETTLE)

    assert (after.start, after.pauses) == (before.start, before.pauses)
    assert len(after.pauses) == len(spans)
    assert in_hand.due_at == after.at
    if before.policy.unit is after.policy.unit:  # the days both explain read alike
        shared = min(len(before.days), len(after.days)) - 1
        assert [day.counted for day in before.days[:shared]] == [
            day.counted for day in after.days[:shared]
        ]


@FEW
@given(spans=SPANS, urgency=st.sampled_from(Urgency))
def test_a_pause_never_shortens(in_hand, spans, urgency):
    in_hand.urgency = urgency
    paused(in_hand, [])
    due.refresh(in_hand)
    without = in_hand.due_at
    paused(in_hand, spans)
    due.refresh(in_hand)

    assert in_hand.due_at >= without


@FEW
@given(spans=SPANS, share=st.floats(0, 1))
def test_due_today_is_not_overdue(in_hand, spans, share):
    paused(in_hand, spans)
    in_hand.urgency = Urgency.ORDINARY
    due.refresh(in_hand)
    limit = due.deadline_of(in_hand, Step.SETTLE)
    midnight = limit.at - DAY + dt.timedelta(microseconds=1)
    moment = midnight + share * (limit.at - midnight)

    assert day_of(moment) == in_hand.due_on
    assert not is_overdue(limit, moment)
    assert is_overdue(limit, limit.at + dt.timedelta(microseconds=1))
