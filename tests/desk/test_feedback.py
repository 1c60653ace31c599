"""反馈箱: anybody writes, unnamed if they like; the district answers; the writer reads it."""

import uuid

import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.utils import timezone

from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.core.errors import DomainError
from portal.desk import services
from portal.desk.models import Feedback
from portal.desk.services import FeedbackEntry
from tests.factories.accounts import make_post, make_user, make_world, sign_in
from tests.factories.contacts import make_household, make_resident
from tests.factories.exports import exported
from tests.factories.rights import make_feedback

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

URL = "/feedback/"


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def worker(world):
    user = make_user("zhangwei", name="张伟")
    return make_post(Role.COMMUNITY_WORKER, world.north, user=user)


@pytest.fixture
def admin(world):
    return make_post(Role.DISTRICT_ADMIN, world.district)


def message(**changes) -> FeedbackEntry:
    return FeedbackEntry(
        **{"client_id": uuid.uuid4(), "kind": "WISH", "text": "希望能按楼排", **changes}
    )


def test_a_message_sent_twice_is_one(worker):
    entry = message(page="https://elsewhere.example/contacts/visits/?q=王秀英")

    first = services.send_feedback(actor=worker, entry=entry, now=timezone.now())
    second = services.send_feedback(actor=worker, entry=entry, now=timezone.now())

    assert first == second
    assert first.page == "/contacts/visits/"
    assert AuditEvent.objects.filter(action="feedback.send").count() == 1


@pytest.mark.parametrize("page", ["javascript:alert(1)", "/搜索/王秀英/", ""])
def test_only_a_path_of_ours_is_kept(page):
    assert services.path_of(page) in {"", "/"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"kind": "X"}, "kind"), ({"text": " "}, "text"), ({"text": "多" * 2001}, "text")],
)
def test_what_is_missing_is_said(worker, changes, field):
    with pytest.raises(DomainError) as refused:
        services.send_feedback(actor=worker, entry=message(**changes), now=timezone.now())

    assert refused.value.field == field


def test_the_trail_does_not_join_an_unnamed_message_to_its_writer(worker):
    services.send_feedback(actor=worker, entry=message(unnamed=True), now=timezone.now())

    event = AuditEvent.objects.get(action="feedback.send")
    assert (event.object_kind, event.object_id) == ("", "")
    assert event.actor_username == "zhangwei"


def test_who_answers_sees_the_street_of_an_unnamed_one(client, worker, admin):
    make_feedback(worker, unnamed=True, text="点三次，电话13800131234")
    make_feedback(worker, text="具名的意见")
    sign_in(client, admin)

    html = client.get("/feedback/box/").content.decode()
    unnamed = Feedback.objects.get(unnamed=True)
    page = client.get(f"/feedback/{unnamed.pk}/").content.decode()

    assert html.count("张伟") == 1
    assert html.count("八角街道") == 2
    for shown in (html, page):
        assert "13800131234" not in shown
        assert "zhangwei" not in shown
    assert "张伟" not in page


def test_a_reply_reaches_the_writer_and_nobody_else(client, world, worker, admin):
    found = make_feedback(worker)
    sign_in(client, admin)
    client.post(f"/feedback/{found.pk}/", {"do": "take"})
    client.post(f"/feedback/{found.pk}/", {"reply": "下周改成一次。"})

    sign_in(client, worker)
    assert "下周改成一次。" in client.get("/").content.decode()
    assert "下周改成一次。" in client.get(URL).content.decode()
    sign_in(client, make_post(Role.COMMUNITY_WORKER, world.north))
    assert "下周改成一次。" not in client.get(URL).content.decode()
    found.refresh_from_db()
    assert found.owner == admin.user


def test_another_district_answers_nothing(world, worker):
    found = make_feedback(worker)
    stranger = make_post(Role.DISTRICT_ADMIN, world.other_district)

    with pytest.raises(ObjectDoesNotExist):
        services.reply_feedback(actor=stranger, message_id=found.pk, words="好", now=timezone.now())
    with pytest.raises(PermissionDenied):
        services.take_feedback(actor=worker, message_id=found.pk)


def test_an_empty_reply_is_none(worker, admin):
    found = make_feedback(worker)

    with pytest.raises(DomainError):
        services.reply_feedback(actor=admin, message_id=found.pk, words=" ", now=timezone.now())


def test_the_form_keeps_what_was_typed_and_the_page(client, worker):
    sign_in(client, worker)

    shown = client.get(f"{URL}?page=/contacts/diary/%3Fperson%3D3").content.decode()
    refused = client.post(URL, {"client_id": uuid.uuid4(), "text": "写了一半", "page": "/x/"})

    assert "关于页面 /contacts/diary/" in shown
    assert "person=3" not in shown.split("<main")[1]
    assert "写了一半" in refused.content.decode()
    assert not Feedback.objects.exists()


def test_the_people_of_the_writers_street_are_hidden_from_who_answers(client, world, worker):
    """A system administrator holds no data of residents; the writer reads the own words."""
    make_resident(make_household(world.building), name="钱文静", phone="13800139876")
    make_resident(make_household(community=world.gucheng_community), name="周文彬")
    text = "改不了钱文静（13800139876，12号楼3单元502室）的电话，王秀英帮我试过，周文彬也是"
    made = make_feedback(worker, text=text, unnamed=True)
    sign_in(client, make_post(Role.SYSTEM_ADMIN, world.district))

    for address in ("/feedback/box/", f"/feedback/{made.pk}/"):
        page = client.get(address).text
        assert "改不了钱**（138****9876，12号楼*）的电话，王秀英帮我试过" in page
    sign_in(client, worker)
    assert text in client.get(URL).text


def test_of_a_post_above_the_streets_everybody_is_known(client, world, admin):
    make_resident(make_household(world.building), name="钱文静")
    officer = make_post(Role.OFFICER, world.district)
    make_feedback(officer, text="查不到钱文静")
    sign_in(client, make_post(Role.SYSTEM_ADMIN, world.district))

    assert "查不到钱**" in client.get("/feedback/box/").text


def test_a_colleagues_reply_is_read_with_people_hidden_and_not_put_into_the_field(
    client, world, worker, admin
):
    make_resident(make_household(world.building), name="钱文静")
    made = make_feedback(
        worker, owner=admin.user, reply="钱文静的已改好", replied_at=timezone.now()
    )
    url = f"/feedback/{made.pk}/"
    sign_in(client, make_post(Role.SYSTEM_ADMIN, world.district))

    theirs = client.get(url)
    sign_in(client, admin)
    own = client.get(url)

    assert "钱**的已改好" in theirs.text
    assert "钱文静" not in theirs.text
    assert own.context["form"].initial["reply"] == "钱文静的已改好"


def test_lists_are_flat(client, worker, admin, assert_flat):
    sign_in(client, admin)
    assert_flat("/feedback/box/", lambda: make_feedback(worker))


def test_the_box_as_a_file_names_nobody_who_wished_not_to_be_named(
    settings, tmp_path, client, world, worker, admin
):
    settings.JOB_FILES = tmp_path / "jobs"
    make_feedback(worker, text="=张大爷的电话13800131234" + "写不下" * 40, page="/contacts/visits/")
    make_feedback(worker, unnamed=True, text="按钮太小")
    make_feedback(admin, unnamed=True, text="我的13900139000")
    elsewhere = make_post(Role.COMMUNITY_WORKER, world.other_district)
    make_feedback(elsewhere, text="别的区")
    make_feedback(worker, text="答过了", owner=admin.user, reply="好", replied_at=timezone.now())
    sign_in(client, admin)
    page = client.get("/feedback/box/").content.decode()

    rows = exported(admin, "feedback")

    assert [row[2:] for row in rows] == [
        ["我的139****9000", "区级单位", "", ""],
        ["按钮太小", "八角街道", "", ""],
        [rows[2][2], "八角街道 张伟", "/contacts/visits/", ""],
    ]
    assert rows[2][2].startswith("'=张大爷的电话138****1234写不下")
    assert rows[2][2].removeprefix("'") in page
    assert [row[2] for row in exported(admin, "feedback", "state=answered")] == ["答过了"]
    assert "别的区" not in str(rows)
    assert 'href="/reports/exports/new/feedback/' in page
    asked = AuditEvent.objects.filter(action="export.ask").values_list("reason_code", "fields")
    assert list(asked.order_by("pk")) == [("MEETING", []), ("MEETING", ["state"])]
