"""办理链接: one step, one use, only by the desk, never of what is restricted."""

import datetime as dt
import threading

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, connections
from django.utils import timezone

from grievances.kinds import Part, State
from grievances.models import ExtensionRequest, Grievance, HandlerLink, Told
from grievances.selectors.handler_links import is_in_force, open_links
from grievances.services.handler_links import (
    SAME_SENDING,
    VALID_FOR,
    LinkEntry,
    find,
    make_link,
    revoke_link,
    use_link,
)
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.core.errors import DomainError
from tests.factories.accounts import make_post, make_world
from tests.factories.grievances import move
from tests.factories.outside import Outside

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

NOW = dt.datetime(2026, 11, 18, 2, 0, tzinfo=dt.UTC)  # Wednesday 10:00 in Shanghai
MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)
SIGN, OBJECT = LinkEntry(does="sign"), LinkEntry(does="object", reason="不归我们管")
REPLY = LinkEntry(does="reply", result="SOLVED", reply="换了两盏灯。", public_words="灯换好了。")


@pytest.fixture
def outside(world):
    return Outside(world, NOW)


def use(link, entry, now=NOW):
    return use_link(token=str(link.token), entry=entry, now=now)


def state_of(found):
    return Grievance.objects.get(pk=found.pk).state


def test_signing_hands_on_to_the_reply_and_the_reply_to_the_approver(outside):
    signed = use(outside.link(), SIGN)

    assert state_of(outside.found) == State.IN_HAND
    assert signed.following.step == HandlerLink.Step.REPLY
    replied = use(signed.following, REPLY, NOW + DAY)

    assert state_of(outside.found) == State.REPLIED
    assert replied.following is None
    assert [
        (event.move, event.post_id, event.unit)
        for event in outside.found.events.filter(move__in=["sign", "reply"])
    ] == [("sign", None, outside.unit), ("reply", None, outside.unit)]
    # Nobody says that the resident was told: it stays to be done.
    assert Told.objects.get(grievance=outside.found, about="reply").told_at is None


def test_an_objection_needs_its_reason_and_ends_the_link(outside):
    link = outside.link()
    with pytest.raises(DomainError) as refused:
        use(link, LinkEntry(does="object"))
    assert refused.value.field == "reason"
    # What was refused used nothing up.
    assert HandlerLink.objects.get(pk=link.pk).used_at is None

    assert use(link, OBJECT).following is None
    assert state_of(outside.found) == State.OBJECTED


def test_sent_twice_it_is_done_once_and_answered_alike(outside):
    link = outside.link()
    first = use(link, SIGN)
    again = use(link, SIGN, NOW + MINUTE)

    assert (first.is_new, again.is_new) == (True, False)
    assert again.following == first.following
    assert outside.found.events.filter(move="sign").count() == 1
    with pytest.raises(HandlerLink.DoesNotExist):
        use(link, SIGN, NOW + SAME_SENDING + MINUTE)


@pytest.mark.parametrize("does", ["reply", "ask_extension", "conclude", ""])
def test_a_link_does_nothing_but_its_step(outside, does):
    with pytest.raises(DomainError):
        use(outside.link(), LinkEntry(does=does, reason="x", reply="x", result="SOLVED"))
    assert state_of(outside.found) == State.ASSIGNED


def test_a_link_ends_with_its_time_its_step_and_its_assignment(outside):
    link = outside.link()
    assert is_in_force(find(str(link.token)), now=NOW + VALID_FOR - MINUTE)
    assert not is_in_force(find(str(link.token)), now=NOW + VALID_FOR)
    with pytest.raises(HandlerLink.DoesNotExist):
        use(link, SIGN, NOW + VALID_FOR)

    move(outside.found, "recall", outside.clerk, now=NOW + MINUTE)
    with pytest.raises(HandlerLink.DoesNotExist):
        use(link, SIGN, NOW + 2 * MINUTE)
    assert state_of(outside.found) == State.ACCEPTED


def test_a_reply_that_came_back_takes_a_new_link(outside):
    following = use(outside.link(), SIGN).following
    # The desk writes for the unit meanwhile, and the approver sends it back.
    move(outside.found, "reply", outside.clerk, now=NOW + MINUTE)
    leader = make_post(Role.LEADER, outside.world.bajiao)
    move(outside.found, "return", leader, now=NOW + 2 * MINUTE)

    with pytest.raises(HandlerLink.DoesNotExist):
        use(following, REPLY, NOW + 3 * MINUTE)
    assert outside.link(now=NOW + 3 * MINUTE).step == HandlerLink.Step.REPLY


def test_a_new_link_ends_the_old_one_and_the_desk_may_revoke(outside):
    old, new = outside.link(), outside.link()
    assert list(open_links(outside.found, now=NOW).values()) == [new]
    with pytest.raises(HandlerLink.DoesNotExist):
        use(old, SIGN)

    revoke_link(
        actor=outside.clerk,
        number=outside.found.number,
        assignment_id=new.assignment_id,
        now=NOW,
    )
    with pytest.raises(HandlerLink.DoesNotExist):
        use(new, SIGN)
    assert open_links(outside.found, now=NOW) == {}


@pytest.mark.parametrize(
    ("role", "where"),
    [
        (Role.HANDLER, "section"),
        (Role.LEADER, "bajiao"),
        (Role.COMMUNITY_WORKER, "north"),
        (Role.DISTRICT_LEADER, "district"),
    ],
)
def test_only_the_desk_makes_one(outside, role, where):
    with pytest.raises(PermissionDenied):
        outside.link(actor=make_post(role, getattr(outside.world, where)))


def test_the_desk_of_another_street_does_not_know_it(outside):
    with pytest.raises(Grievance.DoesNotExist):
        outside.link(actor=make_post(Role.CLERK, outside.world.gucheng))


def test_a_restricted_one_never_gets_a_link_and_loses_one(outside):
    link = outside.link()
    outside.seal()

    with pytest.raises(HandlerLink.DoesNotExist):
        use(link, SIGN)
    with pytest.raises(DomainError, match="封存"):
        outside.link()


def test_a_co_handler_signs_and_answers_for_itself_alone(outside):
    signed = use(outside.link(part=Part.CO_HANDLER), SIGN)
    use(signed.following, LinkEntry(does="reply", reply="已配合断电。"), NOW + DAY)

    mine = outside.assignment(part=Part.CO_HANDLER)
    assert (mine.signed_at, mine.answered_at) == (NOW, NOW + DAY)
    assert mine.reply == "已配合断电。"
    assert state_of(outside.found) == State.ASSIGNED
    assert outside.assignment().signed_at is None


def test_more_time_is_asked_of_the_office_within_the_rule(outside):
    following = use(outside.link(), SIGN).following
    for entry, field in (
        (LinkEntry(does="ask_extension", reason="等配件"), "length"),
        (LinkEntry(does="ask_extension", reason="等配件", length=999), "length"),
        (LinkEntry(does="ask_extension", length=1), "reason"),
    ):
        with pytest.raises(DomainError) as refused:
            use(following, entry)
        assert refused.value.field == field

    asked = use(following, LinkEntry(does="ask_extension", reason="等配件", length=1), NOW + MINUTE)

    request = ExtensionRequest.objects.get()
    assert (request.length, request.unit, request.decided_at) == (1, outside.unit, None)
    assert asked.following.step == HandlerLink.Step.REPLY
    with pytest.raises(DomainError):
        use(asked.following, LinkEntry(does="ask_extension", reason="再等", length=1), NOW + DAY)


def test_what_it_did_is_in_the_trail_without_the_token(outside):
    link = outside.link()
    use(link, SIGN)

    rows = AuditEvent.objects.filter(action__startswith="grievance.link").order_by("pk")
    assert [(row.action, row.reason_code) for row in rows] == [
        ("grievance.link_make", "LINK_SIGN"),
        ("grievance.link_use", "LINK_SIGN"),
    ]
    assert str(link.token) not in str([vars(row) for row in AuditEvent.objects.all()])
    assert str(link.token) != link.digest


@pytest.mark.parametrize("token", ["", "x" * 43, "é" * 20, "\ud800"])
def test_a_wrong_token_finds_nothing(outside, token):
    outside.link()
    assert find(token) is None
    with pytest.raises(HandlerLink.DoesNotExist):
        use_link(token=token, entry=SIGN, now=NOW)


def test_a_link_of_another_case_is_not_the_desks_to_make(outside):
    other = outside.given()
    with pytest.raises(outside.assignment().DoesNotExist):
        make_link(
            actor=outside.clerk,
            number=outside.found.number,
            assignment_id=outside.assignment(other).pk,
            now=NOW,
        )


@pytest.mark.django_db(transaction=True)
def test_of_eight_at_once_one_makes_the_move():
    if connection.vendor == "sqlite":
        pytest.skip("one writer at a time")
    now = timezone.now()
    outside = Outside(make_world(), now)
    token = str(outside.link(now=now).token)
    gate, done, refused = threading.Barrier(8), [], []

    def work() -> None:
        gate.wait()
        try:
            done.append(use_link(token=token, entry=SIGN, now=now))
        except Exception as error:  # noqa: BLE001 -- told by the assertion
            refused.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert refused == []
    assert [each.is_new for each in done].count(True) == 1
    assert outside.found.events.filter(move="sign").count() == 1
    assert HandlerLink.objects.count() == 2


def test_who_gave_the_link_does_not_pass_the_reply(world, outside):
    admin = make_post(Role.STREET_ADMIN, world.bajiao)
    made = make_link(
        actor=admin, number=outside.found.number, assignment_id=outside.assignment().pk, now=NOW
    )
    use(use(made, SIGN).following, REPLY, NOW + DAY)

    with pytest.raises(DomainError, match="您给出的办理链接"):
        move(outside.found, "conclude", admin, now=NOW + DAY)
    other = make_post(Role.LEADER, world.bajiao)
    assert move(outside.found, "conclude", other, now=NOW + DAY).state == State.CONCLUDED
