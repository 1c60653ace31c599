"""What is too long is said while it is typed and when it is sent; nothing typed is cut off."""

import re

import pytest
from playwright.sync_api import expect

from contacts.models import Visit
from contacts.services.visit_entries import TEXT_LIMIT
from tests.fixtures.browser import PHONE

pytestmark = pytest.mark.e2e

#: Two short of the limit; a new line is sent as two characters and counted so.
NEARLY = f"血压药在吃。\n{'好' * (TEXT_LIMIT - 2 - 8)}"


def write(page, household, text):
    page.goto(f"/contacts/visits/new/?household={household.pk}")
    page.locator("[name='result'][value='MET']").click()
    page.locator("[name='text']").fill(text)


def save(page):
    page.get_by_role("button", name=re.compile("保存")).locator("visible=true").first.click()


def test_the_room_is_counted_near_the_end_and_beyond_it(street, new_page, enter):
    page = new_page(**PHONE)
    enter(page, "worker")
    write(page, street.households[0], "好" * (TEXT_LIMIT - 101))
    room = page.locator(".room")
    expect(room).to_have_count(0)

    page.locator("[name='text']").fill(NEARLY)
    expect(room.locator("[aria-hidden]")).to_have_text("还可写 2 字")
    page.locator("[name='text']").press("End")
    page.keyboard.type("一二三四五")

    expect(room.locator("[aria-hidden]")).to_have_text("超出 3 字，请删短")
    expect(room.get_by_role("status")).to_have_text("超出 3 字，请删短")
    assert page.locator("[name='text']").input_value() == f"{NEARLY}一二三四五"
    page.locator("[name='text']").fill("好了")
    expect(room).to_be_hidden()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_what_is_too_long_is_said_at_its_field_and_is_all_there(street, new_page, enter, script):
    page = new_page(**PHONE, java_script_enabled=script)
    enter(page, "worker")
    write(page, street.households[0], f"{NEARLY}一二三四五")
    save(page)

    said = f"最多写 {TEXT_LIMIT} 字，现在有 {TEXT_LIMIT + 3} 字，请删短。"
    expect(page.locator("#div_id_text .invalid-feedback")).to_have_text(said)
    expect(page.locator("#error-summary a")).to_have_text(f"有什么要记的：{said}")
    assert page.locator("[name='text']").input_value() == f"{NEARLY}一二三四五"
    assert not Visit.objects.filter(text__startswith="血压药在吃。").exists()

    page.locator("[name='text']").fill(f"{NEARLY}一二")
    save(page)
    page.wait_for_url(re.compile(r"/(contacts/visits/[^/]+/)?(\?.*)?$"))
    assert Visit.objects.latest("pk").text.endswith("好一二")


def test_at_a_door_of_a_round_it_is_said_before_the_tap_is_kept(street, new_page, enter):
    page = new_page(**PHONE)
    enter(page, "worker")
    home = street.households[0]
    page.goto(f"/contacts/visits/round/{home.building_id}/")
    page.locator("[data-round][data-ready]").wait_for()
    door = page.locator(f"[data-door='{home.pk}']")
    door.locator("details.round-note summary").click()
    door.locator("[name='note']").fill("好" * 501)
    door.get_by_role("button", name="见到了").click()

    expect(door.locator(".room [aria-hidden]")).to_have_text("超出 1 字，请删短")
    expect(door.locator("[name='note']")).to_have_value("好" * 501)
    assert door.get_attribute("data-state") != "done"
    door.locator("[name='note']").fill("好" * 500)
    door.get_by_role("button", name="见到了").click()
    expect(page.locator(f"[data-door='{home.pk}'][data-state='done']")).to_be_visible()


def test_of_a_short_field_nothing_is_said_before_it_is_filled(street, new_page, enter):
    page = new_page(**PHONE)
    enter(page, "worker")
    page.goto("/contacts/households/new/")
    expect(page.locator("[data-most='10']").first).to_be_attached()
    expect(page.locator(".room")).to_have_count(0)

    page.locator("[data-most='10']").first.fill("3")
    expect(page.locator(".room [aria-hidden]")).to_have_text("还可写 9 字")
