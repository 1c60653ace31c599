"""Due dates follow the calendar and the policies: in batches, after a kill, once, and said so."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grievances.clocks.kinds import Start, Step, Unit
from grievances.clocks.policy import Policy
from grievances.models import Event, Grievance
from grievances.services import calendar_days, policies, recounting
from grievances.tasks import recount_due as task
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.core.errors import DomainError
from portal.core.models import CalendarDay
from tests.factories.accounts import make_post
from tests.factories.grievances import make_grievance, move

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

NOW = dt.datetime(2026, 11, 18, 2, 0, tzinfo=dt.UTC)  # Wednesday 10:00 in Shanghai
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
TOMORROW = dt.date(2026, 11, 19)


@pytest.fixture
def clerk(world):
    return make_post(Role.CLERK, world.bajiao)


@pytest.fixture
def admin(world):
    return make_post(Role.DISTRICT_ADMIN, world.district)


@pytest.fixture
def waiting(world, clerk):
    """Five that wait for the first contact: two working days, Friday the 20th."""
    return [make_grievance(world.north, post=clerk, now=NOW) for _ in range(5)]


def days():
    return [str(day) for day in Grievance.objects.order_by("pk").values_list("due_on", flat=True)]


def recounts():
    return Event.objects.filter(move="recount_due")


def day_off(admin, day=TOMORROW):
    return calendar_days.set_day(actor=admin, day=day, is_working=False, name="本地放假")


def test_a_day_off_moves_what_counts_working_days_and_says_so(waiting, admin):
    day_off(admin)

    assert recounting.recount_due(now=NOW + HOUR) == 5
    assert days() == ["2026-11-23"] * 5
    assert {event.words for event in recounts()} == {"期限重新计算：2026-11-20 → 2026-11-23"}
    assert {(event.post_id, event.to_state) for event in recounts()} == {(None, "REGISTERED")}


def test_twice_is_once(waiting, admin):
    day_off(admin)
    recounting.recount_due(now=NOW + HOUR)

    assert recounting.recount_due(now=NOW + 2 * HOUR) == 0
    assert recounts().count() == 5


def test_a_day_that_moves_nothing_leaves_no_event(waiting, admin):
    day_off(admin, dt.date(2027, 3, 1))

    assert recounting.recount_due(now=NOW + HOUR) == 0
    assert not recounts().exists()
    assert Grievance.objects.values("due_version").distinct().count() == 1


def test_killed_between_batches_it_goes_on_with_the_rest(waiting, admin):
    day_off(admin)
    killed = recounting.recount_in_batches(now=NOW + HOUR, size=2)
    assert next(killed) == 2
    killed.close()

    assert days() == ["2026-11-23"] * 2 + ["2026-11-20"] * 3
    assert recounts().count() == 2

    assert list(recounting.recount_in_batches(now=NOW + 2 * HOUR, size=2)) == [2, 1]
    assert days() == ["2026-11-23"] * 5
    assert recounts().count() == 5


def test_killed_within_a_batch_nothing_of_it_is_written(waiting, admin):
    """It ends before the commit, as with the process that held it."""
    day_off(admin)

    def dies():
        with transaction.atomic():
            recounting.recount_due(now=NOW + HOUR)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        dies()

    assert days() == ["2026-11-20"] * 5
    assert not recounts().exists()
    assert recounting.recount_due(now=NOW + HOUR) == 5


def test_queries_do_not_grow_with_the_rows_of_a_batch(
    waiting, admin, django_assert_max_num_queries
):
    day_off(admin, dt.date(2027, 3, 1))

    with django_assert_max_num_queries(12):
        recounting.recount_due(now=NOW + HOUR)


def test_what_has_ended_stays_as_it_was(waiting, clerk, admin):
    ended = move(waiting[0], "withdraw", clerk, now=NOW + HOUR)
    day_off(admin)

    assert recounting.recount_due(now=NOW + 2 * HOUR) == 4
    assert not recounts().filter(grievance=ended).exists()


def test_a_restricted_one_is_counted_too(world, clerk, admin):
    sealed = make_grievance(world.north, post=clerk, now=NOW, is_restricted=True, named=(clerk.pk,))
    day_off(admin)

    assert recounting.recount_due(now=NOW + HOUR) == 1
    sealed.refresh_from_db()
    assert sealed.due_on == dt.date(2026, 11, 23)


def test_a_policy_rewrites_nothing_that_has_begun(waiting, admin):
    quick = Policy(
        step=Step.CONTACT,
        regime="LOCAL",
        start=Start.RECEIVED,
        unit=Unit.HOURS,
        length=4,
        article="区承诺",
    )
    policies.change_policy(actor=admin, policy=quick, now=NOW + HOUR)

    assert recounting.recount_due(now=NOW + HOUR) == 0
    assert days() == ["2026-11-20"] * 5


def test_a_changed_day_wakes_the_worker_once_the_change_is_written(
    waiting, admin, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as asked:
        day_off(admin)
        calendar_days.clear_day(actor=admin, day=TOMORROW)

    assert len(asked) == 2
    assert task.name == recounting.TASK


def test_task_and_command_do_the_same(waiting, admin, capsys):
    day_off(admin)

    assert task() == 5
    call_command("recount_due")
    assert capsys.readouterr().out.startswith("0 ")


def test_days_are_set_by_the_administrator_of_the_district_and_leave_a_trail(world, admin, clerk):
    with pytest.raises(PermissionDenied):
        day_off(clerk)
    with pytest.raises(PermissionDenied):
        calendar_days.clear_day(actor=clerk, day=TOMORROW)

    row = day_off(admin)
    calendar_days.clear_day(actor=admin, day=TOMORROW)

    assert (row.set_by_id, row.set_by_username) == (admin.user_id, admin.user.username)
    assert not CalendarDay.objects.exists()
    actions = AuditEvent.objects.filter(action__startswith="calendar.").order_by("pk")
    assert [each.action for each in actions] == ["calendar.set_day", "calendar.clear_day"]
    with pytest.raises(DomainError):
        calendar_days.clear_day(actor=admin, day=TOMORROW)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(offsets=st.lists(st.integers(0, 30), min_size=1, max_size=4))
def test_a_holiday_never_makes_a_deadline_earlier(waiting, clerk, admin, offsets):
    """From the administrator's form to the stored date; one of them in another step."""
    CalendarDay.objects.all().delete()
    recounting.recount_due(now=NOW)
    if waiting[0].state == "REGISTERED":
        waiting[0] = move(waiting[0], "accept", clerk, now=NOW)
    before = dict(Grievance.objects.values_list("pk", "due_at"))

    for offset in offsets:
        day_off(admin, TOMORROW + dt.timedelta(days=offset))
    recounting.recount_due(now=NOW + HOUR)

    for pk, due_at in Grievance.objects.values_list("pk", "due_at"):
        assert due_at >= before[pk]
