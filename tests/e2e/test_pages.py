"""Every page at both widths: axe finds nothing, nothing scrolls sideways."""

import re
import uuid
from collections.abc import Callable

import pytest
from django.template.loader import render_to_string
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from contacts.models import Matter, Promise, Visit
from grievances.models import Topic
from grievances.services import topics
from grievances.services.hotline_import import CHECK
from grievances.services.links import link_for
from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Post
from portal.accounts.roles import Role
from portal.audit.services import seal
from portal.desk.manual import slug
from tests.factories.accounts import make_inspection, make_organisation, make_post
from tests.factories.contacts import make_care, make_reveal, make_visit
from tests.factories.grievances import ask, make_grievance, move
from tests.factories.jobs import make_checked, make_job
from tests.factories.outside import handed_over
from tests.factories.places import make_entry, make_member, make_point, make_session, make_team
from tests.factories.rights import make_feedback, make_request
from tests.fixtures.browser import DESK, PHONE
from tests.grievances import hotline_files
from tests.grievances.test_follow_ups import Desk

pytestmark = pytest.mark.e2e

#: Addresses that answer a machine, take only a POST, or hand out a file.
NOT_PAGES = {
    "jobs:file",
    "contacts:household_import_template",
    "healthz",
    "readyz",
    "metrics",
    "accounts:switch",
    "accounts:audit_export",
    "contacts:visit_draft",
    "contacts:visit_sync",
    "contacts:round_take",
    "desk:service_worker",
    "accounts:device_revoke",
    "accounts:field_start",
    "accounts:field_end",
    # Buttons on the page of a person or a post; driven in tests/accounts.
    "people:link",
    "people:deactivate",
    "people:reactivate",
    "people:unlock",
    "people:second_factor",
    "people:post_withdraw",
    # Buttons of the desk; driven in tests/grievances.
    "grievances:liaison_end",
    "grievances:handler_link",
    "contacts:next_step",
    "contacts:promise_kept",
    "contacts:point_print",
    "contacts:member_add",
    "contacts:member_end",
    "contacts:service_tap",
    # The answer to a POST, so that the trail knows what was printed; driven below.
    "contacts:diary_print",
    "contacts:rights_copy",
    # A button on the page of a grievance, of a follow-up; driven in tests/grievances.
    "grievances:called_back",
    "grievances:follow_up_close",
    # Reached only on the way of a sign-in; driven in tests/accounts.
    "accounts:welcome",
    "accounts:second_factor",
}

#: Page → who opens it → address; {h} a household, {m} one of a colleague, {v} a visit, {b} a
#: building.
PAGES = {
    "accounts:login": (None, ["/accounts/login/"]),
    "accounts:logout": ("worker", ["/accounts/logout/"]),
    "accounts:me": ("worker", ["/accounts/me/"]),
    "accounts:password": ("worker", ["/accounts/me/password/"]),
    "people:people": (
        "streetadmin",
        ["/accounts/people/", "/accounts/people/?standing=stale", "/accounts/people/?role=CLERK"],
    ),
    "people:person_new": ("streetadmin", ["/accounts/people/new/"]),
    "people:person": ("streetadmin", ["/accounts/people/{person}/"]),
    "people:posts": ("streetadmin", ["/accounts/posts/", "/accounts/posts/?ended=1"]),
    "people:post_new": (
        "streetadmin",
        ["/accounts/posts/new/", "/accounts/posts/new/?person={person}"],
    ),
    "people:post_end": ("streetadmin", ["/accounts/posts/{post}/end/"]),
    "people:units": ("streetadmin", ["/accounts/units/"]),
    "people:unit": ("streetadmin", ["/accounts/units/{community}/", "/accounts/units/{r}/"]),
    "people:unit_new": ("streetadmin", ["/accounts/units/{community}/new/"]),
    "people:unit_edit": ("streetadmin", ["/accounts/units/{r}/edit/"]),
    "people:inspections": ("districtadmin", ["/accounts/inspections/"]),
    "people:inspection_new": ("districtadmin", ["/accounts/inspections/new/"]),
    "people:inspection": ("districtadmin", ["/accounts/inspections/{inspection}/"]),
    "accounts:second_factor_setup": ("auditor", ["/accounts/2fa/setup/"]),
    "accounts:recovery_codes": ("auditor", ["/accounts/2fa/codes/"]),
    "accounts:audit": ("auditor", ["/audit/", "/audit/?verify=1"]),
    "contacts:visit_list": (
        "worker",
        ["/contacts/visits/", "/contacts/visits/?q=楼道灯", "/contacts/visits/?result=DECLINED"],
    ),
    "contacts:visit_new": (
        "worker",
        ["/contacts/visits/new/", "/contacts/visits/new/?kind=home&household={h}"],
    ),
    "contacts:visit_new_field": ("leader", ["/contacts/visits/new/?kind=field"]),
    "contacts:visit_new_reception": ("leader", ["/contacts/visits/new/?kind=reception"]),
    "contacts:point_list": ("leader", ["/contacts/points/", "/contacts/points/?ended=1"]),
    "contacts:point_new": ("streetadmin", ["/contacts/points/new/"]),
    "contacts:point": ("leader", ["/contacts/points/{p}/"]),
    "contacts:point_end": ("streetadmin", ["/contacts/points/{p}/end/"]),
    "contacts:team_list": ("leader", ["/contacts/volunteers/", "/contacts/volunteers/?ended=1"]),
    "contacts:team_new": ("leader", ["/contacts/volunteers/new/"]),
    "contacts:team": ("leader", ["/contacts/volunteers/{t}/"]),
    "contacts:team_edit": ("leader", ["/contacts/volunteers/{t}/edit/"]),
    "contacts:team_end": ("leader", ["/contacts/volunteers/{t}/end/"]),
    "contacts:service_new": ("leader", ["/contacts/volunteers/services/new/?team={t}"]),
    "contacts:service": ("worker", ["/contacts/volunteers/services/{s}/"]),
    "contacts:service_void": ("worker", ["/contacts/volunteers/services/{s}/void/"]),
    "contacts:visit": ("worker", ["/contacts/visits/{v}/", "/contacts/visits/{x}/"]),
    "contacts:visit_edit": ("worker", ["/contacts/visits/{v}/edit/"]),
    "contacts:visit_void": ("worker", ["/contacts/visits/{v}/void/"]),
    "contacts:round_list": ("worker", ["/contacts/visits/round/"]),
    "contacts:round": ("worker", ["/contacts/visits/round/{r}/"]),
    "contacts:round_offline": ("worker", ["/contacts/visits/round/offline/"]),
    "contacts:to_complete": ("worker", ["/contacts/visits/to-complete/"]),
    "accounts:devices": ("worker", ["/accounts/me/devices/"]),
    "accounts:unlock": ("worker", ["/accounts/unlock/"]),
    "contacts:household_list": ("worker", ["/contacts/households/"]),
    "contacts:household_new": ("worker", ["/contacts/households/new/"]),
    "contacts:household_find": ("worker", ["/contacts/households/find/"]),
    "contacts:household": (
        "worker",
        ["/contacts/households/{h}/", "/contacts/households/{m}/"],
    ),
    "contacts:household_edit": ("worker", ["/contacts/households/{h}/edit/"]),
    "contacts:household_reveal": ("worker", ["/contacts/households/{m}/reveal/"]),
    "contacts:household_duty": ("leader", ["/contacts/households/{h}/duty/"]),
    "contacts:household_move": (
        "leader",
        ["/contacts/households/{m}/move/", "/contacts/households/{h}/move/"],
    ),
    "contacts:household_merge": (
        "leader",
        ["/contacts/households/{m}/merge/", "/contacts/households/{m}/merge/?other={h}"],
    ),
    "contacts:handover": ("leader", ["/contacts/handover/{person}/"]),
    "jobs:list_export": (
        "leader",
        [
            "/reports/exports/new/visits/?result=MET",
            "/reports/exports/new/households/?care=x",
            "/reports/exports/new/rights/",
        ],
    ),
    "contacts:figures": (
        "leader",
        ["/contacts/figures/", "/contacts/figures/110107003015/?period=2026"],
    ),
    "contacts:map": ("worker", ["/contacts/map/", "/contacts/map/?place={b}"]),
    "contacts:diary": ("worker", ["/contacts/diary/", "/contacts/diary/?week=2020-W01"]),
    "contacts:household_looked": ("worker", ["/contacts/households/{h}/looked/?who=all"]),
    "contacts:rights_list": ("leader", ["/contacts/rights/", "/contacts/rights/?state=closed"]),
    "contacts:rights_new": ("leader", ["/contacts/rights/new/"]),
    "contacts:rights_request": ("leader", ["/contacts/rights/{q}/"]),
    "privacy:notice": (None, ["/privacy/"]),
    "privacy:door_card": (None, ["/privacy/door-card/"]),
    "privacy:request": (None, ["/privacy/request/"]),
    "privacy:status": (None, ["/privacy/status/"]),
    "desk:feedback": ("worker", ["/feedback/?page=/contacts/visits/"]),
    "desk:feedback_box": ("districtadmin", ["/feedback/box/"]),
    "desk:feedback_reply": ("districtadmin", ["/feedback/{f}/"]),
    "jobs:list": ("leader", ["/reports/exports/"]),
    "jobs:job": ("leader", ["/reports/exports/{j}/"]),
    "contacts:household_import": ("leader", ["/contacts/households/import/"]),
    "contacts:household_import_check": (
        "leader",
        ["/contacts/households/import/{i}/", "/contacts/households/import/{k}/"],
    ),
    "grievances:list": (
        "leader",
        ["/grievances/", "/grievances/?q=路灯", "/grievances/?state=FILED", "/grievances/?state=x"],
    ),
    "grievances:restricted": ("leader", ["/grievances/restricted/"]),
    "grievances:inbox": ("streetadmin", ["/grievances/inbox/"]),
    "grievances:new": ("worker", ["/grievances/new/", "/grievances/new/?household={h}"]),
    "grievances:grievance": (
        "streetadmin",
        ["/grievances/{g}/", "/grievances/{done}/", "/grievances/{given}/"],
    ),
    "grievances:board": ("streetadmin", ["/grievances/board/"]),
    "grievances:duplicates": ("streetadmin", ["/grievances/duplicates/"]),
    "grievances:paper": ("streetadmin", ["/grievances/{petition}/papers/acceptance/"]),
    "grievances:reveal": ("streetadmin", ["/grievances/{g}/reveal/"]),
    "grievances:move": (
        "streetadmin",
        [
            *(f"/grievances/{{g}}/{key}/" for key in ("accept", "decline", "merge", "withdraw")),
            "/grievances/{accepted}/assign/",
            "/grievances/{given}/reply/",
        ],
    ),
    "grievances:print": ("streetadmin", ["/grievances/{given}/print/"]),
    "grievances:ask": (
        "streetadmin",
        [
            f"/grievances/{{given}}/ask/{key}/"
            for key in ("ask_extension", "add_measure", "chase", "reply_supervision")
        ],
    ),
    "grievances:slip": ("streetadmin", ["/grievances/{g}/slip/"]),
    "grievances:follow_ups": ("streetadmin", ["/grievances/follow-ups/"]),
    "satisfaction:follow_ups": ("streetadmin", ["/satisfaction/follow-ups/"]),
    "grievances:follow_up": ("streetadmin", ["/grievances/follow-ups/{done}/"]),
    "grievances:tellings": ("streetadmin", ["/grievances/tellings/"]),
    "grievances:telling": ("streetadmin", ["/grievances/tellings/{told}/"]),
    "grievances:hotline_import": ("streetadmin", ["/grievances/import/"]),
    "grievances:hotline_check": (
        "streetadmin",
        ["/grievances/import/{ticketdraft}/", "/grievances/import/{ticketcheck}/"],
    ),
    "grievances:reconciliation": ("streetadmin", ["/grievances/reconciliation/"]),
    "grievances:topics": ("districtadmin", ["/grievances/topics/", "/grievances/topics/?q=路灯"]),
    "grievances:topic_new": ("districtadmin", ["/grievances/topics/new/"]),
    "grievances:topic": ("districtadmin", ["/grievances/topics/{topic}/"]),
    "grievances:topic_new_below": ("districtadmin", ["/grievances/topics/{topic}/new/"]),
    "grievances:topic_edit": ("districtadmin", ["/grievances/topics/{topic}/edit/"]),
    "grievances:calendar": (
        "districtadmin",
        ["/grievances/calendar/", "/grievances/calendar/?year=2031"],
    ),
    "grievances:calendar_day": ("districtadmin", ["/grievances/calendar/day/"]),
    "grievances:clocks": ("districtadmin", ["/grievances/clocks/"]),
    "grievances:clock_change": ("districtadmin", ["/grievances/clocks/change/"]),
    "grievances:liaisons": ("streetadmin", ["/grievances/liaisons/"]),
    "grievances:liaison_new": ("streetadmin", ["/grievances/liaisons/new/"]),
    "grievances:liaison_edit": ("streetadmin", ["/grievances/liaisons/{liaison}/"]),
    "grievances:chases": ("streetadmin", ["/grievances/chases/"]),
    "grievances:chase_sheet": ("streetadmin", ["/grievances/chases/{unit}/"]),
    "grievances:outside": (
        "streetadmin",
        [f"/grievances/{{{n}}}/outside/" for n in ("given", "done")],
    ),
    "grievances:forward": ("streetadmin", ["/grievances/{given}/forward/"]),
    "handler_link:page": (None, ["/h/{reply}/", "/h/{signed}/"]),
    "resident:page": (None, ["/r/{link}/"]),
    "resident:rate": (None, ["/r/{link}/rate/"]),
    "resident:call": (None, ["/r/{link}/call/"]),
    "desk:today": ("worker", ["/"]),
    "desk:search": ("worker", ["/search/?q=楼道灯", "/search/?q=没有这个词", "/search/"]),
    "desk:help": ("worker", ["/help/"]),
    "desk:help_workflow": ("worker", ["/help/workflow/"]),
    "desk:help_formulas": ("worker", ["/help/formulas/"]),
    "desk:help_role": ("worker", [f"/help/{slug(role)}/" for role in Role]),
    "core:style": (None, ["/help/style/"]),
}


def names(patterns: list, prefix: str = "") -> list[str]:
    found = []
    for one in patterns:
        if isinstance(one, URLResolver):
            inner = f"{prefix}{one.namespace}:" if one.namespace else prefix
            found += names(one.url_patterns, inner)
        elif isinstance(one, URLPattern):
            found.append(f"{prefix}{one.name}")
    return found


def test_the_table_lists_every_page():
    assert set(names(get_resolver().url_patterns)) == set(PAGES) | NOT_PAGES


@pytest.fixture
def addresses(street, people) -> Callable[[str], str]:
    """Fills the places of an address with a world that shows every part of the pages."""
    mine, theirs = street.households[0], street.households[2]
    theirs.duties.update(until=timezone.localdate())
    visit = make_visit(
        mine, post=street.worker, occurred_at=timezone.now(), text="楼道灯不亮", next_step="问物业"
    )
    Visit.objects.filter(pk=visit.pk).update(next_step_on=timezone.localdate())
    Matter.objects.create(visit=visit, position=1, text="楼道灯不亮", outcome="ESCALATED")
    Promise.objects.create(
        household=mine, visit=visit, text="周五前回话", due_on=timezone.localdate()
    )
    voided = make_visit(mine, post=street.worker)
    Visit.objects.filter(pk=voided.pk).update(
        voided_at=timezone.now(), voided_by=street.worker.user, void_reason="记错户"
    )
    make_care(mine)
    desk = Desk(street.world)
    waiting = make_grievance(street.world.north, urgency="URGENT")
    make_grievance(street.world.north, post=street.leader, is_restricted=True)
    make_reveal(theirs, street.leader, at=timezone.now())
    seal()
    places = {
        "b": mine.building.code,
        "r": mine.building_id,
        "h": mine.pk,
        "m": theirs.pk,
        "v": visit.client_id,
        "x": voided.client_id,
    }
    places["q"] = make_request(street.world.north, household=theirs, kind="DELETION").pk
    places["f"] = make_feedback(street.worker, unnamed=True).pk
    places["p"] = make_point(street.leader.user, street.world.north).pk
    team = make_team(street.world.bajiao, community=street.world.north)
    make_member(team)
    session = make_session(team, post=street.worker, community=street.world.north)
    make_entry(session, served="张大爷")
    places |= {"t": team.pk, "s": session.client_id}
    places["i"] = make_job(street.leader, state="DRAFT").client_id
    places["j"] = make_job(street.leader, done=3, total=9).client_id
    places["k"] = make_checked(street.leader).client_id
    inspector = make_post(Role.INSPECTOR, street.world.district)
    places |= {
        "person": street.worker.user_id,
        "post": street.worker.pk,
        "community": street.world.north.pk,
        "inspection": make_inspection(inspector, street.world.north).pk,
    }
    places |= desk_places(desk, people["streetadmin"]) | {"g": waiting.number}
    return lambda pattern: pattern.format(**places)


def desk_places(desk: Desk, admin: Post) -> dict[str, object]:
    """Grievances in several states, an export of the hotline, a topic, a resident's link."""
    north, now = desk.world.north, desk.now
    accepted = move(make_grievance(north, post=desk.clerk), "accept", desk.clerk, now=now)
    outside = make_organisation(
        OrganisationKind.EXTERNAL, parent=desk.world.bajiao, code="110107003E009", name="物业公司"
    )
    given = move(make_grievance(north, post=desk.clerk), "accept", desk.clerk, now=now)
    move(given, "assign", desk.clerk, now=now, lead_id=outside.pk, manner="COORDINATE")
    links = handed_over(given, outside, desk.clerk, now=now)
    ask(given, "supervise", desk.leader, now=now)
    ask(given, "add_measure", desk.clerk, now=now)
    declined = move(make_grievance(north, post=desk.clerk), "decline", desk.clerk, now=now)
    petition = make_grievance(desk.world.bajiao, post=desk.clerk, regime="PETITION")
    move(petition, "accept", desk.clerk, now=now)
    rows = [hotline_files.ticket("YB1000"), hotline_files.ticket("？", 接收时间="上周")]
    draft = hotline_files.ask(admin, rows, kind=CHECK, draft=True)
    topics.load(topics.read(), today=timezone.localdate())
    return {
        "done": desk.found.number,
        "accepted": accepted.number,
        "given": given.number,
        **links,
        "petition": petition.number,
        "told": declined.tellings.get().pk,
        "link": link_for(desk.found, now=now),
        "ticketdraft": draft.client_id,
        "ticketcheck": hotline_files.check(admin, rows).client_id,
        "topic": Topic.objects.order_by("path").first().code,
    }


@pytest.fixture
def people(street):
    """One post per role that opens pages."""
    return {
        "worker": street.worker,
        "leader": street.leader,
        "auditor": make_post(Role.AUDITOR, street.world.district),
        "streetadmin": make_post(Role.STREET_ADMIN, street.world.bajiao),
        "districtadmin": make_post(Role.DISTRICT_ADMIN, street.world.district),
    }


@pytest.mark.parametrize("device", [PHONE, DESK], ids=["phone", "desk"])
def test_every_page_is_accessible(device, addresses, people, new_page, act_as, assert_accessible):
    page = new_page(**device)
    by_role: dict[str | None, list[str]] = {}
    for role, patterns in PAGES.values():
        by_role.setdefault(role, []).extend(patterns)

    for role, patterns in by_role.items():
        if role:
            act_as(page, people[role])
        for pattern in patterns:
            answer = page.goto(addresses(pattern))
            assert answer.status == 200, pattern
            assert_accessible(page)


@pytest.mark.parametrize("device", [PHONE, DESK], ids=["phone", "desk"])
def test_the_printed_diary(device, addresses, people, new_page, act_as, assert_accessible):
    page = new_page(**device)
    act_as(page, people["worker"])
    page.goto("/contacts/diary/")
    page.get_by_role("button", name="打印本周").click()
    page.wait_for_url("**/diary/print/")
    assert "楼道灯不亮" in page.inner_text("main")
    assert_accessible(page)


@pytest.mark.parametrize("device", [PHONE, DESK], ids=["phone", "desk"])
def test_todays_page_of_every_role(device, street, new_page, act_as, assert_accessible):
    page = new_page(**device)
    places = {"STREET": street.world.bajiao, "DISTRICT": street.world.district}
    for role in Role:
        place = places["DISTRICT" if "DISTRICT" in role or "ADMIN" in role else "STREET"]
        place = street.world.bajiao if role == Role.STREET_ADMIN else place
        act_as(
            page, make_post(role, place if role != Role.COMMUNITY_WORKER else street.world.north)
        )
        for address in ("/", "/help/", "/accounts/me/"):
            assert page.goto(address).status == 200, role
            assert_accessible(page)


@pytest.mark.parametrize("device", [PHONE, DESK], ids=["phone", "desk"])
def test_pages_that_refuse_say_what_to_do(device, street, new_page, act_as, assert_accessible):
    page = new_page(**device)
    act_as(page, street.worker)
    for address, status in (
        (f"/contacts/visits/{uuid.uuid4()}/", 404),
        ("/audit/", 403),
        ("/contacts/visits/new/?kind=nothing", 404),
    ):
        assert page.goto(address).status == status
        assert re.search("请|可以", page.inner_text("main"))
        assert_accessible(page)


@pytest.mark.parametrize("device", [PHONE, DESK], ids=["phone", "desk"])
def test_pages_of_broken_requests(device, street, new_page, assert_accessible):
    """Answers that stand on nothing; the browser gets them in place of a working page."""
    page = new_page(**device)
    for name in ("errors/400", "errors/500", "errors/503", "403_csrf"):
        body = render_to_string(f"{name}.html")
        page.route(
            "**/broken/",
            lambda route, _, body=body: route.fulfill(body=body, content_type="text/html"),
        )
        page.goto("/broken/")
        assert re.search("请|可以", page.inner_text("main"))
        assert_accessible(page)
        page.unroute("**/broken/")


@pytest.mark.parametrize("device", [PHONE, DESK], ids=["phone", "desk"])
def test_forms_with_errors_are_accessible(
    device, addresses, people, new_page, act_as, assert_accessible
):
    page = new_page(**device)
    act_as(page, people["worker"])
    page.goto(addresses("/contacts/visits/new/?kind=home&household={h}"))
    page.locator("form [name='occurred_at']").evaluate("field => { field.value = '' }")
    page.locator("form").filter(has=page.locator("[name='occurred_at']")).evaluate(
        "form => { form.noValidate = true }"
    )
    page.get_by_role("button", name=re.compile("保存")).locator("visible=true").first.click()
    page.wait_for_selector(".invalid-feedback, .form-errors, [role='alert']")
    assert_accessible(page)
