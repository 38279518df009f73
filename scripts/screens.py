"""Take the pictures of README.md from a running demo: `make run` in one terminal, then this with its address.

.venv/bin/python scripts/screens.py http://127.0.0.1:8000
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "screens"
PASSWORD = "iomcase-demo"  # noqa: S105 -- everybody knows the demo's password
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
LAPTOP, PHONE = {"width": 1366, "height": 860}, {"width": 390, "height": 844}


def signed_in(browser: Browser, base: str, role: str, size: dict, *, dark: bool = False) -> Page:
    """A page of somebody with this role, in Spanish."""
    page = browser.new_context(locale="es-GT", viewport=size, color_scheme="dark" if dark else "light").new_page()
    page.goto(f"{base}/accounts/login/")
    page.fill("#id_login", f"{role}@example.org")
    page.fill("#id_password", PASSWORD)
    page.locator("form button.btn-primary").click()
    page.wait_for_url(f"{base}/")
    return page


def first_case(page: Page, base: str, status: str) -> str:
    """The address of the first of my cases in a state."""
    page.goto(f"{base}/cases/?view=mine&status={status}")
    return base + (page.locator("#results a.name").first.get_attribute("href") or "/cases/")


def pictures(browser: Browser, base: str) -> Iterator[tuple[str, Page]]:
    """Each picture's name, and a page that shows it."""
    worker = signed_in(browser, base, "caseworker", LAPTOP)
    yield "today", worker
    preparing = first_case(worker, base, "in_documentation")
    for name, address in (
        ("case", preparing),
        ("documents", f"{preparing}documents/"),
        ("cases", f"{base}/cases/?view=open"),
        ("placement", first_case(worker, base, "active") + "placement/"),
        ("reintegration", first_case(worker, base, "in_reintegration") + "reintegration/"),
    ):
        worker.goto(address)
        yield name, worker
    liaison = signed_in(browser, base, "liaison", LAPTOP)
    liaison.goto(f"{base}/demands/?status=partly_filled")
    liaison.goto(base + (liaison.locator("#results a.name").first.get_attribute("href") or "/demands/"))
    yield "demand", liaison
    manager = signed_in(browser, base, "manager", LAPTOP)
    yield "manager", manager
    manager.goto(f"{base}/reports/")
    link = manager.locator("main a[href^='/reports/']:not([href$='/make/'])").first
    if link.count():
        manager.goto(base + (link.get_attribute("href") or "/reports/"))
    yield "report", manager
    phone = signed_in(browser, base, "caseworker", PHONE)
    yield "today-phone", phone
    dark = signed_in(browser, base, "caseworker", PHONE, dark=True)
    dark.goto(preparing)
    yield "case-phone-dark", dark


def main(base: str) -> None:
    """Write every picture."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for name, page in pictures(browser, base.rstrip("/")):
            page.screenshot(path=TARGET / f"{name}.png")
            print(f"docs/screens/{name}.png  {page.title()}")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
