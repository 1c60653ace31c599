"""外勤会话: registered devices, eight hours, and what is left of a sign-in that has been idle."""

import datetime as dt
import re
import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import resolve
from django.utils import timezone

from contacts.models import Visit
from portal.accounts import field
from portal.accounts.models import Device, FieldSession, Post
from portal.accounts.roles import Role
from portal.accounts.services import devices, people
from portal.accounts.services.links import withdraw_password
from portal.audit.models import AuditEvent
from portal.core import context
from portal.core.errors import DomainError
from tests.factories.accounts import PASSWORD, make_post, sign_in
from tests.factories.contacts import make_household, make_visit
from tests.portal.test_access import ACCESS, records

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

HOUR = dt.timedelta(hours=1)
ROUND = "/contacts/visits/round/"
#: What an 外勤会话 may open (by hand): logging, own households, the way out.
IN_FIELD = {
    "contacts:visit_new",
    "contacts:visit_draft",
    "contacts:visit_edit",
    "contacts:visit_sync",
    "contacts:round_list",
    "contacts:round",
    "contacts:round_take",
    "contacts:to_complete",
    "contacts:household_list",
    "contacts:household",
    "accounts:field_end",
    "accounts:unlock",
}
#: For people who are not signed in at all.
PUBLIC = {name for name, row in ACCESS.items() if row.roles is None}


@pytest.fixture
def worker(world) -> Post:
    return make_post(Role.COMMUNITY_WORKER, world.north)


@pytest.fixture
def phone(client, worker) -> Client:
    """The worker's registered phone with an 外勤会话."""
    sign_in(client, worker)
    client.post("/accounts/me/devices/", {"name": "我的手机", "current": PASSWORD})
    client.post("/accounts/field/start/")
    return client


def idle(client: Client, *, hours: float = 1) -> None:
    session = client.session
    session[field.SEEN_KEY] = int(timezone.now().timestamp() - hours * 3600)
    session.save()


def unlock(client: Client) -> None:
    client.post("/accounts/unlock/", {"current": PASSWORD})


def is_out(client: Client) -> bool:
    return client.get("/accounts/me/").url.startswith("/accounts/login/")


def asks_password(answer) -> bool:
    return answer.status_code == 302 and answer.url.startswith("/accounts/unlock/?next=")


def reasons() -> list[str]:
    rows = AuditEvent.objects.filter(action="field.end").order_by("pk")
    return list(rows.values_list("reason_code", flat=True))


def test_a_device_is_registered_with_the_password(client, worker):
    sign_in(client, worker)
    client.post("/accounts/me/devices/", {"name": "我的手机", "current": "wrong"})
    assert not Device.objects.exists()
    assert AuditEvent.objects.filter(action="account.sign_in_failure").count() == 1

    client.post("/accounts/me/devices/", {"name": "我的手机", "current": PASSWORD})
    device = Device.objects.get()
    cookie = client.cookies[field.DEVICE_COOKIE]
    assert cookie["httponly"]
    assert cookie.value not in (device.token_digest, "")
    assert AuditEvent.objects.filter(action="device.register").count() == 1


def test_five_wrong_passwords_lock(client, worker):
    sign_in(client, worker)
    for _ in range(5):
        answer = client.post("/accounts/me/devices/", {"name": "x", "current": "wrong"})
    assert answer.status_code == 429
    assert is_out(client)


def test_an_idle_session_without_field_work_ends(client, worker):
    sign_in(client, worker)
    client.get("/")
    idle(client)
    assert is_out(client)


def test_out_of_doors_only_logging_is_left_until_the_password(phone, worker):
    """From the first moment, and again once it has been idle."""
    assert phone.get(ROUND).status_code == 200
    assert "外勤会话，到" in phone.get(ROUND).content.decode()
    assert asks_password(phone.get("/contacts/diary/"))
    # It stays so: being busy does not open it.
    assert asks_password(phone.get("/"))

    phone.post("/accounts/unlock/", {"current": "wrong"})
    assert asks_password(phone.get("/"))
    answer = phone.post("/accounts/unlock/", {"current": PASSWORD, "next": "/contacts/diary/"})
    assert answer.url == "/contacts/diary/"
    assert phone.get("/").status_code == 200
    idle(phone)
    assert phone.get(ROUND).status_code == 200
    assert asks_password(phone.get("/"))


@pytest.mark.parametrize("came_from", ["/contacts/diary/", "/accounts/me/devices/", ""])
def test_it_begins_on_a_page_that_is_open_there(client, worker, came_from):
    sign_in(client, worker)
    client.post("/accounts/me/devices/", {"name": "我的手机", "current": PASSWORD})

    answer = client.post("/accounts/field/start/", {"next": came_from})

    assert answer.url == ROUND
    assert "现在只能记走访" in client.get(ROUND).content.decode()


def test_every_address_in_the_limited_state(phone, world, worker):
    """Only what the list by hand names answers; everything else asks for the password."""
    found = records(world.north, worker)
    open_to_it = set()
    for name, row in ACCESS.items():
        if name in PUBLIC:
            continue
        answer = getattr(phone, row.method)(row.path.format(**found), row.data)
        if not asks_password(answer):
            open_to_it.add(name)
        if name == "accounts:field_end":
            sign_in(phone, worker)
            phone.post("/accounts/field/start/")

    assert open_to_it == IN_FIELD


def test_out_of_doors_the_menu_leads_to_what_opens(phone, world, worker):
    make_household(community=world.north, worker=worker.user)
    idle(phone)

    links = context.navigation(phone.get(ROUND).wsgi_request).links

    assert [link.label for link in links] == ["记走访", "住户", "扫楼"]
    for link in links:
        assert phone.get(link.url).status_code == 200, link.label


def leads_to(client: Client, address: str) -> set[str]:
    """The names of the pages that the content of this one links or sends to."""
    content = client.get(address).content.decode().split("<main")[1].split("</main>")[0]
    found = re.findall(r'(?:href|action)="(/[^"?#]*)', content)
    return {resolve(path).view_name for path in found if not path.startswith("/static/")}


def test_pages_out_of_doors_offer_only_what_opens(phone, world, worker):
    """But for the records of the history, which ask for the password."""
    own = make_household(community=world.north, worker=worker.user)
    make_visit(own, post=worker, next_step="带缴费单", next_step_on=timezone.localdate())
    idle(phone)

    for address in ("/contacts/households/", own.get_absolute_url()):
        assert leads_to(phone, address) <= IN_FIELD | {"contacts:visit"}, address
    unlock(phone)
    assert leads_to(phone, own.get_absolute_url()) >= {
        "contacts:next_step",
        "contacts:household_edit",
    }


def test_of_the_households_only_the_own(phone, world, worker):
    own = make_household(community=world.north, worker=worker.user)
    theirs = make_household(community=world.north)
    idle(phone)

    assert phone.get(f"/contacts/households/{own.pk}/").status_code == 200
    assert phone.get("/contacts/households/").status_code == 200
    assert phone.get("/contacts/households/?mine=1").status_code == 200
    for address in (
        f"/contacts/households/{theirs.pk}/",
        "/contacts/households/?mine=all",
        "/contacts/households/?q=1",
        f"/contacts/visits/new/?household={theirs.pk}",
    ):
        assert asks_password(phone.get(address)), address
    own.duties.update(until=timezone.localdate())
    assert asks_password(phone.get("/contacts/households/"))


def test_what_was_saved_leads_on_to_an_open_page(phone, world, worker):
    own = make_household(community=world.north, worker=worker.user)
    visit = make_visit(own, post=worker, occurred_at=timezone.now())
    idle(phone)

    answer = phone.post(
        "/contacts/visits/new/", {"household": own.pk, "ordinary": "1", "kind": "home"}
    )
    assert answer.url == ROUND
    assert asks_password(phone.get(f"/contacts/visits/{visit.client_id}/"))
    assert phone.get(f"/contacts/visits/{visit.client_id}/edit/").status_code == 200


@pytest.fixture
def theirs(world):
    colleague = make_post(Role.COMMUNITY_WORKER, world.north)
    return make_household(community=world.north, worker=colleague.user)


def test_a_colleagues_household_is_not_logged_by_the_queue(phone, worker, theirs):
    own = make_household(community=worker.organisation, worker=worker.user)
    idle(phone)
    now = int(timezone.now().timestamp() * 1000)
    entries = [
        {"id": str(uuid.uuid4()), "household": home.pk, "result": "MET", "at": now}
        for home in (theirs, own)
    ]
    told = {"owner": f"{worker.user_id}.{worker.pk}", "sent": now, "entries": entries}

    answer = phone.post("/contacts/visits/sync/", told, content_type="application/json")

    assert [one["state"] for one in answer.json()["results"]] == ["refused", "saved"]
    assert "密码" in answer.json()["results"][0]["reason"]
    assert Visit.objects.get().household_id == own.pk


def test_no_draft_leads_to_a_colleagues_household(phone, worker, theirs):
    kept, new = uuid.uuid4(), uuid.uuid4()
    typed = {"household": theirs.pk, "text": "x"}
    unlock(phone)
    phone.post("/contacts/visits/draft/", {"client_id": kept, **typed})
    assert phone.get(f"/contacts/visits/new/?draft={kept}").status_code == 200
    idle(phone)

    assert asks_password(phone.post("/contacts/visits/draft/", {"client_id": new, **typed}))
    assert asks_password(phone.get(f"/contacts/visits/new/?draft={kept}"))
    assert str(kept) not in phone.get("/contacts/visits/new/").content.decode()


@pytest.mark.parametrize("why", ["reception", "colleague", "late", "not mine"])
def test_of_the_records_only_the_fresh_ones_of_own_doors(phone, world, worker, theirs, why):
    own = make_household(community=world.north, worker=worker.user)
    author = make_post(Role.COMMUNITY_WORKER, world.north) if why == "not mine" else worker
    days = 9 if why == "late" else 0
    visit = make_visit(
        theirs if why == "colleague" else own,
        post=author,
        occurred_at=timezone.now() - dt.timedelta(days=days, hours=1),
        recorded_at=timezone.now() - dt.timedelta(days=days),
        to_complete=True,
    )
    if why == "reception":
        Visit.objects.filter(pk=visit.pk).update(
            kind=Visit.Kind.RECEPTION,
            channel="OFFICE",
            household=None,
            place="大厅",
            building_id=None,
            grid_id=None,
        )
    idle(phone)

    assert asks_password(phone.get(f"/contacts/visits/{visit.client_id}/edit/"))
    page = phone.get("/contacts/visits/to-complete/")
    assert page.status_code == 200
    assert str(visit.client_id) not in page.content.decode()
    told = {"visit": visit.client_id, "text": "x"}
    assert asks_password(phone.post("/contacts/visits/to-complete/", told))


def test_it_acts_under_the_post_it_began_with(phone, world, worker):
    other = make_post(Role.OFFICER, world.bajiao, user=worker.user)
    session = phone.session
    session["acting_post"] = other.pk
    session.save()
    idle(phone)

    owner = phone.get("/contacts/visits/sync/").json()["owner"]
    assert owner == f"{worker.user_id}.{worker.pk}"


class TestItEnds:
    def test_after_eight_hours(self, phone, time_machine):
        started = FieldSession.objects.get()
        assert started.until - started.started_at == 8 * HOUR
        time_machine.move_to(started.started_at + 8 * HOUR - dt.timedelta(minutes=1))
        assert phone.get(ROUND).status_code == 200
        time_machine.move_to(started.started_at + 8 * HOUR)
        assert phone.get(ROUND).url.startswith("/accounts/login/")
        assert reasons() == ["over"]
        assert FieldSession.objects.get().ended_at == started.until

    def test_with_its_sign_out(self, phone):
        phone.post("/accounts/logout/")
        assert reasons() == ["sign_out"]
        assert phone.get(ROUND).url.startswith("/accounts/login/")

    def test_not_with_a_sign_out_elsewhere(self, phone, worker):
        office = Client()
        sign_in(office, worker)
        office.post("/accounts/logout/")
        idle(phone)
        assert phone.get(ROUND).status_code == 200

    @pytest.mark.parametrize("is_idle", [True, False])
    def test_with_its_device(self, phone, worker, is_idle):
        if is_idle:
            idle(phone)
            phone.get(ROUND)
        office = Client()
        sign_in(office, worker)
        office.post(f"/accounts/me/devices/{Device.objects.get().pk}/revoke/")
        assert phone.get(ROUND).url.startswith("/accounts/login/")
        assert reasons() == ["revoked"]

    def test_on_another_device(self, phone):
        thief = Client()
        thief.cookies["sessionid"] = phone.cookies["sessionid"].value
        assert thief.get(ROUND).url.startswith("/accounts/login/")
        assert reasons() == ["lost"]

    def test_with_its_post(self, phone, world, worker):
        make_post(Role.OFFICER, world.bajiao, user=worker.user)
        Post.objects.filter(pk=worker.pk).update(until=timezone.localdate())
        idle(phone)
        assert phone.get(ROUND).url.startswith("/accounts/login/")
        assert reasons() == ["over"]

    def test_with_a_new_password(self, phone, worker):
        people.set_password(user=worker.user, password="another-horse-7")
        assert phone.get(ROUND).url.startswith("/accounts/login/")
        assert reasons() == ["new_password"]

    def test_with_a_withdrawn_password(self, phone, worker):
        withdraw_password(user=worker.user)
        assert reasons() == ["new_password"]

    @pytest.mark.parametrize("is_unlocked", [True, False])
    def test_by_its_button(self, phone, is_unlocked):
        if is_unlocked:
            unlock(phone)
        phone.post("/accounts/field/end/")
        assert reasons() == ["ended"]
        assert phone.get("/").status_code == 200 if is_unlocked else is_out(phone)

    def test_and_is_written_down_although_nobody_came_back(self, phone):
        started = FieldSession.objects.get()
        assert devices.end_expired(now=started.until - HOUR) == 0
        assert devices.end_expired(now=started.until + HOUR) == 1
        assert devices.end_expired(now=started.until + HOUR) == 0
        assert FieldSession.objects.get().ended_at == started.until
        assert reasons() == ["over"]


@pytest.mark.parametrize("role", [Role.STREET_ADMIN, Role.SYSTEM_ADMIN, Role.AUDITOR])
def test_nobody_who_administers_goes_out(client, world, worker, role):
    place = world.bajiao if role == Role.STREET_ADMIN else world.district
    make_post(role, place, user=worker.user)
    sign_in(client, worker)
    client.post("/accounts/me/devices/", {"name": "我的手机", "current": PASSWORD})
    assert not Device.objects.exists()
    device = Device.objects.create(
        user=worker.user, name="x", token_digest="x", registered_at=timezone.now()
    )
    with pytest.raises(DomainError, match="管理员"):
        devices.start(actor=worker, device=device, now=timezone.now())


def test_who_does_not_log_at_doors_has_nothing_to_go_out_for(world):
    clerk = make_post(Role.CLERK, world.bajiao)
    with pytest.raises(PermissionDenied):
        devices.start(actor=clerk, device=None, now=timezone.now())


def test_another_persons_device_is_nobodys(client, phone, world):
    device = Device.objects.get()
    other = make_post(Role.COMMUNITY_WORKER, world.north)
    with pytest.raises(DomainError):
        devices.start(actor=other, device=device, now=timezone.now())
    sign_in(client, other)
    assert client.post(f"/accounts/me/devices/{device.pk}/revoke/").status_code == 404
    assert client.post("/accounts/field/start/").url == "/accounts/me/devices/"


def test_beginning_again_counts_anew_and_closes_the_former(phone):
    unlock(phone)
    phone.post("/accounts/field/start/")
    first, second = FieldSession.objects.order_by("pk")
    assert (first.ended_at is not None, second.ended_at) == (True, None)
    assert reasons() == ["restarted"]


def test_at_most_five_devices(client, worker):
    sign_in(client, worker)
    for _ in range(6):
        client.post("/accounts/me/devices/", {"name": "手机", "current": PASSWORD})
    assert Device.objects.count() == devices.MOST_DEVICES
