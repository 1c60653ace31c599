"""What happens to an account that somebody else keeps: links, closing, locks, second factors."""

import datetime as dt

import pytest
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt
from django.test import Client
from django.utils import timezone

from portal.accounts.models import Device, Post, SignInAddress, User
from portal.accounts.roles import Role
from portal.accounts.selectors.people import Asked, Standing, people, person_page
from portal.accounts.selectors.profile import profile
from portal.accounts.services import keeping, second_factor
from portal.accounts.services.people import NewPost, end_post, grant_post, withdraw_post
from portal.accounts.services.sign_in import clear_networks
from portal.audit.models import AuditEvent
from portal.core.addresses import network_part
from portal.core.errors import DomainError
from tests.factories.accounts import PASSWORD, make_post, make_user, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
NOW = timezone.now()
TODAY = timezone.localdate(NOW)
DAYS = dt.timedelta(days=1)


@pytest.fixture
def admin(world):
    return make_post(Role.STREET_ADMIN, world.bajiao)


@pytest.fixture
def clerk(world):
    return make_post(Role.CLERK, world.bajiao, user=make_user("limin", name="李敏"))


def enter(client, password=PASSWORD, username="limin", **extra):
    return client.post("/accounts/login/", {"username": username, "password": password}, **extra)


def test_a_new_account_comes_with_its_post_and_a_link_that_works_once(client, world, admin):
    def first(user):
        return NewPost(user=user, organisation=world.north, role=Role.COMMUNITY_WORKER, since=TODAY)

    user, link = keeping.enrol(actor=admin, username="wang", name="王新", first_post=first)

    assert not user.has_usable_password()
    assert user.home == world.bajiao
    assert user.posts.get().organisation == world.north
    page = client.get(link, follow=True)
    shown = page.redirect_chain[-1][0]
    typed = {"new_password1": "my-own-words-7", "new_password2": "my-own-words-7"}
    client.post(shown, typed)
    assert enter(client, "my-own-words-7", "wang").status_code == 302
    assert "链接已失效" in Client().get(link, follow=True).text


def test_a_refused_first_post_makes_no_account(world, admin):
    def too_high(user):
        return NewPost(user=user, organisation=world.bajiao, role=Role.LEADER, since=TODAY)

    with pytest.raises(DomainError):
        keeping.enrol(actor=admin, username="wang", name="王新", first_post=too_high)

    assert not User.objects.filter(username="wang").exists()


def test_a_new_link_ends_the_old_password_sessions_devices_and_locks(client, world, admin, clerk):
    sign_in(client, clerk)
    device = Device.objects.create(
        user=clerk.user, name="手机", token_digest="d", registered_at=NOW
    )
    for _ in range(5):
        enter(Client(), "wrong")

    link = keeping.give_link(actor=admin, user=clerk.user, now=NOW)

    assert client.get("/").status_code == 302
    device.refresh_from_db()
    assert device.revoked_at == NOW
    assert not AccessAttempt.objects.filter(username="limin").exists()
    assert "设置密码" in Client().get(link, follow=True).text
    assert AuditEvent.objects.filter(action="account.reset", actor_id=admin.user_id).exists()


def test_a_closed_account_is_out_at_once_and_its_old_sessions_stay_dead(client, admin, clerk):
    sign_in(client, clerk)
    assert client.get("/").status_code == 200

    keeping.deactivate(actor=admin, user=clerk.user, now=NOW)

    assert client.get("/").status_code == 302
    assert "不正确" in enter(Client()).text
    with pytest.raises(DomainError):
        keeping.deactivate(actor=admin, user=clerk.user, now=NOW)
    with pytest.raises(DomainError):
        keeping.give_link(actor=admin, user=clerk.user, now=NOW)
    keeping.reactivate(actor=admin, user=clerk.user)
    assert client.get("/").status_code == 302
    assert Post.objects.get(pk=clerk.pk).until is None
    with pytest.raises(DomainError):
        keeping.reactivate(actor=admin, user=clerk.user)


def test_a_closed_account_is_given_no_post(world, admin, clerk):
    keeping.deactivate(actor=admin, user=clerk.user, now=NOW)
    user = User.objects.get(pk=clerk.user_id)

    with pytest.raises(DomainError, match="已停用"):
        grant_post(
            actor=admin,
            entry=NewPost(user=user, organisation=world.section, role=Role.HANDLER, since=TODAY),
        )


def test_a_lock_is_seen_and_opened(admin, clerk):
    for _ in range(5):
        enter(Client(), "wrong")
    locked = people(post=admin, asked=Asked(standing=Standing.LOCKED), now=timezone.now())
    assert list(locked) == [clerk.user]
    assert person_page(post=admin, user=clerk.user, now=timezone.now()).is_locked

    keeping.unlock_for(actor=admin, user=clerk.user)

    assert enter(Client()).status_code == 302


def test_a_lost_phone_is_forgotten_and_its_secret_was_never_in_clear(admin, clerk):
    secret = second_factor.new_secret()
    from allauth.mfa.totp.internal.auth import (  # noqa: PLC0415 -- needs the apps
        format_hotp_value,
        hotp_value,
    )

    code = format_hotp_value(hotp_value(secret, int(timezone.now().timestamp()) // 30))
    second_factor.set_up(user=clerk.user, secret=secret, code=code)
    kept = "".join(str(row.data) for row in Authenticator.objects.filter(user=clerk.user))
    assert secret not in kept

    keeping.reset_second_factor(actor=admin, user=clerk.user)

    assert not Authenticator.objects.filter(user=clerk.user).exists()
    event = AuditEvent.objects.get(action="account.second_factor_reset")
    assert (event.actor_id, event.object_id) == (admin.user_id, str(clerk.user_id))


@pytest.mark.parametrize(
    ("last", "made", "stale"),
    [(89, 300, False), (91, 300, True), (None, 29, False), (None, 31, True), (1, 1, False)],
)
def test_an_account_nobody_uses_is_listed(admin, clerk, last, made, stale):
    User.objects.filter(pk=clerk.user_id).update(
        last_login=NOW - last * DAYS if last else None, created_at=NOW - made * DAYS
    )

    listed = people(post=admin, asked=Asked(standing=Standing.STALE), now=NOW)

    assert (clerk.user in listed) is stale
    assert clerk.user in people(post=admin, asked=Asked(), now=NOW)


def test_the_list_is_narrowed_by_unit_role_and_standing(world, admin, clerk):
    worker = make_post(Role.COMMUNITY_WORKER, world.grid)
    new = keeping.enrol(actor=admin, username="wang", name="王新", first_post=None)[0]
    outside = make_post(Role.COMMUNITY_WORKER, world.gucheng_community)

    def listed(**asked):
        return set(people(post=admin, asked=Asked(**asked), now=NOW))

    assert listed(unit=world.north) == {worker.user}
    assert listed(role=Role.CLERK) == {clerk.user}
    assert listed(standing=Standing.UNPOSTED) == {new}
    assert listed() == {admin.user, clerk.user, worker.user, new}
    assert outside.user not in listed(unit=world.gucheng)
    keeping.deactivate(actor=admin, user=clerk.user, now=NOW)
    assert listed(standing=Standing.CLOSED) == {clerk.user}


def test_a_mistaken_post_is_taken_back_on_its_first_day_only(world, admin, clerk):
    today = make_post(Role.HANDLER, world.section, user=clerk.user, since=TODAY)
    withdraw_post(actor=admin, post=today)
    assert not Post.objects.filter(pk=today.pk).exists()
    assert AuditEvent.objects.get(action="post.withdraw").object_kind == "accounts.post"

    with pytest.raises(DomainError):
        withdraw_post(actor=admin, post=clerk)
    above = make_post(Role.STREET_ADMIN, world.bajiao, user=clerk.user, since=TODAY)
    with pytest.raises(DomainError):
        withdraw_post(actor=admin, post=above)


def test_an_end_is_not_put_into_the_past_nor_off(admin, clerk):
    with pytest.raises(DomainError):
        end_post(actor=admin, post=clerk, until=TODAY - DAYS)
    end_post(actor=admin, post=clerk, until=TODAY + 5 * DAYS)
    with pytest.raises(DomainError):
        end_post(actor=admin, post=clerk, until=TODAY + 9 * DAYS)
    end_post(actor=admin, post=clerk, until=TODAY)
    with pytest.raises(DomainError, match="已经结束"):
        end_post(actor=admin, post=clerk, until=TODAY)


def test_one_sees_the_network_of_the_own_sign_ins_and_nobody_else_does(client, admin, clerk):
    enter(Client(), "wrong", REMOTE_ADDR="203.0.113.77")
    enter(client, REMOTE_ADDR="10.20.30.40")

    own = profile(user=clerk.user, today=TODAY).sign_ins
    assert [(line.failed, line.network) for line in own] == [
        (False, "10.20.*.*"), (True, "203.0.*.*"),
    ]  # fmt: skip
    html = client.get("/accounts/me/").text
    assert "10.20.*.*" in html
    assert "10.20.30.40" not in html
    kept = person_page(post=admin, user=clerk.user, now=timezone.now()).sign_ins
    assert [line.network for line in kept] == ["", ""]
    assert not AuditEvent.objects.filter(reason_code__contains="10.20").exists()


def test_old_networks_are_forgotten(clerk):
    for number, days in enumerate((181, 179)):
        SignInAddress.objects.create(
            user=clerk.user, event_id=number, network="10.20.*.*", at=NOW - days * DAYS
        )

    assert clear_networks() == 1


@pytest.mark.parametrize(
    ("address", "part"),
    [
        ("10.20.30.40", "10.20.*.*"),
        ("2001:db8:1:2::9", "2001:db8:1:*"),
        ("::1", "0:0:0:*"),
        ("unknown", ""),
        ("", ""),
    ],
)
def test_half_an_address_is_kept(address, part):
    assert network_part(address) == part
