"""A street with people behind doors, and a browser that counts its taps."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Locator, Page

from contacts.models import Household
from portal.accounts.models import Post
from portal.accounts.roles import Role
from tests.factories.accounts import PASSWORD, World, make_post, make_user, make_world, sign_in
from tests.factories.contacts import (
    make_building,
    make_category,
    make_household,
    make_resident,
    make_visit,
)


@dataclass(frozen=True, slots=True)
class Street:
    """八角街道 with a worker who answers for three households, and those who must not see."""

    world: World
    worker: Post
    colleague: Post
    gucheng_worker: Post
    delegate: Post
    leader: Post
    sysadmin: Post
    households: list[Household]


@pytest.fixture
def street(transactional_db) -> Street:
    world = make_world()
    worker = make_post(
        Role.COMMUNITY_WORKER,
        world.north,
        user=make_user("worker", name="李敏"),
        title="社区工作者",
    )
    building = make_building(world.north, name="北里小区 6号楼")
    households = [
        make_household(building, worker=worker.user, unit="2", room=room, floor=int(room[0]))
        for room in ("301", "402", "501")
    ]
    for household, name, tail in zip(
        households, ("陈玉兰", "王建华", "刘桂芝"), ("5678", "4321", "8765"), strict=True
    ):
        make_resident(household, name=name, phone=f"1391234{tail}", is_contact=True)
    make_category("独居老人")
    long_ago = timezone.now() - dt.timedelta(days=60)
    make_visit(households[0], post=worker, occurred_at=long_ago, text="身体还好，血压药在吃。")
    return Street(
        world=world,
        worker=worker,
        colleague=make_post(Role.COMMUNITY_WORKER, world.north),
        gucheng_worker=make_post(Role.COMMUNITY_WORKER, world.gucheng_community),
        delegate=make_post(Role.DELEGATE, world.bajiao),
        leader=make_post(Role.LEADER, world.bajiao),
        sysadmin=make_post(Role.SYSTEM_ADMIN, world.district),
        households=households,
    )


@dataclass
class Hand:
    """One finger: every tap and every filled field is counted."""

    page: Page
    used: int = field(default=0)

    def tap(self, target: Locator) -> None:
        self.page.wait_for_load_state()  # what is visible is known once the styles are there
        self.used += 1
        target.click()

    def fill(self, target: Locator, text: str) -> None:
        self.used += 1
        target.fill(text)


@pytest.fixture
def enter() -> Callable[[Page, str], None]:
    """``enter(page, username)`` signs in through the form."""

    def enter(page: Page, username: str) -> None:
        page.goto("/accounts/login/")
        page.locator("main [name=username]").fill(username)
        page.locator("main [name=password]").fill(PASSWORD)
        page.locator("main").get_by_role("button", name="登录").click()
        page.wait_for_url("**/")

    return enter


@pytest.fixture
def act_as(live_server) -> Callable[[Page, Post], None]:
    """``act_as(page, post)`` puts the session of a signed-in post into the browser."""

    def act_as(page: Page, post: Post) -> None:
        client = Client()
        sign_in(client, post)
        name, cookie = next(
            (name, morsel) for name, morsel in client.cookies.items() if "session" in name
        )
        page.context.clear_cookies()
        page.context.add_cookies([{"name": name, "value": cookie.value, "url": live_server.url}])

    return act_as
