"""Logging, editing, amending and voiding visits: every exit of every service."""

import datetime as dt
import uuid
from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from contacts import ports
from contacts.models import Household, Matter, Promise, Visit, VisitDraft, VisitPerson
from contacts.services import drafts, visits
from contacts.services.visit_entries import MatterEntry, VisitEntry
from portal.accounts.models import Post
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.core.errors import DomainError
from portal.search.selectors import search
from tests.factories.accounts import make_organisation, make_post, make_user, make_world
from tests.factories.contacts import (
    make_building,
    make_duty,
    make_household,
    make_resident,
    make_reveal,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

NOW = dt.datetime(2026, 11, 20, 7, 0, tzinfo=dt.UTC)  # 15:00 in Shanghai
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
Result, Channel, Outcome = Visit.Result, Visit.Channel, Matter.Outcome


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def worker(world) -> Post:
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def home(world, worker) -> Household:
    return make_household(world.building, worker=worker.user)


def entry(household: Household, **changes: object) -> VisitEntry:
    told = {
        "client_id": uuid.uuid4(),
        "household_id": household.pk,
        "occurred_at": NOW - HOUR,
        "channel": Channel.DOOR,
        "result": Result.MET,
    }
    return VisitEntry(**{**told, **changes})


def log(actor: Post, household: Household, *, now: dt.datetime = NOW, **changes: object) -> Visit:
    return visits.log_visit(actor=actor, entry=entry(household, **changes), now=now)


def refused(field: str | None, call, *args: object, **kwargs: object) -> str:
    with pytest.raises(DomainError) as caught:
        call(*args, **kwargs)
    assert caught.value.field == field
    return caught.value.message


# --- log_visit ------------------------------------------------------------------------------


def test_an_ordinary_visit_needs_no_words_and_writes_everything_once(world, worker, home):
    visit = log(worker, home)

    assert (visit.author, visit.post, visit.kind) == (worker.user, worker, "HOME")
    assert (visit.district, visit.street, visit.community) == (
        world.district,
        world.bajiao,
        world.north,
    )
    assert (visit.grid, visit.building) == (world.grid, world.building)
    assert (visit.occurred_at, visit.recorded_at) == (NOW - HOUR, NOW)
    assert visit.occurred_on == dt.date(2026, 11, 20)
    assert list(visit.people.values_list("user", "is_lead", "occurred_on", "street")) == [
        (worker.user_id, True, visit.occurred_on, world.bajiao.pk)
    ]
    home.refresh_from_db()
    assert home.last_met_on == home.last_contact_on == visit.occurred_on
    assert list(AuditEvent.objects.values_list("action", "object_id", "fields")) == [
        ("visit.log", str(visit.pk), [])
    ]


def test_the_day_is_that_of_shanghai(worker, home):
    just_after_midnight = dt.datetime(2026, 11, 19, 16, 10, tzinfo=dt.UTC)

    visit = log(worker, home, occurred_at=just_after_midnight)

    assert visit.occurred_on == dt.date(2026, 11, 20)


def test_a_whole_visit_keeps_all_its_parts(world, worker, home, without_a_desk):
    colleague = make_post(Role.COMMUNITY_WORKER, world.south)
    resident = make_resident(home, name="陈玉兰")

    visit = log(
        worker,
        home,
        text="老人身体好",
        companions=(colleague.user_id,),
        met=(resident.pk,),
        met_other="女儿",
        matters=(
            MatterEntry(text="扶手松动", outcome=Outcome.ESCALATED),
            MatterEntry(text="问供暖时间", outcome=Outcome.EXPLAINED),
        ),
        next_step="看扶手修了没有",
        next_step_on=NOW.date() + 7 * DAY,
        promise="帮忙联系物业",
        promise_due=NOW.date() + 3 * DAY,
        to_complete=True,
    )

    assert set(visit.people.values_list("user_id", "is_lead")) == {
        (worker.user_id, True),
        (colleague.user_id, False),
    }
    assert list(visit.met.all()) == [resident]
    assert list(visit.matters.values_list("position", "text", "outcome", "grievance_number")) == [
        (1, "扶手松动", "ESCALATED", ""),
        (2, "问供暖时间", "EXPLAINED", ""),
    ]
    assert visit.matters.first().is_waiting
    promise = visit.promises.get()
    assert (promise.household, promise.text, promise.due_on) == (
        home,
        "帮忙联系物业",
        NOW.date() + 3 * DAY,
    )
    assert (visit.met_other, visit.to_complete) == ("女儿", True)
    assert [hit.object_id for hit in search(worker, "扶手")] == [visit.pk]


def test_the_same_form_sent_again_is_the_same_visit(worker, home):
    told = entry(home, matters=(MatterEntry(text="漏水", outcome=Outcome.SOLVED),))

    first = visits.log_visit(actor=worker, entry=told, now=NOW)
    again = visits.log_visit(actor=worker, entry=replace(told, text="又写了字"), now=NOW + HOUR)

    assert again == first
    assert (Visit.objects.count(), Matter.objects.count()) == (1, 1)
    assert AuditEvent.objects.filter(action="visit.log").count() == 1


TOLD = {
    "text": "精神很好",
    "matters": (MatterEntry(text="楼道灯不亮", outcome="ESCALATED"),),
    "next_step": "带人来修",
    "next_step_on": dt.date(2026, 11, 24),
    "promise": "周二前给回话",
    "promise_due": dt.date(2026, 11, 24),
}


def test_another_form_that_says_the_same_is_the_same_visit_for_ten_minutes(worker, home):
    first = log(worker, home, **TOLD)
    late = NOW + dt.timedelta(minutes=9, seconds=59)
    again = entry(home, **TOLD, occurred_at=first.occurred_at + dt.timedelta(minutes=59))
    drafts.save_draft(
        actor=worker,
        client_id=again.client_id,
        typed={"text": ["精神很好"]},
        household_id=home.pk,
        now=NOW,
    )

    assert visits.log_visit(actor=worker, entry=again, now=late) == first

    assert Visit.objects.count() == Matter.objects.count() == Promise.objects.count() == 1
    assert AuditEvent.objects.filter(action="visit.log").count() == 1
    assert not VisitDraft.objects.exists()
    ten = NOW + dt.timedelta(minutes=10)
    assert log(worker, home, **TOLD, now=ten) != first


@pytest.mark.parametrize(
    "other",
    [
        {"channel": Channel.PHONE},
        {"result": Result.DECLINED, "matters": ()},
        {"text": "精神很好。"},
        {"matters": ()},
        {"matters": (MatterEntry(text="楼道灯不亮", outcome="EXPLAINED"),)},
        {"matters": (MatterEntry(text="楼道灯不亮了", outcome="ESCALATED"),)},
        {"next_step": "再来"},
        {"next_step_on": dt.date(2026, 11, 25)},
        {"promise": "周三前给回话"},
        {"promise_due": dt.date(2026, 11, 25)},
        {"occurred_at": NOW - 2 * HOUR},
    ],
)
def test_whatever_is_said_otherwise_is_another_visit(worker, home, other):
    first = log(worker, home, **TOLD)

    assert log(worker, home, **{**TOLD, **other}) != first


def test_another_door_another_hand_or_a_voided_visit_is_no_repetition(world, worker, home):
    other_home = make_household(world.building, worker=worker.user)
    colleague = make_post(Role.COMMUNITY_WORKER, world.north)
    first = log(worker, home)

    assert log(worker, other_home) != first
    assert log(colleague, home) != first
    visits.void_visit(actor=worker, visit_id=first.pk, reason="误点", now=NOW)
    assert log(worker, home) != first


def test_somebody_elses_form_id_tells_nothing(world, worker, home):
    visit = log(worker, home, text="只有责任人该看到的话")
    other = make_post(Role.COMMUNITY_WORKER, world.north)

    message = refused(None, log, other, home, client_id=visit.client_id)

    assert "失效" in message
    assert Visit.objects.get() == visit


@pytest.mark.parametrize(
    "role", [Role.DELEGATE, Role.CLERK, Role.STREET_ADMIN, Role.SYSTEM_ADMIN, Role.AUDITOR]
)
def test_who_does_not_visit_cannot_log(world, home, role):
    with pytest.raises(PermissionDenied):
        log(make_post(role, world.bajiao), home)
    assert not Visit.objects.exists()


def test_a_colleague_of_the_community_may_log_and_a_leader_too(world, home):
    for post in (
        make_post(Role.COMMUNITY_WORKER, world.north),
        make_post(Role.LEADER, world.bajiao),
    ):
        assert log(post, home).household == home


def test_outside_the_scope_there_is_no_household(world, home):
    elsewhere = [
        make_post(Role.COMMUNITY_WORKER, world.south),
        make_post(Role.COMMUNITY_WORKER, world.gucheng_community),
        make_post(Role.LEADER, world.gucheng),
        make_post(Role.OFFICER, world.section),
    ]
    for post in elsewhere:
        refused("household", log, post, home)


def test_an_officer_logs_for_a_household_of_the_own_duty(world, home):
    officer = make_post(Role.OFFICER, world.section)
    home.duties.all().delete()
    make_duty(home, officer.user)

    assert log(officer, home).author == officer.user


def test_a_household_out_of_use_takes_no_visit(world, worker):
    gone = make_household(world.building, worker=worker.user, ended_on=NOW.date())

    assert "停用" in refused("household", log, worker, gone)


def test_the_time_is_not_ahead_but_a_phone_clock_may_be(worker, home):
    refused("occurred_at", log, worker, home, occurred_at=NOW + dt.timedelta(minutes=5, seconds=1))

    visit = log(worker, home, occurred_at=NOW + dt.timedelta(minutes=5))

    assert visit.occurred_at == NOW


def test_only_a_year_is_written_down_afterwards(worker, home):
    refused("occurred_at", log, worker, home, occurred_at=NOW - 365 * DAY - HOUR)

    assert log(worker, home, occurred_at=NOW - 365 * DAY).was_recorded_late


@pytest.mark.parametrize("result", [Result.NOT_HOME, Result.DECLINED])
def test_who_was_not_met_raised_nothing(worker, home, result):
    resident = make_resident(home)
    matter = MatterEntry(text="漏水", outcome=Outcome.SOLVED)

    refused("matters", log, worker, home, result=result, matters=(matter,))
    refused("met", log, worker, home, result=result, met=(resident.pk,))
    refused("met", log, worker, home, result=result, met_other="女儿")
    visit = log(worker, home, result=result, text="门上留了联系卡")

    home.refresh_from_db()
    assert (visit.result, home.last_met_on, home.last_contact_on) == (result, None, None)


def test_a_call_is_contact_but_not_a_household_met(worker, home):
    log(worker, home, channel=Channel.PHONE)

    home.refresh_from_db()
    assert (home.last_met_on, home.last_contact_on) == (None, dt.date(2026, 11, 20))


def test_only_people_of_the_household_are_met(world, worker, home):
    elsewhere = make_resident(make_household(world.building))
    moved = make_resident(home, left_on=NOW.date())

    refused("met", log, worker, home, met=(elsewhere.pk,))
    refused("met", log, worker, home, met=(moved.pk,))


def test_companions_hold_a_post_in_the_street_now(world, worker, home):
    same_street = make_post(Role.LEADER, world.bajiao).user
    elsewhere = make_post(Role.COMMUNITY_WORKER, world.gucheng_community).user
    former = make_post(Role.COMMUNITY_WORKER, world.north, until=NOW.date()).user
    auditor = make_post(Role.AUDITOR, world.bajiao).user

    for user in (elsewhere, former, auditor, make_user()):
        refused("companions", log, worker, home, companions=(user.pk,))
    visit = log(worker, home, companions=(same_street.pk,))

    assert Visit.objects.by_person(same_street.pk).get() == visit


def test_dates_ahead_lie_within_a_year_and_come_with_words(worker, home):
    today = NOW.date()
    refused("next_step_on", log, worker, home, next_step="再来", next_step_on=today - DAY)
    refused("next_step_on", log, worker, home, next_step="再来", next_step_on=today + 366 * DAY)
    refused("next_step", log, worker, home, next_step_on=today)
    refused("promise_due", log, worker, home, promise="送药")
    refused("promise", log, worker, home, promise_due=today)
    refused("promise_due", log, worker, home, promise="送药", promise_due=today - DAY)

    log(worker, home, next_step="再来", next_step_on=today)
    log(worker, home, promise="送药", promise_due=today + 365 * DAY)


def test_texts_and_numbers_have_limits(worker, home):
    long = MatterEntry(text="长" * 2001, outcome=Outcome.SOLVED)
    blank = MatterEntry(text="", outcome=Outcome.SOLVED)
    undecided = MatterEntry(text="漏水", outcome="")
    many = (MatterEntry(text="漏水", outcome=Outcome.SOLVED),) * 21

    refused("text", log, worker, home, text="长" * 4001)
    for matters in ((long,), (blank,), (undecided,), many):
        refused("matters", log, worker, home, matters=matters)
    refused("result", log, worker, home, result="SEEN")


def test_the_port_opens_a_grievance_in_the_same_transaction(worker, home, monkeypatch):
    opened = []

    def open_grievance(*, matter, actor, now):
        opened.append((matter.text, actor, now))
        return "BJ-202611-0001"

    monkeypatch.setattr(ports.escalate, "_bound", open_grievance)
    escalated = MatterEntry(text="扶手松动", outcome=Outcome.ESCALATED)
    solved = MatterEntry(text="灯泡", outcome=Outcome.SOLVED)

    visit = log(worker, home, matters=(escalated, solved))

    assert opened == [("扶手松动", worker, NOW)]
    assert list(visit.matters.values_list("grievance_number", flat=True)) == ["BJ-202611-0001", ""]
    kept = visits.entry_of(visit)
    without = replace(kept, matters=kept.matters[1:])
    change = {"actor": worker, "visit_id": visit.pk, "now": NOW}
    refused("matters", visits.edit_visit, entry=without, **change)
    reworded = (replace(kept.matters[0], text="别的"), kept.matters[1])
    refused("matters", visits.edit_visit, entry=replace(kept, matters=reworded), **change)
    assert "撤回" in refused(None, visits.void_visit, reason="误点", **change)


def test_a_port_that_fails_leaves_no_visit_behind(worker, home, monkeypatch):
    def broken(**_kwargs: object) -> str:
        raise RuntimeError("no number left")

    monkeypatch.setattr(ports.escalate, "_bound", broken)

    with pytest.raises(RuntimeError):
        log(worker, home, matters=(MatterEntry(text="漏水", outcome=Outcome.ESCALATED),))
    assert not Visit.objects.exists()
    assert not AuditEvent.objects.exists()


def test_saving_ends_the_draft(worker, home):
    told = entry(home)
    drafts.save_draft(
        actor=worker,
        client_id=told.client_id,
        typed={"text": ["半句"]},
        household_id=home.pk,
        now=NOW,
    )

    visits.log_visit(actor=worker, entry=told, now=NOW)

    assert not VisitDraft.objects.exists()


# --- edit_visit and amend_visit -------------------------------------------------------------


def change(actor: Post, visit: Visit, *, now: dt.datetime = NOW, **changes: object) -> Visit:
    told = replace(visits.entry_of(visit), **changes)
    return visits.edit_visit(actor=actor, visit_id=visit.pk, entry=told, now=now)


def amend(
    actor: Post, visit: Visit, *, reason: str = "记错了", now: dt.datetime, **changes: object
) -> Visit:
    told = replace(visits.entry_of(visit), **changes)
    return visits.amend_visit(actor=actor, visit_id=visit.pk, entry=told, reason=reason, now=now)


def test_the_author_edits_within_seven_days_to_the_second(worker, home):
    visit = log(worker, home)
    last = NOW + dt.timedelta(hours=168) - dt.timedelta(seconds=1)

    changed = change(worker, visit, now=last, text="补上的话")

    assert changed.text == "补上的话"
    refused("reason", change, worker, changed, now=NOW + dt.timedelta(hours=168), text="晚了")
    event = AuditEvent.objects.get(action="visit.edit")
    assert event.fields == ["text"]


def test_an_edit_follows_into_dates_people_and_search(world, worker, home):
    colleague = make_post(Role.COMMUNITY_WORKER, world.north).user
    visit = log(
        worker,
        home,
        companions=(colleague.pk,),
        matters=(
            MatterEntry(text="旧的漏水", outcome=Outcome.SOLVED),
            MatterEntry(text="留着的", outcome=Outcome.SOLVED),
        ),
    )
    kept = visits.entry_of(visit)

    changed = change(
        worker,
        visit,
        occurred_at=NOW - 3 * DAY,
        companions=(),
        matters=(kept.matters[1], MatterEntry(text="加装电梯", outcome=Outcome.ESCALATED)),
    )

    home.refresh_from_db()
    assert changed.occurred_on == home.last_met_on == dt.date(2026, 11, 17)
    assert list(changed.people.values_list("user_id", "occurred_on")) == [
        (worker.user_id, dt.date(2026, 11, 17))
    ]
    assert list(changed.matters.values_list("position", "text")) == [(2, "留着的"), (3, "加装电梯")]
    assert [hit.object_id for hit in search(worker, "电梯", kind="visit")] == [visit.pk]
    assert not list(search(worker, "漏水"))
    assert not Visit.objects.by_person(colleague.pk).exists()


def test_completing_a_visit_takes_the_mark_away(worker, home):
    visit = log(worker, home, to_complete=True)

    assert not change(worker, visit, text="写全了", to_complete=False).to_complete


def test_an_edit_that_changes_nothing_leaves_no_trace(worker, home):
    visit = log(worker, home, text="一样")

    change(worker, visit)

    assert not AuditEvent.objects.filter(action="visit.edit").exists()


def test_an_old_date_that_was_accepted_is_not_judged_again(worker, home):
    visit = log(worker, home, occurred_at=NOW - 364 * DAY, next_step="去", next_step_on=NOW.date())

    changed = change(worker, visit, now=NOW + 3 * DAY, text="补记")

    assert changed.text == "补记"
    refused("occurred_at", change, worker, changed, now=NOW + 3 * DAY, occurred_at=NOW - 366 * DAY)


def test_an_edited_time_stays_before_the_writing_down(worker, home):
    visit = log(worker, home)

    changed = change(worker, visit, now=NOW + DAY, occurred_at=NOW + 2 * HOUR)

    assert changed.occurred_at == NOW


def test_the_household_of_a_visit_never_changes(world, worker, home):
    other = make_household(world.building, worker=worker.user)
    visit = log(worker, home)

    assert "作废" in refused("household", change, worker, visit, household_id=other.pk)


def test_only_the_author_edits_and_only_what_is_visible(world, worker, home):
    visit = log(worker, home)
    leader = make_post(Role.LEADER, world.bajiao)
    colleague = make_post(Role.COMMUNITY_WORKER, world.north)

    with pytest.raises(PermissionDenied):
        change(leader, visit, text="改")
    with pytest.raises(Visit.DoesNotExist):
        change(colleague, visit, text="改")
    with pytest.raises(PermissionDenied):
        change(make_post(Role.STREET_ADMIN, world.bajiao), visit, text="改")


def test_matters_of_another_visit_cannot_be_named(worker, home):
    visit = log(worker, home)
    other = log(worker, home, matters=(MatterEntry(text="漏水", outcome=Outcome.SOLVED),))
    foreign = visits.entry_of(other).matters

    refused("matters", change, worker, visit, matters=foreign)
    assert other.matters.count() == 1


def test_a_kept_promise_is_history_and_an_open_one_may_go(worker, home):
    visit = log(worker, home, promise="送药", promise_due=NOW.date())
    changed = change(worker, visit, promise="送降压药", promise_due=NOW.date())
    visits.keep_promise(actor=worker, promise_id=visit.promises.get().pk, now=NOW)

    refused("promise", change, worker, changed, promise="", promise_due=None)
    other = log(worker, home, promise="修灯", promise_due=NOW.date())
    change(worker, other, promise="", promise_due=None)

    assert list(Promise.objects.values_list("text", flat=True)) == ["送降压药"]


def test_a_new_plan_is_open_again(worker, home):
    visit = log(worker, home, next_step="看扶手", next_step_on=NOW.date())
    visits.complete_next_step(actor=worker, visit_id=visit.pk, now=NOW)
    visit.refresh_from_db()

    assert change(worker, visit, next_step_on=NOW.date() + DAY).next_step_done_at is None


def test_an_amendment_keeps_the_old_words_and_the_reason(worker, home):
    visit = log(
        worker,
        home,
        text="旧的话",
        matters=(MatterEntry(text="漏水", outcome=Outcome.SOLVED),),
    )
    late = NOW + 30 * DAY

    amended = amend(worker, visit, now=late, text="新的话", result=Result.MET, met_other="女儿")

    note = amended.amendments.get()
    assert (note.by, note.at, note.reason) == (worker.user, late, "记错了")
    assert note.before == {"情况": "旧的话", "还见到": "（空）"}
    assert AuditEvent.objects.get(action="visit.amend").fields == ["met_other", "text"]


def test_an_amendment_writes_every_kind_of_value_as_words(world, worker, home):
    colleague = make_post(Role.COMMUNITY_WORKER, world.north, user=make_user(name="李敏")).user
    resident = make_resident(home, name="陈玉兰")
    visit = log(
        worker,
        home,
        met=(resident.pk,),
        companions=(colleague.pk,),
        matters=(MatterEntry(text="漏水", outcome=Outcome.EXPLAINED),),
        to_complete=True,
    )

    amended = amend(
        worker,
        visit,
        now=NOW + 8 * DAY,
        occurred_at=NOW - DAY,
        channel=Channel.PHONE,
        met=(),
        companions=(),
        matters=(),
        to_complete=False,
    )

    assert amended.amendments.get().before == {
        "时间": "2026-11-20 14:00",
        "方式": "上门",
        "见到的人": "陈玉兰",
        "反映的事": "1. 漏水（解释说明）",
        "同行": "李敏",
        "待补记": "是",
    }


def test_an_amendment_needs_a_reason_and_a_change(worker, home):
    visit = log(worker, home)

    refused("reason", amend, worker, visit, now=NOW + 8 * DAY, reason="  ", text="改")
    refused(None, amend, worker, visit, now=NOW + 8 * DAY)


# --- void_visit -----------------------------------------------------------------------------


def void(actor: Post, visit: Visit, *, reason: str = "误点") -> Visit:
    return visits.void_visit(actor=actor, visit_id=visit.pk, reason=reason, now=NOW)


def test_a_voided_visit_stays_and_counts_nowhere(worker, home):
    earlier = log(worker, home, occurred_at=NOW - 10 * DAY)
    visit = log(worker, home, text="漏水")

    void(worker, visit)

    visit.refresh_from_db()
    home.refresh_from_db()
    assert (visit.voided_at, visit.voided_by, visit.void_reason) == (NOW, worker.user, "误点")
    assert not visit.counts
    assert home.last_met_on == earlier.occurred_on
    assert not list(search(worker, "漏水"))
    assert visit in Visit.objects.visible_to(worker)
    assert visit not in Visit.objects.met_at_door()
    assert "已经作废" in refused(None, void, worker, visit)
    refused(None, change, worker, visit, text="改")
    refused(None, amend, worker, visit, now=NOW + 8 * DAY, text="改")


def test_voiding_needs_a_reason_and_a_right(world, worker, home):
    visit = log(worker, home)

    refused("reason", void, worker, visit, reason=" ")
    with pytest.raises(PermissionDenied):
        void(make_post(Role.LEADER, world.bajiao), visit)
    with pytest.raises(Visit.DoesNotExist):
        void(make_post(Role.STREET_ADMIN, world.gucheng), visit)
    void(make_post(Role.STREET_ADMIN, world.bajiao), visit)


# --- plans and promises ---------------------------------------------------------------------


def test_a_plan_is_done_once(worker, home):
    visit = log(worker, home, next_step="看扶手")

    for hour in range(2):
        visits.complete_next_step(actor=worker, visit_id=visit.pk, now=NOW + hour * HOUR)

    visit.refresh_from_db()
    assert visit.next_step_done_at == NOW
    assert AuditEvent.objects.filter(action="visit.step_done").count() == 1
    refused(None, visits.complete_next_step, actor=worker, visit_id=log(worker, home).pk, now=NOW)


def test_a_plan_is_put_off_to_a_later_day_and_keeps_the_day_it_had(world, worker, home):
    today = NOW.date()
    visit = log(worker, home, next_step="看扶手", next_step_on=today)
    later = {"visit_id": visit.pk, "now": NOW}

    for day in (today - DAY, today, today + 366 * DAY):
        refused("until", visits.put_off_next_step, actor=worker, until=day, **later)
    for _ in range(2):
        visits.put_off_next_step(actor=worker, until=today + 7 * DAY, **later)

    visit.refresh_from_db()
    assert (visit.next_step, visit.next_step_on) == ("看扶手", today + 7 * DAY)
    assert [one.before for one in visit.amendments.all()] == [{"下一步日期": str(today)}]
    assert AuditEvent.objects.filter(action="visit.step_later").count() == 1
    leader = make_post(Role.LEADER, world.bajiao)
    with pytest.raises(PermissionDenied):
        visits.put_off_next_step(actor=leader, until=today + DAY, **later)


def test_what_is_done_or_was_never_planned_is_not_put_off(worker, home):
    until = NOW.date() + DAY
    planned, bare = log(worker, home, next_step="看扶手"), log(worker, home)
    visits.complete_next_step(actor=worker, visit_id=planned.pk, now=NOW)

    for visit in (planned, bare):
        refused(
            None, visits.put_off_next_step, actor=worker, visit_id=visit.pk, until=until, now=NOW
        )


def test_a_promise_is_kept_once_by_whom_it_binds(world, worker, home):
    visit = log(worker, home, promise="送药", promise_due=NOW.date() + DAY)
    promise = visit.promises.get()
    leader = make_post(Role.LEADER, world.bajiao)
    successor = make_post(Role.COMMUNITY_WORKER, world.north)
    keep = {"promise_id": promise.pk, "now": NOW}

    with pytest.raises(PermissionDenied):
        visits.keep_promise(actor=leader, **keep)
    with pytest.raises(Promise.DoesNotExist):
        visits.keep_promise(actor=successor, **keep)
    home.duties.update(until=NOW.date())
    make_duty(home, successor.user)
    for _ in range(2):
        visits.keep_promise(actor=successor, **keep)

    promise.refresh_from_db()
    assert (promise.kept_on, promise.kept_by) == (NOW.date(), successor.user)
    assert AuditEvent.objects.filter(action="promise.keep").count() == 1


def test_nothing_is_ticked_off_on_a_voided_visit(worker, home):
    visit = log(worker, home, next_step="看", promise="送药", promise_due=NOW.date())
    void(worker, visit)

    refused(None, visits.complete_next_step, actor=worker, visit_id=visit.pk, now=NOW)
    until = NOW.date() + DAY
    refused(None, visits.put_off_next_step, actor=worker, visit_id=visit.pk, until=until, now=NOW)
    refused(None, visits.keep_promise, actor=worker, promise_id=visit.promises.get().pk, now=NOW)


def test_a_stated_reason_opens_a_colleagues_visit_but_not_its_editing(world, worker, home):
    visit = log(worker, home)
    colleague = make_post(Role.COMMUNITY_WORKER, world.north)
    make_reveal(home, colleague, at=timezone.now())

    with pytest.raises(PermissionDenied):
        change(colleague, visit, text="改")


def test_moving_a_building_does_not_rewrite_history(world, worker, home):
    visit = log(worker, home)
    new = make_organisation("COMMUNITY", parent=world.bajiao)

    Household.objects.filter(pk=home.pk).update(community=new, building=make_building(new))

    visit.refresh_from_db()
    assert (visit.community, visit.building) == (world.north, world.building)
    assert VisitPerson.objects.get().street == world.bajiao
