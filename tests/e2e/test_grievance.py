"""From the door to the file: a matter is handled, answered, rated badly, done again, rated well."""

import re

import pytest
from playwright.sync_api import Page, expect

from grievances.models import Grievance
from grievances.services.links import link_for
from portal.accounts.roles import Role
from tests.factories.accounts import make_post, make_user
from tests.fixtures.browser import DESK, PHONE

pytestmark = pytest.mark.e2e

SAID = {
    "reply": "11月30日更换灯具两盏，线路已检查。",
    "public_words": "3号楼门口的灯换好了，晚上亮了。",
}


@pytest.fixture
def people(street):
    world = street.world
    return {
        "worker": street.worker,
        "clerk": make_post(Role.CLERK, world.bajiao, user=make_user(name="何静")),
        "handler": make_post(Role.HANDLER, world.section, user=make_user(name="孙丽")),
        "helper": make_post(Role.HANDLER, world.south, user=make_user(name="赵强")),
        "leader": make_post(Role.LEADER, world.bajiao, user=make_user(name="周海燕")),
        "admin": make_post(Role.STREET_ADMIN, world.bajiao, user=make_user(name="林涛")),
    }


@pytest.fixture
def at(new_page, act_as, people):
    """``at(who, address)``: the address in that person's own browser."""
    pages: dict[str, Page] = {}

    def at(who: str, address: str) -> Page:
        if who not in pages:
            pages[who] = new_page(**(PHONE if who == "worker" else DESK))
            act_as(pages[who], people[who])
        pages[who].goto(address)
        return pages[who]

    return at


def press(page: Page, label: str, **told: str) -> None:
    """Make one move: its button, what it asks for, and the button again."""
    page.locator(".case-moves").get_by_role("link", name=label, exact=True).click()
    form = page.locator("main form")
    for name, value in told.items():
        field = form.locator(f"[name='{name}']")
        if field.first.get_attribute("type") == "radio":
            form.locator(f"[name='{name}'][value='{value}']").check()
        elif field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    form.get_by_role("button", name=label, exact=True).click()
    expect(page.locator("main")).to_contain_text(f"已办理：{label}。")


def rate(page: Page, address: str, *, solved: str, grade: str) -> None:
    page.goto(f"{address}rate/")
    for name, value in (("was_contacted", "yes"), ("was_solved", solved), ("grade", grade)):
        page.locator(f"[name={name}][value='{value}']").check()
    page.get_by_role("button", name="提交评价").click()
    expect(page.locator("h1")).to_have_text("谢谢您的评价")


def raise_at_the_door(page: Page) -> Grievance:
    page.locator("[name='result'][value='MET']").check()
    page.locator("#matters summary").click()
    page.locator("[name='m-0-text']").fill("门口的路灯坏了一个多月，晚上看不见台阶")
    page.locator("[name='m-0-outcome'][value='ESCALATED']").check()
    page.get_by_role("button", name=re.compile("保存")).locator("visible=true").first.click()
    page.wait_for_url(re.compile(r"/(contacts/(visits|households)/[^/]+/)?(\?.*)?$"))
    found = Grievance.objects.get()
    page.goto(found.matter.visit.get_absolute_url())
    return found


def test_from_the_door_through_two_rounds_to_the_file(
    street, people, at, new_page, assert_accessible, shot
):
    home = street.households[0]
    page = at("worker", f"/contacts/visits/new/?kind=home&household={home.pk}")
    found = raise_at_the_door(page)
    page.get_by_role("link", name=re.compile(found.number)).first.click()
    expect(page.locator("main")).to_contain_text("首次联系诉求人")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]
    shot(page, "grievance-phone")

    resident = new_page(**PHONE)
    link = f"/r/{link_for(found, now=found.registered_at)}/"
    resident.goto(link)
    expect(resident.locator("h1")).to_contain_text("已收到")

    one = found.get_absolute_url()
    section, helper = people["handler"].organisation, people["helper"].organisation
    clerk = at("clerk", one)
    press(clerk, "受理")
    press(clerk, "交办", lead_id=str(section.pk), manner="ASSIGN")
    expect(clerk.locator("main")).to_contain_text("办结")
    assert not Grievance.objects.visible_to(people["helper"]).exists(), helper

    handler = at("handler", "/grievances/inbox/")
    handler.get_by_role("link", name=re.compile(found.number)).first.click()
    press(handler, "签收")
    resident.goto(link)
    expect(resident.locator("h1")).to_contain_text("正在办")
    press(handler, "答复当事人", result="SOLVED", told="PHONE", **SAID)

    press(at("leader", one), "审核通过")
    resident.goto(link)
    expect(resident.locator("main")).to_contain_text("晚上亮了")
    rate(resident, link, solved="no", grade="1")
    expect(at("handler", one).locator("main")).not_to_contain_text("非常不满意")
    expect(at("admin", one).locator("main")).to_contain_text("非常不满意")

    # Who passed the result does not decide; somebody else does.
    refused = at("leader", f"{one}reopen/")
    refused.locator("main form [name='reason']").fill("再看一次")
    refused.locator("main form").get_by_role("button", name="重新办理").click()
    expect(refused.locator("main")).to_contain_text("请由另一人决定")
    press(at("admin", one), "重新办理", reason="只换了一盏，另一盏还是不亮")

    handler.goto(one)
    expect(handler.locator("main")).to_contain_text("第 2 轮")
    press(handler, "答复当事人", result="SOLVED", told="DOOR", **SAID)
    press(at("admin", one), "审核通过")
    rate(resident, link, solved="yes", grade="5")
    press(at("clerk", one), "归档")

    found.refresh_from_db()
    assert (found.state, found.round) == ("FILED", 2)
    assert [row.grade for row in found.follow_ups.order_by("round")] == ["1", "5"]
    done = at("clerk", one)
    expect(done.locator("main")).to_contain_text("第2轮")
    assert_accessible(done)
    shot(done, "grievance-desk")
