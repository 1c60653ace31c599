"""诉求待办: what waits for whom, why, the nearest day first."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts.selectors.words import masked_texts
from grievances.kinds import Party
from grievances.models import CallBack, FollowUp, Supervision, Told
from grievances.parties import parties_of
from grievances.selectors.handlers import handlers_of
from grievances.selectors.inbox import Reason, inbox
from grievances.todo import due_items
from portal.accounts.models import OrganisationKind
from portal.accounts.roles import Role
from tests.factories.accounts import make_organisation, make_post, sign_in
from tests.factories.grievances import make_grievance, move

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

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


def waits(post) -> dict[str, set[Reason]]:
    found = inbox(post=post, now=timezone.now(), mask=masked_texts)
    return {item.row.number: set(item.reasons) for item in found.items}


def why(post, grievance) -> set[Reason]:
    return waits(post).get(grievance.number, set())


def in_hand(world, clerk, handler, **changes):
    """A case that the section has signed for."""
    one = make_grievance(world.north, post=clerk, **changes)
    move(one, "accept", clerk)
    move(one, "assign", clerk, lead_id=world.section.pk)
    return move(one, "sign", handler)


def test_it_follows_the_case_from_desk_to_file(world, clerk, handler, leader):
    one = make_grievance(world.north, post=clerk)
    assert why(clerk, one) == {Reason.ACCEPT}
    one = move(one, "accept", clerk)
    assert why(clerk, one) == {Reason.ASSIGN}
    one = move(one, "assign", clerk, lead_id=world.section.pk)
    assert (why(clerk, one), why(handler, one)) == (set(), {Reason.SIGN})
    one = move(one, "sign", handler)
    assert why(handler, one) == {Reason.HANDLE}
    assert why(leader, one) == set()
    one = move(one, "reply", handler, told="PHONE")
    assert (why(handler, one), why(leader, one)) == (set(), {Reason.APPROVE})
    one = move(one, "conclude", leader)
    assert (why(leader, one), why(clerk, one)) == (set(), {Reason.ASK})
    FollowUp.objects.create(
        grievance=one, round=1, way="PHONE", outcome="ANSWERED", was_contacted=True,
        was_solved=True, grade="4", at=timezone.now(), by=clerk,
    )  # fmt: skip
    one = move(one, "follow_up", clerk)
    assert why(clerk, one) == {Reason.FILE}
    one = move(one, "file", clerk)
    assert why(clerk, one) == set()


def test_a_bad_verdict_waits_for_a_decision_and_not_for_the_file(world, clerk, handler, leader):
    one = move(in_hand(world, clerk, handler), "reply", handler, told="PHONE")
    one = move(one, "conclude", leader)
    FollowUp.objects.create(
        grievance=one, round=1, way="PHONE", outcome="ANSWERED", was_contacted=True,
        was_solved=False, grade="2", at=timezone.now(), by=clerk,
    )  # fmt: skip
    one = move(one, "follow_up", clerk)

    assert (why(leader, one), why(clerk, one)) == ({Reason.DECIDE}, set())


def test_an_objection_waits_for_the_desk(world, clerk, handler):
    one = make_grievance(world.north, post=clerk)
    move(one, "accept", clerk)
    move(one, "assign", clerk, lead_id=world.section.pk)
    one = move(one, "object", handler)

    assert (why(clerk, one), why(handler, one)) == ({Reason.OBJECTION}, set())


def test_a_co_handler_has_it_until_the_own_answer(world, clerk, handler):
    other = make_organisation(OrganisationKind.SECTION, parent=world.bajiao)
    helper = make_post(Role.HANDLER, other)
    one = make_grievance(world.north, post=clerk)
    move(one, "accept", clerk)
    move(one, "assign", clerk, lead_id=world.section.pk, co_handlers=[other])
    assert why(helper, one) == {Reason.CO_HANDLE}

    one.assignments.filter(unit=other).update(answered_at=timezone.now())

    assert why(helper, one) == set()


def test_for_a_unit_that_never_signs_in_the_desk_writes(world, clerk):
    outside = make_organisation(OrganisationKind.EXTERNAL, parent=world.bajiao)
    one = make_grievance(world.north, post=clerk)
    move(one, "accept", clerk)
    one = move(one, "assign", clerk, lead_id=outside.pk, manner="COORDINATE")

    assert why(clerk, one) == {Reason.ON_BEHALF}
    assert Party.LEAD in parties_of(clerk, one, handlers_of(one, now=timezone.now()))


def test_what_is_to_be_told_and_who_asks_for_a_call_wait_for_the_contact(world, clerk, handler):
    owner = make_post(Role.COMMUNITY_WORKER, world.north)
    one = make_grievance(world.north, post=owner)
    assert why(owner, one) == set()
    told = Told.objects.create(
        grievance=one, about="decline", words="灯修好了", asked_at=timezone.now()
    )
    call = CallBack.objects.create(grievance=one, asked_at=timezone.now())

    assert why(owner, one) == {Reason.TELL, Reason.CALL}
    assert why(make_post(Role.COMMUNITY_WORKER, world.north), one) == set()
    # An end does not tell anybody.
    one = move(one, "decline", clerk, told="")
    assert Reason.TELL in why(owner, one)

    Told.objects.update(told_at=timezone.now(), told_by=owner)
    call.done_at = timezone.now()
    call.save()
    assert told.pk
    assert why(owner, one) == set()


def test_a_word_of_a_leader_waits_for_the_lead(world, clerk, handler, leader):
    one = in_hand(world, clerk, handler)
    Supervision.objects.create(
        grievance=one, kind="DIRECTIVE", words="本周修好", by=leader, at=timezone.now(),
        due_on=timezone.localdate() + DAY,
    )  # fmt: skip

    assert why(handler, one) == {Reason.HANDLE, Reason.SUPERVISED}


def test_a_street_does_its_own_and_a_district_its_letters(world, clerk):
    admin = make_post(Role.DISTRICT_ADMIN, world.district)
    plain = make_grievance(world.north, post=clerk)
    letter = make_grievance(world.north, post=clerk, regime="PETITION")

    assert waits(admin) == {letter.number: {Reason.ACCEPT}}
    assert set(waits(clerk)) == {plain.number, letter.number}
    assert waits(make_post(Role.CLERK, world.gucheng)) == {}


def test_a_restricted_one_waits_for_those_named_alone(world, clerk):
    sealed = make_grievance(world.north, post=clerk, is_restricted=True, text="邻居打孩子")
    other = make_post(Role.CLERK, world.bajiao)

    assert why(clerk, sealed) == {Reason.ACCEPT}
    for post in (other, make_post(Role.STREET_ADMIN, world.bajiao)):
        assert waits(post) == {}
    [item] = inbox(post=clerk, now=timezone.now(), mask=masked_texts).items
    assert "孩子" not in str(item)


def test_who_only_reads_has_none(world, clerk):
    make_grievance(world.north, post=clerk)
    for role in (Role.OFFICER, Role.DELEGATE):
        assert waits(make_post(role, world.bajiao)) == {}
    assert waits(make_post(Role.INSPECTOR, world.district)) == {}


def test_the_nearest_day_comes_first_and_what_is_asked_for_is_for_today(world, clerk):
    now = timezone.now()
    late = make_grievance(world.north, post=clerk, received_at=now - 30 * DAY)
    fresh = make_grievance(world.north, post=clerk)
    asked = make_grievance(world.north, post=clerk)
    CallBack.objects.create(grievance=asked, asked_at=now)

    assert list(waits(clerk)) == [late.number, asked.number, fresh.number]
    soon = due_items(post=clerk, now=now)
    assert [item.row.number for item in soon.items][:2] == [late.number, asked.number]


def test_more_than_a_list_holds_is_said(world, clerk):
    for _ in range(3):
        make_grievance(world.north, post=clerk)

    found = inbox(post=clerk, now=timezone.now(), mask=masked_texts, limit=2)

    assert len(found.items) == 2
    assert found.has_more


def test_the_page_says_why_and_until_when_in_few_queries(world, clerk):
    one = make_grievance(world.north, post=clerk)
    client = Client()
    sign_in(client, clerk)
    client.get("/grievances/inbox/")

    with CaptureQueriesContext(connection) as captured:
        page = client.get("/grievances/inbox/").content.decode()

    assert len(captured) <= 12
    assert one.number in page
    assert "为什么：等您单位受理" in page
    assert "共 1 件" in page


def test_today_shows_what_is_due_soon_and_the_way_to_register(client, world, clerk):
    late = make_grievance(world.north, post=clerk, received_at=timezone.now() - 30 * DAY)
    sign_in(client, clerk)

    page = client.get("/").content.decode()

    assert late.number in page
    assert "3天内到期 1 件" in page
    assert 'href="/grievances/inbox/"' in page
    assert '<a class="big-action no-print" href="/grievances/new/">' in page


def test_today_of_a_handler_shows_what_the_unit_is_given(client, world, clerk, handler):
    now = timezone.now()
    one = make_grievance(world.north, post=clerk, received_at=now - 30 * DAY)
    other = make_grievance(world.north, post=clerk, received_at=now - 30 * DAY)
    move(one, "accept", clerk, now=now - 20 * DAY)
    move(one, "assign", clerk, now=now - 20 * DAY, lead_id=world.section.pk)
    sign_in(client, handler)

    page = client.get("/").content.decode()

    assert one.number in page
    assert other.number not in page


def test_an_empty_inbox_says_what_comes_here(client, world, clerk):
    sign_in(client, clerk)
    assert "现在没有等您办的诉求" in client.get("/grievances/inbox/").content.decode()
