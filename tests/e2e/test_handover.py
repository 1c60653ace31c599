"""A street administrator hands a person's households over, in a real browser; without JavaScript too."""

import pytest

from contacts.models import HouseholdDuty
from portal.accounts.roles import Role
from tests.factories.accounts import make_post, make_user
from tests.factories.contacts import make_building, make_household, make_resident
from tests.fixtures.browser import DESK, PHONE

pytestmark = pytest.mark.e2e


@pytest.fixture
def admin(world):
    return make_post(Role.STREET_ADMIN, world.bajiao, user=make_user("guanli", name="高管理"))


@pytest.fixture
def leaving(world):
    """Somebody who answers for three buildings with eight households each."""
    post = make_post(Role.COMMUNITY_WORKER, world.north, user=make_user("li", name="李敏"))
    make_post(Role.LEADER, world.south, user=post.user, title="副书记")
    for place, name in ((world.north, "1号楼"), (world.north, "2号楼"), (world.south, "3号楼")):
        building = make_building(place, name=name)
        for number in range(8):
            room = f"{number // 2 + 1}0{number % 2 + 1}"
            make_resident(make_household(building, worker=post.user, room=room), name="王秀英")
    return post


PLAIN = {"java_script_enabled": False}


@pytest.mark.parametrize(
    "browser_of", [PHONE, DESK, PHONE | PLAIN], ids=["phone", "desk", "phone-plain"]
)
def test_one_reason_then_row_by_row(
    browser_of, world, admin, leaving, new_page, act_as, shot, assert_accessible
):
    successor = make_post(Role.STREET_ADMIN, world.bajiao).user
    make_post(Role.LEADER, world.north, user=successor)
    make_post(Role.LEADER, world.south, user=successor)
    page = new_page(**browser_of)
    javascript = "java_script_enabled" not in browser_of
    act_as(page, admin)
    page.goto(f"/contacts/handover/{leaving.user_id}/")
    hand_over = page.get_by_role("button", name="移交", exact=True)
    assert page.get_by_role("checkbox").count() == 3
    shot(page, f"handover-masked-{page.viewport_size['width']}")

    page.get_by_text("说明理由后逐户移交").click()
    page.get_by_label("核对登记信息").check()
    page.get_by_role("button", name="看清").click()
    page.get_by_text("24 户对您开放到").wait_for()
    page.get_by_label("由谁接手").first.select_option(str(successor.pk))
    if javascript:
        assert_accessible(page)
        shot(page, f"handover-open-{page.viewport_size['width']}")
        whole = page.get_by_label("整栋").first
        assert whole.is_checked()
        whole.uncheck()
        assert page.locator("[name=households]:checked").count() == 16
    else:
        assert page.get_by_label("整栋").first.is_hidden()
        for box in page.locator("fieldset").first.locator("[name=households]").all():
            box.uncheck()
    # It stays in reach wherever in the list one is.
    page.locator("fieldset").first.scroll_into_view_if_needed()
    place = hand_over.bounding_box()
    assert place["y"] + place["height"] <= page.viewport_size["height"]
    hand_over.click()
    page.get_by_text("已移交 16 户").wait_for()
    assert HouseholdDuty.objects.filter(user=successor).count() == 16
