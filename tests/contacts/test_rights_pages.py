"""Pages about personal data: the public ones, those of the staff, and who looked."""

import re
import uuid

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts.models import RightsRequest
from contacts.services import looking
from contacts.services.erasing import ERASED
from contacts.views import privacy
from portal.accounts.kinds import OrganisationKind
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from tests.factories.accounts import make_organisation, make_post, make_world, sign_in
from tests.factories.contacts import (
    make_building,
    make_household,
    make_resident,
    make_reveal,
    make_visit,
)
from tests.factories.rights import make_request

pytestmark = pytest.mark.django_db

PUBLIC = ["/privacy/", "/privacy/door-card/", "/privacy/request/", "/privacy/status/"]
FIND = "/contacts/households/find/"


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def leader(world):
    return make_post(Role.LEADER, world.north)


@pytest.fixture
def home(world, leader):
    household = make_household(world.building, worker=leader.user, room="8301")
    make_resident(household, name="王秀英", phone="13800131234")
    return household


def form(world, **changes) -> dict[str, str]:
    return {
        "client_id": str(uuid.uuid4()),
        "kind": "CORRECTION",
        "community": str(world.north.pk),
        "name": "王秀英",
        "phone": "13800131234",
        "text": "电话换了",
        **changes,
    }


# ---- for residents ----


@pytest.mark.parametrize("url", PUBLIC)
def test_a_public_page_leaves_nothing_behind(client, world, url):
    answer = client.get(url)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    # A form needs its origin; the pages without one say nothing at all.
    policy = "same-origin" if url in PUBLIC[2:] else "no-referrer"
    assert answer.headers["Referrer-Policy"] == policy
    assert "page-resident" in answer.content.decode()


def test_nobody_is_invented_on_the_notice(client, settings):
    plain = client.get("/privacy/").content.decode()
    settings.PRIVACY_PROCESSOR, settings.PRIVACY_PHONE = "八角街道办事处", "010-00000000"

    named = client.get("/privacy/").content.decode()

    assert "您所在的街道办事处" in plain
    assert "tel:" not in plain
    assert "八角街道办事处" in named
    assert "010-00000000" in named
    assert "15 天内答复" in plain


def test_a_request_gives_a_code_that_shows_its_answer(client, world, leader):
    filed = client.post("/privacy/request/", form(world)).content.decode()
    code = re.search(r"[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}", filed)
    request = RightsRequest.objects.get()
    assert code is not None
    assert request.code == code[0]

    waiting = client.post("/privacy/status/", {"code": code[0].lower(), "tail": "1234"})
    assert "还在办理" in waiting.content.decode()
    sign_in(staff := Client(), leader)
    staff.post(
        request.get_absolute_url(),
        {"do": "answer", "outcome": "DONE", "words": "已经改好。", "checked": "on"},
    )

    done = client.post("/privacy/status/", {"code": code[0], "tail": "1234"}).content.decode()
    assert "已经改好。" in done
    assert "王秀英" not in done


def test_the_street_is_chosen_before_the_community_and_only_where_the_portal_is_used(
    client, world, leader
):
    elsewhere = make_organisation(OrganisationKind.DISTRICT, name="通州区")
    unused = make_organisation(OrganisationKind.STREET, parent=elsewhere, name="中仓街道")
    far = make_organisation(OrganisationKind.COMMUNITY, parent=unused, name="上营社区")

    first = client.get("/privacy/request/").content.decode()
    second = client.get("/privacy/request/", {"street": world.bajiao.pk}).content.decode()
    unknown = client.get("/privacy/request/", {"street": unused.pk}).content.decode()

    assert f'value="{world.bajiao.pk}"' in first
    assert "中仓街道" not in first + unknown
    assert "具体说明" not in first + unknown
    assert world.north.name not in first
    assert world.north.name in second
    assert world.gucheng_community.name not in second
    assert "换一个街道" in second
    answer = client.post("/privacy/request/", form(world, community=str(far.pk)))
    assert "请从名单里选择所在的社区" in answer.content.decode()


def test_nothing_typed_is_lost_by_an_error(client, world):
    answer = client.post("/privacy/request/", form(world, phone="12", name="李国强"))
    html = answer.content.decode()

    assert "李国强" in html
    assert "电话换了" in html
    assert "号码不对" in html
    assert not RightsRequest.objects.exists()


def test_sent_twice_it_is_one_request_with_one_code(client, world):
    data = form(world)

    first, second = (client.post("/privacy/request/", data).context["code"] for _ in range(2))

    assert first == second
    assert RightsRequest.objects.count() == 1


@pytest.mark.parametrize("wrong", [{"tail": "9999"}, {"code": "AAAA-AAAA-AAAA"}])
def test_a_wrong_code_or_number_tells_nothing(client, world, wrong):
    request = make_request(world.north, answer="")

    html = client.post(
        "/privacy/status/", {"code": request.code, "tail": "1234", **wrong}
    ).content.decode()

    assert "没有查到" in html
    assert "还在办理" not in html


@pytest.mark.parametrize(
    ("url", "limit"),
    [
        ("/privacy/request/", privacy.REQUESTS_AN_HOUR),
        ("/privacy/status/", privacy.LOOK_UPS_AN_HOUR),
    ],
)
def test_a_machine_is_slowed_down_and_keeps_what_it_typed(client, world, url, limit):
    for _ in range(limit):
        assert client.post(url, {"code": "AAAA", "name": "王"}).status_code == 200

    answer = client.post(url, {"code": "AAAA", "name": "王"})

    assert answer.status_code == 429
    assert "太频繁" in answer.content.decode()
    other = client.post(url, {"code": "AAAA"}, REMOTE_ADDR="10.1.2.3")
    assert other.status_code == 200


def test_a_public_form_needs_its_token(world):
    strict = Client(enforce_csrf_checks=True)

    assert strict.post("/privacy/request/", form(world)).status_code == 403


# ---- for the staff ----


def test_the_list_is_by_due_date_and_of_the_place(client, world, leader):
    late = make_request(world.north, due_in=-1, name="赵铁柱")
    soon = make_request(world.north, due_in=0)
    make_request(world.north, closed_at=timezone.now(), closed_by=leader.user, outcome="DONE")
    make_request(world.south, name="周文彬")
    sign_in(client, leader)

    answer = client.get("/contacts/rights/")
    html = answer.content.decode()

    assert [line.id for line in answer.context["lines"]] == [late.pk, soon.pk]
    assert "今天到期" in html
    assert "已过" in html
    assert "赵铁柱" not in html
    assert len(client.get("/contacts/rights/?state=closed").context["lines"]) == 1


def test_the_list_is_flat(client, world, leader, assert_flat):
    sign_in(client, leader)
    assert_flat("/contacts/rights/", lambda: make_request(world.north, owner=leader.user))


def test_the_counter_gets_the_code_for_the_resident(client, world):
    clerk = sign_in(client, make_post(Role.CLERK, world.bajiao))

    answer = client.post("/contacts/rights/new/", form(world))

    request = RightsRequest.objects.get()
    assert request.taken_by == clerk
    assert [request.code in str(message) for message in get_messages(answer.wsgi_request)] == [True]


def test_a_request_goes_its_way(client, world, leader, home):
    request = make_request(world.north, kind="DELETION")
    url = request.get_absolute_url()
    sign_in(client, leader)

    found = client.post(url, {"do": "find", "q": "12号楼"}).context["doors"]
    client.post(url, {"do": "household", "household": found[0].id})
    copy = client.post(f"{url}copy/", {"resident": home.residents.get().pk}).content.decode()
    client.post(url, {"do": "erase", "resident": home.residents.get().pk, "sure": "on"})
    client.post(url, {"do": "answer", "outcome": "DONE", "words": "已删除。"})

    request.refresh_from_db()
    assert found[0].id == home.pk
    assert "13800131234" in copy
    assert request.outcome == "DONE"
    assert home.residents.get().name == ERASED
    assert {"rights.copy", "household.print"} <= set(
        AuditEvent.objects.values_list("action", flat=True)
    )


def test_a_request_says_what_it_is_of_whom_and_numbers_its_steps(client, world, leader, home):
    request = make_request(world.north, kind="DELETION", name="蒋文彬")
    sign_in(client, leader)

    page = client.get(request.get_absolute_url()).text

    heading = re.search(r"<h1[^>]*>(.*?)</h1>", page, re.DOTALL)[1]
    assert heading.strip() == "删除请求 · 蒋**"
    steps = re.findall(r"<h2[^>]*>(\d [^<]+)</h2>", page)
    assert steps == ["1 找到住户", "2 查看和办理", "3 答复当事人"]
    assert "先关联住户" in page
    assert "eraser" not in page


def test_the_household_is_found_by_the_number_of_whoever_asks(client, world, leader, home):
    make_resident(make_household(world.building), name="周文彬", phone="13911112222")
    request = make_request(world.north, phone="13911112222", name="周文彬")
    sign_in(client, leader)

    found = client.post(request.get_absolute_url(), {"do": "find_phone"}).context["doors"]

    assert [door.people for door in found] == [("周**",)]
    assert AuditEvent.objects.get(action="household.find").fields == ["phone"]
    sign_in(client, make_post(Role.CLERK, world.bajiao))
    assert client.post(request.get_absolute_url(), {"do": "find_phone"}).status_code == 403


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"do": "find", "q": "99号楼"}, "没有找到这个地址的住户"),
        ({"do": "find_phone"}, "没有住户登记过当事人的这个电话"),
    ],
)
def test_nothing_found_is_said_once_with_what_to_do(client, world, leader, home, asked, words):
    request = make_request(world.north, phone="13955556666", name="周文彬")
    sign_in(client, leader)

    page = client.post(request.get_absolute_url(), asked).text

    [alert] = re.findall(r'<div role="alert".*?</div>\s*</div>', page, re.DOTALL)
    assert words in alert
    assert "再直接答复" in alert
    assert "街道管理员来关联" not in alert
    assert page.count(words) == 1


def test_a_clerk_reads_who_else_may_find_it(client, world, home):
    request = make_request(world.north)
    sign_in(client, make_post(Role.CLERK, world.bajiao))

    page = client.post(request.get_absolute_url(), {"do": "find", "q": "99号楼"}).text

    assert "没有找到这个地址的住户" in page
    assert "请社区负责人或街道管理员来关联" in page


def test_an_empty_address_is_asked_for_and_lists_nobody(client, world, leader, home):
    request = make_request(world.north)
    sign_in(client, leader)

    page = client.post(request.get_absolute_url(), {"do": "find", "q": " "})

    assert "请填楼号或门牌" in page.text
    assert "关联这一户" not in page.text


def test_erasing_asks_to_be_sure(client, world, leader, home):
    request = make_request(world.north, kind="DELETION", household=home)
    sign_in(client, leader)

    answer = client.post(
        request.get_absolute_url(), {"do": "erase", "resident": home.residents.get().pk}
    )

    assert "请先核实身份" in answer.content.decode()
    assert home.residents.get().name == "王秀英"


def test_whoever_sees_the_household_masked_prints_and_chooses_nothing(client, world, home):
    request = make_request(world.north, kind="DELETION", household=home, name="李四")
    sign_in(client, make_post(Role.STREET_ADMIN, world.bajiao))

    page = client.get(request.get_absolute_url()).content.decode()
    copy = client.post(f"{request.get_absolute_url()}copy/", {"resident": home.residents.get().pk})

    assert "王秀英" not in page
    assert "8301室" not in page
    assert "说明理由后查看" in page
    assert copy.status_code == 403
    assert "王秀英" not in copy.content.decode()


def test_today_says_what_waits(client, world, leader):
    make_request(world.north, name="赵铁柱", due_in=1)
    sign_in(client, leader)

    html = client.get("/").content.decode()

    assert "个人信息请求" in html
    assert "还有 1 天" in html
    assert "赵铁柱" not in html


# ---- who looked ----


def test_what_came_over_the_public_page_is_on_the_owners_today_with_its_date(client, world, leader):
    client.post("/privacy/request/", form(world))
    request = RightsRequest.objects.get()
    sign_in(client, leader)

    html = client.get("/").content.decode()

    assert f"{request.due_on} " in html
    assert "前答复 · " in html
    assert "我承办" in html


def test_a_request_whose_owner_has_left_is_listed_and_given_to_somebody(client, world, leader):
    gone = make_post(Role.LEADER, world.north, until=timezone.localdate())
    request = make_request(world.north, owner=gone.user)
    make_request(world.north, owner=leader.user)
    sign_in(client, leader)

    shown = client.get("/contacts/rights/?state=nobody")
    page = client.get(request.get_absolute_url()).content.decode()
    client.post(request.get_absolute_url(), {"do": "owner", "owner": leader.user_id})

    assert [line.id for line in shown.context["lines"]] == [request.pk]
    assert f"原承办人{gone.user.name}已离岗" in shown.content.decode()
    assert f"原承办人{gone.user.name}已离岗" in page
    request.refresh_from_db()
    assert request.owner == leader.user


def test_the_unit_reads_who_looked(client, world, leader, home):
    colleague = make_post(Role.COMMUNITY_WORKER, world.north)
    make_reveal(home, colleague, at=timezone.now())
    sign_in(client, colleague)
    client.post(f"/contacts/households/{home.pk}/reveal/", {"reason": "COVER"})
    client.get(home.get_absolute_url())
    sign_in(client, leader)
    client.get(home.get_absolute_url())

    page = client.get(f"/contacts/households/{home.pk}/looked/")
    everybody = client.get(f"/contacts/households/{home.pk}/looked/?who=all")

    said = [(look.action, look.who, look.reason) for look in page.context["looks"]]
    assert said == [
        ("说明理由查看住户", colleague.user.name, "同事不在，代为联系"),
    ]
    assert len(everybody.context["looks"]) == 2
    assert AuditEvent.objects.filter(action="household.see_looks").count() == 2


def test_nobody_else_learns_who_looked(client, world, leader, home):
    for post, status in (
        (make_post(Role.COMMUNITY_WORKER, world.north), 403),
        (make_post(Role.COMMUNITY_WORKER, world.south), 404),
        (make_post(Role.LEADER, world.gucheng), 404),
        (make_post(Role.DISTRICT_LEADER, world.district), 403),
        (make_post(Role.AUDITOR, world.district), 403),
        (make_post(Role.STREET_ADMIN, world.bajiao), 200),
    ):
        sign_in(client, post)
        answer = client.get(f"/contacts/households/{home.pk}/looked/")
        assert answer.status_code == status, post.role
        link = f"/contacts/households/{home.pk}/looked/"
        shown = client.get(home.get_absolute_url()).content.decode()
        assert (link in shown) == (status == 200), post.role


def test_looks_at_another_household_are_not_shown(client, world, leader, home):
    other = make_household(world.building, worker=leader.user)
    sign_in(client, leader)
    client.get(other.get_absolute_url())

    page = client.get(f"/contacts/households/{home.pk}/looked/?who=all")

    assert page.context["looks"] == []


# ---- finding persons ----


def test_the_register_cannot_be_copied_by_asking(client, world, leader, home, monkeypatch):
    monkeypatch.setattr(looking, "FINDS_AN_HOUR", 2)
    sign_in(client, leader)
    for _ in range(2):
        assert client.post(FIND, {"words": "王秀英"}).context["rows"]

    refused = client.post(FIND, {"words": "王秀英"})

    assert "一小时内最多找人、问门牌 2 次" in refused.content.decode()
    assert "table-cards" not in refused.content.decode()
    colleague = sign_in(client, make_post(Role.LEADER, world.north))
    assert client.post(FIND, {"words": "王秀英"}).context["rows"]
    assert AuditEvent.objects.filter(action="household.find", post_id=colleague.pk).count() == 1


# ---- the page of a household ----


@pytest.mark.parametrize("role", [Role.LEADER, Role.STREET_ADMIN, Role.COMMUNITY_WORKER])
def test_a_household_takes_twelve_queries(client, world, leader, home, role, assert_flat):
    post = make_post(role, world.bajiao if role == Role.STREET_ADMIN else world.north)
    sign_in(client, post)

    def add():
        make_resident(home, name="王小明", phone="")
        make_resident(make_household(make_building(world.north)), name="赵铁柱")
        for _ in range(15):
            visit = make_visit(home, post=leader, text="赵铁柱说漏水", next_step="问物业")
            visit.matters.create(position=1, text="漏水", outcome="ESCALATED")

    assert_flat(home.get_absolute_url(), add, at_most=12)


def test_the_own_household_takes_twelve_queries(client, world, leader, home, assert_flat):
    sign_in(client, leader)
    assert_flat(
        f"{reverse('contacts:household', args=[home.pk])}",
        lambda: [make_visit(home, post=leader, text="好") for _ in range(15)],
        at_most=12,
    )


@pytest.mark.parametrize(
    ("above", "kind"), [("district", "SECTION"), ("district", "DEPARTMENT"), ("bajiao", "SECTION")]
)
def test_a_unit_above_the_streets_reads_no_request(client, world, above, kind):
    asked = make_request(world.north, text="我得了重病")
    unit = make_organisation(OrganisationKind(kind), parent=getattr(world, above))
    sign_in(client, make_post(Role.CLERK, unit))
    in_street = above == "bajiao"

    page = client.get(asked.get_absolute_url())

    assert page.status_code == (200 if in_street else 404)
    assert (asked.get_absolute_url() in client.get("/contacts/rights/").text) is in_street


def test_opening_a_request_leaves_a_line_in_the_trail(client, world, leader):
    asked = make_request(world.north)
    sign_in(client, leader)

    client.get(asked.get_absolute_url())

    event = AuditEvent.objects.get(action="rights.read")
    assert (event.actor_id, event.object_id) == (leader.user_id, str(asked.pk))
