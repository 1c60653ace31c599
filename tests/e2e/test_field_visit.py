"""A leader goes to the own contact point with its list and writes the 下访 down once."""

import re

import pytest
from playwright.sync_api import expect

from contacts.models import Matter, Visit
from portal.accounts.roles import Role
from tests.factories.accounts import make_post
from tests.factories.contacts import make_visit
from tests.factories.places import make_point
from tests.fixtures.browser import PHONE

pytestmark = pytest.mark.e2e

NAME, NUMBER = "孙秀芝", "13612345678"
WORDS = f"小广场路灯不亮，{NAME}说晚上看不清，电话{NUMBER}"


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def phone_page(new_page, request):
    return new_page(**PHONE, java_script_enabled=request.param)


@pytest.fixture
def point(street):
    """The leader's contact point, with a matter that waits there."""
    visit = make_visit(street.households[0], post=street.worker, text="说水压")
    Matter.objects.create(visit=visit, position=1, text="二层水压不够", outcome="ESCALATED")
    return make_point(street.leader.user, street.world.north)


def test_a_leader_logs_a_field_visit_from_the_list_of_the_contact_point(
    street, point, phone_page, act_as
):
    page = phone_page
    act_as(page, street.leader)
    page.goto("/")
    page.locator("#points a", has_text="八角北里社区").click()
    expect(page.locator("main")).to_contain_text("二层水压不够")
    page.get_by_role("link", name="记下访").locator("visible=true").last.click()

    expect(page.locator("[name='where']")).to_have_value(f"p{point.pk}")
    expect(page.locator("[name='place']")).to_have_value("八角北里社区")
    page.locator("[name='place']").fill("居委会议事厅")
    page.locator("[name='g-0-name']").fill(NAME)
    page.locator("[name='g-0-phone']").fill(NUMBER)
    page.locator("[name='m-0-text']").fill(WORDS)
    page.locator("[name='m-0-outcome'][value='ESCALATED']").click()
    page.get_by_role("button", name="保存下访").locator("visible=true").click()
    page.wait_for_url(re.compile(r"/contacts/visits/[0-9a-f-]{36}/$"))

    visit = Visit.objects.get(kind="FIELD")
    assert (visit.point_id, visit.channel) == (point.pk, "SITE")
    expect(page.locator("main")).to_contain_text("路灯不亮")
    number = visit.matters.get().grievance_number
    expect(page.locator("main").get_by_role("link", name=f"诉求 {number}")).to_be_visible()
    expect(page.locator("main")).to_contain_text("居委会议事厅")
    expect(page.locator("main")).to_contain_text(NAME)
    page.goto("/contacts/visits/?kind=FIELD")
    row = page.locator("li.row-item", has_text="路灯不亮")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("转为诉求")
    expect(row).not_to_contain_text("待转诉求")
    page.goto("/")
    expect(page.locator("#points")).to_contain_text("今天")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]

    _nobody_else_reads_it(page, street, visit, point, act_as)


def _nobody_else_reads_it(page, street, visit, point, act_as):
    secretary = make_post(Role.LEADER, street.world.north)
    elsewhere = make_post(Role.LEADER, street.world.gucheng)
    places = [
        "/",
        "/contacts/visits/",
        "/contacts/visits/?q=路灯",
        "/search/?q=路灯",
        f"/contacts/points/{point.pk}/",
        f"/contacts/visits/{visit.client_id}/",
    ]
    for post in (secretary, elsewhere, street.gucheng_worker):
        act_as(page, post)
        for place in places:
            page.goto(place)
            shown = page.content()
            assert NAME not in shown, (post.role, place)
            assert NUMBER not in shown, (post.role, place)
            if post is not secretary:
                assert "路灯不亮" not in shown, (post.role, place)
    act_as(page, secretary)
    page.goto(f"/contacts/visits/{visit.client_id}/")
    expect(page.locator("main")).to_contain_text("路灯不亮")
    expect(page.locator("main")).to_contain_text("孙**")
