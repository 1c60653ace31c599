"""A street administrator brings somebody in, in a real browser; without JavaScript too."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from portal.accounts.models import Organisation, Post, User
from portal.accounts.roles import Role
from portal.accounts.selectors.people import PAGE_SIZE
from tests.factories.accounts import make_organisation, make_post, make_user
from tests.fixtures.browser import DESK, PHONE

pytestmark = pytest.mark.e2e


@pytest.fixture
def admin(world):
    return make_post(Role.STREET_ADMIN, world.bajiao, user=make_user("guanli", name="高管理"))


def make_account(page, world):
    page.goto("/accounts/people/")
    page.get_by_role("link", name="建立账号").click()
    page.get_by_label("姓名").fill("王新")
    page.get_by_label("账号").fill("王")
    page.locator("main").get_by_label("单位").select_option(label="八角北里社区")
    page.get_by_label("角色").select_option(label="社区工作者")
    page.get_by_role("button", name="建立账号，给出链接").click()
    page.get_by_text("账号用 2 至 40 个").first.wait_for()
    assert page.get_by_label("姓名").input_value() == "王新"
    assert page.locator("main").get_by_label("单位").input_value() == str(world.north.pk)
    assert page.get_by_label("任职自").input_value() == str(timezone.localdate())
    page.get_by_label("账号").fill("wang.xin")
    page.get_by_role("button", name="建立账号，给出链接").click()
    page.get_by_role("heading", name="账号已建立").wait_for()
    return page.locator("code").inner_text()


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "plain"])
def test_somebody_new_is_brought_in_and_signs_in_by_the_link(
    javascript, world, admin, new_page, act_as, shot, assert_accessible
):
    page = new_page(**PHONE, java_script_enabled=javascript)
    act_as(page, admin)
    link = make_account(page, world)
    if javascript:
        assert_accessible(page)
        shot(page, "people-link")
    assert "wang" not in page.url
    assert "王" not in page.url

    newcomer = new_page(**PHONE, java_script_enabled=javascript)
    newcomer.goto(link)
    newcomer.locator("[name=new_password1]").fill("my-own-words-7")
    newcomer.locator("[name=new_password2]").fill("my-own-words-7")
    newcomer.get_by_role("button", name="保存密码").click()
    newcomer.get_by_label("账号").fill("wang.xin")
    newcomer.get_by_label("密码").fill("my-own-words-7")
    newcomer.get_by_role("button", name="登录").click()
    newcomer.get_by_role("heading", name="今日").wait_for()
    assert Post.objects.get(user__username="wang.xin").organisation == world.north


def narrow(page, standing):
    filters = page.get_by_role("search", name="筛选")
    filters.get_by_label("状态").select_option(label=standing)
    filters.get_by_role("button", name="按条件筛选").click()


def test_the_list_of_people_is_short_on_a_phone(
    world, admin, new_page, act_as, shot, assert_accessible
):
    for number in range(30):
        make_post(Role.COMMUNITY_WORKER, world.north, user=make_user(f"clerk{number:02}"))
    page = new_page(**PHONE)
    act_as(page, admin)
    page.goto("/accounts/people/")

    expect(page.locator("tbody tr")).to_have_count(PAGE_SIZE)
    expect(page.get_by_label("角色")).to_be_hidden()
    height = page.evaluate("() => document.documentElement.scrollHeight")
    assert height < 4 * PHONE["viewport"]["height"]
    assert_accessible(page)
    shot(page, "people-list")
    page.get_by_role("link", name="下一页").click()
    expect(page.locator("tbody tr")).to_have_count(31 - PAGE_SIZE)


def test_an_account_nobody_uses_is_found_and_closed(world, admin, new_page, act_as, shot):
    clerk = make_post(Role.CLERK, world.bajiao, user=make_user("limin", name="李敏"))
    long_ago = timezone.now() - dt.timedelta(days=200)
    User.objects.filter(pk=clerk.user_id).update(last_login=long_ago, created_at=long_ago)
    page = new_page(**DESK)
    act_as(page, admin)
    page.goto("/accounts/people/")
    narrow(page, "久未登录")
    shot(page, "people-stale")
    page.get_by_role("button", name="停用").click()
    page.get_by_text("李敏的账号已停用").wait_for()
    narrow(page, "已停用")
    page.get_by_role("link", name="李敏").click()
    page.get_by_role("button", name="恢复账号").click()
    page.get_by_role("heading", name="账号已恢复").wait_for()


def test_twelve_buildings_at_once_and_one_moves_to_another_grid(
    world, admin, new_page, act_as, shot, assert_accessible
):
    make_organisation(parent=world.north, kind="GRID", name="第二网格")
    page = new_page(**PHONE)
    act_as(page, admin)
    page.goto("/accounts/units/")
    page.get_by_role("link", name="八角北里社区").click()
    page.get_by_role("link", name="第一网格").click()
    page.get_by_role("link", name="在下面建单位").click()
    page.get_by_label("名称").fill("21号楼…32号楼")
    page.get_by_role("button", name="建立").click()
    page.get_by_text("已建立 12 个").wait_for()
    assert_accessible(page)
    shot(page, "people-units")
    page.get_by_role("link", name="25号楼").click()
    page.get_by_role("link", name="改名、移动、停用").click()
    page.get_by_label("移到").select_option(label="八角北里社区第二网格")
    page.get_by_role("button", name="移动").click()
    page.get_by_text("25号楼已移到八角北里社区第二网格").wait_for()
    assert Organisation.objects.get(name="25号楼").parent.name == "第二网格"
