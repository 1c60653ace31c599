"""Requests about personal data: the deadline, the owner, the answer."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from contacts.models import (
    RightsRequest,
)
from contacts.selectors import rights as selectors
from contacts.selectors import rights_copy
from contacts.services import rights, rights_owner
from contacts.services.rights import RightsEntry, code_of, normalised_code
from portal.accounts.models import Post
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.core.errors import DomainError
from tests.factories.accounts import make_post, make_world
from tests.factories.contacts import (
    make_building,
    make_household,
    make_resident,
    make_visit,
)
from tests.factories.rights import make_request

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def leader(world):
    return make_post(Role.LEADER, world.north)


@pytest.fixture
def clerk(world):
    return make_post(Role.CLERK, world.bajiao)


@pytest.fixture
def home(world, leader):
    household = make_household(world.building, worker=leader.user)
    make_resident(household, name="王秀英", phone="13800131234", former_names=["王秀瑛"])
    make_resident(household, name="王小明", phone="13911112222")
    return household


def asking(world, **changes) -> RightsEntry:
    values = {
        "client_id": uuid.uuid4(),
        "kind": "COPY",
        "community_id": world.north.pk,
        "name": " 王 秀英 ",
        "phone": "138 0013 1234",
        **changes,
    }
    return RightsEntry(**values)


def listed(post, state=""):
    today = timezone.localdate()
    rows = selectors.requests_of(post, state=state, today=today)
    return selectors.lines(list(rows), post=post, today=today)


def owner_of_new(world):
    request, _ = rights.file_request(actor=None, entry=asking(world), now=timezone.now())
    return request.owner


def test_a_request_has_fifteen_days_from_the_day_it_came(world):
    now = timezone.now()

    request, code = rights.file_request(actor=None, entry=asking(world), now=now)

    assert request.due_on == timezone.localdate(now) + dt.timedelta(days=15)
    assert (request.name, request.phone) == ("王 秀英", "13800131234")
    assert (request.street, request.taken_by) == (world.bajiao, None)
    event = AuditEvent.objects.get(action="rights.file")
    assert (event.district_id, event.actor_id) == (world.district.pk, None)
    assert "秀英" not in str(AuditEvent.objects.values())
    assert request.code == code


def test_the_same_form_is_the_same_request(world):
    entry = asking(world)

    first, code = rights.file_request(actor=None, entry=entry, now=timezone.now())
    second, again = rights.file_request(actor=None, entry=entry, now=timezone.now())

    assert (first, code) == (second, again)
    assert RightsRequest.objects.count() == 1


def test_whoever_takes_it_down_owns_it(world, clerk):
    request, _ = rights.file_request(actor=clerk, entry=asking(world), now=timezone.now())

    assert (request.taken_by, request.owner_id) == (clerk, clerk.user_id)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "OTHER"}, "kind"),
        ({"name": "  "}, "name"),
        ({"phone": ""}, "phone"),
        ({"phone": "123"}, "phone"),
        ({"community_id": 0}, "community"),
        ({"text": "多" * 1001}, "text"),
    ],
)
def test_what_is_missing_is_said(world, changes, field):
    with pytest.raises(DomainError) as refused:
        rights.file_request(actor=None, entry=asking(world, **changes), now=timezone.now())

    assert refused.value.field == field


def test_nobody_takes_a_request_down_for_another_street(world, clerk):
    with pytest.raises(DomainError):
        rights.file_request(
            actor=clerk,
            entry=asking(world, community_id=world.gucheng_community.pk),
            now=timezone.now(),
        )


@given(st.uuids())
def test_a_code_is_found_however_it_is_typed(client_id):
    code = code_of(client_id)

    assert normalised_code(code) == code
    assert normalised_code(f" {code.replace('-', ' ').lower()} ") == code
    assert normalised_code(code.replace("8", "1").replace("9", "0")) == code
    assert not set(code) & set("01IO")


def test_codes_differ():
    codes = {code_of(uuid.uuid4()) for _ in range(500)}

    assert len(codes) == 500


@pytest.mark.parametrize(
    ("left", "overdue", "soon"), [(-1, True, False), (0, False, True), (9, False, False)]
)
def test_due_today_is_not_overdue(world, leader, left, overdue, soon):
    make_request(world.north, due_in=left)

    (line,) = listed(leader)

    assert (line.days_left, line.is_overdue, line.is_soon) == (left, overdue, soon)
    assert line.who == "王**"


def test_today_reminds_of_the_own_ones_and_of_those_nobody_owns(world, leader, clerk):
    mine = make_request(world.north, owner=leader.user, due_in=2)
    free = make_request(world.north, due_in=1)
    make_request(world.north, owner=clerk.user)
    make_request(world.gucheng_community)
    worker = make_post(Role.COMMUNITY_WORKER, world.north)

    found = selectors.reminders(post=leader, today=timezone.localdate())

    assert [line.id for line in found.lines] == [free.pk, mine.pk]
    assert not found.has_more
    assert not selectors.reminders(post=worker, today=timezone.localdate()).lines


def test_today_says_that_there_are_more(world, leader):
    for days in range(selectors.REMINDED + 1):
        make_request(world.north, owner=leader.user, due_in=days)

    found = selectors.reminders(post=leader, today=timezone.localdate())

    assert [line.days_left for line in found.lines] == list(range(selectors.REMINDED))
    assert found.has_more


def test_a_request_from_the_public_page_has_an_owner_at_once(world, clerk):
    """Of the community whoever has the fewest; the street's administrator when there is nobody."""
    make_post(Role.LEADER, world.south)
    make_post(Role.COMMUNITY_WORKER, world.north)
    assert owner_of_new(world) == clerk.user

    admin = make_post(Role.STREET_ADMIN, world.bajiao)
    assert owner_of_new(world) == admin.user
    first, second = make_post(Role.LEADER, world.north), make_post(Role.LEADER, world.north)
    assert [owner_of_new(world) for _ in range(4)] == [first.user, second.user] * 2
    named = AuditEvent.objects.filter(action="rights.assign", reason_code="by_rule")
    assert {(event.actor_id, event.district_id) for event in named} == {(None, world.district.pk)}


def test_nobody_there_is_said_and_mended_as_soon_as_somebody_comes(world):
    make_post(Role.LEADER, world.gucheng_community)
    request, _ = rights.file_request(actor=None, entry=asking(world), now=timezone.now())
    assert request.owner is None
    assert rights_owner.hand_on(now=timezone.now()) == 0

    leader = make_post(Role.LEADER, world.north)

    assert [line.id for line in listed(leader, state="nobody")] == [request.pk]
    assert rights_owner.hand_on(now=timezone.now()) == 1
    assert [line.is_mine for line in listed(leader)] == [True]


@pytest.mark.parametrize("how", ["post", "account", "elsewhere"])
def test_a_request_whose_owner_is_gone_is_nobodys_until_it_is_handed_on(world, leader, how):
    owner = make_post(Role.LEADER, world.north)
    request = make_request(world.north, owner=owner.user)
    closed = make_request(world.north, owner=owner.user)
    rights.answer(
        actor=leader, request_id=closed.pk, outcome="DECLINED", words="不在册。", now=timezone.now()
    )
    if how == "account":
        owner.user.is_active = False
        owner.user.save()
    else:
        owner.until = timezone.localdate()
        owner.save()
    if how == "elsewhere":
        make_post(Role.LEADER, world.south, user=owner.user)

    (line,) = listed(leader, state="nobody")
    assert (line.id, line.owner, line.former_owner) == (request.pk, "", owner.user.name)
    reminded = selectors.reminders(post=leader, today=timezone.localdate()).lines
    assert [one.id for one in reminded] == [request.pk]
    assert rights_owner.hand_on(now=timezone.now()) == 1
    assert rights_owner.hand_on(now=timezone.now()) == 0

    request.refresh_from_db()
    closed.refresh_from_db()
    assert request.owner == leader.user
    assert closed.owner == owner.user
    assert listed(leader, state="nobody") == ()


def test_who_reads_requests_of_a_place_may_own_them_and_nobody_else(world):
    """The rule of owners is the other side of the scope."""
    inside = [
        make_post(Role.LEADER, world.north),
        make_post(Role.CLERK, world.section),
        make_post(Role.STREET_ADMIN, world.bajiao),
    ]
    make_post(Role.LEADER, world.south)
    make_post(Role.CLERK, world.gucheng)
    make_post(Role.OFFICER, world.bajiao)
    request = make_request(world.north)

    may = {pk for pk, _ in selectors.owner_choices(request, today=timezone.localdate())}
    read = {
        post.user_id
        for post in Post.objects.select_related("organisation")
        if RightsRequest.objects.visible_to(post).filter(pk=request.pk).exists()
    }

    assert may == read == {post.user_id for post in inside}


def test_the_owner_is_somebody_who_answers_there(world, leader, clerk):
    request = make_request(world.north)
    elsewhere = make_post(Role.CLERK, world.gucheng)

    rights.assign(actor=leader, request_id=request.pk, user_id=clerk.user_id, now=timezone.now())

    request.refresh_from_db()
    assert request.owner_id == clerk.user_id
    with pytest.raises(DomainError):
        rights.assign(
            actor=leader, request_id=request.pk, user_id=elsewhere.user_id, now=timezone.now()
        )


def test_a_household_is_linked_inside_the_scope_and_the_street(world, leader, home):
    request = make_request(world.north)
    foreign = make_household(make_building(world.gucheng_community))

    rights.link_household(actor=leader, request_id=request.pk, household_id=home.pk)
    with pytest.raises(DomainError):
        rights.link_household(actor=leader, request_id=request.pk, household_id=foreign.pk)

    request.refresh_from_db()
    assert request.household == home


def test_nothing_is_done_of_which_the_portal_knows_nothing(world, leader, home):
    request = make_request(world.north)
    step = {"actor": leader, "request_id": request.pk, "words": "好", "now": timezone.now()}

    with pytest.raises(DomainError, match="还没有关联住户"):
        rights.answer(outcome="DONE", **step)
    rights.link_household(actor=leader, request_id=request.pk, household_id=home.pk)
    with pytest.raises(DomainError, match="还没有打印过"):
        rights.answer(outcome="PARTLY", **step)
    rights.note_copied(actor=leader, request_id=request.pk, household=home)
    rights.answer(outcome="DONE", **step)

    request.refresh_from_db()
    assert request.outcome == "DONE"


@pytest.mark.parametrize(("outcome", "checked"), [("DECLINED", False), ("DONE", True)])
def test_without_a_household_it_is_declined_or_the_person_was_there(
    world, leader, outcome, checked
):
    request = make_request(world.north)

    rights.answer(
        actor=leader,
        request_id=request.pk,
        outcome=outcome,
        words="当面说明，未在册。",
        now=timezone.now(),
        checked=checked,
    )

    fields = AuditEvent.objects.get(action="rights.answer").fields
    assert ("checked" in fields) == checked


def test_an_answer_closes_and_stays(world, leader, home):
    request = make_request(world.north, kind="CORRECTION", household=home)
    now = timezone.now()

    rights.answer(
        actor=leader, request_id=request.pk, outcome="PARTLY", words="电话已改。", now=now
    )

    request.refresh_from_db()
    assert (request.outcome, request.answer, request.owner) == ("PARTLY", "电话已改。", leader.user)
    with pytest.raises(DomainError, match="已经答复"):
        rights.answer(actor=leader, request_id=request.pk, outcome="DONE", words="再改", now=now)


@pytest.mark.parametrize(("outcome", "words"), [("DONE", " "), ("MAYBE", "好")])
def test_an_answer_has_an_outcome_and_words(world, leader, outcome, words):
    request = make_request(world.north)

    with pytest.raises(DomainError):
        rights.answer(
            actor=leader, request_id=request.pk, outcome=outcome, words=words, now=timezone.now()
        )


def test_only_who_handles_requests_there_acts(world, home):
    request = make_request(world.north)
    worker = make_post(Role.COMMUNITY_WORKER, world.north)
    elsewhere = make_post(Role.STREET_ADMIN, world.gucheng)
    step = {"request_id": request.pk, "outcome": "DONE", "words": "好", "now": timezone.now()}

    with pytest.raises(PermissionDenied):
        rights.answer(actor=worker, **step)
    with pytest.raises(ObjectDoesNotExist):
        rights.answer(actor=elsewhere, **step)


def test_the_state_is_told_for_code_and_tail_only(world):
    request = make_request(world.north)

    found = selectors.answered(code=request.code, tail="1234")

    assert found is not None
    assert (found.outcome, found.answer) == ("", "")
    assert selectors.answered(code=request.code, tail="1235") is None
    assert selectors.answered(code="AAAA-AAAA-AAAA", tail="1234") is None
    assert selectors.answered(code="AAAA-AAAA-AAAA", tail="") is None


def test_the_copy_has_the_person_and_hides_the_others(world, leader, home):
    make_resident(make_household(world.building), name="赵铁柱")
    make_visit(home, post=leader, text="王秀英说赵铁柱家漏水，王小明也在")
    resident = home.residents.get(name="王秀英")

    copy = rights_copy.copy_of(resident)

    assert ("电话", "13800131234") in copy.facts
    assert copy.others == 1
    assert [visit.text for visit in copy.visits] == ["王秀英说赵**家漏水，王**也在"]


def test_the_copy_hides_the_others_in_what_is_told_of_the_household(world, leader, home):
    make_resident(make_household(make_building(world.north)), name="赵铁柱")
    home.door_wish, home.door_wish_reason = "PHONE", "王秀英怕吵，小明夜班"
    home.avoid, home.note = "不问王小明的工作", "找赵铁柱 13911112222，王秀英在家"
    home.save()

    facts = dict(rights_copy.copy_of(home.residents.get(name="王秀英")).facts)

    assert facts["上门意愿"].endswith("王秀英怕吵，**夜班")
    assert facts["不要再问"] == "不问王**的工作"
    assert facts["备注"] == "找赵** 139****2222，王秀英在家"
