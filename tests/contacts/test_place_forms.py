"""The pages 记下访 and 记接访: prefilled, nothing typed is lost, nobody is told too much."""

import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from contacts.models import Visit
from portal.accounts.roles import Role
from tests.factories.accounts import make_post, make_user, sign_in
from tests.factories.contacts import make_building, make_household, make_resident
from tests.factories.places import make_place_visit, make_point

pytestmark = pytest.mark.django_db

FIELD = "/contacts/visits/new/?kind=field"
RECEPTION = "/contacts/visits/new/?kind=reception"


@pytest.fixture
def leader(world):
    return make_post(Role.LEADER, world.bajiao, user=make_user(name="周海燕"))


@pytest.fixture
def clerk(world):
    return make_post(Role.CLERK, world.bajiao, user=make_user(name="何静"))


def told(where: str, **fields: str) -> dict[str, str]:
    """A form as the browser sends it."""
    return {
        "client_id": str(uuid.uuid4()),
        "where": where,
        "place": "居委会一楼",
        "occurred_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
        "m-TOTAL_FORMS": "1",
        "m-INITIAL_FORMS": "0",
        "g-TOTAL_FORMS": "1",
        "g-INITIAL_FORMS": "0",
        **fields,
    }


def test_the_own_contact_point_is_proposed(client, world, leader):
    make_point(leader.user, world.south)
    sign_in(client, leader)

    page = client.get(FIELD)

    form = page.context["form"]
    assert page.status_code == 200
    assert form["where"].value().startswith("p")
    assert form["place"].value() == "八角南里社区"
    assert form["lead"].value() == leader.user_id


def test_a_field_visit_needs_place_and_time_only(client, world, leader):
    point = make_point(leader.user, world.south)
    sign_in(client, leader)

    answer = client.post(FIELD, told(f"p{point.pk}", kind="field", lead=str(leader.user_id)))

    visit = Visit.objects.get()
    assert answer.status_code == 302
    assert answer.url == visit.get_absolute_url()
    assert (visit.kind, visit.point_id, visit.community_id) == ("FIELD", point.pk, world.south.pk)


def test_a_clerk_names_who_received(client, world, leader, clerk):
    sign_in(client, clerk)
    # Whoever walks in is received by the clerk: 本人 is proposed.
    assert client.get(RECEPTION).context["form"]["lead"].value() == clerk.user_id
    form = told(f"u{world.bajiao.pk}", kind="reception")

    answer = client.post(RECEPTION, form | {"g-0-phone": "13812345678", "text": "说到一半"})
    assert "第1位 称呼或姓名：请写称呼" in answer.content.decode()
    assert "说到一半" in answer.content.decode()
    assert not Visit.objects.exists()

    answer = client.post(RECEPTION, form | {"g-0-name": "赵大爷", "lead": str(leader.user_id)})
    visit = Visit.objects.get()
    assert answer.status_code == 302
    assert visit.community_id is None
    assert visit.guests.get().name == "赵大爷"
    # The next one at the same window: place and who receives are filled in.
    form = client.get(RECEPTION).context["form"]
    assert form["place"].value() == "居委会一楼"
    assert form["lead"].value() == leader.user_id


def test_the_form_says_whom_to_ring(client, leader, clerk):
    sign_in(client, clerk)
    page = client.get(RECEPTION).content.decode()
    for words in ("tel:110", "tel:119", "tel:120", "12345 不能代替"):
        assert words in page


def test_a_guest_is_joined_to_the_one_door_that_is_named(client, world, leader):
    home = make_household(make_building(world.south, name="3号楼"), unit="2", room="601")
    make_resident(home, name="钱淑珍")
    sign_in(client, leader)
    form = told(f"u{world.south.pk}", kind="field", lead=str(leader.user_id))
    form |= {"g-0-name": "钱阿姨", "g-0-door": "3号楼 9单元999"}

    page = client.post(FIELD, form).content.decode()
    assert "没有对上唯一的一户" in page
    assert "3号楼 9单元999" in page

    page = client.post(FIELD, form | {"g-0-door": "3号楼 2单元601"})
    assert page.status_code == 302
    assert Visit.objects.get().guests.get().household_id == home.pk
    assert "已对上登记的住户" in client.get(page.url).content.decode()


def test_a_clerk_is_offered_no_doors_and_no_promise(client, clerk, leader):
    sign_in(client, clerk)
    page = client.get(RECEPTION).content.decode()
    for words in ("g-0-door", 'name="promise"', "同去的人"):
        assert words not in page, words
    assert "在场的同事" in page
    sign_in(client, leader)
    assert 'name="promise"' in client.get(RECEPTION).content.decode()


def test_a_reception_is_proposed_in_the_own_hall(client, world, clerk):
    make_place_visit(
        world.bajiao, post=clerk, kind="RECEPTION", place="政务大厅3号窗口", lead=clerk
    )
    sign_in(client, clerk)
    form = client.get(RECEPTION).context["form"]
    assert form["where"].value() == f"u{world.bajiao.pk}"
    assert form["place"].value() == "政务大厅3号窗口"

    make_place_visit(world.south, post=clerk, kind="RECEPTION", place="南里会议室", lead=clerk)
    form = client.get(RECEPTION).context["form"]
    assert form["where"].value() == f"u{world.bajiao.pk}"
    assert form["place"].value() == ""


def test_a_promise_without_a_household_says_why_not(client, world, leader):
    sign_in(client, leader)
    form = told(f"u{world.south.pk}", kind="field", lead=str(leader.user_id))
    day = timezone.localdate().isoformat()

    page = client.post(FIELD, form | {"promise": "修门禁", "promise_due": day}).content.decode()

    assert "承诺要记在一户名下" in page
    assert "修门禁" in page


def test_a_draft_is_kept_offered_and_dropped(client, world, leader):
    sign_in(client, leader)
    form = told(f"u{world.south.pk}", kind="field", lead=str(leader.user_id), text="写到一半")
    form["g-0-name"] = "钱阿姨"
    assert client.post("/contacts/visits/draft/", form).json()["saved"]

    assert "继续上次没写完的下访" in client.get(FIELD).content.decode()
    assert "继续上次" not in client.get(RECEPTION).content.decode()
    page = client.get(f"{FIELD}&draft={form['client_id']}").content.decode()
    assert "写到一半" in page
    assert "钱阿姨" in page
    assert "没写完的下访" in client.get("/accounts/logout/").content.decode()

    assert client.post(FIELD, form).status_code == 302
    assert "继续上次没写完的下访" not in client.get(FIELD).content.decode()


def test_who_may_open_which_form(client, world, leader, clerk):
    worker = make_post(Role.COMMUNITY_WORKER, world.north)
    officer = make_post(Role.OFFICER, world.section)
    delegate = make_post(Role.DELEGATE, world.bajiao)
    expected = {
        leader: (200, 200),
        officer: (200, 403),
        clerk: (403, 200),
        delegate: (403, 200),
        worker: (403, 403),
    }
    for post, statuses in expected.items():
        sign_in(client, post)
        found = (client.get(FIELD).status_code, client.get(RECEPTION).status_code)
        assert found == statuses, post.role
    assert client.get("/contacts/visits/new/?kind=nothing").status_code == 404


@pytest.mark.parametrize("address", [FIELD, RECEPTION])
def test_the_form_takes_at_most_nine_queries(
    client, world, leader, address, django_assert_max_num_queries
):
    make_point(leader.user, world.south)
    make_place_visit(world.south, post=leader)
    make_place_visit(world.south, post=leader, kind="RECEPTION")
    for _ in range(10):
        make_post(Role.LEADER, world.bajiao)
    sign_in(client, leader)
    client.get(address)
    with django_assert_max_num_queries(9):
        assert client.get(address).status_code == 200


def test_editing_keeps_the_place_and_changes_guests(client, world, leader):
    visit = make_place_visit(
        world.south,
        post=leader,
        occurred_at=timezone.now(),
        guests=(("钱阿姨", "13812345678"), ("孙师傅", "")),
    )
    one, two = visit.guests.all()
    sign_in(client, leader)
    address = f"/contacts/visits/{visit.client_id}/edit/"
    assert "钱阿姨" in client.get(address).content.decode()
    form = told("", lead=str(leader.user_id)) | {
        "g-TOTAL_FORMS": "3",
        "g-INITIAL_FORMS": "2",
        "g-0-id": str(one.pk),
        "g-0-name": "钱淑珍",
        "g-0-phone": "13812345678",
        "g-1-id": str(two.pk),
        "g-1-name": "孙师傅",
        "g-1-drop": "on",
        "g-2-name": "李师傅",
        "occurred_at": timezone.localtime(visit.occurred_at).strftime("%Y-%m-%dT%H:%M"),
    }
    del form["where"]

    assert client.post(address, form).status_code == 302

    assert [guest.name for guest in visit.guests.all()] == ["钱淑珍", "李师傅"]
    visit.refresh_from_db()
    assert visit.place == "居委会一楼"
    assert visit.community_id == world.south.pk


@pytest.mark.parametrize(
    ("kind", "word", "not_said"), [("FIELD", "下访", "走访"), ("RECEPTION", "接访", "住户")]
)
def test_voiding_speaks_of_what_it_was(client, world, kind, word, not_said):
    officer = sign_in(client, make_post(Role.LEADER, world.bajiao))
    visit = make_place_visit(world.north, post=officer, kind=kind)
    url = reverse("contacts:visit_void", args=[visit.client_id])

    reasons = [label for _, label in client.get(url).context["form"]["usual"].field.choices]
    client.post(url, {"usual": f"误点，没有{word}"})

    assert reasons == [f"误点，没有{word}", "选错了单位", f"同一次{word}重复记录", "其他原因"]
    assert not any(not_said in reason for reason in reasons)
    visit.refresh_from_db()
    assert visit.void_reason == f"误点，没有{word}"
