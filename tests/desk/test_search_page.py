"""The search page: topics inside the scope, masked; persons are found elsewhere."""

import datetime as dt
from urllib.parse import unquote, urlencode

import pytest
from django.urls import reverse

from contacts.models import Matter
from contacts.search import index_household, index_visit
from portal.accounts.kinds import OrganisationKind
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.core.persons import looks_like_a_person
from portal.desk.search import Segment, excerpt, marked
from tests.factories.accounts import make_organisation, make_post, sign_in
from tests.factories.contacts import make_household, make_resident, make_visit

NOW = dt.datetime(2026, 11, 18, 2, 0, tzinfo=dt.UTC)
URL = "/search/"
#: Written into the visit, and never in a page of somebody who may not read it.
TEXT = "陈玉兰说三楼暖气不热，家里电话13812345678，夜里只有十二度"
SECRETS = ("陈玉兰", "13812345678", "3单元502室")


@pytest.fixture(autouse=True)
def _frozen(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def worker(world):
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def visit(world, worker):
    household = make_household(world.building, worker=worker.user, unit="3", room="502")
    make_resident(household, name="陈玉兰", phone="13812345678")
    visit = make_visit(household, post=worker, occurred_at=NOW, text=TEXT)
    Matter.objects.create(visit=visit, position=0, text="要求测温", outcome="EXPLAINED")
    index_visit(visit)
    index_household(household)
    return visit


def search(client, post, **query):
    sign_in(client, post)
    return client.get(URL, query)


def hits(client, post, query, **more):
    response = search(client, post, q=query, **more)
    assert response.status_code == 200
    return [hit.url for hit in response.context["hits"]]


def test_a_worker_finds_the_own_visit_and_reads_it_in_full(client, worker, visit):
    response = search(client, worker, q="暖气不热")

    html = response.content.decode()
    assert visit.get_absolute_url() in html
    assert "<mark>暖气不热</mark>" in html
    assert "陈玉兰说三楼" in html
    assert "共 1 条" in html
    assert "八角北里社区" in html


def test_matters_and_plans_are_found_too(client, worker, visit):
    assert hits(client, worker, "测温") == [visit.get_absolute_url()]


def test_every_word_must_be_there(client, worker, visit):
    assert hits(client, worker, "暖气 测温") == [visit.get_absolute_url()]
    assert hits(client, worker, "暖气 电梯") == []


@pytest.mark.parametrize("role", [Role.LEADER, Role.STREET_ADMIN, Role.DISTRICT_LEADER])
def test_a_unit_finds_it_masked(client, world, visit, role):
    place = world.district if role == Role.DISTRICT_LEADER else world.bajiao

    html = search(client, make_post(role, place), q="暖气不热").content.decode()

    assert visit.get_absolute_url() in html
    assert "138****5678" in html
    for secret in SECRETS:
        assert secret not in html


@pytest.mark.parametrize(
    ("role", "place"),
    [
        (Role.COMMUNITY_WORKER, "north"),
        (Role.COMMUNITY_WORKER, "south"),
        (Role.COMMUNITY_WORKER, "gucheng_community"),
        (Role.OFFICER, "bajiao"),
        (Role.LEADER, "gucheng"),
        (Role.LEADER, "south"),
        (Role.DELEGATE, "bajiao"),
        (Role.CLERK, "bajiao"),
        (Role.DISTRICT_LEADER, "other_district"),
    ],
)
def test_nobody_else_finds_it_nor_how_many_there_are(client, world, visit, role, place):
    post = make_post(role, getattr(world, place))

    response = search(client, post, q="暖气不热")

    html = response.content.decode()
    assert response.context["page"].count == 0
    for secret in (*SECRETS, "三楼", str(visit.client_id)):
        assert secret not in html
    assert "没有找到" in html


@pytest.mark.parametrize(
    "role",
    [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR, Role.INSPECTOR, Role.HANDLER],
)
def test_posts_without_residents_may_not_search(client, world, visit, role):
    response = search(client, make_post(role, world.district), q="暖气不热")

    assert response.status_code == 403
    assert "三楼" not in response.content.decode()


def test_a_delegate_who_went_along_finds_it_masked(client, world, worker, visit):
    delegate = make_post(Role.DELEGATE, world.bajiao)
    visit.people.create(
        user=delegate.user, post=delegate, occurred_on=visit.occurred_on, street=world.bajiao
    )

    html = search(client, delegate, q="暖气不热").content.decode()

    assert visit.get_absolute_url() in html
    for secret in SECRETS:
        assert secret not in html


def test_a_voided_visit_is_not_found(client, worker, visit):
    visit.voided_at, visit.voided_by, visit.void_reason = NOW, worker.user, "误点"
    visit.save()

    assert hits(client, worker, "暖气不热") == []


LISTS = (URL, "/contacts/visits/", "/contacts/households/")


@pytest.mark.parametrize("address", LISTS)
@pytest.mark.parametrize("role", [Role.COMMUNITY_WORKER, Role.STREET_ADMIN, Role.DELEGATE])
def test_a_name_leaves_the_address_whoever_is_registered(client, world, visit, address, role):
    """No oracle: registered, unregistered, allowed to find persons or not, the answer is one."""
    place = world.north if role == Role.COMMUNITY_WORKER else world.bajiao
    post = make_post(role, place)
    make_resident(make_household(world.building), name="王伟")
    sign_in(client, post)

    answers = {
        (answer.status_code, answer.url)
        for name in ("陈玉兰", "李梓轩", "王伟", "赵磊")
        for answer in [client.get(address, {"q": name})]
    }

    ((status, url),) = answers
    assert status == 302
    assert "find=person" in url
    assert "q=" not in url.replace("q=&", "")
    html = client.get(url).content.decode()
    assert "没有留存" in html
    assert "陈玉兰" not in html


def test_a_name_that_is_read_in_another_communitys_text_leaves_the_address_too(client, world):
    admin = make_post(Role.STREET_ADMIN, world.bajiao)
    make_resident(make_household(world.building), name="陈玉兰")
    south = make_household(community=world.south)
    index_visit(make_visit(south, occurred_at=NOW, text="八角北里的陈玉兰也说暖气不热"))
    sign_in(client, admin)

    for address in LISTS:
        assert client.get(address, {"q": "陈玉兰"}).status_code == 302, address


@pytest.mark.parametrize("word", ["沈阳", "易拉宝"])
def test_a_rare_word_made_like_a_name_is_searched_when_a_text_has_it(client, world, worker, word):
    home = make_household(world.building, worker=worker.user)
    index_visit(make_visit(home, post=worker, occurred_at=NOW, text=f"要去{word}看孩子"))

    assert len(hits(client, worker, word)) == 1
    assert len(client.get("/contacts/visits/", {"q": word}).context["rows"]) == 1


def test_a_place_called_like_a_person_is_found(client, world, worker):
    building = make_organisation(OrganisationKind.BUILDING, parent=world.north, name="王秀英楼")
    home = make_household(building, worker=worker.user)
    index_household(home)

    assert hits(client, worker, "王秀英楼") == [home.get_absolute_url()]
    assert client.get("/contacts/households/", {"q": "王秀英楼"}).status_code == 200


@pytest.mark.parametrize("asked", ["陈玉兰", "13812345678", "王大爷", "王伟"])
def test_the_way_back_from_the_sign_in_carries_nobody(client, asked):
    for address in LISTS:
        url = client.get(address, {"q": asked, "kind": "visit"}).url
        assert url == f"/accounts/login/?{urlencode({'next': address + '?kind=visit'}, safe='/')}"
    kept = client.get(URL, {"q": "漏水"}).url
    assert unquote(unquote(kept)) == f"/accounts/login/?next={URL}?q=漏水"


def test_kinds_narrow(client, worker, visit):
    household = visit.household.get_absolute_url()

    assert hits(client, worker, "12号楼") == [household]
    assert hits(client, worker, "12号楼", kind="household") == [household]
    assert hits(client, worker, "12号楼", kind="visit") == []
    assert hits(client, worker, "12号楼", kind="nothing") == []


@pytest.mark.parametrize(
    "query",
    [
        "13812345678",
        "138 1234 5678",
        "１３８１２３４５６７８",
        "6887-1234",
        "110107199001011234",
        "幺三八零零幺二三四五六",
        "138****5678",
        "手机 1234",
        "尾号1234",
        "1234",
        "１２３４",
        "大姐 1234",
        "张*",
        "王大爷",
        "陈玉兰阿姨",
        "欧阳老师",
        "陈玉兰",
        "陈玉兰家",
        "陈 玉兰",
        "陈玉兰 暖气",
        "王伟",
        "李梓轩",
    ],
)
def test_persons_are_not_searched_and_leave_the_address(client, worker, visit, query):
    sign_in(client, worker)

    response = client.get(URL, {"q": query})

    assert response.status_code == 302
    assert response.url == f"{URL}?find=person"
    html = client.get(response.url).content.decode()
    assert reverse("contacts:household_find") in html
    assert query not in html


def test_who_may_not_find_persons_is_told_whom_to_ask(client, world):
    html = search(client, make_post(Role.DELEGATE, world.bajiao), find="person").content.decode()

    assert reverse("contacts:household_find") not in html
    assert "街道管理员" in html


@pytest.mark.parametrize(
    "query",
    [
        "漏水",
        "加装电梯",
        "2026年供暖",
        "12345",
        "2026 供暖",
        "3号楼 漏水",
        "老师傅",
        "电工师傅",
        "幼儿园老师",
        "电话亭",
        "照顾奶奶",
        "保安大哥",
        "老胡同 路灯",
        "养老金",
        "",
    ],
)
def test_topics_are_no_persons(query):
    assert not looks_like_a_person(query)


@pytest.mark.parametrize("query", ["王姐", "老李", "小张 漏水", "陈奶奶家漏水", "欧阳老师"])
def test_a_surname_with_a_form_of_address_is_a_person(query):
    assert looks_like_a_person(query)


def test_the_trail_never_holds_what_was_searched(client, worker, visit):
    search(client, worker, q="暖气不热")
    client.get(URL, {"q": "13812345678"})

    rows = str(list(AuditEvent.objects.values()))
    assert "暖气" not in rows
    assert "13812345678" not in rows


def test_what_was_typed_is_shown_as_text(client, worker):
    html = search(client, worker, q="<script>alert(1)</script>").content.decode()

    assert "<script>alert" not in html


def test_nothing_found_says_what_to_try(client, worker, visit):
    html = search(client, worker, q="电梯", kind="visit").content.decode()

    assert "换短一点的词" in html
    assert "不限种类" in html
    assert reverse("contacts:household_find") in html


def test_the_second_page_goes_on_where_the_first_ended(client, world, worker):
    for number in range(25):
        household = make_household(world.building, worker=worker.user)
        index_visit(
            make_visit(household, post=worker, occurred_at=NOW, text=f"暖气不热，第{number}次")
        )

    first = search(client, worker, q="暖气")
    second = client.get(URL, {"q": "暖气", "cursor": first.context["page"].next_cursor})

    found = [hit.url for response in (first, second) for hit in response.context["hits"]]
    assert len(found) == len(set(found)) == 25
    assert "共 25 条" in first.content.decode()


@pytest.mark.parametrize("role", [Role.COMMUNITY_WORKER, Role.LEADER])
def test_the_page_costs_the_same_whatever_is_found(client, world, role, assert_flat):
    post = sign_in(client, make_post(role, world.north))
    colleague = make_post(Role.COMMUNITY_WORKER, world.north)

    def add():
        own = make_household(world.building, worker=post.user)
        other = make_household(world.building)
        for household, author in ((own, post), (other, colleague)):
            make_resident(household)
            visit = make_visit(
                household, post=author, occurred_at=NOW, companions=(), text="12号楼暖气不热"
            )
            Matter.objects.create(visit=visit, position=0, text="测温", outcome="SOLVED")
            index_visit(visit)
            index_household(household)

    assert_flat(f"{URL}?q=12号楼", add)


# ---- the words around a hit ----


def text_of(segments):
    return "".join(segment.text for segment in segments)


def test_all_words_are_marked_and_nothing_is_lost():
    found = marked("暖气不热，换暖气片", ["暖气", "不热"])

    assert text_of(found) == "暖气不热，换暖气片"
    assert [segment.text for segment in found if segment.marked] == ["暖气", "不热", "暖气"]


def test_the_longer_word_is_marked_whole():
    assert marked("暖气片", ["暖气", "暖气片"]) == [Segment("暖气片", marked=True)]


def test_signs_in_a_query_are_taken_as_they_are():
    assert text_of(marked("a.b(c", ["a.b(", "["])) == "a.b(c"


def test_a_long_text_is_cut_around_the_hit():
    found = excerpt("前" * 200 + "暖气" + "后" * 200, ["暖气"])

    assert found[0].text == found[-1].text == "…"
    assert Segment("暖气", marked=True) in found
    assert len(text_of(found)) < 130


def test_a_hit_that_was_masked_away_still_shows_the_beginning():
    assert excerpt("张**来过", ["张三丰"]) == [Segment("张**来过", marked=False)]


# ---- doors ----


@pytest.mark.parametrize("query", ["602", "3-502", "没有的事"])
def test_nothing_found_leads_to_the_register_with_what_was_typed(client, worker, visit, query):
    response = search(client, worker, q=query)

    assert "找某一户的门牌，请到" in response.text
    assert f'href="{reverse("contacts:household_list")}?{urlencode({"q": query})}"' in response.text


def test_the_empty_page_names_doors_and_persons_by_the_words_of_their_buttons(client, worker):
    html = search(client, worker).text

    assert f'href="{reverse("contacts:household_list")}">住户名册' in html
    assert f'href="{reverse("contacts:household_find")}">找人' in html
    assert "找住户" not in html


def test_a_room_of_four_digits_is_told_where_doors_are_found(client, worker):
    html = search(client, worker, find="person").text

    assert "门牌" in html
    assert f'href="{reverse("contacts:household_list")}"' in html


def test_who_sees_no_doors_is_led_to_the_buildings(client, world):
    html = search(client, make_post(Role.DELEGATE, world.bajiao), q="电梯").text

    assert "按楼栋看住户" in html
    assert "门牌" not in html
