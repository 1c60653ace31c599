"""登记诉求: one page, two inputs to fill in; nothing typed is lost, nothing is written twice."""

import re
import uuid

import pytest
from django.test import Client
from django.utils import timezone

from grievances.models import Grievance, GrievanceAccess, Raiser
from portal.accounts.roles import Role
from tests.factories.accounts import make_post, sign_in
from tests.factories.contacts import make_household

pytestmark = pytest.mark.django_db

NEW = "/grievances/new/"


@pytest.fixture
def clerk(client, world):
    return sign_in(client, make_post(Role.CLERK, world.bajiao))


def told(world, **changes: object) -> dict[str, object]:
    """What the browser sends of a form that was filled in with the least."""
    return {
        "client_id": uuid.uuid4(),
        "text": "小区门口的路灯坏了一个月",
        "source": "PHONE",
        "unit": world.north.pk,
        "nature": "HELP",
        "urgency": "ORDINARY",
        "regime": "LOCAL",
        "received_at": f"{timezone.localtime():%Y-%m-%dT%H:%M}",
        **changes,
    }


def sent(post, data, at: str = NEW):
    client = Client()
    sign_in(client, post)
    return client.post(at, data)


def test_a_fresh_form_asks_for_four_things_at_most_and_fills_in_the_rest(client, world, clerk):
    worker = make_post(Role.COMMUNITY_WORKER, world.north)
    sign_in(client, worker)
    form = client.get(NEW).context["form"]

    wanting = [
        name for name, field in form.fields.items()
        if field.required and not (form[name].value() or form[name].initial)
    ]  # fmt: skip
    assert set(wanting) == {"text", "source"}
    assert form["unit"].value() == world.north.pk


def test_the_page_says_whom_to_ring(client, clerk):
    page = client.get(NEW).content.decode()
    assert "先拨 110、119 或 120；12345 不管报警救人" in page


def test_it_is_registered_and_opened(client, world, clerk):
    answer = client.post(
        NEW,
        told(
            world, place="3号楼门前", name="王秀英", phone="138 0013 1234", address="3号楼",
            proxy_name="王小红", proxy_relation="女儿",
        ),
    )  # fmt: skip

    one = Grievance.objects.get()
    assert answer.url == f"/grievances/{one.number}/"
    assert (one.text, one.place) == ("小区门口的路灯坏了一个月", "3号楼门前")
    assert (one.community_id, one.registered_by_id) == (world.north.pk, clerk.pk)
    raiser = Raiser.objects.get(grievance=one)
    assert (raiser.name, raiser.phone) == ("王秀英", "13800131234")
    assert (raiser.proxy_name, raiser.proxy_relation) == ("王小红", "女儿")


def test_nobody_named_is_anonymous(client, world, clerk):
    client.post(NEW, told(world))
    assert Grievance.objects.count() == 1
    assert not Raiser.objects.exists()


def test_sent_twice_is_one(client, world, clerk):
    data = told(world)
    first, again = client.post(NEW, data), client.post(NEW, data)

    assert first.url == again.url
    assert Grievance.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "长" * 4001}, "text"),
        ({"source": "HOTLINE"}, "source"),
        ({"unit": ""}, "unit"),
        ({"phone": "12"}, "phone"),
        ({"address": "3号楼"}, "name"),
        ({"proxy_relation": "女儿"}, "proxy_name"),
        ({"received_at": "2099-01-01T10:00"}, "received_at"),
        ({"regime": "HOTLINE"}, "regime"),
        ({"urgency": ""}, "urgency"),
    ],
)
def test_an_error_stands_at_its_field_and_nothing_typed_is_lost(
    client, world, clerk, changes, field
):
    data = told(world, **{"text": "楼道灯不亮", "place": "3号楼", **changes})

    answer = client.post(NEW, data)

    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]
    assert re.search("[一-鿿]", answer.context["form"].errors[field][0])
    page = answer.content.decode()
    for name in ("text", "place", "client_id"):
        assert str(data[name]) in page
    assert not Grievance.objects.exists()


def test_another_streets_place_is_none_of_the_choices(client, world, clerk):
    answer = client.post(NEW, told(world, unit=world.gucheng_community.pk))
    assert "unit" in answer.context["form"].errors
    assert not Grievance.objects.exists()


def test_a_letter_to_the_office_is_taken_at_a_street_and_not_in_a_community(world, clerk):
    worker = make_post(Role.COMMUNITY_WORKER, world.north)

    refused = sent(worker, told(world, regime="PETITION"))
    assert "regime" in refused.context["form"].errors
    sent(clerk, told(world, regime="PETITION"))

    assert Grievance.objects.get().registered_by_id == clerk.pk


def test_at_a_household_the_place_is_known(client, world):
    worker = sign_in(client, make_post(Role.COMMUNITY_WORKER, world.north))
    home = make_household(world.building, worker=worker.user)

    page = client.get(f"{NEW}?household={home.pk}")
    assert "unit" not in page.context["form"].fields
    client.post(NEW, told(world, household=home.pk))

    one = Grievance.objects.get()
    assert (one.household_id, one.building_id) == (home.pk, world.building.pk)


def test_a_household_out_of_sight_does_not_exist(client, world, clerk):
    home = make_household(community=world.gucheng_community)

    for asked in (home.pk, 10**12, "x"):
        assert client.get(f"{NEW}?household={asked}").status_code == 404
    assert client.post(NEW, told(world, household=home.pk)).status_code == 404
    assert not Grievance.objects.exists()


def test_a_restricted_one_is_opened_to_those_named_and_keeps_its_place_sealed(client, world, clerk):
    leader = make_post(Role.LEADER, world.bajiao)
    data = told(world, is_restricted="on", named=[leader.pk], place="5号楼502")

    client.post(NEW, data)

    one = Grievance.objects.get()
    assert (one.is_restricted, one.text, one.place) == (True, "", "")
    assert one.words == "小区门口的路灯坏了一个月\n地点：5号楼502"
    assert set(GrievanceAccess.objects.values_list("post_id", flat=True)) == {clerk.pk, leader.pk}


def test_only_posts_of_the_own_street_can_be_named(client, world, clerk):
    stranger = make_post(Role.LEADER, world.gucheng)

    answer = client.post(NEW, told(world, is_restricted="on", named=[stranger.pk]))

    assert "named" in answer.context["form"].errors
    assert not Grievance.objects.exists()


def test_named_without_restricted_is_asked_about(client, world, clerk):
    leader = make_post(Role.LEADER, world.bajiao)
    answer = client.post(NEW, told(world, named=[leader.pk]))
    assert "is_restricted" in answer.context["form"].errors


def test_words_of_danger_are_asked_about_once_and_nothing_is_decided_by_them(client, world, clerk):
    data = told(world, text="楼上天天打孩子，孩子哭一晚上")

    answer = client.post(NEW, data)

    page = answer.content.decode()
    assert "现在就拨 110" in page
    assert "封存" in page
    assert data["text"] in page
    assert not Grievance.objects.exists()

    client.post(NEW, {**data, "asked": "on"})
    assert Grievance.objects.get().is_restricted is False


def test_a_restricted_report_of_danger_is_taken_at_once(client, world, clerk):
    client.post(NEW, told(world, text="楼上天天打孩子", is_restricted="on"))
    assert Grievance.objects.get().is_restricted


def test_after_a_most_urgent_one_the_next_page_says_whom_to_ring_now(client, world, clerk):
    client.post(NEW, told(world, urgency="CRITICAL"))
    assert "登记不等于报警" in client.get("/grievances/").content.decode()
