"""The main job: a worker logs a home visit on a phone, and only those who may see it do."""

import re
import uuid

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from contacts.models import Matter, Visit, VisitDraft
from contacts.services.drafts import save_draft
from tests.e2e.conftest import Hand
from tests.factories.contacts import make_resident
from tests.fixtures.browser import PHONE

pytestmark = pytest.mark.e2e

WORDS = "三层楼道灯不亮，晚上上楼看不清，陈玉兰说电话 13912345678 随时可以联系她女儿"


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def phone_page(new_page, request):
    """The same journey with and without JavaScript."""
    return new_page(**PHONE, java_script_enabled=request.param)


def week_count(page) -> int:
    page.goto("/")
    number = page.locator(".today-week .stat-number").inner_text()
    return int(re.search(r"\d+", number).group())


def test_an_ordinary_visit_takes_at_most_four_taps(street, phone_page, enter):
    page = phone_page
    enter(page, "worker")
    assert week_count(page) == 0
    hand = Hand(page)

    hand.tap(page.locator(".proposal a").filter(has_text="北里小区").first)
    expect(page.get_by_role("heading", level=1)).to_contain_text("北里小区 6号楼")
    hand.tap(page.get_by_role("button", name="平安，无事项").locator("visible=true").first)
    expect(page.get_by_role("status").or_(page.locator(".messages")).first).to_contain_text("已记")

    assert hand.used <= 4
    visit = Visit.objects.latest("pk")
    assert (visit.result, visit.channel, visit.text) == ("MET", "DOOR", "")
    assert week_count(page) == 1


def test_a_visit_with_a_matter_takes_at_most_twelve_and_is_found(street, phone_page, enter):
    page = phone_page
    enter(page, "worker")
    hand = Hand(page)
    page.goto("/")

    hand.tap(page.get_by_role("link", name=re.compile("^记走访：")).first)
    hand.tap(page.locator("[name='result'][value='MET']"))
    matters = page.locator("details").filter(has=page.locator("[name='m-0-text']"))
    if matters.count() and matters.first.get_attribute("open") is None:
        hand.tap(matters.first.locator("summary").first)
    hand.fill(page.locator("[name='m-0-text']"), WORDS)
    hand.tap(page.locator("[name='m-0-outcome'][value='ESCALATED']"))
    hand.tap(page.get_by_role("button", name=re.compile("保存")).locator("visible=true").first)
    page.wait_for_url(re.compile(r"/(contacts/(visits|households)/[^/]+/)?(\?.*)?$"))

    assert hand.used <= 12
    visit = Visit.objects.latest("pk")
    assert [m.outcome for m in visit.matters.all()] == [Matter.Outcome.ESCALATED]
    assert week_count(page) == 1
    page.goto("/search/?q=楼道灯")
    expect(page.locator(f"a[href*='{visit.client_id}']").first).to_be_visible()


def test_nobody_else_sees_it(street, phone_page, act_as, enter):
    phone = phone_page
    enter(phone, "worker")
    phone.goto(f"/contacts/visits/new/?kind=home&household={street.households[0].pk}")
    phone.locator("[name='result'][value='MET']").click()
    phone.locator("[name='text']").fill(WORDS)
    phone.get_by_role("button", name=re.compile("保存")).locator("visible=true").first.click()
    phone.wait_for_url(re.compile(r"(visits|households)/(?!new)|/$"))
    visit = Visit.objects.latest("pk")
    week = timezone.localdate().strftime("%G-W%V")
    places = [
        "/",
        "/contacts/visits/",
        "/contacts/visits/?q=楼道灯",
        "/search/?q=楼道灯",
        f"/contacts/diary/?person={street.worker.user_id}&week={week}",
        f"/contacts/households/{street.households[0].pk}/",
    ]

    for post in (street.colleague, street.gucheng_worker, street.delegate, street.sysadmin):
        act_as(phone, post)
        assert phone.goto(f"/contacts/visits/{visit.client_id}/").status in (403, 404), post.role
        for place in places:
            phone.goto(place)
            shown = phone.content()
            assert "楼道灯不亮" not in shown, (post.role, place)
            assert "13912345678" not in shown, (post.role, place)
            assert "陈玉兰" not in shown, (post.role, place)

    act_as(phone, street.leader)
    assert phone.goto(f"/contacts/visits/{visit.client_id}/").status == 200
    shown = phone.content()
    assert "楼道灯不亮" in shown
    assert "13912345678" not in shown
    assert "陈玉兰" not in shown


def test_a_draft_survives_a_closed_tab(street, new_page, enter):
    page = new_page(**PHONE)
    enter(page, "worker")
    address = f"/contacts/visits/new/?kind=home&household={street.households[0].pk}"
    page.goto(address)
    with page.expect_response(lambda answer: "/contacts/visits/draft/" in answer.url):
        page.locator("[name='text']").fill("写到一半")
    page.goto("about:blank")

    page.goto(address)

    resume = page.get_by_role("link", name=re.compile("继续")).or_(
        page.get_by_role("button", name=re.compile("继续"))
    )
    if resume.count():
        resume.first.click()
    expect(page.locator("[name='text']")).to_have_value("写到一半")


def test_back_after_saving_and_saving_again_is_one_visit(street, new_page, enter):
    page = new_page(**PHONE)
    enter(page, "worker")
    page.goto(f"/contacts/visits/new/?kind=home&household={street.households[0].pk}")
    page.locator("[name='result'][value='MET']").click()
    page.locator("#matters summary").click()
    page.locator("[name='m-0-text']").fill("三层楼道灯不亮")
    page.locator("[name='m-0-outcome'][value='SOLVED']").click()
    save = page.get_by_role("button", name="保存走访").locator("visible=true")
    save.click()
    page.wait_for_url(re.compile(r"/contacts/visits/[0-9a-f-]{36}/$"))

    page.go_back()
    # What the browser has put back stands in sight, not behind a fold.
    expect(page.locator("[name='m-0-text']")).to_be_visible()
    expect(page.locator("[name='m-0-text']")).to_have_value("三层楼道灯不亮")
    expect(page.locator("[name='m-0-outcome'][value='SOLVED']")).to_be_checked()
    save.click()

    expect(page.locator(".messages")).to_contain_text("这次走访刚才已经记过")
    assert Matter.objects.count() == 1


def test_signing_out_with_a_draft_asks_first(street, phone_page, enter):
    page = phone_page
    enter(page, "worker")
    page.goto(f"/contacts/visits/new/?kind=home&household={street.households[0].pk}")
    save_draft(
        actor=street.worker,
        client_id=uuid.UUID(page.locator("form.visit-form [name='client_id']").input_value()),
        typed={"text": ["写到一半"], "household": [str(street.households[0].pk)]},
        household_id=street.households[0].pk,
        now=timezone.now(),
    )
    page.goto("/accounts/logout/")

    expect(page.locator("main")).to_contain_text("有 1 份没写完的走访，退出后会清除")
    page.get_by_role("link", name="回去写完").click()
    page.get_by_role("link", name="继续").click()
    expect(page.locator("[name='text']")).to_have_value("写到一半")
    page.goto("/accounts/logout/")
    page.get_by_role("button", name="继续退出").click()
    expect(page.locator(".messages")).to_contain_text("已退出登录")
    assert not VisitDraft.objects.exists()


def test_a_door_is_found_by_the_second_person_too(street, new_page, enter):
    make_resident(street.households[1], name="周国强")
    page = new_page(**PHONE)
    enter(page, "worker")
    page.goto("/contacts/visits/new/")

    page.locator("[data-door-filter]").fill("6号楼 周国强")

    expect(page.locator("[data-door]:visible")).to_have_count(1)
    expect(page.locator("[data-door]:visible")).to_contain_text("402")
