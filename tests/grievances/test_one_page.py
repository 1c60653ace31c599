"""The page of one grievance: facts, clock, time, moves, and nobody's name without a reason."""

import datetime as dt

import pytest

from grievances.models import FollowUp
from portal.accounts.kinds import OrganisationKind
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from tests.factories.accounts import make_organisation, make_post, sign_in
from tests.factories.grievances import make_grievance, move
from tests.trail import told_by

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 18, 2, 0, tzinfo=dt.UTC)  # Wednesday 10:00 in Shanghai


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def clerk(world):
    return make_post(Role.CLERK, world.bajiao)


@pytest.fixture
def handler(world):
    return make_post(Role.HANDLER, world.section)


@pytest.fixture
def found(world, clerk):
    return make_grievance(
        world.north, post=clerk, now=NOW, text="王秀英家楼下的路灯坏了，电话13800131234。"
    )


def page_of(client, post, grievance, tail=""):
    sign_in(client, post)
    return client.get(f"/grievances/{grievance.number}/{tail}")


def given(found, clerk, world):
    move(found, "accept", clerk, now=NOW)
    move(found, "assign", clerk, now=NOW, lead_id=world.section.pk)


def test_facts_clock_and_moves(client, clerk, found):
    html = page_of(client, clerk, found).content.decode()

    for words in (
        "107003-202611-0001",
        "待受理",
        "八角北里社区",
        "首次联系诉求人",
        "还有2个工作日",
    ):
        assert words in html
    assert "始日不计" in html
    for label in ("受理", "不属受理范围", "转法定途径", "并单", "诉求人撤回"):
        assert f">{label}</a>" in html
    assert ">交办</a>" not in html


def test_the_owner_reads_it_in_full_and_leaves_a_trace(client, clerk, found):
    html = page_of(client, clerk, found).content.decode()

    assert "王秀英家楼下" in html
    assert 'href="tel:13800131234"' in html
    assert AuditEvent.objects.filter(action="grievance.open").count() == 1


@pytest.mark.parametrize("role", [Role.LEADER, Role.STREET_ADMIN, Role.CLERK])
def test_everybody_else_reads_it_masked(client, world, found, role):
    html = page_of(client, make_post(role, world.bajiao), found).content.decode()

    assert "王秀英" not in html
    assert "13800131234" not in html
    assert "138****1234" in html
    assert "路灯坏了" in html


def test_a_reason_opens_it_for_half_an_hour(client, clerk, handler, world, found, time_machine):
    given(found, clerk, world)
    assert "王秀英" not in page_of(client, handler, found).content.decode()

    sent = client.post(f"/grievances/{found.number}/reveal/", {"reason": "PHONE"})
    assert sent.status_code == 302
    assert "王秀英" in client.get(f"/grievances/{found.number}/").content.decode()
    row = AuditEvent.objects.get(action="grievance.reveal")
    assert (row.reason_code, row.object_id) == ("PHONE", str(found.pk))
    assert "王秀英" not in told_by(row)

    time_machine.move_to(NOW + dt.timedelta(minutes=31), tick=False)
    assert "王秀英" not in client.get(f"/grievances/{found.number}/").content.decode()


def test_who_only_reads_states_no_reason(client, world, found):
    leader = make_post(Role.DISTRICT_LEADER, world.district)
    inspector = make_post(Role.OFFICER, world.bajiao)
    assert page_of(client, inspector, found).status_code == 404
    assert page_of(client, leader, found, "reveal/").status_code == 200


def test_outside_the_scope_there_is_none(client, world, handler, found):
    for post in (handler, make_post(Role.CLERK, world.gucheng)):
        assert page_of(client, post, found).status_code == 404
        assert page_of(client, post, found, "accept/").status_code == 404
        assert page_of(client, post, found, "reveal/").status_code == 404


def test_a_restricted_one_is_there_for_those_named_only(client, world, clerk):
    named = make_post(Role.LEADER, world.bajiao)
    sealed = make_grievance(
        world.north, post=clerk, now=NOW, is_restricted=True, named=(named.pk,), text="举报某人"
    )

    assert "举报某人" in page_of(client, named, sealed).content.decode()
    for role in (Role.LEADER, Role.STREET_ADMIN):
        assert page_of(client, make_post(role, world.bajiao), sealed).status_code == 404


def test_a_move_by_its_form(client, clerk, world, found):
    form = page_of(client, clerk, found, "accept/")
    assert "确认“受理”？" in form.content.decode()
    client.post(f"/grievances/{found.number}/accept/", {"seen_state": "REGISTERED"})

    sent = client.post(
        f"/grievances/{found.number}/assign/",
        {
            "seen_state": "ACCEPTED",
            "lead_id": world.section.pk,
            "manner": "ASSIGN",
            "co1": world.north.pk,
            "co1_on": "2026-11-25",
        },
    )

    assert sent.status_code == 302
    found.refresh_from_db()
    assert (found.state, found.lead) == ("ASSIGNED", world.section)
    co = found.assignments.get(part="CO_HANDLER")
    assert (co.unit, co.due_on) == (world.north, dt.date(2026, 11, 25))


def test_what_is_missing_is_said_at_its_field_and_nothing_is_lost(client, clerk, found):
    sent = page_of(client, clerk, found, "decline/") and client.post(
        f"/grievances/{found.number}/decline/", {"reason": "属市属路段", "seen_state": "REGISTERED"}
    )

    html = sent.content.decode()
    assert sent.status_code == 200
    assert "请写明现在由谁管" in html
    assert "属市属路段" in html


def test_the_button_pressed_twice_moves_once(client, clerk, found):
    sign_in(client, clerk)
    address = f"/grievances/{found.number}/accept/"
    client.post(address, {"seen_state": "REGISTERED"})
    again = client.post(address, {"seen_state": "REGISTERED"}, follow=True)

    assert "没有重复记录" in again.content.decode()
    assert found.events.filter(move="accept").count() == 1


def test_a_move_that_is_over_leads_back_with_a_word(client, clerk, found):
    given_page = page_of(client, clerk, found, "assign/")
    assert given_page.status_code == 302


def test_a_move_of_others_is_refused_with_whose_it_is(client, clerk, handler, world, found):
    given(found, clerk, world)
    refused = page_of(client, clerk, found, "sign/")
    assert refused.status_code == 403
    assert "主办单位" in refused.content.decode()


def test_a_verdict_is_hidden_from_who_handled_it(client, clerk, handler, world, found):
    given(found, clerk, world)
    FollowUp.objects.create(
        grievance=found,
        round=1,
        way="PHONE",
        outcome="ANSWERED",
        was_contacted=True,
        was_solved=False,
        grade="1",
        words="根本没来人",
        at=NOW,
    )

    assert (
        "根本没来人"
        in page_of(client, make_post(Role.LEADER, world.bajiao), found).content.decode()
    )
    html = page_of(client, handler, found).content.decode()
    assert "根本没来人" not in html
    assert "非常不满意" not in html
    assert "不对办理单位显示" in html


def test_time_is_split_by_who_had_it(client, clerk, handler, world, found, time_machine):
    given(found, clerk, world)
    time_machine.move_to(NOW + dt.timedelta(days=3), tick=False)
    html = page_of(client, handler, found).content.decode()
    assert '城市管理办公室</dt><dd class="figure">3天' in html


def test_units_to_choose_are_of_the_street_and_its_district(client, clerk, world, found):
    bureau = make_organisation(
        OrganisationKind.DEPARTMENT, parent=world.district, code="110107D01", name="区城管委"
    )
    move(found, "accept", clerk, now=NOW)
    html = page_of(client, clerk, found, "assign/").content.decode()
    assert bureau.name in html
    assert "八角南里社区" in html
    assert "古城路社区" not in html


def test_the_page_is_flat(client, clerk, handler, world, found, django_assert_max_num_queries):
    given(found, clerk, world)
    sign_in(client, clerk)
    with django_assert_max_num_queries(24):
        client.get(f"/grievances/{found.number}/")
    for _ in range(4):
        move(found, "recall", clerk, now=NOW)
        move(found, "assign", clerk, now=NOW, lead_id=world.section.pk)
    with django_assert_max_num_queries(24):
        client.get(f"/grievances/{found.number}/")
