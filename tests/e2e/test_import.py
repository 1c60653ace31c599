"""An administrator imports a list and gets exactly the bad rows back, with a real worker."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from contacts.models import Household, Resident
from portal.accounts.roles import Role
from portal.core.sheets.reading import read_table
from portal.core.sheets.writing import Column, write_xlsx
from tests.factories.accounts import make_post
from tests.factories.contacts import make_building
from tests.fixtures.browser import DESK, PHONE

pytestmark = [pytest.mark.e2e, pytest.mark.integration]

ROWS = 5_000
TITLES = ["社区名称", "楼号", "单元", "门牌号", "姓名", "手机号", "身份证号"]


@pytest.fixture
def admin(street, settings, tmp_path, monkeypatch):
    """The files lie where the worker of the test finds them."""
    settings.JOB_FILES = tmp_path / "jobs"
    monkeypatch.setenv("JOB_FILES", str(tmp_path / "jobs"))
    for number in range(101, 126):
        make_building(street.world.north, name=f"{number}号楼")
    return make_post(Role.STREET_ADMIN, street.world.bajiao)


@pytest.fixture
def worker(admin, request):
    """Started when the folder of files is known."""
    return request.getfixturevalue("celery_worker_process")


def bad(number: int) -> bool:
    return number % 20 == 13


def people() -> list[list[str]]:
    """Two people a door; of every twenty rows one has a phone that is none."""
    found = []
    for number in range(ROWS):
        door = number // 2
        phone = "1381234" if bad(number) else f"138{number:08}"
        found.append(
            ["八角北里社区", f"{door % 25 + 101}号楼", "1", str(100 + door // 25), f"住户{number}",
             phone, f"1101071950010{number:04}X"]
        )  # fmt: skip
    return found


@pytest.fixture
def book(tmp_path) -> Path:
    path = tmp_path / "八角街道住户.xlsx"
    with path.open("wb") as out:
        write_xlsx(out, [Column(title) for title in TITLES], people())
    return path


def look(page: Page, check: Callable[[Page], None]) -> None:
    """Usable at both widths."""
    for device in (PHONE, DESK):
        page.set_viewport_size(device["viewport"])
        check(page)


def upload(page: Page, book: Path) -> None:
    page.goto("/contacts/households/import/")
    page.get_by_label("表格文件").set_input_files(book)
    page.get_by_role("button", name="上传").click()


def test_5000_rows_with_bad_ones_among_them(
    admin, worker, book, new_page, act_as, assert_accessible, shot: Callable[..., Path]
):
    page = new_page(**DESK, accept_downloads=True)
    act_as(page, admin)
    upload(page, book)
    expect(page.get_by_text("共 5000 行")).to_be_visible()
    expect(page.get_by_label("手机号 导入为")).to_have_value("phone")
    look(page, assert_accessible)
    shot(page, "import-columns-1440")
    page.get_by_role("button", name="核对名单").click()
    here = page.url

    expect(page.get_by_text("有问题的行（前 10 行）")).to_be_visible(timeout=60_000)
    look(page, assert_accessible)
    shot(page, "import-checked-1440")
    assert Resident.objects.filter(name="住户1").count() == 0
    page.get_by_role("button", name="导入没有问题的行").click()

    # The page is left at once, and found again.
    job = page.url
    assert job != here
    seen = page.locator("progress").first
    expect(seen.or_(page.get_by_text("导入完成")).first).to_be_visible()
    page.goto("/")
    page.goto("/reports/exports/")
    look(page, assert_accessible)
    shot(page, "jobs-1440")
    page.locator(".row-title").get_by_role("link", name="导入住户").click()
    assert page.url == job
    expect(page.get_by_text("导入完成，共 5000 行")).to_be_visible(timeout=90_000)
    look(page, assert_accessible)
    shot(page, "import-done-1440")

    with page.expect_download() as waiting:
        page.locator(".row-item", has_text="退回的行").get_by_role("link").first.click()
    with Path(waiting.value.path()).open("rb") as file:
        heading, *back = [row.cells for row in read_table(file)]
    sent = people()
    assert heading == ("行号", "原因", *TITLES)
    assert [[int(cells[0]), *cells[2:]] for cells in back] == [
        [number + 2, *row] for number, row in enumerate(sent) if bad(number)
    ]
    assert all("电话" in cells[1] for cells in back)
    assert len(back) == ROWS // 20
    assert Resident.objects.filter(name__startswith="住户").count() == ROWS - len(back)
    assert Household.objects.filter(residents__name__startswith="住户").distinct().count() == 2500


def test_on_a_phone_and_without_scripts(admin, worker, tmp_path, new_page, act_as, shot):
    path = tmp_path / "名单.csv"
    path.write_text("楼栋,室,姓名,电话\n103号楼,502,王秀英,13800131234\n103号楼,503,李强,12\n")
    page = new_page(**PHONE, java_script_enabled=False, accept_downloads=True)
    act_as(page, admin)
    upload(page, path)
    shot(page, "import-columns-360")
    page.get_by_role("button", name="核对名单").click()
    for _ in range(30):
        link = page.get_by_role("link", name="看最新进度")
        if not link.count():
            break
        link.click()
    expect(page.get_by_text("第 3 行")).to_be_visible()
    shot(page, "import-checked-360")
    page.get_by_role("button", name="导入没有问题的行").click()
    for _ in range(30):
        link = page.get_by_role("link", name="看最新进度")
        if not link.count():
            break
        link.click()
    expect(page.get_by_text(re.compile("登记 1 行.*退回 1 行"))).to_be_visible()
    shot(page, "import-done-360")
    assert Resident.objects.filter(name="王秀英").exists()
