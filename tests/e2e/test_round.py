"""扫楼 in a stairwell: 24 doors without a line, each exactly once afterwards."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from contacts.models import Household, Visit
from tests.factories.contacts import make_building, make_household, make_resident
from tests.fixtures.browser import PHONE

pytestmark = pytest.mark.e2e

DOORS = 24
#: Everything in the store, as text: what a person with the device would find in it.
STORE = """async () => {
  const known = await indexedDB.databases();
  if (!known.some((one) => one.name === "lianxin-offline")) return "";
  const db = await new Promise((resolve, reject) => {
    const asked = indexedDB.open("lianxin-offline");
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  const rows = [];
  for (const name of db.objectStoreNames) {
    const all = await new Promise((resolve) => {
      const asked = db.transaction(name).objectStore(name).getAll();
      asked.onsuccess = () => resolve(asked.result);
    });
    for (const row of all) {
      const bytes = row.data ? new TextDecoder().decode(row.data) : "";
      const key = row.key ? `${row.key.algorithm.name} extractable=${row.key.extractable}` : "";
      rows.push(`${name} ${JSON.stringify({ ...row, data: bytes, key })}`);
    }
  }
  db.close();
  return rows.join("\\n");
}"""


@pytest.fixture
def building(street):
    """24 doors of the worker, two units of twelve."""
    place = make_building(street.world.north, name="北里小区 9号楼")
    for unit in ("1", "2"):
        for number in range(12):
            household = make_household(
                place,
                worker=street.worker.user,
                unit=unit,
                room=f"{number // 2 + 1}0{number % 2 + 1}",
                floor=number // 2 + 1,
            )
            make_resident(household, name="周桂兰")
    return place


def address(building) -> str:
    return f"/contacts/visits/round/{building.pk}/"


def door(page, household):
    return page.locator(f"#door-{household.pk}")


def tap_all(page, households, label="见到了"):
    for household in households:
        row = door(page, household)
        row.locator(".round-targets").get_by_role("button", name=re.compile(label)).click()
        expect(row).to_have_attribute("data-state", "done")


def doors_of(building):
    return list(Household.objects.filter(building=building).order_by("door_order"))


def visits_by_door(building) -> list[int]:
    return [Visit.objects.filter(household=household).count() for household in doors_of(building)]


def waiting(page):
    return page.locator("[data-offline-queue]")


def open_round(page, building):
    page.goto(address(building))
    page.wait_for_selector("[data-ready]")


def take_along(page):
    page.get_by_role("button", name=re.compile("带上这栋楼")).click()
    expect(page.locator("[data-carry-said]")).to_contain_text("已带上")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")


def test_a_stairwell_of_24_doors(
    street, building, new_page, enter, shot, assert_accessible, wait_until
):
    page = new_page(**PHONE)
    enter(page, "worker")
    open_round(page, building)
    take_along(page)
    shot(page, "round-taken-along")
    assert_accessible(page)
    households = doors_of(building)

    page.context.set_offline(True)
    tap_all(page, households[:10])
    expect(waiting(page)).to_contain_text("待发送 10")
    # Closed and opened again, still without a line.
    page.close()
    page = page.context.new_page()
    page.goto(address(building))
    page.wait_for_selector("[data-ready]")
    expect(page.get_by_role("heading", level=1)).to_contain_text("9号楼")
    expect(page.locator("[data-shell-lead]")).to_contain_text("已敲 10/24")
    shot(page, "round-offline")
    assert_accessible(page)
    tap_all(page, households[10:20], "无人在家")
    tap_all(page, households[20:], "婉拒")
    expect(waiting(page)).to_contain_text("待发送 24")
    expect(waiting(page)).to_contain_text("网络不通")
    shot(page, "round-offline-24")
    assert Visit.objects.filter(household__building=building).count() == 0

    page.context.set_offline(False)
    expect(waiting(page)).to_be_hidden(timeout=30_000)
    assert visits_by_door(building) == [1] * DOORS
    results = Visit.objects.filter(household__building=building)
    assert [results.filter(result=r).count() for r in ("MET", "NOT_HOME", "DECLINED")] == [
        10,
        10,
        4,
    ]
    notice = page.locator("[data-shell-notice]")
    expect(notice).to_contain_text("已发送 24 条")
    expect(notice).not_to_contain_text("网络不通")
    expect(page.locator("[data-shell-off]")).to_be_hidden()
    today = f"上次 {timezone.localdate():%Y-%m-%d}"
    expect(door(page, households[0]).locator("[data-said=last]")).to_have_text(today)
    shot(page, "round-sent")
    # Everything is sent and no door is left: neither names nor taps stay on the device.
    wait_until(lambda: "lists" not in page.evaluate(STORE))
    open_round(page, building)
    expect(page.locator(".lead")).to_contain_text("已敲 24/24")
    assert waiting(page).is_hidden()


def test_an_answer_that_gets_lost_doubles_nothing(street, building, new_page, enter):
    page = new_page(**PHONE, service_workers="block")
    enter(page, "worker")
    open_round(page, building)
    one, two, *_ = doors_of(building)
    lost, broken = [], [True]

    def lose(route):
        if route.request.method != "POST" or not broken:
            return route.continue_()
        lost.append(route.fetch().status)
        return route.abort()

    page.route("**/contacts/visits/sync/", lose)
    tap_all(page, [one])
    expect(waiting(page)).to_contain_text("待发送 1")
    page.wait_for_function("() => document.querySelector('[data-why]').textContent !== ''")
    tap_all(page, [two])
    expect(waiting(page)).to_contain_text("待发送 2")
    expect(page.get_by_role("button", name="现在发送")).to_be_enabled()
    assert lost
    assert set(lost) == {200}
    # It may have arrived: taking it back waits for the line.
    door(page, one).get_by_role("button", name="撤销").click()
    expect(door(page, one)).to_contain_text("有网以后再撤销")

    broken.clear()
    page.get_by_role("button", name="现在发送").click()
    expect(waiting(page)).to_be_hidden()
    assert visits_by_door(building)[:3] == [1, 1, 0]


def test_the_store_holds_no_plain_name_and_signing_out_empties_it(
    street, building, new_page, enter
):
    page = new_page(**PHONE)
    enter(page, "worker")
    open_round(page, building)
    take_along(page)
    page.context.set_offline(True)
    first = doors_of(building)[0]
    door(page, first).locator("summary").click()
    door(page, first).locator("[name=note]").fill("周桂兰的女儿下周回来")
    tap_all(page, [first])
    expect(waiting(page)).to_contain_text("待发送 1")

    kept = page.evaluate(STORE)
    assert "lists" in kept
    assert "taps" in kept
    assert "AES-GCM extractable=false" in kept
    for plain in ("周桂兰", "101室", "9号楼", "女儿", "MET"):
        assert plain not in kept, plain
    assert "周桂兰" not in page.evaluate("() => JSON.stringify(localStorage)")
    cached = page.evaluate(
        """async () => {
          let all = "";
          for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            for (const request of await cache.keys()) {
              all += request.url + (await (await cache.match(request)).text());
            }
          }
          return all;
        }"""
    )
    assert "待发送" in cached
    for personal in ("周桂兰", "李敏", "worker", f'data-owner="{street.worker.user_id}'):
        assert personal not in cached, personal

    page.context.set_offline(False)
    expect(waiting(page)).to_be_hidden()
    page.goto("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/accounts/login/")
    assert page.evaluate(STORE) == ""
    assert page.evaluate("() => localStorage.length") == 0


def test_signing_out_with_taps_unsent_asks_first(street, building, new_page, enter):
    page = new_page(**PHONE, service_workers="block")
    enter(page, "worker")
    open_round(page, building)
    page.route("**/contacts/visits/sync/", lambda route: route.abort())
    tap_all(page, doors_of(building)[:1])
    expect(waiting(page)).to_contain_text("待发送 1")
    page.goto("/accounts/logout/")
    page.wait_for_selector("form[data-confirm]", state="attached")
    page.get_by_role("main").get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("dialog")).to_contain_text("有 1 条走访还没有发送")
    page.get_by_role("dialog").get_by_role("button", name="取消").click()
    assert "/accounts/logout/" in page.url
    assert "taps" in page.evaluate(STORE)


def test_another_person_neither_sees_nor_sends_it(street, building, new_page, enter, act_as):
    page = new_page(**PHONE)
    enter(page, "worker")
    open_round(page, building)
    take_along(page)
    page.context.set_offline(True)
    tap_all(page, doors_of(building)[:1])
    expect(waiting(page)).to_contain_text("待发送 1")
    page.context.set_offline(False)

    Visit.objects.filter(household__building=building)  # whether it went before or not, below
    sent = Visit.objects.filter(household__building=building).count()
    act_as(page, street.colleague)
    page.goto("/contacts/visits/round/")
    page.wait_for_load_state("networkidle")
    assert "周桂兰" not in page.content()
    page.goto("/contacts/visits/round/offline/")
    page.wait_for_load_state("networkidle")
    assert "周桂兰" not in page.content()
    assert "lists" not in page.evaluate(STORE)
    authors = set(
        Visit.objects.filter(household__building=building).values_list("post_id", flat=True)
    )
    assert authors <= {street.worker.pk}
    assert Visit.objects.filter(household__building=building).count() >= sent


def test_a_refused_one_stays_with_its_reason_and_two_ways_out(
    street, building, new_page, enter, assert_accessible
):
    page = new_page(**PHONE, service_workers="block")
    enter(page, "worker")
    open_round(page, building)
    one, two, *_ = doors_of(building)
    Household.objects.filter(pk=one.pk).update(ended_on=timezone.localdate())
    tap_all(page, [two])
    expect(waiting(page)).to_be_hidden()
    door(page, one).locator(".round-targets").get_by_role(
        "button", name=re.compile("见到了")
    ).click()

    expect(waiting(page)).to_contain_text("这一户已停用")
    expect(waiting(page)).to_contain_text("待发送 1")
    expect(door(page, one)).to_have_attribute("data-state", "open")
    assert_accessible(page)
    page.reload()
    expect(waiting(page)).to_contain_text("这一户已停用")
    Household.objects.filter(pk=one.pk).update(ended_on=None)
    page.get_by_role("button", name="改", exact=True).click()
    waiting(page).locator("[data-note]").fill("停用是误操作")
    page.get_by_role("button", name="改好，再发").click()
    expect(waiting(page)).to_be_hidden()
    assert Visit.objects.get(household=one).text == "停用是误操作"


def test_an_ended_sign_in_keeps_the_taps(street, building, new_page, enter, wait_until):
    page = new_page(**PHONE)
    enter(page, "worker")
    open_round(page, building)
    cookies = page.context.cookies()
    page.context.clear_cookies()
    tap_all(page, doors_of(building)[:2])
    expect(waiting(page)).to_contain_text("请登录后发送")
    expect(waiting(page)).to_contain_text("待发送 2")
    assert visits_by_door(building)[:2] == [0, 0]

    page.context.add_cookies(cookies)
    page.goto("/")
    expect(waiting(page)).to_be_hidden()
    wait_until(lambda: "taps" not in page.evaluate(STORE))
    assert visits_by_door(building)[:3] == [1, 1, 0]


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_door_is_done_and_taken_back(street, building, new_page, enter, script):
    page = new_page(**PHONE, java_script_enabled=script)
    enter(page, "worker")
    page.goto(address(building))
    if script:
        page.wait_for_selector("[data-ready]")
    one = doors_of(building)[0]
    row = door(page, one)
    row.locator("summary").click()
    row.locator("[name=note]").fill("灯不亮")
    row.locator("[name=to_complete]").check()
    row.get_by_role("button", name=re.compile("见到了")).click()
    expect(row.locator("[data-said=state]")).to_have_text("已记要点，待补记")
    expect(row.get_by_role("button", name="撤销")).to_be_visible()
    visit = Visit.objects.get(household=one)
    assert (visit.result, visit.text, visit.to_complete) == ("MET", "灯不亮", True)

    page.goto("/contacts/visits/round/")
    page.get_by_role("link", name="待补记 1").click()
    page.get_by_role("textbox", name="情况").fill("三层楼道灯不亮，已报物业")
    page.get_by_role("button", name="补好了").click()
    expect(page.get_by_role("main")).to_contain_text("没有待补记的走访")
    visit.refresh_from_db()
    assert (visit.text, visit.to_complete) == ("三层楼道灯不亮，已报物业", False)

    page.goto(address(building))
    if script:
        page.wait_for_selector("[data-ready]")
    row.get_by_role("button", name="撤销").click()
    if script:
        page.get_by_role("dialog").get_by_role("button", name="撤销").click()
    expect(page.locator("#messages")).to_contain_text("已撤销")
    visit.refresh_from_db()
    assert visit.is_voided
    expect(row.get_by_role("button", name=re.compile("见到了"))).to_be_visible()
