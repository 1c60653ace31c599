"""Registering and changing a household in the browser's way: nothing typed is lost."""

import datetime as dt

import pytest
from django.utils import timezone

from contacts.models import Household
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from tests.factories.accounts import make_post, make_world, sign_in
from tests.factories.contacts import (
    make_building,
    make_care,
    make_category,
    make_household,
    make_resident,
    make_reveal,
)

pytestmark = pytest.mark.django_db

NEW = "/contacts/households/new/"


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def worker(world, client):
    return sign_in(client, make_post(Role.COMMUNITY_WORKER, world.north))


@pytest.fixture
def household(world, worker):
    return make_household(world.building, worker=worker.user, unit="3", room="502")


def typed(world, *people, **fields):
    """What a browser sends: a house, and a row for each person."""
    data = {
        "building": world.building.pk,
        "unit": "3",
        "room": "502",
        "floor": "",
        "door_wish": "NONE",
        "people-TOTAL_FORMS": len(people),
        "people-INITIAL_FORMS": 0,
        **fields,
    }
    for number, person in enumerate(people):
        row = {"name": "", "relation": "HEAD", "phone": "", "birth_year": "", "id": "", **person}
        data |= {f"people-{number}-{name}": value for name, value in row.items()}
    return data


def test_a_worker_registers_a_household_and_lands_on_its_door_card(client, world, worker):
    alone = make_category("独居老人", code="ALONE")
    data = typed(
        world,
        {"name": "王秀英", "phone": "138 0013 1234", "is_contact": "on"},
        {"relation": ""},
        cares=["ALONE"],
        avoid="老伴去年去世",
    )

    response = client.post(NEW, data)

    household = Household.objects.get()
    assert response.headers["Location"] == household.get_absolute_url()
    assert household.residents.get().phone == "13800131234"
    assert household.cares.get().category == alone
    assert household.duties.get().user == worker.user
    html = client.get(response.headers["Location"]).content.decode()
    assert "老伴去年去世" in html
    assert "您负责" in html


@pytest.mark.parametrize(
    ("change", "person", "said"),
    [
        ({"room": ""}, {}, "必须填写，如 502"),
        ({"building": ""}, {}, "请从列表里选一栋"),
        ({"floor": "999"}, {}, "请填 -5 到 199"),
        ({"door_wish": "PHONE"}, {}, "请写明原因"),
        ({}, {"phone": "12345"}, "号码不对，请核对"),
        ({}, {"birth_year": "1066"}, "四位年份，如 1950"),
        ({}, {"name": "", "phone": "13800131234"}, "必须填写，写全名"),
        ({}, {"relation": ""}, "请选一项"),
    ],
)
def test_an_error_is_said_in_chinese_and_nothing_typed_is_lost(
    client, world, worker, change, person, said
):
    row = {"name": "王秀英", "phone": "13800135678", **person}
    data = typed(world, row, note="门铃坏了请敲门") | change

    html = client.post(NEW, data).content.decode()

    assert said in html
    assert "error-summary" in html
    assert "门铃坏了请敲门" in html
    assert not row["name"] or row["name"] in html
    assert not Household.objects.exists()


def test_a_door_that_is_there_already_is_said_at_the_room(client, world, household):
    html = client.post(NEW, typed(world, room="502室", unit="3单元")).content.decode()

    assert "这个门牌已经登记过了" in html
    assert 'href="#id_room"' in html
    assert Household.objects.count() == 1


def test_only_one_person_is_rung_first(client, world, worker):
    people = [{"name": name, "is_contact": "on"} for name in ("王秀英", "王建华")]

    html = client.post(NEW, typed(world, *people)).content.decode()

    assert "首选联系人只能选一位" in html
    assert "王建华" in html


def test_buildings_of_other_communities_are_no_choice(client, world, worker):
    elsewhere = make_building(world.south, name="南里9号楼")

    assert "南里9号楼" not in client.get(NEW).content.decode()
    html = client.post(NEW, typed(world, building=elsewhere.pk)).content.decode()

    assert "error-summary" in html
    assert not Household.objects.exists()


def test_a_street_administrator_names_the_responsible_and_sets_no_categories(client, world, worker):
    make_category(code="ALONE")
    sign_in(client, make_post(Role.STREET_ADMIN, world.bajiao))

    assert 'name="cares"' not in client.get(NEW).content.decode()
    client.post(NEW, typed(world, cares=["ALONE"], responsible=worker.user_id))

    household = Household.objects.get()
    assert not household.cares.exists()
    assert household.duties.get().user == worker.user


def test_who_does_not_fit_is_refused_as_responsible_and_nothing_is_registered(client, world):
    sign_in(client, make_post(Role.STREET_ADMIN, world.bajiao))
    elsewhere = make_post(Role.COMMUNITY_WORKER, world.south)

    html = client.post(NEW, typed(world, responsible=elsewhere.user_id)).content.decode()

    assert "没有管到这一户的走访岗位" in html
    assert not Household.objects.exists()


def test_the_form_of_a_household_shows_what_it_has(client, household):
    make_resident(household, name="王秀英", is_contact=True)
    make_resident(household, name="陈大海", left_on=timezone.localdate())
    make_care(household, make_category("旧的类别", code="OLD", valid_until=timezone.localdate()))

    html = client.get(f"{household.get_absolute_url()}edit/").content.decode()

    assert 'value="13800131234"' in html
    assert 'value="502"' in html
    assert "旧的类别（已停用）" in html
    assert "陈大海" not in html
    assert AuditEvent.objects.get().action == "household.open"


def test_people_are_changed_added_and_sent_on_their_way(client, world, household):
    resident = make_resident(household, name="王秀英")
    today = timezone.localdate().isoformat()
    data = typed(
        world,
        {"id": resident.pk, "name": "王秀英", "left_on": today, "phone": "13800131234"},
        {"name": "王建华", "relation": "CHILD"},
        {"relation": ""},
    )

    response = client.post(f"{household.get_absolute_url()}edit/", data)

    assert response.status_code == 302
    rows = household.residents.order_by("pk").values_list("name", "left_on")
    assert list(rows) == [("王秀英", timezone.localdate()), ("王建华", None)]


@pytest.mark.parametrize("role", [Role.COMMUNITY_WORKER, Role.STREET_ADMIN, Role.LEADER])
def test_who_sees_it_masked_gets_no_form_but_is_told_the_way(client, world, household, role):
    make_resident(household, name="王秀英")
    place = world.north if role == Role.COMMUNITY_WORKER else world.bajiao
    sign_in(client, make_post(role, place))

    response = client.get(f"{household.get_absolute_url()}edit/")

    assert response.status_code == 403
    html = response.content.decode()
    assert "说明理由后查看" in html
    assert "王秀英" not in html


def test_a_reveal_that_ran_out_while_typing_keeps_what_was_typed(client, world, household):
    colleague = sign_in(client, make_post(Role.COMMUNITY_WORKER, world.north))
    make_reveal(household, colleague, at=timezone.now() - dt.timedelta(minutes=31))
    make_resident(household, name="王秀英")
    data = typed(world, {"name": "李新来"}, note="换了门锁")

    html = client.post(f"{household.get_absolute_url()}edit/", data).content.decode()

    assert "不能修改" in html
    assert "换了门锁" in html
    assert "李新来" in html
    assert "王秀英" not in html
    household.refresh_from_db()
    assert household.note == ""


def test_the_form_of_another_community_does_not_exist(client, world, household):
    sign_in(client, make_post(Role.COMMUNITY_WORKER, world.south))

    for method in (client.get, client.post):
        assert method(f"{household.get_absolute_url()}edit/").status_code == 404


def test_the_responsible_worker_is_named_and_who_was_it_stays(client, world, household, worker):
    successor = make_post(Role.COMMUNITY_WORKER, world.north)
    sign_in(client, make_post(Role.LEADER, world.bajiao))
    url = f"{household.get_absolute_url()}duty/"

    assert successor.user.name in client.get(url).content.decode()
    response = client.post(url, {"user": successor.user_id}, follow=True)

    html = response.content.decode()
    assert f"从今天起由{successor.user.name}负责" in html
    assert "以前的责任人（1）" in html
    assert worker.user.name in html


def test_naming_nobody_or_a_stranger_is_refused(client, world, household, worker):
    stranger = make_post(Role.COMMUNITY_WORKER, world.south)
    sign_in(client, make_post(Role.LEADER, world.bajiao))
    url = f"{household.get_absolute_url()}duty/"

    for user in ("", stranger.user_id):
        assert "error-summary" in client.post(url, {"user": user}).content.decode()
    assert household.duties.get().user == worker.user


def test_a_claim_of_millions_of_people_costs_no_more_than_a_full_house(client, world, worker):
    answer = client.post(NEW, typed(world, **{"people-TOTAL_FORMS": 9_999_999}))

    assert not Household.objects.exists()
    assert len(answer.context["formset"].forms) == 20
    assert "一户最多登记20人。" in answer.content.decode()


# --- Everything in one round ------------------------------------------------------------------


def test_the_door_the_wish_and_the_people_are_judged_in_one_round(client, world, household):
    people = [
        {"name": "王秀英", "birth_year": "五〇", "is_contact": "on"},
        {"name": "王建华", "phone": "123", "is_contact": "on"},
    ]
    data = typed(world, *people, door_wish="PHONE")

    html = client.post(NEW, data).content.decode()

    for said in (
        "这个门牌已经登记过了",
        "请写明原因",
        "请填四位年份，如 1950",
        "号码不对",
        "首选联系人只能选一位",
    ):
        assert said in html
    assert ">第1人 出生年份：请填四位年份，如 1950。</a>" in html
    assert "is-stacked" in html


def test_a_formula_is_refused_beside_its_field_and_stays_to_be_mended(client, world, worker):
    """A name like =HYPERLINK(…) is refused by the form as by the import, for every one of them."""
    evil = '=HYPERLINK("http://evil","x")'
    data = typed(world, {"name": "王秀英"}, {"name": evil, "relation": "CHILD"}, unit="+1")

    html = client.post(NEW, data).content.decode()

    said = "不能以 = + - @ 开头，请改成真实内容。"
    assert f">第2人 姓名：{said}</a>" in html
    for field in ("id_people-1-name", "id_unit"):
        assert f'<p id="error_1_{field}"><strong>{said}</strong></p>' in html
    assert "HYPERLINK(&quot;http://evil&quot;" in html
    assert not Household.objects.exists()


def test_a_name_that_is_a_formula_is_not_taken_in_a_change_either(client, world, household):
    resident = make_resident(household, name="王秀英")
    data = typed(world, {"id": resident.pk, "name": "@王秀英"})

    html = client.post(f"{household.get_absolute_url()}edit/", data).content.decode()

    assert "不能以 = + - @ 开头" in html
    resident.refresh_from_db()
    assert resident.name == "王秀英"


def test_who_sees_the_household_behind_the_door_is_led_to_it(client, world, household):
    html = client.post(NEW, typed(world)).content.decode()

    assert f'href="{household.get_absolute_url()}"' in html


def test_who_sees_it_masked_is_told_whom_to_ask_and_not_which_household_it_is(
    client, world, worker, household
):
    sign_in(client, make_post(Role.COMMUNITY_WORKER, world.north))

    html = client.post(NEW, typed(world)).content.decode()

    assert f"走访责任人是{worker.user.name}" in html
    assert household.get_absolute_url() not in html
    household.duties.all().delete()
    assert "还没有走访责任人" in client.post(NEW, typed(world)).content.decode()


def test_a_household_keeps_its_own_door_and_takes_no_other(client, world, worker, household):
    make_household(world.building, worker=worker.user, unit="3", room="503")
    edit = f"{household.get_absolute_url()}edit/"

    assert client.post(edit, typed(world)).status_code == 302
    assert "这个门牌已经登记过了" in client.post(edit, typed(world, room="503")).content.decode()


# --- Out of use -------------------------------------------------------------------------------


def test_a_household_is_taken_out_of_use_from_its_edit_page(client, household):
    edit = f"{household.get_absolute_url()}edit/"
    today = timezone.localdate()
    assert "停用这一户" in client.get(edit).content.decode()

    later = {"end": "1", "end-ended_on": today + dt.timedelta(days=1), "end-reason": "搬走"}
    assert "这一天还没到" in client.post(edit, later).content.decode()
    assert (
        "必须填写，如：全家搬到外区"
        in client.post(edit, later | {"end-reason": ""}).content.decode()
    )
    response = client.post(edit, later | {"end-ended_on": today}, follow=True)

    assert "这一户已停用" in response.content.decode()
    household.refresh_from_db()
    assert household.ended_on == today


def test_who_sees_it_masked_does_not_end_it(client, world, household):
    sign_in(client, make_post(Role.COMMUNITY_WORKER, world.north))
    data = {"end": "1", "end-ended_on": timezone.localdate(), "end-reason": "搬走"}

    assert client.post(f"{household.get_absolute_url()}edit/", data).status_code == 403
    household.refresh_from_db()
    assert household.ended_on is None


def test_the_first_person_is_proposed_as_whom_to_ring_and_nobody_need_be_there(
    client, world, worker
):
    first, *others = client.get(NEW).context["formset"].forms

    assert first["is_contact"].value()
    assert not any(form["is_contact"].value() for form in others)
    client.post(NEW, typed(world, {}))
    assert not Household.objects.get().residents.exists()
