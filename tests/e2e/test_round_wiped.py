"""What a phone keeps of a building goes after 24 hours, and what was tapped never goes unsent."""

import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from contacts.models import Visit
from portal.accounts.roles import Role
from tests.e2e.test_round import STORE, doors_of, open_round, take_along, tap_all, waiting
from tests.factories.accounts import make_post
from tests.factories.contacts import make_building, make_household, make_resident
from tests.fixtures.browser import PHONE

pytestmark = pytest.mark.e2e

#: Makes every row of a store older by so many milliseconds.
AGE = """async ([name, column, by]) => {
  const db = await new Promise((resolve) => {
    const asked = indexedDB.open("lianxin-offline");
    asked.onsuccess = () => resolve(asked.result);
  });
  const rows = db.transaction(name, "readwrite").objectStore(name);
  const all = await new Promise((resolve) => {
    const asked = rows.getAll();
    asked.onsuccess = () => resolve(asked.result);
  });
  for (const row of all) rows.put({ ...row, [column]: row[column] - by });
  await new Promise((resolve) => { rows.transaction.oncomplete = resolve; });
  db.close();
}"""
HOUR = 3_600_000
DAY = 24 * HOUR


@pytest.fixture
def building(street):
    place = make_building(street.world.north, name="北里小区 11号楼")
    for number in range(3):
        household = make_household(place, worker=street.worker.user, room=f"{number + 1}01")
        make_resident(household, name="周桂兰")
    return place


@pytest.fixture
def page(street, building, new_page, enter):
    """A page with a clock that can be moved, the building's list taken along."""
    page = new_page(**PHONE)
    page.clock.install(time=timezone.now())
    enter(page, "worker")
    open_round(page, building)
    take_along(page)
    return page


def halves(page) -> list[dict]:
    return [one for one in page.context.cookies() if one["name"].startswith("round-list-")]


def test_a_page_left_open_forgets_the_list_after_24_hours(page, building, wait_until):
    assert "lists" in page.evaluate(STORE)
    page.clock.fast_forward(DAY - HOUR)
    page.wait_for_function("() => document.querySelector('[data-carry-drop]').hidden === false")
    assert "lists" in page.evaluate(STORE)

    page.clock.fast_forward(HOUR + 1_000)

    wait_until(lambda: page.evaluate(STORE) == "")
    assert halves(page) == []
    expect(page.get_by_role("button", name=re.compile("带上这栋楼"))).to_be_visible()


def test_the_shell_takes_the_names_from_the_screen_and_keeps_what_waits(page, building, wait_until):
    page.context.set_offline(True)
    page.reload()
    page.wait_for_selector("[data-shell][data-ready]")
    expect(page.locator("[data-shell-doors]")).to_contain_text("周")
    first, *_ = doors_of(building)
    tap_all(page, [first])
    expect(waiting(page)).to_contain_text("待发送 1")

    page.clock.fast_forward(DAY + 1_000)

    wait_until(lambda: "lists" not in page.evaluate(STORE))
    expect(page.locator("[data-shell-doors]")).to_be_empty()
    expect(page.locator("[data-shell-lead]")).to_have_text("这台设备上没有带名单。")
    assert "taps" in page.evaluate(STORE)
    expect(waiting(page)).to_contain_text("待发送 1")
    expect(waiting(page)).to_contain_text("最早的一条是")

    page.context.set_offline(False)
    expect(waiting(page)).to_be_hidden(timeout=30_000)
    assert first.visits.count() == 1


def test_without_a_page_of_ours_the_worker_forgets_it_when_it_wakes(page, wait_until):
    page.evaluate(AGE, ["lists", "taken", DAY])
    assert "lists" in page.evaluate(STORE)

    page.goto("/healthz")  # no script of ours: only the worker sees it pass

    wait_until(lambda: page.evaluate(STORE) == "")


def test_the_browser_forgets_half_of_the_key_by_itself(page, street, building):
    """Whatever becomes of our scripts: after a day the list cannot be opened any more."""
    [half] = halves(page)
    lasts = half["expires"] - timezone.now().timestamp()
    assert DAY / 1000 - 120 < lasts <= DAY / 1000
    assert not half["httpOnly"]
    assert "HKDF extractable=false" in page.evaluate(STORE)

    page.context.clear_cookies(name=half["name"])
    opened = page.evaluate(
        """async ([owner, building]) => {
          const store = await import("/static/js/offline/store.js");
          return (await store.listOf(owner, building)) === null;
        }""",
        [f"{street.worker.user_id}.{street.worker.pk}", building.pk],
    )

    assert opened
    assert "lists" in page.evaluate(STORE)  # the row and its own half were there all the time


def test_what_could_not_be_sent_stays_and_is_offered(page, building, wait_until):
    """However old: only the server's answer or its author takes it away."""
    one, two, *_ = doors_of(building)
    page.route("**/contacts/visits/sync/", lambda route: route.abort())
    tap_all(page, [one, two])
    expect(waiting(page)).to_contain_text("待发送 2")
    page.clock.fast_forward(40 * DAY)

    page.goto("/healthz")
    page.goto("/contacts/visits/round/")

    expect(waiting(page)).to_contain_text("待发送 2")
    left = page.locator("[data-refused] li")
    expect(left).to_have_count(2)
    expect(left.first).to_contain_text("满7天没有发送，还没有记上")
    left.first.get_by_role("button", name="弃").click()
    expect(waiting(page)).to_contain_text("待发送 1")
    page.unroute("**/contacts/visits/sync/")
    page.get_by_role("button", name="现在发送").click()
    expect(waiting(page)).to_be_hidden()
    assert [one.visits.count(), two.visits.count()] == [0, 1]


def test_taps_under_a_clock_eight_days_wrong_are_sent_and_dated_right(
    street, building, new_page, enter, wait_until
):
    page = new_page(**PHONE)
    page.clock.install(time=timezone.now() - dt.timedelta(days=8))
    enter(page, "worker")
    open_round(page, building)
    page.route("**/contacts/visits/sync/", lambda route: route.abort())
    tap_all(page, doors_of(building))
    expect(waiting(page)).to_contain_text("待发送 3")
    assert Visit.objects.filter(household__building=building).count() == 0
    page.close()

    page = page.context.new_page()  # the clock has been put right meanwhile
    page.goto("/")

    visits = Visit.objects.filter(household__building=building)
    wait_until(lambda: visits.count() == 3)
    expect(waiting(page)).to_be_hidden()
    assert {visit.occurred_on for visit in visits.all()} == {timezone.localdate()}


def test_another_person_who_signs_out_leaves_what_a_colleague_has_not_sent(
    street, page, building, act_as, wait_until
):
    page.route("**/contacts/visits/sync/", lambda route: route.abort())
    tap_all(page, doors_of(building)[:2])
    expect(waiting(page)).to_contain_text("待发送 2")

    act_as(page, street.colleague)
    theirs = make_household(building, worker=street.colleague.user, room="901")
    open_round(page, building)
    tap_all(page, [theirs])
    expect(waiting(page)).to_contain_text("待发送 1")
    assert page.evaluate(STORE).count("taps ") == 3
    page.goto("/accounts/logout/")
    page.locator("main form input[name=keep]").wait_for(state="attached")
    page.wait_for_selector("main form[data-confirm]")
    page.get_by_role("main").get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("dialog")).to_contain_text("有 1 条走访还没有发送")
    page.get_by_role("dialog").get_by_role("button", name="仍要退出").click()
    page.wait_for_url("**/accounts/login/")
    wait_until(lambda: page.evaluate(STORE).count("taps ") == 2)
    assert "lists" not in page.evaluate(STORE)

    page.unroute("**/contacts/visits/sync/")
    act_as(page, street.worker)
    page.goto("/")
    expect(waiting(page)).to_be_hidden()
    assert [one.visits.count() for one in doors_of(building)] == [1, 1, 0, 0]


def test_what_waits_under_a_post_that_is_over_can_be_dropped_by_its_author(
    street, page, building, act_as, wait_until
):
    page.route("**/contacts/visits/sync/", lambda route: route.abort())
    tap_all(page, doors_of(building)[:2])
    expect(waiting(page)).to_contain_text("待发送 2")

    act_as(page, make_post(Role.COMMUNITY_WORKER, street.world.south, user=street.worker.user))
    page.goto("/")
    elsewhere = page.locator("[data-elsewhere]")
    expect(elsewhere).to_contain_text("您的另一岗位还有 2 条")
    expect(elsewhere.get_by_role("button")).to_be_hidden()
    page.clock.fast_forward(8 * DAY)
    page.reload()
    elsewhere.get_by_role("button", name="弃掉").click()

    expect(waiting(page)).to_be_hidden()
    wait_until(lambda: "taps" not in page.evaluate(STORE))


@pytest.mark.parametrize("knows", [True, False], ids=["today's browser", "an older browser"])
def test_signing_out_leaves_nothing_to_open(page, wait_until, knows):
    """An older one does not know the word by which the answer has everything cleared."""

    def answer(route):
        if route.request.method != "POST":
            return route.continue_()
        told = route.fetch(max_redirects=0)
        headers = {name: value for name, value in told.headers.items() if name != "clear-site-data"}
        assert headers != told.headers
        return route.fulfill(response=told, headers=headers)

    if not knows:
        page.route("**/accounts/logout/", answer)
    assert "lists" in page.evaluate(STORE)
    page.goto("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/accounts/login/")

    wait_until(lambda: page.evaluate(STORE) == "")
    if knows:
        assert page.evaluate("async () => (await caches.keys()).length") == 0
