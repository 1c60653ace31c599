"""Pages of people, posts and units: what is shown to whom, what comes back, what never leaves."""

import datetime as dt
from itertools import chain

import pytest
from django.utils import timezone

from portal.accounts.models import Organisation, Post, User
from portal.accounts.roles import Role
from portal.accounts.selectors.people import PAGE_SIZE
from portal.accounts.services import keeping
from portal.audit.models import AuditEvent
from tests.factories.accounts import make_organisation, make_post, make_user, sign_in

pytestmark = pytest.mark.django_db
NOW = timezone.now()
TODAY = timezone.localdate(NOW)
DAY = dt.timedelta(days=1)


@pytest.fixture
def admin(client, world):
    user = make_user("guanli", name="高管理")
    return sign_in(client, make_post(Role.STREET_ADMIN, world.bajiao, user=user))


@pytest.fixture
def near(world):
    return make_post(Role.CLERK, world.bajiao, user=make_user("limin", name="李敏"))


@pytest.fixture
def far(world):
    return make_post(Role.CLERK, world.gucheng, user=make_user("zhouyuan", name="周远"))


def messages_of(page):
    return [str(message) for message in page.context["messages"]]


# ---- the list ----


def test_the_list_holds_the_own_people_and_nobody_elses(client, admin, near, far):
    for address in (
        "/accounts/people/", "/accounts/people/?standing=active&role=CLERK",
        f"/accounts/people/?unit={far.organisation_id}", "/accounts/posts/", "/accounts/units/",
        f"/accounts/posts/?unit={far.organisation_id}", "/accounts/people/?unit=x&role=KING",
    ):  # fmt: skip
        page = client.get(address)
        assert page.status_code == 200
        assert "周远" not in page.text, address
        assert "zhouyuan" not in page.text, address
    assert "李敏" in client.get("/accounts/people/").text


def test_a_colleague_is_found_by_post_in_reach_only_and_without_a_trace_of_the_name(
    client, admin, near, far
):
    for words, found in (("李敏", True), ("limi", True), ("周远", False), ("zhouyuan", False)):
        page = client.post("/accounts/people/", {"words": words})
        assert ("找到 1 人" in page.text) is found
        assert page.request["QUERY_STRING"] == ""
    assert client.get("/accounts/people/?words=李敏").context.get("found") is None
    events = AuditEvent.objects.filter(action="account.find")
    assert {tuple(event.fields) for event in events} == {("name",)}
    short = client.post("/accounts/people/", {"words": "李"})
    assert "至少输入两个字" in short.text
    assert "李敏" in short.text  # the list stays


def test_the_list_needs_no_more_queries_for_more_people(client, world, admin, assert_flat):
    assert_flat("/accounts/people/", lambda: make_post(Role.CLERK, world.bajiao), at_most=14)
    assert_flat("/accounts/posts/", lambda: make_post(Role.CLERK, world.bajiao), at_most=14)


def test_a_page_of_the_list_carries_no_name_in_its_address(client, world, admin):
    for number in range(21):
        make_post(Role.CLERK, world.bajiao, user=make_user(f"zhangsan{number:02}"))

    page = client.get("/accounts/people/")

    cursor = page.context["page"].next_cursor
    assert cursor
    assert len(page.context["lines"]) == PAGE_SIZE
    assert "zhangsan" not in cursor
    assert client.get("/accounts/people/", {"cursor": cursor}).context["page"].items


def test_what_the_list_is_narrowed_by_is_folded_and_can_be_taken_off(client, world, admin, near):
    page = client.get("/accounts/people/", {"standing": "stale", "unit": world.north.pk})

    filters = page.text.partition("filters-more")[2].partition("</form>")[0]
    for field in ("unit", "role", "standing"):
        assert f'name="{field}"' in filters
    assert [chip["label"] for chip in page.context["chips"]] == [
        f"单位：{world.north.name}",
        "状态：久未登录",
    ]
    without = page.context["chips"][1]["url"]
    assert "李敏" not in client.get("/accounts/people/?standing=stale").text
    assert without == f"?unit={world.north.pk}"
    assert client.get("/accounts/people/").context["chips"] == []


@pytest.mark.sqlite
def test_people_stand_by_unit_role_and_name_from_page_to_page(client, world, admin):
    """The account code says nothing to a reader; who has no post any more stands last."""
    north = [
        make_post(role, world.north, user=make_user(f"{letter}.{number}", name=f"{number:02d}号"))
        for role, letter in ((Role.LEADER, "a"), (Role.COMMUNITY_WORKER, "z"))
        for number in range(PAGE_SIZE)
    ]
    make_post(Role.COMMUNITY_WORKER, world.north, user=north[0].user)
    left = make_user("aaa", name="甲")
    make_post(Role.CLERK, world.bajiao, user=left, since=TODAY - 9 * DAY, until=TODAY - DAY)
    clerk = make_post(Role.CLERK, world.bajiao, user=make_user("zz", name="乙"))

    read, cursor = [], None
    while True:
        page = client.get("/accounts/people/", {"cursor": cursor} if cursor else {})
        read.append([line.user.pk for line in page.context["lines"]])
        cursor = page.context["page"].next_cursor
        if cursor is None:
            break
    back = client.get("/accounts/people/", {"cursor": page.context["page"].previous_cursor})

    leaders, workers = north[:PAGE_SIZE], north[PAGE_SIZE:]
    order = [clerk, admin, leaders[0], *workers, *leaders[1:]]
    assert list(chain(*read)) == [*(one.user_id for one in order), left.pk]
    assert [line.user.pk for line in back.context["lines"]] == read[-2]
    assert client.get("/accounts/people/?page=2").context["page"].items


def test_posts_come_page_by_page_too(client, world, admin):
    for _ in range(PAGE_SIZE + 1):
        make_post(Role.CLERK, world.bajiao)

    page = client.get("/accounts/posts/?role=CLERK")

    assert len(page.context["lines"]) == PAGE_SIZE
    assert page.context["page"].has_next
    assert [chip["label"] for chip in page.context["chips"]] == ["角色：窗口受理"]


# ---- one person ----


def test_elsewhere_a_person_does_not_exist(client, admin, far):
    for address in (
        f"/accounts/people/{far.user_id}/",
        f"/accounts/posts/{far.pk}/end/",
        f"/accounts/posts/new/?person={far.user_id}",
        f"/accounts/units/{far.organisation_id}/",
    ):
        page = client.get(address)
        assert page.status_code == 404
        assert "周远" not in page.text
    for action in ("link", "deactivate", "reactivate", "unlock", "second-factor"):
        page = client.post(f"/accounts/people/{far.user_id}/{action}/")
        assert page.status_code == 404
    assert User.objects.get(pk=far.user_id).has_usable_password()


def test_posts_elsewhere_are_counted_not_named(client, world, admin, near):
    make_post(Role.OFFICER, world.gucheng, user=near.user, title="古城科员")

    page = client.get(f"/accounts/people/{near.user_id}/").text

    assert "在本单位以外还有 1 个岗位" in page
    assert "古城" not in page
    assert "给新的登录链接" not in page


def test_buttons_are_those_that_work(client, world, admin, near):
    page = client.get(f"/accounts/people/{near.user_id}/").text
    for words in ("给新的登录链接", "停用账号", "任命岗位", "结束"):
        assert words in page
    head = make_post(Role.LEADER, world.bajiao)
    page = client.get(f"/accounts/people/{head.user_id}/").text
    for words in ("给新的登录链接", "停用账号", ">结束<"):
        assert words not in page
    assert "区管理员" in page
    own = client.get(f"/accounts/people/{admin.user_id}/").text
    assert "停用账号" not in own
    assert "自己的账号" in own


def test_a_page_does_not_say_that_a_withdrawn_password_was_set(client, admin, near):
    sign_in(client, admin)
    page = f"/accounts/people/{near.user_id}/"
    assert "本人已设" in client.get(page).content.decode()

    near.user.set_unusable_password()
    near.user.save()

    assert "本人已设" not in client.get(page).content.decode()


def test_opening_somebodys_account_is_in_the_trail(client, admin, near):
    client.get(f"/accounts/people/{near.user_id}/")

    event = AuditEvent.objects.get(action="account.read")
    assert event.object_id == str(near.user_id)


def test_a_link_stands_on_its_answer_and_nowhere_else(client, admin, near):
    answer = client.post(f"/accounts/people/{near.user_id}/link/")

    assert answer.status_code == 200
    address = answer.context["address"]
    assert address.startswith("http://testserver/accounts/welcome/")
    assert "data:image/svg+xml" in answer.text
    assert answer.headers["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    for page in ("/accounts/people/", f"/accounts/people/{near.user_id}/"):
        assert "/accounts/welcome/" not in client.get(page).text


def test_a_refusal_is_said_on_the_page_of_the_person(client, world, admin):
    head = make_post(Role.LEADER, world.bajiao)

    page = client.post(f"/accounts/people/{head.user_id}/deactivate/", follow=True)

    assert "班子成员" in messages_of(page)[0]
    assert User.objects.get(pk=head.user_id).is_active


def test_a_stale_account_is_closed_from_the_list_by_one_tap(client, admin, near):
    User.objects.filter(pk=near.user_id).update(last_login=NOW - dt.timedelta(days=200))
    listed = client.get("/accounts/people/?standing=stale").text
    assert f"/accounts/people/{near.user_id}/deactivate/" in listed

    page = client.post(
        f"/accounts/people/{near.user_id}/deactivate/", {"next": "stale"}, follow=True
    )

    assert page.request["QUERY_STRING"] == "standing=stale"
    assert not User.objects.get(pk=near.user_id).is_active


def test_the_last_sign_in_is_told_alike_when_the_trail_has_none(client, admin, near):
    address = f"/accounts/people/{near.user_id}/"
    assert client.get(address).text.count("还没有登录过") == 2
    User.objects.filter(pk=near.user_id).update(last_login=NOW - dt.timedelta(days=3))

    page = client.get(address)

    assert [one.at for one in page.context["page"].sign_ins] == [NOW - dt.timedelta(days=3)]
    assert "还没有登录过" not in page.text


# ---- a new account ----


def typed(world, **more):
    return {
        "name": "王新", "username": "wang.xin", "organisation": str(world.north.pk),
        "role": "COMMUNITY_WORKER", "title": "网格员", "since": str(TODAY), "last_day": "",
        "delegate_kind": "",
    } | more  # fmt: skip


def test_an_account_is_made_with_its_post_in_one_step(client, world, admin):
    answer = client.post("/accounts/people/new/", typed(world))

    assert "账号已建立" in answer.text
    post = Post.objects.get(user__username="wang.xin")
    assert (post.organisation, post.role, post.title) == (
        world.north, Role.COMMUNITY_WORKER, "网格员",
    )  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"username": "guanli"},
        {"username": "王"},
        {"name": ""},
        {"role": "STREET_ADMIN"},
        {"role": "HANDLER", "organisation": "bajiao"},
        {"since": "2026-13-45"},
        {"last_day": "2001-01-01"},
        {"organisation": "gucheng"},
        {"organisation": "other_district"},
        {"role": "DELEGATE"},
    ],
)
def test_a_refused_form_keeps_what_was_typed_and_makes_nothing(client, world, admin, wrong):
    wrong = dict(wrong)
    if "organisation" in wrong:
        wrong["organisation"] = str(getattr(world, wrong["organisation"]).pk)
    before = User.objects.count()

    page = client.post("/accounts/people/new/", typed(world, **wrong))

    assert page.status_code == 200
    assert page.context["form"].errors
    assert 'value="网格员"' in page.text
    assert User.objects.count() == before
    assert "古城" not in page.text


def test_the_system_administrator_makes_accounts_without_posts(client, world):
    sign_in(client, make_post(Role.SYSTEM_ADMIN, world.district))
    assert "organisation" not in client.get("/accounts/people/new/").context["form"].fields

    client.post("/accounts/people/new/", typed(world))

    user = User.objects.get(username="wang.xin")
    assert not Post.objects.filter(user=user).exists()
    assert user.home == world.district
    sign_in(client, make_post(Role.SECURITY_ADMIN, world.district))
    assert "王新" in client.get("/accounts/people/?standing=unposted").text


# ---- posts ----


def test_a_building_is_offered_where_its_own_page_leads(client, world, admin):
    plain = client.get("/accounts/posts/new/").text
    from_there = client.get(f"/accounts/posts/new/?unit={world.building.pk}").text

    assert f'value="{world.building.pk}"' not in plain
    assert f'value="{world.building.pk}" selected' in from_there
    elsewhere = client.get(f"/accounts/posts/new/?unit={world.gucheng.pk}").text
    assert "古城" not in elsewhere


def test_somebody_elsewhere_is_named_by_account_and_name_together(client, world, admin, far):
    answers = {}
    for name, username in (("周远", "zhouyuan"), ("周某", "zhouyuan"), ("周远", "nobody")):
        page = client.post(
            "/accounts/posts/new/", typed(world, name=name, username=username), follow=True
        )
        answers[name, username] = page.context.get("form")
    assert answers["周远", "zhouyuan"] is None or not answers["周远", "zhouyuan"].errors
    wrong = [answers[key].errors["username"] for key in answers if answers[key] is not None][-2:]
    assert wrong[0] == wrong[1]
    assert Post.objects.filter(user=far.user, organisation=world.north).count() == 1
    assert far.user in User.objects.visible_to(admin)


def test_a_post_is_ended_with_its_last_day(client, admin, near):
    page = client.post(f"/accounts/posts/{near.pk}/end/", {"last_day": str(TODAY)}, follow=True)

    near.refresh_from_db()
    assert near.until == TODAY + dt.timedelta(days=1)
    assert f"到 {TODAY} 为止" in messages_of(page)[0]
    again = client.post(f"/accounts/posts/{near.pk}/end/", {"last_day": "2020-01-01"})
    assert again.context["form"].errors["last_day"]


def test_the_list_of_posts_is_narrowed(client, world, admin, near):
    ended = make_post(Role.HANDLER, world.section, user=make_user(name="旧承办"), until=TODAY)

    assert "旧承办" not in client.get("/accounts/posts/").text
    assert "旧承办" in client.get("/accounts/posts/?ended=1").text
    assert ended.pk
    assert "李敏" not in client.get("/accounts/posts/?role=HANDLER").text


# ---- units ----


def test_units_are_shown_in_the_order_of_the_house_numbers(client, world, admin):
    address = f"/accounts/units/{world.north.pk}/"
    client.post(f"{address}new/", {"kind": "BUILDING", "names": "2号楼…11号楼", "on": str(TODAY)})

    page = client.get(address)

    [(_, order, lines)] = [group for group in page.context["page"].groups if group[0] == "楼栋"]
    assert [line.unit.name for line in lines] == [f"{n}号楼" for n in range(2, 12)]
    assert order in page.text


def test_communities_are_shown_in_the_official_order(client, world, admin):
    """By code, not by how a name is written, and the page says so."""
    make_organisation(parent=world.bajiao, kind="COMMUNITY", name="一里社区", code="110107003099")
    make_organisation(parent=world.bajiao, kind="COMMUNITY", name="终里社区", code="110107003001")

    page = client.get("/accounts/units/")

    [(_, order, lines)] = [group for group in page.context["page"].groups if group[0] == "社区"]
    codes = [line.unit.code for line in lines]
    assert codes == sorted(codes)
    assert len(codes) == 4
    assert order == "按行政区划次序排"
    assert order in page.text


def test_a_refused_pattern_comes_back_as_typed(client, world, admin):
    page = client.post(
        f"/accounts/units/{world.north.pk}/new/",
        {"kind": "BUILDING", "names": "12号楼、新楼", "on": str(TODAY)},
    )

    assert "12号楼、新楼" in page.text
    assert "已经有了" in page.text
    assert not Organisation.objects.filter(name="新楼").exists()


def test_a_unit_is_renamed_moved_ended_and_reopened(client, world, admin):
    address = f"/accounts/units/{world.building.pk}/edit/"
    assert client.post(address, {"do": "rename", "name": "建钢1号楼"}).status_code == 302
    assert client.post(address, {"do": "move", "parent": world.north.pk}).status_code == 302
    world.building.refresh_from_db()
    assert (world.building.name, world.building.parent) == ("建钢1号楼", world.north)
    client.post(address, {"do": "end", "on": str(TODAY)})
    world.building.refresh_from_db()
    assert world.building.valid_until == TODAY
    client.post(address, {"do": "reopen"})
    world.building.refresh_from_db()
    assert world.building.valid_until is None

    outside = client.post(address, {"do": "move", "parent": world.gucheng_community.pk})
    assert outside.context["failed"].errors["parent"]
    assert client.post(address, {"do": "burn"}).status_code == 404
    national = client.post(f"/accounts/units/{world.north.pk}/edit/", {"do": "rename", "name": "x"})
    assert "import_divisions" in national.text


def test_inspections_are_asked_approved_and_seen_on_their_pages(client, world):
    inspector = make_post(Role.INSPECTOR, world.district)
    sign_in(client, make_post(Role.DISTRICT_ADMIN, world.district))
    asked = {
        "title": "走访记录核查", "organisation": str(world.north.pk), "post": str(inspector.pk),
        "since": str(TODAY), "last_day": str(TODAY + dt.timedelta(days=400)),
    }  # fmt: skip
    refused = client.post("/accounts/inspections/new/", asked)
    assert refused.context["form"].errors["last_day"]
    assert 'value="走访记录核查"' in refused.text

    asked["last_day"] = str(TODAY + dt.timedelta(days=20))
    client.post("/accounts/inspections/new/", asked)
    case = inspector.inspections.get()
    address = f"/accounts/inspections/{case.pk}/"
    assert ">批准<" not in client.get(address).text
    assert client.post(address, {"do": "approve"}).status_code == 403
    sign_in(client, make_post(Role.DISTRICT_LEADER, world.district))
    client.post(address, {"do": "approve"})
    case.refresh_from_db()
    assert case.approved_at
    sign_in(client, inspector)
    page = client.get(address).text
    assert "/contacts/visits/" in page
    assert client.post(address, {"do": "close"}).status_code == 403
    sign_in(client, make_post(Role.INSPECTOR, world.district))
    assert client.get(address).status_code == 404
    assert "走访记录核查" not in client.get("/accounts/inspections/").text


def test_what_happens_to_an_account_names_nobody_in_the_trail(client, world, admin, near):
    keeping.deactivate(actor=admin, user=near.user, now=NOW)
    client.post("/accounts/people/new/", typed(world))

    for event in AuditEvent.objects.filter(actor_id=admin.user_id):
        told = f"{event.fields} {event.reason_code} {event.object_id}"
        assert not {"李敏", "王新", "limin", "wang.xin"} & set(told.split()), told
