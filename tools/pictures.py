"""Pictures of the main pages for the docs, taken from a running demo (``make pictures``).

Usage: pictures.py ADDRESS PASSWORD. Writes docs/pictures/<page>-<360|1440>.png and today.png.
"""

import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
WIDTHS = {360: (360, 780), 1440: (1440, 900)}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--lang=zh-CN"]


def enter(page: Page, username: str, password: str) -> None:
    page.goto("/accounts/login/")
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill(password)
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_url("**/")


def addresses(page: Page) -> dict[str, str]:
    """The worker's pages; a household and a visit are taken from what the pages link to."""
    page.goto("/")
    household = page.locator(".proposal .row-title a").nth(2).get_attribute("href") or ""
    page.goto("/contacts/visits/?matters=1")
    link = "main a[href^='/contacts/visits/']:not([href*='new']):not([href*='?'])"
    visit = page.locator(link).first.get_attribute("href") or ""
    number = household.rstrip("/").rsplit("/", 1)[-1]
    return {
        "today": "/",
        "visit-form": f"/contacts/visits/new/?kind=home&household={number}",
        "visits": "/contacts/visits/",
        "visit": visit,
        "households": "/contacts/households/",
        "household": household,
        "diary": "/contacts/diary/",
        "map": "/contacts/map/",
        "round": round_address(page),
        "search": "/search/?q=暖气",
    }


#: Pages of other people: account → name of the picture → address.
OTHERS = {
    "leader": {
        "leader": "/",
        "figures": "/contacts/figures/",
        "points": "/contacts/points/",
        "field-visit": "/contacts/visits/new/?kind=field",
    },
    "streetadmin": {
        "people": "/accounts/people/",
        "import": "/contacts/households/import/",
    },
}


def round_address(page: Page) -> str:
    """The first building of the worker's list."""
    page.goto("/contacts/visits/round/")
    found = page.locator("main a[href^='/contacts/visits/round/']:not([href*='offline'])").first
    return found.get_attribute("href") or ""


def shoot(browser: Browser, base: str, password: str, width: int) -> None:
    size = dict(zip(("width", "height"), WIDTHS[width], strict=True))
    context = browser.new_context(
        base_url=base, viewport=size, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    page = context.new_page()
    page.goto("/accounts/login/")
    page.screenshot(path=FOLDER / f"login-{width}.png")
    enter(page, "worker", password)
    for name, address in addresses(page).items():
        page.goto(address)
        page.screenshot(path=FOLDER / f"{name}-{width}.png")
    for username, pages in OTHERS.items():
        page.context.clear_cookies()
        enter(page, username, password)
        for name, address in pages.items():
            page.goto(address)
            page.screenshot(path=FOLDER / f"{name}-{width}.png")
    page.context.clear_cookies()
    page.goto("/privacy/")
    page.screenshot(path=FOLDER / f"privacy-{width}.png")
    context.close()


def side_by_side(browser: Browser) -> None:
    """``today.png``: the phone beside the desk, for the README."""
    page = browser.new_page(viewport={"width": 1400, "height": 700})
    left, right = ((FOLDER / f"today-{width}.png").as_uri() for width in (1440, 360))
    sheet = FOLDER / "sheet.html"
    sheet.write_text(
        "<body style='margin:0;display:flex;gap:24px;padding:24px;background:#f1efec;"
        "align-items:flex-start'>"
        f"<img src='{left}' style='height:652px;border-radius:12px'>"
        f"<img src='{right}' style='height:652px;border-radius:20px'></body>"
    )
    page.goto(sheet.as_uri())
    page.screenshot(path=FOLDER / "today.png")
    sheet.unlink()


def main() -> None:
    base, password = sys.argv[1:3]
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for width in WIDTHS:
            shoot(browser, base, password, width)
        side_by_side(browser)
        browser.close()


if __name__ == "__main__":
    main()
