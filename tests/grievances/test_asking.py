"""What stands beside the state: who may ask it, when, once, and what it leaves behind."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied

from grievances.asks import ASKS
from grievances.models import ExtensionRequest, FollowUp, Grievance, Measure, Supervision, Told
from grievances.services.asking import AlreadyAskedError
from portal.accounts.kinds import OrganisationKind
from portal.accounts.roles import Role
from portal.accounts.trail_words import reason_words
from portal.audit.models import AuditEvent
from portal.core.errors import DomainError
from tests.factories.accounts import make_organisation, make_post
from tests.factories.grievances import ask, make_grievance, move

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
def helper(world):
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def found(world, clerk):
    """Given to the section, with the community to help."""
    made = make_grievance(world.north, post=clerk, now=NOW)
    move(made, "accept", clerk, now=NOW)
    move(made, "assign", clerk, now=NOW, lead_id=world.section.pk, co_handlers=[world.north])
    return made


@pytest.fixture
def in_hand(found, handler):
    return move(found, "sign", handler, now=NOW + HOUR)


def refused(field, words, *told, **said):
    with pytest.raises(DomainError, match=words) as error:
        ask(*told, **said)
    assert error.value.field == field


def test_an_extension_counts_from_its_approval_and_is_told(in_hand, handler, leader):
    ask(in_hand, "ask_extension", handler, now=NOW + DAY)
    in_hand.refresh_from_db()
    assert in_hand.due_on == dt.date(2026, 12, 3), "asked for is not granted"

    ask(in_hand, "decide_extension", leader, now=NOW + 2 * DAY, told="PHONE")

    in_hand.refresh_from_db()
    assert in_hand.due_on == dt.date(2026, 12, 8)
    assert in_hand.public_words == "灯具要下周才到，多等五天。"
    told = Told.objects.get()
    assert (told.about, told.told_by, told.told_at) == (
        "decide_extension",
        leader,
        NOW + 2 * DAY,
    )
    words = dict(in_hand.events.values_list("move", "words"))
    assert words["ask_extension"] == "申请延长5天：配件下周才到"
    assert words["decide_extension"] == "同意延长5天：同意，抓紧"


def test_a_refused_extension_changes_no_date_and_asks_nobody_to_tell(in_hand, handler, leader):
    ask(in_hand, "ask_extension", handler, now=NOW + DAY)
    ask(
        in_hand,
        "decide_extension",
        leader,
        now=NOW + 2 * DAY,
        is_approved=False,
        public_words="",
        reason="可以先修一盏",
    )

    in_hand.refresh_from_db()
    assert in_hand.due_on == dt.date(2026, 12, 3)
    assert not Told.objects.exists()
    request = ExtensionRequest.objects.get()
    assert (request.is_approved, request.decision) == (False, "可以先修一盏")
    ask(in_hand, "ask_extension", handler, now=NOW + 3 * DAY)


@pytest.mark.parametrize(
    ("said", "field", "words"),
    [
        ({"length": 16}, "length", "最多还能延长15"),
        ({"length": 0}, "length", "最多还能延长15"),
        ({"reason": " "}, "reason", "理由"),
    ],
)
def test_an_extension_stays_within_the_rule(in_hand, handler, said, field, words):
    refused(field, words, in_hand, "ask_extension", handler, now=NOW + DAY, **said)


def test_an_extension_is_asked_for_once_and_in_time(in_hand, handler, leader):
    ask(in_hand, "ask_extension", handler, now=NOW + DAY)
    refused(None, "等批复", in_hand, "ask_extension", handler, now=NOW + DAY)
    ask(in_hand, "decide_extension", leader, now=NOW + 2 * DAY)
    refused("length", "还能延长10", in_hand, "ask_extension", handler, now=NOW + DAY, length=11)
    refused("length", "期限已过", in_hand, "ask_extension", handler, now=NOW + 40 * DAY)


def test_no_more_time_than_the_platform_gives(world, clerk, handler):
    ticket = make_grievance(
        world.north, post=clerk, now=NOW, regime="HOTLINE", official_number="GD2026111800123"
    )
    Grievance.objects.filter(pk=ticket.pk).update(official_due_at=NOW + 9 * DAY)
    move(ticket, "accept", clerk, now=NOW)
    move(ticket, "assign", clerk, now=NOW, lead_id=world.section.pk)
    move(ticket, "sign", handler, now=NOW)

    refused(None, "不能再延长.*12345", ticket, "ask_extension", handler, now=NOW + DAY)


def test_nobody_decides_the_own_extension_and_it_needs_words(world, clerk, handler, leader):
    outside = make_organisation(
        OrganisationKind.EXTERNAL, parent=world.bajiao, code="110107003E001", name="物业公司"
    )
    admin = make_post(Role.STREET_ADMIN, world.bajiao)
    found = make_grievance(world.north, post=clerk, now=NOW)
    move(found, "accept", clerk, now=NOW)
    move(found, "assign", clerk, now=NOW, lead_id=outside.pk, manner="COORDINATE")
    move(found, "sign", admin, now=NOW)
    ask(found, "ask_extension", admin, now=NOW + DAY)
    event = found.events.last()
    assert (event.unit, event.on_behalf) == (outside, True)

    refused(None, "另一人", found, "decide_extension", admin, now=NOW + DAY)
    refused("reason", "批复意见", found, "decide_extension", leader, now=NOW + DAY, reason="")
    refused(
        "is_approved", "同意或不同意", found, "decide_extension", leader, now=NOW, is_approved=None
    )
    refused("public_words", "大白话", found, "decide_extension", leader, now=NOW, public_words=" ")
    with pytest.raises(PermissionDenied, match="审批人"):
        ask(found, "decide_extension", clerk, now=NOW + DAY)


def test_a_request_that_nobody_decided_ends_when_it_leaves_their_hands(in_hand, handler, leader):
    ask(in_hand, "ask_extension", handler, now=NOW + DAY)
    move(in_hand, "reply", handler, now=NOW + DAY)
    request = ExtensionRequest.objects.get()
    assert (request.is_approved, request.decided_by) == (False, None)

    move(in_hand, "return", leader, now=NOW + 2 * DAY)
    ask(in_hand, "ask_extension", handler, now=NOW + 2 * DAY)


def bad_verdict(in_hand, clerk, handler, leader):
    move(in_hand, "reply", handler, now=NOW + DAY)
    move(in_hand, "conclude", leader, now=NOW + DAY)
    FollowUp.objects.create(
        grievance=in_hand,
        round=1,
        way="PHONE",
        outcome="ANSWERED",
        was_contacted=True,
        was_solved=False,
        grade="2",
        at=NOW + DAY,
        by=clerk,
    )
    return move(in_hand, "follow_up", clerk, now=NOW + DAY)


def test_a_result_is_upheld_by_somebody_else_once_and_then_filed(
    in_hand, clerk, handler, leader, world
):
    bad_verdict(in_hand, clerk, handler, leader)
    other = make_post(Role.STREET_ADMIN, world.bajiao)
    refused(None, "您审核的", in_hand, "uphold", leader, now=NOW + 2 * DAY)
    refused("reason", "维持的依据", in_hand, "uphold", other, now=NOW + 2 * DAY, reason=" ")

    ask(in_hand, "uphold", other, now=NOW + 2 * DAY)

    assert Told.objects.filter(about="uphold", told_at=None).count() == 1
    in_hand.refresh_from_db()
    assert in_hand.public_words == "我们又去看了，灯是亮的。"
    refused(None, "已决定维持", in_hand, "uphold", other, now=NOW + 2 * DAY)
    with pytest.raises(DomainError, match="已决定维持"):
        move(in_hand, "reopen", other, now=NOW + 2 * DAY)
    assert move(in_hand, "file", clerk, now=NOW + 3 * DAY).state == "FILED"


def test_a_good_verdict_needs_no_upholding(in_hand, clerk, handler, leader, world):
    bad_verdict(in_hand, clerk, handler, leader)
    FollowUp.objects.update(grade="5", was_solved=True)
    other = make_post(Role.STREET_ADMIN, world.bajiao)
    refused(None, "不需要", in_hand, "uphold", other, now=NOW + 2 * DAY)


@pytest.mark.parametrize(("key", "kind"), [("supervise", "督办"), ("directive", "批示")])
def test_a_leaders_word_waits_for_its_reply(in_hand, handler, leader, clerk, key, kind):
    ask(in_hand, key, leader, now=NOW + DAY)
    item = Supervision.objects.get()
    assert (item.get_kind_display(), item.due_on) == (kind, dt.date(2026, 11, 22))
    refused("reply", "回复", in_hand, "reply_supervision", handler, now=NOW + DAY, reply=" ")

    ask(in_hand, "reply_supervision", handler, now=NOW + 2 * DAY)

    item.refresh_from_db()
    assert (item.reply, item.replied_by) == ("灯具已订，周五安装。", handler)
    refused(None, "没有等回复", in_hand, "reply_supervision", clerk, now=NOW + 2 * DAY)


def test_of_two_one_says_which(in_hand, handler, leader):
    ask(in_hand, "supervise", leader, now=NOW + DAY)
    ask(in_hand, "directive", leader, now=NOW + DAY)
    second = Supervision.objects.last()
    refused("which", "哪一项", in_hand, "reply_supervision", handler, now=NOW + DAY)

    ask(in_hand, "reply_supervision", handler, now=NOW + DAY, which=second.pk)

    assert Supervision.objects.get(replied_at=None).kind == "SUPERVISE"


def test_only_who_has_the_power_supervises(in_hand, clerk, handler):
    for post in (clerk, handler):
        with pytest.raises(PermissionDenied, match="督办人"):
            ask(in_hand, "supervise", post, now=NOW + DAY)


def test_supervision_has_a_day_ahead(in_hand, leader):
    refused("day", "以后", in_hand, "supervise", leader, now=NOW, day=NOW.date())
    refused("reason", "督办要求", in_hand, "supervise", leader, now=NOW, reason="")


def test_a_case_is_chased_once_a_day_and_not_by_who_has_it(found, clerk, leader, handler):
    ask(found, "chase", clerk, now=NOW + HOUR)
    refused(None, "明天再催", found, "chase", leader, now=NOW + 2 * HOUR)
    ask(found, "chase", leader, now=NOW + DAY)
    with pytest.raises(PermissionDenied):
        ask(found, "chase", handler, now=NOW + 2 * DAY)


def test_the_contact_does_not_chase_the_own_unit(found, handler):
    Grievance.objects.filter(pk=found.pk).update(owner=handler)
    refused(None, "自己", found, "chase", handler, now=NOW + HOUR)


def test_a_patch_and_a_cure_have_their_own_days(in_hand, handler, helper):
    ask(in_hand, "add_measure", handler, now=NOW + DAY)
    ask(
        in_hand, "add_measure", helper, now=NOW + DAY, kind="ROOT", reason="明春换线路",
        day=dt.date(2027, 4, 1),
    )  # fmt: skip
    patch, cure = Measure.objects.all()

    ask(in_hand, "measure_done", handler, now=NOW + DAY, which=patch.pk)

    patch.refresh_from_db()
    assert patch.done_on == dt.date(2026, 11, 19)
    assert (cure.unit, cure.due_on) == (helper.organisation, dt.date(2027, 4, 1))
    in_hand.refresh_from_db()
    assert in_hand.state == "IN_HAND", "a patch closes nothing"
    ahead = dt.date(2026, 12, 1)
    refused(
        "done_on", "不能晚于今天", in_hand, "measure_done", handler, now=NOW + DAY, done_on=ahead
    )


def test_a_co_handler_ends_the_own_measures_only(in_hand, handler, helper):
    ask(in_hand, "add_measure", handler, now=NOW + DAY)
    refused(None, "还没完成的措施", in_hand, "measure_done", helper, now=NOW + DAY)
    ask(in_hand, "add_measure", helper, now=NOW + DAY)
    ask(in_hand, "measure_done", helper, now=NOW + DAY)

    assert Measure.objects.get(done_on=None).unit == handler.organisation
    ask(in_hand, "measure_done", handler, now=NOW + DAY)


def test_a_measure_says_which_kind_and_plans_ahead(in_hand, handler):
    refused("kind", "应急处置", in_hand, "add_measure", handler, now=NOW + DAY, kind="")
    refused("reason", "措施", in_hand, "add_measure", handler, now=NOW + DAY, reason="")
    past = dt.date(2026, 11, 1)
    refused("day", "早于今天", in_hand, "add_measure", handler, now=NOW + DAY, day=past)


def test_a_co_handler_signs_and_answers_the_own_part_only(found, helper, handler, world):
    refused(None, "先签收", found, "co_reply", helper, now=NOW + HOUR)
    ask(found, "co_sign", helper, now=NOW + HOUR)
    ask(found, "co_reply", helper, now=NOW + DAY)

    own, lead = found.assignments.order_by("part")
    assert (own.unit, own.signed_at, own.answered_at) == (world.north, NOW + HOUR, NOW + DAY)
    assert own.reply == "已通知楼门长。"
    assert (lead.signed_at, lead.answered_at) == (None, None)
    refused(None, "已经答复", found, "co_reply", helper, now=NOW + DAY)
    with pytest.raises(PermissionDenied, match="协办单位"):
        ask(found, "co_sign", handler, now=NOW + DAY)


def test_the_desk_writes_for_a_co_handler_that_never_signs_in(world, clerk, handler):
    outside = [
        make_organisation(
            OrganisationKind.EXTERNAL, parent=world.bajiao, code=f"110107003E00{n}", name=name
        )
        for n, name in enumerate(("物业公司", "供电所"))
    ]
    found = make_grievance(world.north, post=clerk, now=NOW)
    move(found, "accept", clerk, now=NOW)
    move(found, "assign", clerk, now=NOW, lead_id=world.section.pk, co_handlers=outside)
    refused("which", "哪一项", found, "co_sign", clerk, now=NOW + HOUR)
    second = found.assignments.get(unit=outside[1])

    ask(found, "co_sign", clerk, now=NOW + HOUR, which=second.pk)

    event = found.events.last()
    assert (event.move, event.unit, event.on_behalf) == ("co_sign", outside[1], True)
    assert found.assignments.filter(signed_at=None).count() == 2


def test_the_same_form_sent_twice_does_nothing_more(in_hand, leader):
    seen = in_hand.events.last().pk
    ask(in_hand, "supervise", leader, now=NOW + DAY, seen_event=seen)
    with pytest.raises(AlreadyAskedError):
        ask(in_hand, "supervise", leader, now=NOW + DAY, seen_event=seen)
    assert Supervision.objects.count() == 1

    ask(in_hand, "supervise", leader, now=NOW + DAY, seen_event=in_hand.events.last().pk)
    assert Supervision.objects.count() == 2


def test_outside_the_scope_there_is_nothing_to_ask(in_hand, world):
    for post in (make_post(Role.LEADER, world.gucheng), make_post(Role.OFFICER, world.bajiao)):
        with pytest.raises(Grievance.DoesNotExist):
            ask(in_hand, "chase", post, now=NOW + DAY)


def test_telling_is_not_asked_here(in_hand, clerk):
    refused(None, "没有这一项", in_hand, "tell", clerk, now=NOW)
    refused(None, "没有这一项", in_hand, "no_such", clerk, now=NOW)


def test_every_ask_is_in_the_trail_without_its_words(in_hand, leader, handler):
    ask(in_hand, "directive", leader, now=NOW + DAY)
    row = AuditEvent.objects.get(action="grievance.ask")
    assert (row.reason_code, row.object_id) == ("ASK_DIRECTIVE", str(in_hand.pk))
    assert "城管办" not in str(vars(row))


def test_the_trail_calls_every_ask_as_the_table_does():
    told = {one.key: one.label for one in ASKS if one.key != "tell"}
    assert {key: reason_words(f"ASK_{key.upper()}") for key in told} == told
