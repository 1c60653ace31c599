"""The pages of accounts in a real browser, on a phone and at a desk."""

import datetime as dt

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.utils import timezone

from portal.accounts.roles import Role
from portal.audit.services import record
from tests.factories.accounts import PASSWORD, make_post, make_user, make_world

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

WIDTHS = ("phone", "desk")


def enter(page, username):
    page.goto("/accounts/login/")
    page.get_by_label("账号").fill(username)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()


def code_now(secret):
    return format_hotp_value(hotp_value(secret, int(timezone.now().timestamp()) // 30))


@pytest.fixture
def people():
    world = make_world()
    worker = make_user("limin", name="李敏")
    make_post(Role.COMMUNITY_WORKER, world.north, user=worker)
    make_post(Role.CLERK, world.bajiao, user=worker)
    make_post(
        Role.OFFICER, world.section, user=worker, until=dt.date(2024, 5, 6), title="民政科科员"
    )
    admin = make_post(Role.AUDITOR, world.district, user=make_user("shenji", name="张建国"))
    make_user("xin", name="王新", must_change_password=True)
    make_user("wugang", name="赵无岗")
    for number in range(60):
        action = ("visit.log", "household.open", "account.sign_in")[number % 3]
        record(actor=admin, action=action, obj=worker, fields=["name", "username"][: number % 3])
    return world


@pytest.mark.parametrize("width", WIDTHS)
def test_sign_in_and_the_own_account(width, request, people, shot, assert_accessible):
    page = request.getfixturevalue(width)
    page.goto("/")
    assert_accessible(page)
    shot(page, f"accounts-login-{width}")

    page.get_by_label("账号").fill("limin")
    page.get_by_label("密码").fill("wrong")
    page.get_by_role("button", name="登录").click()
    page.get_by_text("账号或密码不正确").first.wait_for()
    assert page.get_by_label("账号").input_value() == "limin"
    assert_accessible(page)
    shot(page, f"accounts-login-refused-{width}")

    enter(page, "limin")
    page.goto("/accounts/me/")
    assert_accessible(page)
    shot(page, f"accounts-me-{width}")

    page.get_by_role("button", name="切换到这个岗位").click()
    page.get_by_text("窗口受理").first.wait_for()

    page.goto("/accounts/me/password/")
    assert_accessible(page)
    shot(page, f"accounts-password-{width}")
    page.goto("/accounts/logout/")
    assert_accessible(page)
    page.get_by_role("main").get_by_role("button", name="退出登录").click()
    page.get_by_text("已退出登录").wait_for()


@pytest.mark.parametrize("width", WIDTHS)
def test_an_auditor_binds_an_app_and_reads_the_trail(
    width, request, people, shot, assert_accessible
):
    page = request.getfixturevalue(width)
    enter(page, "shenji")
    page.get_by_role("heading", name="绑定动态口令").wait_for()
    assert_accessible(page)
    shot(page, f"accounts-2fa-setup-{width}")
    page.get_by_text("不能扫码").click()
    secret = page.locator("code").inner_text().replace(" ", "")
    page.get_by_label("动态口令").fill(code_now(secret))
    page.get_by_role("button", name="绑定").click()
    page.get_by_role("heading", name="请抄下恢复码").wait_for()
    assert_accessible(page)
    shot(page, f"accounts-recovery-codes-{width}")
    codes = page.locator("code").all_inner_texts()

    page.goto("/audit/")
    assert_accessible(page)
    shot(page, f"accounts-audit-{width}")
    page.get_by_role("button", name="校验").click()
    page.get_by_text("校验通过").wait_for()
    assert_accessible(page)
    page.goto("/audit/?action=visit&since=2030-01-01")
    page.get_by_text("没有符合条件的记录").wait_for()
    assert_accessible(page)
    shot(page, f"accounts-audit-empty-{width}")

    page.context.clear_cookies()
    enter(page, "shenji")
    page.get_by_text("还差一步").wait_for()
    assert_accessible(page)
    shot(page, f"accounts-2fa-{width}")
    page.get_by_label("动态口令").fill(codes[0])
    page.get_by_role("button", name="登录", exact=True).click()
    page.goto("/accounts/me/")
    page.get_by_text("已绑定").wait_for()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_demo_offers_its_accounts(width, request, people, settings, shot, assert_accessible):
    for role in Role:
        if role != Role.DELEGATE:
            user = make_user(role.value.lower().replace("_", ""), name="张三")
            user.is_demo = True
            user.save()
            make_post(role, people.district, user=user)
    page = request.getfixturevalue(width)
    page.goto("/accounts/login/")
    settings.DEMO = True
    page.goto("/accounts/login/?next=/accounts/me/")
    assert_accessible(page)
    page.get_by_role("link", name="社区工作者").click()
    assert page.get_by_label("账号").input_value() == "communityworker"
    assert_accessible(page)
    shot(page, f"accounts-login-demo-{width}")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.get_by_role("heading", name="我的账号").wait_for()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_other_ways_in(width, request, people, shot, assert_accessible):
    page = request.getfixturevalue(width)
    enter(page, "xin")
    page.get_by_role("heading", name="先换一个自己的密码").wait_for()
    assert_accessible(page)
    shot(page, f"accounts-first-password-{width}")

    page.context.clear_cookies()
    enter(page, "wugang")
    page.get_by_role("heading", name="您现在没有在任岗位").wait_for()
    assert_accessible(page)
    shot(page, f"accounts-no-post-{width}")

    page.context.clear_cookies()
    page.goto("/accounts/welcome/MQ/x-y/")
    assert_accessible(page)
    for _ in range(5):
        page.goto("/accounts/login/")
        page.get_by_label("账号").fill("nobody")
        page.get_by_label("密码").fill("wrong")
        page.get_by_role("button", name="登录").click()
        page.wait_for_load_state()
    page.get_by_role("heading", name="暂时不能登录").wait_for()
    assert_accessible(page)
    shot(page, f"accounts-locked-{width}")
