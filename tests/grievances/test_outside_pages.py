"""The desk and people who never sign in: the book, the page of links and calls, 转办单, 催办单."""

import datetime as dt

import pytest

from grievances.kinds import State
from grievances.models import Call, Event, Grievance, HandlerLink, Liaison
from grievances.services.chases import chase_unit
from grievances.services.liaisons import LiaisonEntry, add_liaison
from grievances.services.revealing import reveal
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.core.errors import DomainError
from tests.factories.accounts import make_post, sign_in
from tests.factories.outside import Outside

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 18, 2, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
SECRETS = ("王秀英", "13800131234")


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def outside(world):
    return Outside(world, NOW)


@pytest.fixture
def colleague(outside):
    """At the desk too, but not the resident's contact, who sees everything in full."""
    return make_post(Role.CLERK, outside.world.bajiao)


@pytest.fixture
def desk(client, colleague):
    sign_in(client, colleague)
    return client


def path(outside, tail="outside/"):
    return f"/grievances/{outside.found.number}/{tail}"


def html(answer):
    return answer.content.decode()


def trail(action):
    return AuditEvent.objects.filter(action=action).count()


# --- The book -------------------------------------------------------------------------------


def test_the_book_is_kept_by_its_desk(desk, outside):
    told = {"unit": outside.unit.pk, "name": "李工", "phone": "139 1111 2222", "note": ""}
    desk.post("/grievances/liaisons/new/", told)
    desk.post("/grievances/liaisons/new/", told)
    row = Liaison.objects.get()

    assert (row.phone, row.keeper) == ("13911112222", outside.world.bajiao)
    assert "13911112222" in html(desk.get("/grievances/liaisons/"))
    desk.post(f"/grievances/liaisons/{row.pk}/", {**told, "name": "赵工"})
    assert Liaison.objects.get().name == "赵工"
    desk.post(f"/grievances/liaisons/{row.pk}/end/")
    assert Liaison.objects.get().ended_on == NOW.date()
    assert "13911112222" not in html(desk.get("/grievances/liaisons/"))


def test_another_desk_sees_neither_row_nor_number(client, outside):
    row = outside.liaison()
    for role, place in (
        (Role.CLERK, outside.world.gucheng),
        (Role.DISTRICT_ADMIN, outside.world.district),
    ):
        sign_in(client, make_post(role, place))
        assert "13911112222" not in html(client.get("/grievances/liaisons/"))
        assert client.get(f"/grievances/liaisons/{row.pk}/").status_code == 404
        assert client.post(f"/grievances/liaisons/{row.pk}/end/").status_code == 404
    assert Liaison.objects.get().ended_on is None


def test_what_is_wrong_is_said_at_its_field(outside):
    for changes, field in (
        ({"phone": "123"}, "phone"),
        ({"phone": ""}, "phone"),
        ({"name": " "}, "name"),
        ({"unit_id": outside.world.gucheng_community.pk}, "unit"),
        ({"note": "长" * 101}, "note"),
    ):
        told = {"unit_id": outside.unit.pk, "name": "李工", "phone": "13911112222", **changes}
        with pytest.raises(DomainError) as refused:
            add_liaison(actor=outside.clerk, entry=LiaisonEntry(**told), now=NOW)
        assert refused.value.field == field


# --- The page of links and calls ------------------------------------------------------------


def test_the_desk_makes_shows_replaces_and_revokes_a_link(desk, outside):
    outside.liaison()
    assert "联络和办理链接" in html(desk.get(path(outside, "")))
    shown = html(desk.get(path(outside)))
    assert "13911112222" in shown
    assert "/h/" not in shown

    link = f"outside/{outside.assignment().pk}/"
    desk.post(path(outside, link))
    first = HandlerLink.objects.get()
    page = desk.get(path(outside))
    assert f"/h/{first.token}/" in html(page)
    assert page["Cache-Control"] == "no-store"
    assert trail("grievance.link_show") == 1

    desk.post(path(outside, link))
    second = HandlerLink.objects.exclude(pk=first.pk).get()
    shown = html(desk.get(path(outside)))
    assert str(second.token) in shown
    assert str(first.token) not in shown
    desk.post(path(outside, link), {"revoke": "1"})
    assert "/h/" not in html(desk.get(path(outside)))


@pytest.mark.parametrize(
    ("role", "where", "status"),
    [
        (Role.HANDLER, "section", 403),
        (Role.LEADER, "bajiao", 403),
        (Role.COMMUNITY_WORKER, "north", 403),
        (Role.CLERK, "gucheng", 404),
        (Role.STREET_ADMIN, "gucheng", 404),
    ],
)
def test_nobody_else_sees_a_link(client, outside, role, where, status):
    token = str(outside.link().token)
    sign_in(client, make_post(role, getattr(outside.world, where)))

    for tail in ("outside/", "forward/"):
        answer = client.get(path(outside, tail))
        assert answer.status_code == status
        assert token not in html(answer)
    made = client.post(path(outside, f"outside/{outside.assignment().pk}/"))
    assert made.status_code == status
    assert HandlerLink.objects.count() == 1
    assert token not in html(client.get(path(outside, "")))


def test_a_call_is_kept_and_masked(desk, colleague, outside):
    liaison = outside.liaison()
    told = {
        "whom": f"{outside.unit.pk}.{liaison.pk}",
        "at": "2026-11-18T10:00",
        "words": "李工说明天去王秀英家，13800131234。",
    }
    for _ in range(2):
        desk.post(path(outside), told)

    call = Call.objects.get()
    assert (call.unit, call.liaison, call.by) == (outside.unit, liaison, colleague)
    shown = html(desk.get(path(outside)))
    assert "李工说明天去" in shown
    assert not any(secret in shown for secret in SECRETS)


@pytest.mark.parametrize("changes", [{"at": "2026-11-19T09:30"}, {"words": " "}, {"whom": "99."}])
def test_a_call_that_cannot_be_is_refused(desk, outside, changes):
    told = {"whom": f"{outside.unit.pk}.", "at": "2026-11-18T10:00", "words": "说好了", **changes}
    assert "需要修改" in html(desk.post(path(outside), told))
    assert not Call.objects.exists()


# --- 转办单 ---------------------------------------------------------------------------------


def test_the_sheet_names_nobody_until_a_reason_was_stated(desk, colleague, outside):
    outside.link()
    sheet = html(desk.get(path(outside, "forward/")))
    for words in ("供电公司", outside.world.section.name, outside.found.number, "二维码"):
        assert words in sheet
    # Asking is not enough.
    for shown in (sheet, html(desk.post(path(outside, "forward/")))):
        assert not any(secret in shown for secret in SECRETS)

    reveal(actor=colleague, number=outside.found.number, reason="PHONE", note="", now=NOW)
    plain = html(desk.get(path(outside, "forward/")))
    assert not any(secret in plain for secret in SECRETS)
    named = html(desk.post(path(outside, "forward/")))
    assert all(secret in named for secret in SECRETS)
    assert list(
        AuditEvent.objects.filter(action="grievance.forward")
        .order_by("pk")
        .values_list("reason_code", flat=True)
    ) == ["", "", "", "NAMED"]


def test_a_restricted_one_has_neither_sheet_nor_link(client, desk, outside):
    outside.seal()
    assert desk.get(path(outside)).status_code == 404

    sign_in(client, outside.clerk)  # who is named for it
    assert client.get(path(outside, "forward/")).status_code == 302
    client.post(path(outside, f"outside/{outside.assignment().pk}/"))
    assert not HandlerLink.objects.exists()


# --- 催办单 ---------------------------------------------------------------------------------


def due(found, days):
    at = NOW + days * DAY
    Grievance.objects.filter(pk=found.pk).update(due_at=at, due_on=at.date())


@pytest.fixture
def late(outside):
    due(outside.found, -1)
    soon = outside.given()
    due(soon, 3)
    far = outside.given()
    due(far, 4)
    return outside


def test_a_unit_is_chased_once_a_day_for_all_it_owes(desk, colleague, late):
    listed = html(desk.get("/grievances/chases/"))
    assert "供电公司" in listed
    assert "要催 2 件" in listed
    assert "过期 1 件" in listed
    sheet = html(desk.get(f"/grievances/chases/{late.unit.pk}/"))
    assert late.found.number in sheet
    assert not any(secret in sheet for secret in SECRETS)

    for _ in range(2):
        desk.post(f"/grievances/chases/{late.unit.pk}/")
    assert Event.objects.filter(move="chase", post=colleague).count() == 2
    assert "今天已催" in html(desk.get(f"/grievances/chases/{late.unit.pk}/"))

    assert chase_unit(actor=late.clerk, unit_id=late.unit.pk, now=NOW + DAY) == 3


def test_what_waits_for_the_desk_or_is_restricted_is_not_chased(desk, late, world):
    Grievance.objects.filter(pk=late.found.pk).update(state=State.OBJECTED)
    other = late.given()
    due(other, 0)
    late.found = other
    late.seal()

    assert "要催 1 件" in html(desk.get("/grievances/chases/"))
    assert other.number not in html(desk.get(f"/grievances/chases/{late.unit.pk}/"))


def test_another_street_chases_nothing_of_it(client, late):
    sign_in(client, make_post(Role.CLERK, late.world.gucheng))

    assert "供电公司" not in html(client.get("/grievances/chases/"))
    assert client.get(f"/grievances/chases/{late.unit.pk}/").status_code == 404
    client.post(f"/grievances/chases/{late.unit.pk}/")
    assert not Event.objects.filter(move="chase").exists()
