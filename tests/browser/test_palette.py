"""The palette in a real browser: opens with Ctrl+K, works by keyboard alone, gives the focus back."""

import re

import pytest
from playwright.sync_api import expect

from tests.factories.people import PersonFactory
from tests.fixtures.accounts import make_user, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(page, live_server):
    """The page of a caseworker, signed in, with two people of theirs."""
    carla = make_user("caseworker", full_name="Carla Méndez", language="en", office="GT-CHM")
    PersonFactory(given_names="Candelaria", first_surname="Ixcot", second_surname="")
    PersonFactory(given_names="Candelaria", first_surname="Tzul", second_surname="")
    cookie = sign_in(carla).cookies["sessionid"]
    page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
    page.goto(f"{live_server.url}/people/")
    return page


def test_control_k_finds_and_opens_a_person_without_the_mouse(desk):
    desk.locator("#find").focus()
    desk.keyboard.press("Control+k")
    box, options = desk.locator("#palette-q"), desk.locator("#palette [role=option]")
    expect(box).to_be_focused()
    expect(options.first).to_have_text("Today")
    desk.keyboard.type("candelaria")
    expect(options).to_have_count(2)
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(desk.locator("#palette [role=status]")).to_have_text("2 results")
    desk.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "hit-1")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    desk.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "hit-0")
    name = options.first.locator("bdi").inner_text()
    desk.keyboard.press("Enter")
    desk.wait_for_url(re.compile(r"/people/[0-9a-f-]{36}/$"))
    expect(desk.get_by_role("heading", level=1)).to_contain_text(name)


def test_escape_closes_and_the_focus_is_where_it_was(desk):
    desk.locator("#find").focus()
    desk.keyboard.press("Control+k")
    expect(desk.locator("#palette")).to_be_visible()
    desk.keyboard.press("Escape")
    expect(desk.locator("#palette")).to_be_hidden()
    expect(desk.locator("#find")).to_be_focused()
    desk.keyboard.press("Meta+k")
    expect(desk.locator("#palette")).to_be_visible()


def test_enter_before_the_answer_shows_the_results_on_a_page_and_opens_nothing_else(desk):
    desk.keyboard.press("Control+k")
    expect(desk.locator("#palette [role=option]").first).to_be_visible()
    desk.route(
        "**/palette/", lambda route: route.abort() if "hx-request" in route.request.headers else route.continue_()
    )
    desk.keyboard.type("candelaria tzul")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/palette/")
    expect(desk.locator("main .lines a")).to_have_text(["Candelaria Tzul"])


def test_slash_searches_from_anywhere_and_never_puts_a_name_into_the_address(desk):
    desk.keyboard.press("/")
    expect(desk.locator("#find")).to_be_focused()
    desk.keyboard.type("iskot candelaria")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/people/search/")
    expect(desk.locator("table.results tbody tr")).to_have_count(1)
    expect(desk.locator("table.results")).to_contain_text("sounds like Ixcot")


def test_who_switched_the_keys_off_opens_it_with_the_button(desk):
    desk.evaluate("document.body.dataset.shortcuts = 'off'")
    desk.set_viewport_size({"width": 360, "height": 740})
    desk.locator("a.find-s[data-palette]").click()
    expect(desk.locator("#palette-q")).to_be_focused()
