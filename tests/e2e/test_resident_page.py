"""A resident of 72 on a phone without JavaScript: reads, asks for a call, rates; the slip is there."""

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from grievances.models import CallBack, FollowUp
from grievances.services.links import link_for
from tests.fixtures.browser import DESK, PHONE
from tests.grievances.test_follow_ups import Desk

pytestmark = pytest.mark.e2e

SMALL = """() => [...document.querySelectorAll('main *, header *')]
  .filter(one => one.checkVisibility() && !one.closest('.visually-hidden, svg') &&
    [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
  .filter(one => parseFloat(getComputedStyle(one).fontSize) < 18)
  .map(one => one.outerHTML.slice(0, 90))"""
NARROW = """() => [...document.querySelectorAll('a[href], button, input, textarea')]
  .filter(one => one.checkVisibility() && !one.closest('.visually-hidden-focusable'))
  .map(one => one.matches('[type=radio]') ? document.querySelector(`label[for="${one.id}"]`) : one)
  .filter(one => one && one.getBoundingClientRect().height < 60)
  .map(one => one.outerHTML.slice(0, 120))"""


@pytest.fixture
def desk(street):
    cache.clear()
    return Desk(street.world)


def check(page, assert_accessible):
    assert page.evaluate(SMALL) == []
    assert page.evaluate(NARROW) == []
    assert_accessible(page)


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_resident_reads_asks_for_a_call_and_rates(
    script, desk, new_page, assert_accessible, shot
):
    reader = new_page(**PHONE)
    page = reader if script else new_page(**PHONE, java_script_enabled=False)
    token = link_for(desk.found, now=desk.now)
    address = f"/r/{token}/"
    for part in ("", "rate/", "call/"):
        reader.goto(f"{address}{part}")
        check(reader, assert_accessible)
    seen = []
    page.on("request", lambda request: seen.append(request.headers.get("referer", "")))

    page.goto(address)
    expect(page.locator("h1")).to_have_text("已办好")
    if script:
        shot(page, "resident-page")
    page.get_by_role("link", name="请联系人给我回电话").click()
    page.get_by_role("button", name="请给我回电话").click()
    expect(page.locator("h1")).to_contain_text("会有人打给您")
    page.get_by_role("link", name="看办到哪一步了").click()
    page.get_by_role("link", name="评价办得怎么样").click()
    assert not FollowUp.objects.exists()
    for name, value in (("was_contacted", "yes"), ("was_solved", "yes"), ("grade", "4")):
        page.locator(f"[name={name}][value='{value}']").check()
    if script:
        shot(page, "resident-rate")
    page.get_by_role("button", name="提交评价").click()
    expect(page.locator("h1")).to_have_text("谢谢您的评价")

    assert CallBack.objects.count() == 1
    assert FollowUp.objects.get().grade == "4"
    assert not any(token in referer for referer in seen)
    reader.goto(address)
    check(reader, assert_accessible)


def test_a_link_that_is_over_says_whom_to_ring(desk, new_page, assert_accessible):
    page = new_page(**PHONE)
    assert page.goto(f"/r/{'x' * 43}/").status == 404
    expect(page.locator("main")).to_contain_text("12345")
    check(page, assert_accessible)


@pytest.mark.parametrize("device", [PHONE, DESK], ids=["phone", "desk"])
def test_who_asks_and_tells_has_pages_that_fit(
    device, desk, new_page, act_as, assert_accessible, shot
):
    page = new_page(**device)
    act_as(page, desk.clerk)
    number = desk.found.number
    for address in ("follow-ups/", f"follow-ups/{number}/", "tellings/", f"{number}/slip/"):
        assert page.goto(f"/grievances/{address}").status == 200
        shot(page, f"asking-{device['viewport']['width']}-{address.strip('/').replace('/', '-')}")
        assert_accessible(page)


def test_the_slip_is_in_large_print(desk, new_page, act_as):
    page = new_page(**DESK)
    act_as(page, desk.clerk)
    page.goto(f"/grievances/{desk.found.number}/slip/")
    page.emulate_media(media="print")

    sizes = page.evaluate(
        "() => [...document.querySelectorAll('.slip dd, .slip p')]"
        ".map(one => parseFloat(getComputedStyle(one).fontSize))"
    )

    assert min(sizes) >= 24  # px: 18 pt
    expect(page.locator("#slip-link")).to_be_hidden()
