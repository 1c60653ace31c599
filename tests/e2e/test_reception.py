"""A clerk registers whom a leader received; the leader reads it, another street does not."""

import re

import pytest
from playwright.sync_api import expect

from contacts.models import Visit
from portal.accounts.roles import Role
from tests.factories.accounts import make_post, make_user
from tests.fixtures.browser import PHONE

pytestmark = pytest.mark.e2e

NAME, NUMBER = "钱淑珍", "13712345678"


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def phone_page(new_page, request):
    return new_page(**PHONE, java_script_enabled=request.param)


def test_a_clerk_registers_a_reception(street, phone_page, act_as):
    page = phone_page
    clerk = make_post(Role.CLERK, street.world.bajiao, user=make_user(name="何静"))
    received = make_post(Role.LEADER, street.world.bajiao, user=make_user(name="周海燕"))
    act_as(page, clerk)
    page.goto("/")
    page.locator("main").get_by_role("link", name=re.compile("记接访")).click()

    expect(page.locator("main")).to_contain_text("12345 不能代替")
    expect(page.locator("[name='place']")).to_have_value("")
    page.locator("[name='place']").fill("政务大厅3号窗口")
    page.locator("[name='g-0-name']").fill(NAME)
    page.locator("[name='g-0-phone']").fill(NUMBER)
    page.locator("[name='text']").fill(f"{NAME}来说加装电梯的事")
    page.locator("[name='m-0-text']").fill("4号楼想加装电梯，意见不一")
    page.locator("[name='m-0-outcome'][value='EXPLAINED']").click()
    # The clerk is proposed; here a leader received.
    expect(page.locator("[name='lead']")).to_have_value(str(clerk.user_id))
    page.locator("[name='lead']").select_option(str(received.user_id))
    save = page.get_by_role("button", name="保存接访").locator("visible=true")
    save.click()
    page.wait_for_url(re.compile(r"/contacts/visits/[0-9a-f-]{36}/$"))

    visit = Visit.objects.get(kind="RECEPTION")
    main = page.locator("main")
    expect(main).to_contain_text("定点接访")
    expect(main).to_contain_text("周海燕")
    expect(main).to_contain_text("加装电梯")
    expect(main).to_contain_text(NAME)
    page.goto("/contacts/visits/")
    expect(page.locator("li.row-item", has_text="加装电梯")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]

    act_as(page, received)
    page.goto(f"/contacts/visits/{visit.client_id}/")
    expect(main).to_contain_text(NAME)
    expect(main).to_contain_text("登记人")

    for post in (
        make_post(Role.CLERK, street.world.gucheng),
        make_post(Role.LEADER, street.world.gucheng),
        make_post(Role.CLERK, street.world.bajiao),
    ):
        act_as(page, post)
        assert page.goto(f"/contacts/visits/{visit.client_id}/").status == 404
        for place in ("/", "/contacts/visits/", "/search/?q=加装电梯"):
            page.goto(place)
            assert "意见不一" not in page.content(), (post.role, place)
            assert NAME not in page.content(), (post.role, place)
