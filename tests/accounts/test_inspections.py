"""督查授权: who asks, who approves, how long; and what it opens and to whom."""

import datetime as dt
import itertools
import re

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from contacts.models import Household, Visit
from portal.accounts import checks, ports
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Inspection, Organisation
from portal.accounts.models.inspections import State
from portal.accounts.roles import Role
from portal.accounts.services import inspections
from portal.accounts.services.inspections import NewInspection
from portal.audit.models import AuditEvent
from portal.core.errors import DomainError
from tests.factories.accounts import make_inspection, make_organisation, make_post, sign_in
from tests.factories.contacts import make_household, make_resident, make_visit

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
NOW = timezone.now()
TODAY = timezone.localdate(NOW)
DAYS = dt.timedelta(days=1)


@pytest.fixture
def inspector(world):
    return make_post(Role.INSPECTOR, world.district)


@pytest.fixture
def admin(world):
    return make_post(Role.DISTRICT_ADMIN, world.district)


@pytest.fixture
def leader(world):
    return make_post(Role.DISTRICT_LEADER, world.district)


def entry(post, place, **more):
    fields = {"title": "走访记录失实", "since": TODAY, "until": TODAY + 30 * DAYS} | more
    return NewInspection(post=post, organisation=place, **fields)


def test_one_asks_another_approves_and_then_records_open(world, inspector, admin, leader):
    household = make_household(world.building)
    visit = make_visit(household, occurred_at=NOW)
    asked = inspections.ask(actor=admin, entry=entry(inspector, world.north), now=NOW)
    assert visit not in Visit.objects.visible_to(inspector)

    inspections.approve(actor=leader, inspection=asked, now=NOW)

    assert visit in Visit.objects.visible_to(inspector)
    assert household in Household.objects.visible_to(inspector)
    inspections.close(actor=admin, inspection=asked, now=NOW)
    assert visit not in Visit.objects.visible_to(inspector)
    assert household not in Household.objects.visible_to(inspector)
    trail = AuditEvent.objects.filter(object_kind="accounts.inspection").order_by("pk")
    assert [event.action for event in trail] == [
        "inspection.ask", "inspection.approve", "inspection.close",
    ]  # fmt: skip


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.DISTRICT_ADMIN}))
def test_nobody_else_asks(world, inspector, role):
    with pytest.raises(PermissionDenied):
        inspections.ask(
            actor=make_post(role, world.district), entry=entry(inspector, world.north), now=NOW
        )


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.DISTRICT_LEADER}))
def test_nobody_else_approves(world, inspector, admin, role):
    asked = inspections.ask(actor=admin, entry=entry(inspector, world.north), now=NOW)

    for decide in (inspections.approve, inspections.refuse):
        with pytest.raises(PermissionDenied):
            decide(actor=make_post(role, world.district), inspection=asked, now=NOW)


def test_the_same_person_does_not_ask_and_approve_nor_inspect(world, inspector, admin):
    asked = inspections.ask(actor=admin, entry=entry(inspector, world.north), now=NOW)
    for same in (admin.user, inspector.user):
        both = make_post(Role.DISTRICT_LEADER, world.district, user=same)
        with pytest.raises(DomainError):
            inspections.approve(actor=both, inspection=asked, now=NOW)
    own = make_post(Role.INSPECTOR, world.district, user=admin.user)
    with pytest.raises(DomainError) as refused:
        inspections.ask(actor=admin, entry=entry(own, world.north), now=NOW)
    assert refused.value.field == "post"
    with pytest.raises(IntegrityError), transaction.atomic():
        Inspection.objects.filter(pk=asked.pk).update(approved_by=admin, approved_at=NOW)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"title": "  "}, "title"),
        ({"title": "长" * 121}, "title"),
        ({"since": TODAY - DAYS}, "since"),
        ({"until": TODAY}, "until"),
        ({"until": TODAY + 181 * DAYS}, "until"),
    ],
)
def test_what_is_asked_is_checked(world, inspector, admin, more, field):
    with pytest.raises(DomainError) as refused:
        inspections.ask(actor=admin, entry=entry(inspector, world.north, **more), now=NOW)

    assert refused.value.field == field


def test_who_and_where_are_checked(world, inspector, admin):
    assert inspections.ask(
        actor=admin, entry=entry(inspector, world.north, until=TODAY + 180 * DAYS), now=NOW
    )
    street_only = make_post(Role.INSPECTOR, world.gucheng)
    left = make_post(Role.INSPECTOR, world.district, until=TODAY)
    worker = make_post(Role.COMMUNITY_WORKER, world.north)
    for post, place, field in (
        (street_only, world.north, "organisation"),
        (inspector, world.district, "organisation"),
        (inspector, world.grid, "organisation"),
        (left, world.north, "post"),
        (worker, world.north, "post"),
    ):
        with pytest.raises(DomainError) as refused:
            inspections.ask(actor=admin, entry=entry(post, place), now=NOW)
        assert refused.value.field == field
    far = make_organisation(OrganisationKind.STREET, parent=world.other_district)
    with pytest.raises(Organisation.DoesNotExist):
        inspections.ask(actor=admin, entry=entry(inspector, far), now=NOW)


def test_what_was_decided_is_not_decided_again(world, inspector, admin, leader):
    asked = inspections.ask(actor=admin, entry=entry(inspector, world.north), now=NOW)
    inspections.refuse(actor=leader, inspection=asked, now=NOW)

    for decide in (inspections.approve, inspections.refuse, inspections.close):
        with pytest.raises(DomainError):
            decide(actor=leader, inspection=asked, now=NOW)
    away = make_post(Role.DISTRICT_LEADER, world.other_district)
    with pytest.raises(Inspection.DoesNotExist):
        inspections.approve(actor=away, inspection=asked, now=NOW)


MANDATES = {
    "none": None,
    "asked": {"approved": False},
    "approved": {},
    "to come": {"since": TODAY + DAYS},
    "last day": {"since": TODAY - 9 * DAYS, "until": TODAY + DAYS},
    "over": {"since": TODAY - 9 * DAYS, "until": TODAY},
    "closed": {"closed": True},
    "of another": {"other": True},
    "elsewhere": {"place": "south"},
}


@pytest.mark.parametrize("mandate", MANDATES)
def test_only_a_case_in_force_opens_its_unit(world, inspector, mandate):
    household = make_household(world.building)
    visit = make_visit(household, occurred_at=NOW)
    wanted = MANDATES[mandate]
    if wanted is not None:
        wanted = dict(wanted)
        post = make_post(Role.INSPECTOR, world.district) if wanted.pop("other", 0) else inspector
        place = getattr(world, wanted.pop("place", "north"))
        make_inspection(post, place, **wanted)

    opened = mandate in {"approved", "last day"}
    assert (visit in Visit.objects.visible_to(inspector)) is opened
    assert (household in Household.objects.visible_to(inspector)) is opened


def test_only_visits_of_the_year_before_are_read(world, inspector):
    make_inspection(inspector, world.bajiao)
    household = make_household(world.building)
    old = make_visit(household, occurred_at=NOW - 366 * DAYS)
    recent = make_visit(household, occurred_at=NOW - 364 * DAYS)

    assert set(Visit.objects.visible_to(inspector)) == {recent} != {old}


def test_a_post_that_has_ended_reads_nothing(world):
    left = make_post(Role.INSPECTOR, world.district, until=TODAY)
    make_inspection(left, world.north)
    household = make_household(world.building)

    assert household not in Household.objects.visible_to(left)


def test_pages_show_no_person_and_leave_the_case_in_the_trail(client, world, inspector):
    case = make_inspection(inspector, world.north)
    household = make_household(world.building, room="502")
    make_resident(household, name="陈玉兰", phone="13811112222")
    visit = make_visit(household, occurred_at=NOW, text="陈玉兰家电话13811112222打不通")
    sign_in(client, inspector)

    for address in (
        "/contacts/visits/",
        f"/contacts/visits/{visit.client_id}/",
        "/contacts/households/",
        f"/contacts/households/{household.pk}/",
    ):
        html = client.get(address).text
        for secret in ("陈玉兰", "13811112222", "502"):
            assert secret not in html, address
    trail = AuditEvent.objects.filter(actor_id=inspector.user_id).order_by("pk")
    assert [(event.action, event.object_kind) for event in trail] == [
        ("inspection.list", ""),
        ("inspection.read", "contacts.visit"),
        ("inspection.list", ""),
        ("inspection.read", "contacts.household"),
    ]
    assert {event.reason_code for event in trail} == {f"case-{case.pk}"}


@pytest.mark.parametrize(
    "address",
    [
        "/contacts/households/find/", "/search/?q=暖气", "/contacts/households/{}/reveal/",
        "/contacts/households/{}/edit/", "/contacts/visits/new/", "/contacts/diary/",
    ],
)  # fmt: skip
def test_a_case_opens_nothing_but_reading(client, world, inspector, address):
    make_inspection(inspector, world.north)
    household = make_household(world.building)
    sign_in(client, inspector)

    assert client.get(address.format(household.pk)).status_code == 403


def test_state_follows_the_dates_and_the_decision(world, inspector):
    seen = set()
    closed, approved = (False, True), (False, True)
    spans = [(0, 30), (1, 30), (-30, 0)]
    for is_closed, is_approved, (since, until) in itertools.product(closed, approved, spans):
        case = make_inspection(
            inspector, world.north, approved=is_approved, closed=is_closed,
            since=TODAY + since * DAYS, until=TODAY + until * DAYS,
        )  # fmt: skip
        state = case.state(TODAY)
        seen.add(state)
        in_force = Inspection.objects.in_force(TODAY).filter(pk=case.pk).exists()
        assert (state == State.IN_FORCE) is in_force
    assert seen == set(State)


def test_today_of_an_inspector_names_the_cases_in_force(client, world, inspector):
    """Unit, period and end of each, leading to what it opens; what is not in force is not there."""
    household = make_household(world.building)
    visit = make_visit(household, post=make_post(Role.COMMUNITY_WORKER, world.north))
    elsewhere = make_visit(make_household(), post=make_post(Role.COMMUNITY_WORKER, world.south))
    last = TODAY + 9 * DAYS
    case = make_inspection(inspector, world.north, title="暖气走访核查", until=last + DAYS)
    make_inspection(inspector, world.south, title="已结束的核查", closed=True)
    make_inspection(inspector, world.south, title="没批准的核查", approved=False)
    make_inspection(inspector, world.south, title="还没开始的核查", since=TODAY + DAYS)
    other = make_post(Role.INSPECTOR, world.district)
    make_inspection(other, world.south, title="别人的核查")
    sign_in(client, inspector)

    page = client.get("/").text

    assert "暖气走访核查" in page
    assert world.north.name in page
    assert f"{TODAY} 至 {last}" in page
    assert f"{case.reads_from} 起的走访" in page
    for title in ("已结束的核查", "没批准的核查", "还没开始的核查", "别人的核查"):
        assert title not in page
    links = [link for link in re.findall(r'href="([^"]+)"', page) if "?unit=" in link]
    assert len(links) == 2
    visits, homes = (client.get(link) for link in links)
    assert [row.url for row in visits.context["rows"]] == [visit.get_absolute_url()]
    assert elsewhere.get_absolute_url() not in visits.text
    assert [row.url for row in homes.context["rows"]] == [household.get_absolute_url()]
    assert f'href="/accounts/inspections/{case.pk}/"' in page


def test_today_of_an_inspector_without_a_case_says_who_gives_one(client, world, inspector):
    make_inspection(inspector, world.north, closed=True)
    sign_in(client, inspector)

    page = client.get("/").text

    assert "现在没有生效的督查授权" in page
    assert "区管理员" in page


def test_today_of_others_says_nothing_of_cases(client, world):
    sign_in(client, make_post(Role.SECURITY_ADMIN, world.district))

    assert "督查授权" not in client.get("/").text.partition("<main")[2].partition("能看到")[0]


def test_without_anybody_to_hide_people_the_portal_does_not_start(monkeypatch):
    monkeypatch.setattr(ports, "_hiding", [])

    assert [error.id for error in checks.check_people_are_hidden()] == ["accounts.E002"]
    with pytest.raises(RuntimeError, match="Nobody is bound"):
        ports.hide_people([ports.Spoken("王秀英", None, None)])
