"""What each role reads on the pages of the register, with data that could leak."""

import datetime as dt
import re
import uuid
from urllib.parse import unquote

import pytest
from django.utils import timezone

from contacts.models import Household, Matter, Promise
from contacts.selectors.household_register import Narrowing, register
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from tests.factories.accounts import make_post, make_world, sign_in
from tests.factories.contacts import (
    make_building,
    make_care,
    make_category,
    make_duty,
    make_household,
    make_resident,
    make_reveal,
    make_visit,
)
from tests.trail import told_by

pytestmark = pytest.mark.django_db

LIST = "/contacts/households/"
NEW = f"{LIST}new/"
FIND = f"{LIST}find/"
#: Never on a page for somebody who does not see the household in full.
NAME, PHONE, ROOM = "欧阳秀英", "13800131234", "乙507"
AVOID, NOTE, REASON = "老伴去年走的别提", "门铃坏了请敲门", "刚做完心脏手术"
SECRETS = (NAME, "秀英", PHONE, ROOM, AVOID, NOTE, REASON)
TEXT = f"{NAME}说厨房返潮，电话{PHONE}"
CARE = "独居老人照护对象"


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def worker(world):
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def household(world, worker):
    """A household of the worker's own with everything that must not leak."""
    household = make_household(
        world.building,
        worker=worker.user,
        unit="3",
        room=ROOM,
        avoid=AVOID,
        note=NOTE,
        door_wish="PHONE",
        door_wish_reason=REASON,
    )
    make_resident(household, name=NAME, phone=PHONE, birth_year=1944, is_contact=True)
    make_care(household, make_category(CARE))
    visit = make_visit(household, post=worker, text=TEXT, next_step=f"给{NAME}送药")
    Matter.objects.create(
        visit=visit, position=1, text=f"{NAME}家返潮", outcome=Matter.Outcome.ESCALATED
    )
    Promise.objects.create(
        household=household,
        visit=visit,
        text=f"周五前给{NAME}回电{PHONE}",
        due_on=timezone.localdate() - dt.timedelta(days=1),
    )
    return household


@pytest.fixture
def page(household):
    return f"{LIST}{household.pk}/"


def read(client, post, url, status=200):
    sign_in(client, post)
    response = client.get(url)
    assert response.status_code == status
    return response.content.decode()


def leaks(html):
    return [secret for secret in SECRETS if secret in html]


# --- In full ----------------------------------------------------------------------------------


def test_the_responsible_worker_reads_the_whole_door_card(client, worker, page):
    html = read(client, worker, page)

    assert "12号楼 3单元乙507" in html
    assert f'href="tel:{PHONE}"' in html
    for words in (NAME, AVOID, NOTE, REASON, CARE, TEXT, "答应过的", "已过", "暂不上门，改电话"):
        assert words in html


def test_reading_in_full_leaves_a_trace_and_reading_masked_does_not(client, world, worker, page):
    read(client, worker, page)
    read(client, make_post(Role.LEADER, world.bajiao), page)

    assert list(AuditEvent.objects.values_list("action", "actor_id")) == [
        ("household.open", worker.user_id)
    ]


def test_one_tap_is_offered_unless_the_household_asked_for_the_phone(
    client, worker, household, page
):
    assert 'name="ordinary"' not in read(client, worker, page)

    Household.objects.update(door_wish="NONE", door_wish_reason="")
    html = read(client, worker, page)

    assert 'name="ordinary"' in html
    ids = set(re.findall(r'name="client_id" value="([^"]+)"', html))
    assert len(ids) == 1
    assert uuid.UUID(ids.pop())
    assert f'name="household" value="{household.pk}"' in html


def test_the_title_of_the_page_says_nothing_personal(client, worker, page):
    title = re.search(r"<title>(.*?)</title>", read(client, worker, page), re.DOTALL)[1]

    assert "12号楼" not in title
    assert leaks(title) == []


# --- Masked -------------------------------------------------------------------------------------

READERS = [
    (Role.COMMUNITY_WORKER, "north"),
    (Role.LEADER, "north"),
    (Role.LEADER, "bajiao"),
    (Role.STREET_ADMIN, "bajiao"),
    (Role.DISTRICT_LEADER, "district"),
    (Role.DISTRICT_ADMIN, "district"),
]


@pytest.mark.parametrize(("role", "place"), READERS)
@pytest.mark.parametrize("where", ["list", "page", "filtered"])
def test_nothing_personal_reaches_who_sees_it_masked(
    client, world, household, page, role, place, where
):
    url = {"list": LIST, "page": page, "filtered": f"{LIST}?q=12号楼&since=phone"}[where]

    html = read(client, make_post(role, getattr(world, place)), url)

    assert "欧阳**" in html
    assert "12号楼" in html
    assert leaks(html) == []


@pytest.mark.parametrize("role", [Role.DELEGATE, Role.CLERK, Role.OFFICER])
def test_who_was_there_reads_the_own_words_and_nothing_else_of_it(
    client, world, household, page, role
):
    post = make_post(role, world.bajiao)
    own = "我答应下周再来看老人"
    make_visit(household, post=post, text=own)

    html = read(client, post, page)

    assert own in html
    assert "同事记录" not in html
    assert leaks(html) == []
    assert CARE not in html


@pytest.mark.parametrize(("role", "place"), READERS[2:])
@pytest.mark.parametrize("url", ["list", "page"])
def test_care_categories_stay_in_the_community(client, world, household, page, role, place, url):
    post = make_post(role, getattr(world, place))

    html = read(client, post, page if url == "page" else LIST)

    assert CARE not in html
    assert 'name="care"' not in html


def test_who_may_not_read_categories_cannot_ask_by_them_either(client, world, household):
    leader = make_post(Role.LEADER, world.bajiao)
    make_household(world.building)
    code = household.cares.get().category.code

    html = read(client, leader, f"{LIST}?care={code}")

    assert '在册住户 <span class="figure">2</span> 户' in html


def test_a_colleague_does_not_read_visits_but_that_and_when_they_were(client, world, page):
    html = read(client, make_post(Role.COMMUNITY_WORKER, world.north), page)

    assert "同事记录" in html
    for words in ("上门 · 见到了", "is-met", "返潮", "送药", "回电"):
        assert words not in html


def test_a_voided_visit_is_not_in_the_history(client, worker, household, page):
    visit = household.visits.get()
    visit.voided_at, visit.voided_by, visit.void_reason = timezone.now(), worker.user, "记错了门"
    visit.save()

    html = read(client, worker, page)

    assert "返潮" not in html
    assert "回电" not in html
    assert "还没有联系过这一户" in html


@pytest.mark.parametrize(
    ("role", "place"),
    [
        (Role.COMMUNITY_WORKER, "south"),
        (Role.STREET_ADMIN, "gucheng"),
        (Role.DISTRICT_LEADER, "other_district"),
        (Role.OFFICER, "bajiao"),
        (Role.DELEGATE, "bajiao"),
        (Role.CLERK, "bajiao"),
    ],
)
def test_outside_the_scope_it_does_not_exist(client, world, household, page, role, place):
    post = make_post(role, getattr(world, place))

    read(client, post, page, status=404)
    html = read(client, post, LIST)

    assert leaks(html) == []
    assert page not in html
    assert "还没有" in html


@pytest.mark.parametrize(
    "role", [Role.HANDLER, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR]
)
def test_some_posts_have_no_register_at_all(client, world, page, role):
    post = make_post(role, world.bajiao)

    for url in (LIST, page, FIND, NEW):
        read(client, post, url, status=403)


# --- Stating a reason -----------------------------------------------------------------------


def test_a_colleague_states_a_reason_and_reads_everything_for_half_an_hour(
    client, world, household, page
):
    colleague = sign_in(client, make_post(Role.COMMUNITY_WORKER, world.north))
    assert "说明理由后查看" in client.get(page).content.decode()

    response = client.post(f"{page}reveal/", {"reason": "COVER", "note": "替班"})

    assert response.headers["Location"] == page
    html = client.get(page).content.decode()
    assert NAME in html
    assert TEXT in html
    assert html.count("对您开放到") == 1
    assert AuditEvent.objects.filter(
        action="household.reveal", actor_id=colleague.user_id, reason_code="COVER"
    ).exists()


def test_after_half_an_hour_it_is_masked_again(client, world, household, page):
    colleague = make_post(Role.COMMUNITY_WORKER, world.north)
    make_reveal(household, colleague, at=timezone.now() - dt.timedelta(minutes=30, seconds=1))

    assert leaks(read(client, colleague, page)) == []


def test_a_reason_is_required_and_the_note_typed_is_kept(client, world, page):
    sign_in(client, make_post(Role.COMMUNITY_WORKER, world.north))

    html = client.post(f"{page}reveal/", {"note": "替班去送药"}).content.decode()

    assert "替班去送药" in html
    assert "error-summary" in html


@pytest.mark.parametrize(
    "target", ["https://example.com/", "//example.com/", "javascript:alert(1)"]
)
def test_after_a_reason_nobody_is_led_away(client, world, page, target):
    sign_in(client, make_post(Role.COMMUNITY_WORKER, world.north))

    response = client.post(f"{page}reveal/", {"reason": "COVER", "next": target})

    assert response.headers["Location"] == page


def test_a_district_leader_has_no_reveal(client, world, page):
    leader = make_post(Role.DISTRICT_LEADER, world.district)

    assert "说明理由后查看" not in read(client, leader, page)
    read(client, leader, f"{page}reveal/", status=403)


# --- Finding a person -------------------------------------------------------------------------


def found(client, post, words):
    sign_in(client, post)
    response = client.post(FIND, {"words": words})
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize(
    ("words", "by"),
    [
        ("欧阳秀英", "name"),
        ("秀英", "name"),
        ("1234", "phone_tail"),
        ("１２３４", "phone_tail"),
        ("13800131234", "phone"),
        ("+86 138-0013-1234", "phone"),
    ],
)
def test_a_person_is_found_by_name_number_or_its_last_four(
    client, worker, household, page, words, by
):
    html = found(client, worker, words)

    assert f'href="{page}"' in html
    event = AuditEvent.objects.get()
    assert (event.action, event.fields) == ("household.find", [by])
    assert event.object_id == ""
    assert words not in told_by(event)


def test_a_colleague_finds_that_it_is_there_and_reads_it_masked(client, world, household, page):
    html = found(client, make_post(Role.COMMUNITY_WORKER, world.north), "1234")

    assert f'href="{page}"' in html
    assert leaks(html) == []


@pytest.mark.parametrize(
    ("role", "place"),
    [(Role.COMMUNITY_WORKER, "south"), (Role.STREET_ADMIN, "gucheng"), (Role.OFFICER, "bajiao")],
)
def test_nobody_is_found_outside_the_scope(client, world, household, page, role, place):
    html = found(client, make_post(role, getattr(world, place)), "1234")

    assert page not in html
    assert "没有找到" in html


@pytest.mark.parametrize("words", ["1235", "8001", "欧阳修", "13800131235"])
def test_a_near_miss_finds_nobody(client, worker, household, page, words):
    assert page not in found(client, worker, words)


@pytest.mark.parametrize("words", ["王", "123", "123456", " "])
def test_too_little_to_go_by_is_said_and_not_searched(client, worker, household, words):
    html = found(client, worker, words)

    assert "error-summary" in html
    assert not AuditEvent.objects.exists()


def test_who_moved_away_is_not_found(client, worker, household, page):
    household.residents.update(left_on=timezone.localdate())

    assert page not in found(client, worker, "1234")


def test_a_search_never_stands_in_an_address(client, worker, household):
    sign_in(client, worker)

    html = client.get(FIND, {"words": NAME}).content.decode()

    assert 'method="post"' in html
    assert "找到" not in html
    assert leaks(html) == []


@pytest.mark.parametrize("role", [Role.DELEGATE, Role.CLERK, Role.DISTRICT_LEADER])
def test_some_roles_find_nobody(client, world, household, role):
    post = make_post(role, world.district if role == Role.DISTRICT_LEADER else world.bajiao)
    sign_in(client, post)

    assert client.post(FIND, {"words": "1234"}).status_code == 403
    assert "找人" not in client.get(LIST).content.decode()


# --- The list ---------------------------------------------------------------------------------


def count(client, query=""):
    html = client.get(f"{LIST}{query}").content.decode()
    return int(re.search(r"共 (\d+) 条", html)[1])


def test_every_line_says_the_place_first_then_who_lives_there(client, world, worker, household):
    other = make_household(world.building, room="901")
    for name in ("孙建国", "李敏"):
        make_resident(other, name=name)
    html = read(client, worker, f"{LIST}?mine=all")

    rows = {pk: re.search(rf"<tr><th[^>]*><a href=\"{LIST}{pk}/\".*?</tr>", html)[0]
            for pk in (household.pk, other.pk)}  # fmt: skip
    shown = {pk: re.sub(r'<span class="visually-hidden">.*?</span></span>', "", row)
             for pk, row in rows.items()}  # fmt: skip
    cells = {pk: re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for pk, row in shown.items()}
    words = {pk: [re.sub(r"<[^>]+>", "", cell) for cell in row[:2]] for pk, row in cells.items()}
    assert NAME in words[household.pk][1]
    assert words[other.pk] == ["12号楼", "孙**、李*"]
    # Two doors of one building are two links to who hears them.
    assert rows[other.pk].index("孙**") < rows[other.pk].index("</a>")


def test_filters_stand_in_the_address_and_narrow(client, world, worker, household):
    sign_in(client, worker)
    today = timezone.localdate()
    other = make_building(world.north, name="7号楼")
    make_household(other, last_met_on=today - dt.timedelta(days=366))
    make_household(other, last_met_on=today - dt.timedelta(days=365))
    make_household(other)
    make_household(other, ended_on=today)
    make_household(make_building(world.south))

    assert count(client) == 1
    assert count(client, "?mine=all") == 4
    assert count(client, "?q=7号楼") == 3
    assert count(client, f"?building={other.pk}") == 3
    assert count(client, f"?grid={world.grid.pk}") == 1
    assert count(client, "?mine=1") == 1
    assert count(client, "?since=never") == 1
    assert count(client, "?since=year") == 2
    assert count(client, "?since=phone") == 1
    assert count(client, f"?care={household.cares.get().category.code}") == 1
    assert "清除全部" in client.get(f"{LIST}?since=never").content.decode()


@pytest.mark.parametrize("query", ["?building=1e9", "?grid=x", "?since=whenever", "?care=NOSUCH"])
def test_a_filter_that_cannot_be_read_shows_nothing(client, worker, household, query):
    html = read(client, worker, f"{LIST}{query}")

    assert f"{LIST}{household.pk}/" not in html
    assert "筛选条件无法识别" in html


def test_the_open_search_of_the_list_is_for_places_only(client, worker, household):
    sign_in(client, worker)

    answer = client.get(f"{LIST}?q={NAME}", follow=True)

    assert NAME not in unquote(answer.redirect_chain[-1][0])
    assert "这里按地址找，不按人找" in answer.text
    assert f'value="{NAME}"' not in answer.text


def test_a_street_chooses_the_community_before_grid_and_building(client, world, household):
    sign_in(client, make_post(Role.LEADER, world.bajiao))

    assert 'name="building"' not in client.get(LIST).content.decode()
    html = client.get(f"{LIST}?community={world.north.pk}").content.decode()

    assert 'name="building"' in html
    assert "共 1 条" in html


def test_a_community_of_another_street_is_no_choice(client, world, household):
    sign_in(client, make_post(Role.LEADER, world.bajiao))

    html = client.get(f"{LIST}?community={world.gucheng_community.pk}").content.decode()

    assert "古城路社区" not in html
    assert "筛选条件无法识别" in html


def test_the_list_pages_by_key_and_loses_nobody(client, world, worker):
    for number in range(60):
        make_household(world.building, unit=str(number // 6 + 1), room=str(number % 6 + 101))
    sign_in(client, worker)
    pages, address = [], LIST
    while address:
        html = client.get(address).content.decode()
        pages.append(re.findall(r'<a href="/contacts/households/(\d+)/"', html))
        following = re.search(r'rel="next" href="([^"]+)"', html)
        address = f"{LIST}{following[1].replace('&amp;', '&')}" if following else ""

    assert [len(page) for page in pages] == [25, 25, 10]
    assert len({pk for page in pages for pk in page}) == 60


# --- The number of queries ----------------------------------------------------------------------


def test_the_list_is_flat(client, world, worker, assert_flat):
    sign_in(client, worker)

    def add_row():
        row = make_household(world.building, worker=worker.user)
        make_resident(row)
        make_care(row)

    assert_flat(LIST, add_row)


def test_the_page_is_flat(client, world, worker, household, page, assert_flat):
    sign_in(client, worker)

    def add_row():
        visit = make_visit(household, post=worker, text="一切都好", next_step="再来")
        Matter.objects.create(visit=visit, position=1, text="灯坏了", outcome="EXPLAINED")
        Promise.objects.create(
            household=household, visit=visit, text="修灯", due_on=timezone.localdate()
        )
        make_resident(household, phone="")
        make_care(household)
        make_duty(household, make_post().user, until=timezone.localdate())

    assert_flat(page, add_row, at_most=12)


def test_finding_is_flat(client, world, worker, household, django_assert_max_num_queries):
    for _ in range(5):
        make_resident(make_household(world.building), name=NAME, phone=PHONE)
    sign_in(client, worker)
    client.get(FIND)  # the first request of a session writes when it was

    with django_assert_max_num_queries(12):
        client.post(FIND, {"words": "1234"})


@pytest.mark.parametrize("number", [PHONE, "138 0013 1234", "１３８００１３１２３４", "6887-1234"])
def test_a_number_is_not_looked_for_in_the_register_and_leaves_the_address(client, worker, number):
    sign_in(client, worker)

    answer = client.get(LIST, {"q": f"3号楼 {number}"})

    assert answer.status_code == 302
    assert answer.url == f"{LIST}?find=person"
    html = client.get(answer.url).content.decode()
    assert "不按人找" in html
    assert FIND in html
    assert client.get(LIST, {"q": "3号楼 1203"}).status_code == 200


def test_who_may_not_see_categories_cannot_ask_by_them(world, worker, household):
    """The rule itself, whatever a form offers: the filter is passed over, not obeyed."""
    code = household.cares.get().category.code
    other = make_household(world.building, unit="9", room="901")
    leader = make_post(Role.LEADER, world.bajiao)

    def found(post):
        asked = Narrowing(care=code)
        return set(register(post=post, narrowing=asked, today=timezone.localdate()))

    assert found(worker) == {household}
    assert found(leader) == {household, other}


@pytest.mark.sqlite
@pytest.mark.parametrize("action", ["", "edit/"])
def test_a_number_that_no_household_can_have_is_not_found(client, worker, action):
    read(client, worker, f"{LIST}{'9' * 20}/{action}", status=404)
