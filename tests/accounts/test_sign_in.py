"""Sign-in through the front door: wrong, right, locked, idle, first steps, out."""

import datetime as dt
import re

import pytest
import time_machine
from django.contrib.auth import SESSION_KEY
from django.test import Client

from portal.accounts import ports
from portal.accounts.models import Post, User
from portal.accounts.roles import Role
from portal.accounts.services.links import one_time_link
from portal.audit.models import AuditEvent
from tests.factories.accounts import PASSWORD, make_post, make_user, sign_in

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"
ME = "/accounts/me/"
NOON = dt.datetime(2026, 11, 23, 4, tzinfo=dt.UTC)
OTHER_ADDRESS = {"REMOTE_ADDR": "10.0.0.9"}


def enter(client, username, password=PASSWORD, **extra):
    return client.post(LOGIN, {"username": username, "password": password}, **extra)


def signed_in(client):
    return SESSION_KEY in client.session


def actions():
    return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))


@pytest.fixture
def worker(world):
    return make_post(Role.COMMUNITY_WORKER, world.north, user=make_user("limin", name="李敏"))


def test_the_right_password_opens_the_door(client, worker):
    answer = enter(client, "limin")

    assert answer.status_code == 302
    assert answer.url == "/"
    assert signed_in(client)
    event = AuditEvent.objects.get(action="account.sign_in")
    assert (event.actor_id, event.post_id) == (worker.user_id, worker.pk)
    assert event.district_id == worker.district_id


def test_a_user_name_may_be_typed_with_a_chinese_keyboard(client, worker):
    enter(client, " ＬＩＭＩＮ ")

    assert signed_in(client)


def test_the_session_key_is_new_after_sign_in(client, worker):
    client.get(LOGIN)
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key

    enter(client, "limin")

    assert client.session.session_key != before


@pytest.mark.parametrize("username", ["limin", "nobody", "closed"])
def test_a_refusal_reads_the_same_whoever_it_is(client, worker, username):
    make_user("closed", is_active=False)

    wrong = PASSWORD if username == "closed" else "wrong"
    answer = enter(client, username, wrong)

    assert answer.status_code == 200
    assert not signed_in(client)
    page = re.sub(
        r'name="csrfmiddlewaretoken" value="[^"]*"|X-CSRFToken": "[^"]*"', "", answer.text
    )
    assert "账号或密码不正确" in page
    reference = enter(Client(REMOTE_ADDR="10.9.9.9"), "somebody-else", "wrong")
    plain = re.sub(
        r'name="csrfmiddlewaretoken" value="[^"]*"|X-CSRFToken": "[^"]*"', "", reference.text
    )
    assert page.replace(username, "X") == plain.replace("somebody-else", "X")


def test_the_trail_names_who_was_refused_by_id_only(client, worker):
    enter(client, "limin", "wrong")
    enter(client, "secret-typed-into-the-wrong-field", "wrong")

    known, unknown = AuditEvent.objects.filter(action="account.sign_in_failure").order_by("pk")
    assert (known.object_kind, known.object_id) == ("accounts.user", str(worker.user_id))
    assert (unknown.object_kind, unknown.object_id) == ("", "")
    for event in (known, unknown):
        assert (event.actor_username, event.reason_code) == ("", "password")
        assert "secret" not in repr(vars(event))


def test_five_failures_lock_for_half_an_hour_even_with_the_right_password(client, worker):
    with time_machine.travel(NOON, tick=False) as clock:
        for _ in range(4):
            assert enter(client, "limin", "wrong").status_code == 200
        answer = enter(client, "limin", "wrong")
        assert answer.status_code == 429
        assert "30 分钟" in answer.text

        clock.shift(dt.timedelta(minutes=29))
        assert enter(client, "limin").status_code == 429
        assert not signed_in(client)

        clock.shift(dt.timedelta(minutes=2))
        assert enter(client, "limin").status_code == 302
    failures = ["account.sign_in_failure"] * 5
    assert actions() == [
        *failures, "account.lock_out", "account.sign_in_failure", "account.sign_in"
    ]  # fmt: skip
    assert AuditEvent.objects.filter(reason_code="locked").count() == 1


def test_an_account_that_does_not_exist_locks_just_the_same(client, worker):
    pages = {}
    for username in ("limin", "nobody"):
        for _ in range(5):
            answer = enter(client, username, "wrong")
        pages[username] = answer

    assert pages["nobody"].status_code == 429
    assert pages["nobody"].content.decode().count("30 分钟") == pages["limin"].text.count("30 分钟")


def test_the_lock_holds_for_the_address_not_for_the_whole_office(client, worker):
    for _ in range(5):
        enter(client, "limin", "wrong", **OTHER_ADDRESS)
    assert enter(client, "limin", **OTHER_ADDRESS).status_code == 429

    assert enter(client, "limin").status_code == 302


def test_a_forged_address_gives_no_new_attempts(client, worker):
    for number in range(5):
        answer = enter(client, "limin", "wrong", HTTP_X_FORWARDED_FOR=f"10.1.1.{number}")

    assert answer.status_code == 429


def test_behind_a_proxy_its_word_counts_and_no_other(client, worker, settings):
    settings.PROXY_COUNT = 1
    for number in range(5):
        answer = enter(client, "limin", "wrong", HTTP_X_FORWARDED_FOR=f"10.1.1.{number}, 10.2.2.2")
    assert answer.status_code == 429

    assert enter(client, "limin", HTTP_X_FORWARDED_FOR="10.2.2.2, 10.3.3.3").status_code == 302


def test_success_forgets_the_failures_before(client, worker):
    for _ in range(4):
        enter(client, "limin", "wrong")
    enter(client, "limin")
    client.post("/accounts/logout/")

    assert enter(client, "limin", "wrong").status_code == 200


def test_many_accounts_tried_from_one_address_are_slowed_down(client, worker, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": "3/m/ip", "login_failed": None}

    for number in range(3):
        enter(client, f"user{number}", "wrong", REMOTE_ADDR="10.4.4.4")
    answer = enter(client, "limin", REMOTE_ADDR="10.4.4.4")

    assert answer.status_code == 429
    assert "一分钟" in answer.text
    assert not signed_in(client)


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("/accounts/me/", "/accounts/me/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/\\evil.example", "/"),
    ],
)
def test_next_leads_only_to_ourselves(client, worker, wanted, given):
    answer = client.post(LOGIN, {"username": "limin", "password": PASSWORD, "next": wanted})

    assert answer.url == given


def test_who_is_in_is_not_asked_again(client, worker):
    sign_in(client, worker)

    assert client.get(LOGIN, {"next": ME}).url == ME


def test_a_page_asked_for_before_sign_in_is_where_one_lands(client, worker):
    answer = client.get(f"{ME}?a=1")

    assert answer.status_code == 302
    assert answer.url == f"{LOGIN}?next=/accounts/me/%3Fa%3D1"


def test_a_fragment_asked_for_after_the_end_takes_the_whole_page_to_sign_in(client):
    answer = client.get(
        "/audit/",
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/audit/?actor=x"},
    )

    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == f"{LOGIN}?next=/audit/%3Factor%3Dx"


def test_half_an_hour_of_doing_nothing_signs_out_on_the_server(client, worker):
    with time_machine.travel(NOON, tick=False) as clock:
        enter(client, "limin")
        client.get(ME)
        for _ in range(4):
            clock.shift(dt.timedelta(minutes=25))
            assert client.get(ME).status_code == 200

        clock.shift(dt.timedelta(minutes=31))
        answer = client.get(ME)
        assert answer.url.startswith(LOGIN)
        assert not signed_in(client)
        assert "30 分钟没有操作" in client.get(answer.url).text
    assert actions()[-1] == "account.idle_sign_out"


def test_a_page_that_asks_by_itself_does_not_keep_the_session_alive(client, worker):
    with time_machine.travel(NOON, tick=False) as clock:
        enter(client, "limin")
        client.get(ME)
        for _ in range(6):
            clock.shift(dt.timedelta(minutes=5))
            assert client.get(ME, headers={"X-Background": "1"}).status_code == 200
        clock.shift(dt.timedelta(minutes=1))

        assert client.get(ME).status_code == 302


def test_out_means_out(client, worker):
    wiped = []
    wipe = lambda *, user_id: wiped.append(user_id)  # noqa: E731 -- a port's implementation
    bound, ports._bound[:] = list(ports._bound), [wipe]
    try:
        enter(client, "limin")
        key = client.session.session_key
        answer = client.post("/accounts/logout/")
    finally:
        ports._bound[:] = bound

    assert answer.url == LOGIN
    assert not signed_in(client)
    assert not client.session.exists(key)
    assert wiped == [worker.user_id]
    assert actions()[-1] == "account.sign_out"


def test_out_waits_for_a_yes_when_something_would_be_lost(client, worker):
    ask = lambda *, user_id: ports.Unfinished(f"{user_id} 份没写完的走访", "/back/")  # noqa: E731 -- a port's implementation
    asked, ports._asked[:] = list(ports._asked), [ask]
    try:
        sign_in(client, worker)
        answer = client.post("/accounts/logout/")
        page = answer.content.decode()
        assert answer.status_code == 200
        assert f"有 {worker.user_id} 份没写完的走访，退出后会清除" in page
        assert 'href="/back/"' in page
        assert signed_in(client)
        assert client.post("/accounts/logout/", {"confirm": "1"}).url == LOGIN
    finally:
        ports._asked[:] = asked
    assert not signed_in(client)


def test_opening_the_sign_out_address_only_asks(client, worker):
    sign_in(client, worker)

    answer = client.get("/accounts/logout/")

    assert answer.status_code == 200
    assert signed_in(client)


def test_nothing_that_was_read_stays_in_the_browser(client, worker):
    sign_in(client, worker)

    assert client.get(ME).headers["Cache-Control"] == "private, no-store"
    assert "no-store" in Client().get(LOGIN).headers["Cache-Control"]


def test_the_first_password_must_be_changed_before_anything_else(client, world):
    post = make_post(
        Role.COMMUNITY_WORKER, world.north, user=make_user("xin", must_change_password=True)
    )
    enter(client, "xin")

    assert client.get(ME).url == "/accounts/me/password/?next=%2Faccounts%2Fme%2F"
    assert client.get("/accounts/me/password/").status_code == 200
    answer = client.post(
        "/accounts/me/password/?next=/accounts/me/",
        {"current": PASSWORD, "password": "my-own-word-1", "again": "my-own-word-1"},
    )
    assert answer.url == ME
    assert client.get(ME).status_code == 200
    assert User.objects.get(pk=post.user_id).check_password("my-own-word-1")


def test_changing_the_password_ends_the_other_sessions_and_keeps_this_one(client, worker):
    elsewhere = Client()
    enter(elsewhere, "limin")
    enter(client, "limin")

    client.post(
        "/accounts/me/password/",
        {"current": PASSWORD, "password": "my-own-word-1", "again": "my-own-word-1"},
    )

    assert client.get(ME).status_code == 200
    assert elsewhere.get(ME).url.startswith(LOGIN)
    assert "account.password" in actions()


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"current": "wrong", "password": "my-own-word-1", "again": "my-own-word-1"}, "current"),
        ({"current": PASSWORD, "password": "my-own-word-1", "again": "other"}, "again"),
        ({"current": PASSWORD, "password": "short", "again": "short"}, "password"),
        ({"current": PASSWORD, "password": PASSWORD, "again": PASSWORD}, "password"),
    ],
)
def test_a_bad_change_of_password_says_which_field(client, worker, typed, field):
    enter(client, "limin")

    answer = client.post("/accounts/me/password/", typed)

    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]


def test_guessing_the_password_on_an_open_session_locks_and_signs_out(client, worker):
    enter(client, "limin")
    guess = {"current": "wrong", "password": "my-own-word-1", "again": "my-own-word-1"}
    for _ in range(4):
        client.post("/accounts/me/password/", guess)

    assert client.post("/accounts/me/password/", guess).status_code == 429
    assert not signed_in(client)


def test_a_post_that_ends_during_the_session_counts_no_more(client, world, worker):
    sign_in(client, worker)
    assert client.get("/audit/").status_code == 403

    Post.objects.filter(pk=worker.pk).update(until=dt.date(2026, 1, 1))
    answer = client.get("/audit/")

    assert answer.status_code == 403
    assert "没有在任岗位" in answer.text
    assert client.get(ME).status_code == 200


def test_a_closed_account_is_out_at_once(client, worker):
    sign_in(client, worker)

    User.objects.filter(pk=worker.user_id).update(is_active=False)

    assert client.get(ME).url.startswith(LOGIN)


def test_switching_the_post_changes_what_one_may(client, world, worker):
    auditor = make_post(Role.AUDITOR, world.district, user=worker.user)
    sign_in(client, worker)
    assert client.get("/audit/").status_code == 403

    answer = client.post("/accounts/switch/", {"post": auditor.pk, "next": "/audit/"})

    assert answer.url == "/audit/"
    assert client.get("/audit/").status_code == 200
    assert AuditEvent.objects.get(action="account.switch").post_id == auditor.pk


def test_after_a_switch_one_does_not_land_on_a_refusal(client, world, worker):
    auditor = make_post(Role.AUDITOR, world.district, user=worker.user)
    sign_in(client, auditor)

    for wanted in ("/audit/", "/contacts/households/7/", "/nowhere/", "https://evil.example/"):
        answer = client.post("/accounts/switch/", {"post": worker.pk, "next": wanted})
        assert answer.url == "/"


@pytest.mark.parametrize("post", ["", "x", "999999"])
def test_switching_to_a_post_that_is_not_ones_own_is_not_found(client, world, worker, post):
    sign_in(client, worker)
    other = make_post(Role.LEADER, world.bajiao)

    assert client.post("/accounts/switch/", {"post": post}).status_code == 404
    assert client.post("/accounts/switch/", {"post": other.pk}).status_code == 404


def test_the_page_of_the_own_account_tells_posts_rights_and_sign_ins(client, worker):
    enter(client, "limin", "wrong")
    enter(client, "limin")

    page = client.get(ME).text

    assert "八角北里社区 · 社区工作者" in page
    assert "记走访" in page
    assert "密码不对" in page


def test_a_middleware_asks_the_posts_once_and_nothing_of_strangers(
    client, worker, django_assert_num_queries
):
    with django_assert_num_queries(0):
        Client().get(ME)
    sign_in(client, worker)
    client.get("/accounts/logout/")
    with django_assert_num_queries(3):  # session, user with posts; what the sign-out would wipe
        client.get("/accounts/logout/")


@pytest.fixture
def demo_worker(worker):
    worker.user.is_demo = True
    worker.user.save()
    return worker


def test_a_demo_account_opens_nothing_outside_demo_mode(client, demo_worker):
    wrong = enter(client, "limin", "not-the-password")
    right = enter(client, "limin")

    assert not signed_in(client)
    assert right.context["form"].errors == wrong.context["form"].errors
    assert actions() == ["account.sign_in_failure", "account.sign_in_failure"]


def test_a_session_of_the_demo_ends_with_demo_mode(client, demo_worker, settings):
    client.get(LOGIN)  # the demo's own middleware, which wants SQLite, is another test's subject
    settings.DEMO = True
    enter(client, "limin")
    assert client.get(ME).status_code == 200

    settings.DEMO = False

    assert client.get(ME).url.startswith(LOGIN)


def test_a_closed_account_ends_its_session_at_once(client, worker):
    enter(client, "limin")
    User.objects.update(is_active=False)

    assert client.get(ME).url.startswith(LOGIN)


@pytest.mark.parametrize("change", [{"is_demo": True}, {"is_active": False}])
def test_a_one_time_link_is_no_good_to_who_may_not_sign_in(client, worker, change):
    link = one_time_link(worker.user)
    assert client.get(link).status_code == 302
    User.objects.update(**change)

    answer = client.get(link)

    assert answer.status_code == 200
    assert not answer.context["validlink"]
