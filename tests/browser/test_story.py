"""One worker's season in a real browser, in Spanish, on a phone and on a laptop, as caseworker, liaison and manager."""

import re

import pytest
from playwright.sync_api import Page, expect

from programmes.models import Enrolment, Reintegration
from tests.end_to_end.story import Deed, World, whole_season
from tests.fixtures.accounts import sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
WIDTHS = {"phone": {"width": 390, "height": 844}, "laptop": {"width": 1366, "height": 768}}


def browser_of(context, live_server, user) -> Page:
    """A page on which `user` is signed in."""
    cookie = sign_in(user).cookies["sessionid"]
    context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
    return context.new_page()


def fill(page: Page, name: str, value) -> None:
    """Put a value into the control of that name, whatever kind it is."""
    controls = page.locator(f"main form [name='{name}']")
    kind = controls.first.evaluate("e => e.tagName === 'SELECT' ? 'select' : e.type")
    if kind == "select" and value == "@first":
        value = controls.first.evaluate("e => [...e.options].map(o => o.value).find(v => v)")
    if kind == "select":
        controls.first.select_option(value if isinstance(value, list) else [str(value)])
    elif kind == "radio":
        page.locator(f"main form [name='{name}'][value='{value}']").check()
    elif kind == "checkbox" and value is True:
        controls.first.check()
    elif kind == "checkbox":
        for box in controls.all():
            box.set_checked(box.get_attribute("value") in value)
    else:
        controls.first.fill(str(value))


def do(page: Page, base: str, deed: Deed, *, stands: bool) -> None:
    """Follow the link that leads to the form, fill it in, send it, and arrive somewhere else without an error.

    `stands`: nobody else acted since this page was shown, so what it shows is fresh.
    """
    if deed.found_on:
        if not stands or page.url != base + deed.found_on:
            page.goto(base + deed.found_on)
        link = page.locator(f"a[href^='{deed.page.partition('#')[0]}']").first
        expect(link).to_be_attached()
        if link.is_visible():
            link.click()
            page.wait_for_url(re.compile(re.escape(deed.page.partition("?")[0])))
        else:
            page.goto(base + deed.page)
    else:
        page.goto(base + deed.page)
    expect(page.locator("html")).to_have_attribute("lang", "es")
    for name, value in deed.typed.items():
        fill(page, name, value)
    # A refused form comes back under its own address: both answers are navigations, and need no looking again and again.
    with page.expect_navigation():
        page.locator("main form[method=post] button.btn-primary, main form[method=post] button.btn-danger").last.click()
    assert page.locator(".errsum").count() == 0, (deed.page, page.locator(".errsum").inner_text())
    assert page.url != base + deed.page


@pytest.mark.parametrize("width", WIDTHS)
def test_a_season_from_registration_to_closure(browser, browser_context_args, live_server, width):
    world = World()
    context_args = {**browser_context_args, "viewport": WIDTHS[width]}
    contexts = {role: browser.new_context(**context_args) for role in world.users}
    pages = {role: browser_of(contexts[role], live_server, world.users[role]) for role in world.users}
    wide, before = [], ""
    for deed in whole_season(world):
        page = pages[deed.by]
        do(page, live_server.url, deed, stands=deed.by == before)
        before = deed.by
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(page.url)
    assert wide == [], "pages that scroll sideways"
    case = Enrolment.objects.get()
    assert case.status == "closed"
    assert Reintegration.objects.get().status == "closed"
    history = pages["manager"]
    history.goto(f"{live_server.url}/cases/{case.public_id}/history/")
    expect(history.locator("main")).to_contain_text("La familia recibió el primer envío de dinero.")
    for context in contexts.values():
        context.close()
