"""Administrators: an authenticator app before the first page, and at every sign-in."""

import datetime as dt

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth import SESSION_KEY
from django.core.management import call_command
from django.test import Client

from portal.accounts.roles import ADMINISTRATORS, Role
from portal.accounts.services import second_factor
from portal.audit.models import AuditEvent
from portal.core.errors import DomainError
from tests.factories.accounts import PASSWORD, make_post, make_user, sign_in

pytestmark = pytest.mark.django_db

LOGIN, CODE, SETUP = "/accounts/login/", "/accounts/2fa/", "/accounts/2fa/setup/"
NOON = dt.datetime(2026, 11, 23, 4, tzinfo=dt.UTC)


def code_of(secret, at):
    return format_hotp_value(hotp_value(secret, int(at.timestamp()) // 30))


def enter(client, username="admin"):
    return client.post(LOGIN, {"username": username, "password": PASSWORD})


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def admin(world):
    return make_post(Role.STREET_ADMIN, world.bajiao, user=make_user("admin"))


@pytest.fixture
def secret(admin, clock):
    """The administrator has bound an app, a minute ago."""
    secret = second_factor.new_secret()
    second_factor.set_up(user=admin.user, secret=secret, code=code_of(secret, NOON))
    clock.shift(dt.timedelta(minutes=1))
    return secret


def now_code(secret):
    import time  # noqa: PLC0415 -- travelled time

    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


@pytest.mark.parametrize("role", Role)
def test_an_administrator_without_an_app_is_led_to_bind_one(client, world, role):
    post = make_post(role, world.district)
    client.force_login(post.user)

    answer = client.get("/accounts/me/")

    if role in ADMINISTRATORS:
        assert answer.url == f"{SETUP}?next=%2Faccounts%2Fme%2F"
        assert client.get(SETUP).status_code == 200
        assert client.get("/accounts/logout/").status_code == 200
    else:
        assert answer.status_code == 200


def test_an_administrators_post_besides_another_one_asks_too(client, world, admin):
    worker = make_post(Role.COMMUNITY_WORKER, world.north, user=admin.user)
    sign_in(client, worker)
    session = client.session
    del session["second_factor_user"]
    session.save()

    assert client.get("/accounts/me/").url.startswith(SETUP)


def test_an_administrators_post_that_comes_second_asks_too(client, world):
    """The first post is the acting one; the administrator's is a tap away."""
    user = make_user("both")
    worker = make_post(Role.COMMUNITY_WORKER, world.north, user=user, since=dt.date(2024, 1, 1))
    make_post(Role.STREET_ADMIN, world.bajiao, user=user, since=dt.date(2025, 1, 1))
    enter(client, "both")

    assert user.posts.first() == worker
    assert client.get("/accounts/me/").url.startswith(SETUP)
    assert client.get("/").url.startswith(SETUP)


def test_binding_shows_the_recovery_codes_once_and_opens_the_portal(client, admin, clock):
    enter(client)
    page = client.get(SETUP)
    secret = page.context["secret"].replace(" ", "")
    assert client.get(SETUP).context["secret"] == page.context["secret"]

    assert "不对" in client.post(SETUP, {"code": "000000"}).text
    answer = client.post(SETUP, {"code": code_of(secret, NOON)})

    assert len(answer.context["codes"]) == 10
    assert client.get("/accounts/me/").status_code == 200
    assert client.get(SETUP).status_code == 302
    assert AuditEvent.objects.filter(action="account.second_factor").count() == 1


def test_secrets_are_not_in_the_database_in_clear(client, admin, clock):
    enter(client)
    secret = client.get(SETUP).context["secret"].replace(" ", "")
    assert secret not in str(dict(client.session))
    client.post(SETUP, {"code": code_of(secret, NOON)})

    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    for row in Authenticator.objects.all():
        sealed = row.data.get("secret") or row.data["seed"]
        assert sealed.startswith("t1.")


def test_the_password_alone_does_not_open(client, secret):
    answer = enter(client)

    assert answer.url == CODE
    assert SESSION_KEY not in client.session
    assert client.get("/accounts/me/").url.startswith(LOGIN)
    assert not AuditEvent.objects.filter(action="account.sign_in").exists()

    assert client.post(CODE, {"code": now_code(secret)}).url == "/"
    assert client.get("/accounts/me/").status_code == 200


def test_where_one_wanted_to_go_survives_the_second_step(client, secret):
    client.post(LOGIN, {"username": "admin", "password": PASSWORD, "next": "/accounts/me/"})

    assert client.post(CODE, {"code": now_code(secret)}).url == "/accounts/me/"


def test_without_a_password_there_is_no_second_step(client, secret):
    assert client.get(CODE).url == LOGIN
    assert client.post(CODE, {"code": now_code(secret)}).url == LOGIN


def test_the_second_step_waits_a_quarter_of_an_hour(client, secret, clock):
    enter(client)
    clock.shift(dt.timedelta(minutes=16))

    assert client.post(CODE, {"code": now_code(secret)}).url == LOGIN


def test_a_code_counts_once(secret, admin, clock):
    code = now_code(secret)
    one, two = Client(), Client()
    enter(one)
    enter(two)

    assert one.post(CODE, {"code": code}).status_code == 302
    assert "已经用过" in two.post(CODE, {"code": code}).text
    clock.shift(dt.timedelta(seconds=30))
    assert two.post(CODE, {"code": now_code(secret)}).status_code == 302


def test_the_code_that_bound_the_app_does_not_sign_in(admin, clock):
    secret = second_factor.new_secret()
    code = code_of(secret, NOON)
    second_factor.set_up(user=admin.user, secret=secret, code=code)

    assert not second_factor.passes(user=admin.user, code=code)


def test_a_phone_may_be_half_a_minute_off_but_not_more(secret, admin, clock):
    late = now_code(secret)
    clock.shift(dt.timedelta(seconds=30))
    assert second_factor.passes(user=admin.user, code=late)
    stale = now_code(secret)
    clock.shift(dt.timedelta(seconds=60))
    assert not second_factor.passes(user=admin.user, code=stale)


def test_wrong_codes_lock_like_wrong_passwords(client, secret):
    enter(client)
    for _ in range(4):
        assert client.post(CODE, {"code": "000000"}).status_code == 200

    assert client.post(CODE, {"code": "000000"}).status_code == 429
    assert enter(client).status_code == 429
    events = AuditEvent.objects.filter(reason_code="code")
    assert events.count() == 5
    assert AuditEvent.objects.filter(action="account.lock_out").count() == 1


def test_a_right_password_does_not_forget_wrong_codes(client, secret):
    for _ in range(5):
        enter(client)
        answer = client.post(CODE, {"code": "000000"})

    assert answer.status_code == 429


def test_a_recovery_code_counts_once(admin, clock):
    secret = second_factor.new_secret()
    codes = second_factor.set_up(user=admin.user, secret=secret, code=code_of(secret, NOON))

    assert second_factor.passes(user=admin.user, code=f" {codes[3][:4]} {codes[3][4:]}")
    assert not second_factor.passes(user=admin.user, code=codes[3])
    assert second_factor.passes(user=admin.user, code=codes[4])
    assert AuditEvent.objects.filter(action="account.recovery_code").count() == 2


def test_new_recovery_codes_cost_a_code_and_end_the_old(client, secret, admin, clock):
    old = second_factor.renew_codes(user=admin.user, code=now_code(secret))
    clock.shift(dt.timedelta(minutes=1))
    sign_in(client, admin)

    assert "不对" in client.post("/accounts/2fa/codes/", {"code": "000000"}).text
    new = client.post("/accounts/2fa/codes/", {"code": now_code(secret)}).context["codes"]

    assert set(new).isdisjoint(old)
    assert not second_factor.passes(user=admin.user, code=old[0])


def test_binding_twice_is_refused(secret, admin):
    with pytest.raises(DomainError):
        second_factor.set_up(user=admin.user, secret=secret, code=now_code(secret))


def test_a_session_older_than_the_app_signs_in_again(client, secret, admin):
    client.force_login(admin.user)

    assert client.get("/accounts/me/").url.startswith(LOGIN)
    assert SESSION_KEY not in client.session


def test_another_persons_second_factor_in_the_session_counts_for_nothing(client, world, secret):
    other = make_post(Role.STREET_ADMIN, world.gucheng)
    client.force_login(other.user)
    session = client.session
    session["second_factor_user"] = other.user_id + 1
    session.save()

    assert client.get("/accounts/me/").url.startswith(SETUP)


def test_a_lost_phone_is_reset_on_the_server_by_a_one_time_link(client, secret, admin, capsys):
    call_command("reset_sign_in", "admin", "--second-factor")
    link = capsys.readouterr().out.strip().rpartition("：")[2]

    assert not Authenticator.objects.exists()
    assert enter(client).status_code == 200
    page = client.get(link, follow=True)
    assert "设置密码" in page.text
    where = page.redirect_chain[-1][0]
    word = {"new_password1": "a-brand-new-word-3", "new_password2": "a-brand-new-word-3"}
    assert client.post(where, word).url == LOGIN
    assert "链接已失效" in Client().get(link, follow=True).text
    answer = client.post(LOGIN, {"username": "admin", "password": "a-brand-new-word-3"})
    assert answer.url == "/"
    assert client.get("/accounts/me/").url.startswith(SETUP)


def test_a_one_time_link_ends_after_three_days(client, admin, capsys, clock):
    call_command("reset_sign_in", "admin")
    link = capsys.readouterr().out.strip().rpartition("：")[2]
    clock.shift(dt.timedelta(days=3, minutes=1))

    assert "链接已失效" in client.get(link, follow=True).text


def test_the_first_administrator_comes_by_a_link(client, world, capsys):
    call_command(
        "create_administrator", "boss", "张建国", "--role=SYSTEM_ADMIN", "--organisation=110107"
    )
    link = capsys.readouterr().out.strip().rpartition("：")[2]

    page = client.get(link, follow=True)
    word = {"new_password1": "a-brand-new-word-3", "new_password2": "a-brand-new-word-3"}
    client.post(page.redirect_chain[-1][0], word)
    client.post(LOGIN, {"username": "boss", "password": "a-brand-new-word-3"})

    assert client.get("/accounts/me/").url.startswith(SETUP)


def test_demo_mode_asks_neither_password_nor_code(client, world, settings):
    client.get(LOGIN)  # the demo's own middleware, which wants SQLite, is another test's subject
    settings.DEMO = True
    user = make_user("sysadmin", must_change_password=True)
    user.is_demo = True
    user.save()
    make_post(Role.SYSTEM_ADMIN, world.district, user=user)

    page = client.get(LOGIN, {"as": "sysadmin"})
    assert 'value="sysadmin"' in page.text
    assert "系统管理员" in page.text
    assert PASSWORD not in page.text
    enter(client, "sysadmin")

    assert client.get("/accounts/me/").status_code == 200
    assert client.get("/accounts/me/password/").status_code == 302
    assert client.get(SETUP).status_code == 302


def test_outside_demo_mode_nobody_is_listed(client, world):
    user = make_user("sysadmin")
    user.is_demo = True
    user.save()
    make_post(Role.SYSTEM_ADMIN, world.district, user=user)

    assert "sysadmin" not in client.get(LOGIN, {"as": "sysadmin"}).text
