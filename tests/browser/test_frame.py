"""What every page does around its content: door, keys, session warning, one send, nothing typed lost."""

import re

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from tests.fixtures.accounts import PASSWORD, make_user

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = 60_000


@pytest.fixture
def carla(db):
    """A caseworker with a password."""
    return make_user("caseworker", email="carla@example.org", full_name="Carla Méndez", password=PASSWORD)


@pytest.fixture
def sign_in(page, live_server, carla):
    """Sign in through the page; `sign_in("/profile/")` then opens that page."""

    def sign_in(path="/profile/"):
        page.goto(f"{live_server.url}/accounts/login/?next={path}")
        page.fill("#id_login", carla.email)
        page.fill("#id_password", PASSWORD)
        page.locator("form button.btn-primary").click()
        page.wait_for_url(f"**{path}")
        return page

    return sign_in


def test_sign_in_page_speaks_the_chosen_language(page, live_server):
    page.goto(f"{live_server.url}/accounts/login/")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_wrong_password_says_so_and_takes_the_focus(page, live_server, carla):
    page.goto(f"{live_server.url}/accounts/login/")
    page.fill("#id_login", carla.email)
    page.fill("#id_password", "not the password at all")
    page.locator("form button.btn-primary").click()
    expect(page.locator(".errsum")).to_be_focused()
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.locator("#id_login")).to_have_value(carla.email)


def test_passkey_is_added_and_signs_in(sign_in, live_server):
    page = sign_in("/accounts/passkeys/add/")
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.fill("#id_name", "Computadora")
    page.check("#id_passwordless")
    page.click("#mfa_webauthn_add")
    page.wait_for_url(lambda address: "add" not in address)
    page.locator("summary.me").click()
    page.locator(".drop form button").last.click()
    page.goto(f"{live_server.url}/accounts/login/?next=/profile/")
    page.click("#passkey_login")
    page.wait_for_url("**/profile/")


def test_slash_goes_to_the_search_and_question_mark_lists_the_keys(sign_in):
    page = sign_in()
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("/?")
    expect(page.locator("#find")).to_have_value("/?")
    page.locator("#find").blur()
    page.keyboard.press("?")
    expect(page.locator("dialog#keys")).to_be_visible()
    expect(page.locator("dialog#keys dt").first).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url(re.compile(r":\d+/$"))


def test_keys_can_be_switched_off(sign_in, carla):
    carla.shortcuts_on = False
    carla.save()
    page = sign_in()
    page.keyboard.press("/")
    expect(page.locator("#find")).not_to_be_focused()
    page.keyboard.press("?")
    assert page.locator("dialog#keys").count() == 0


def test_theme_of_the_menu_stays(sign_in, carla):
    page = sign_in()
    page.locator("summary.me").click()
    page.locator("button[name=theme][value=dark]").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    carla.refresh_from_db()
    assert carla.theme == "dark"
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_idle_warning_keeps_the_session_with_one_press(sign_in, page):
    page.clock.install()
    sign_in()
    page.clock.run_for(28 * MINUTE)
    expect(page.locator("dialog#idle [data-stay]")).to_be_visible()
    with page.expect_response("**/keep-alive/") as answer:
        page.locator("dialog#idle [data-stay]").click()
    assert answer.value.status == 204
    expect(page.locator("dialog#idle")).to_be_hidden()


def test_page_and_its_words_survive_the_end_of_the_session(sign_in, page, live_server, carla):
    page.clock.install()
    sign_in()
    page.fill("#id_full_name", "Carla Méndez Ruiz")
    Session.objects.all().delete()
    page.clock.run_for(31 * MINUTE)
    expect(page.locator("dialog#idle [data-again]")).to_be_visible()
    other = page.context.new_page()
    other.goto(f"{live_server.url}/accounts/login/?next=/profile/")
    other.fill("#id_login", carla.email)
    other.fill("#id_password", PASSWORD)
    other.locator("form button.btn-primary").click()
    other.wait_for_url("**/profile/")
    page.bring_to_front()
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(page.locator("dialog#idle")).to_be_hidden()
    expect(page.locator("#id_full_name")).to_have_value("Carla Méndez Ruiz")
    page.locator("main form [type=submit]").first.click()
    page.wait_for_load_state()
    carla.refresh_from_db()
    assert carla.full_name == "Carla Méndez Ruiz"


def test_form_is_sent_once_however_often_it_is_pressed(sign_in, page):
    sign_in()
    sent = []

    def swallow(route):
        if route.request.method != "POST":
            return route.continue_()
        sent.append(route.request.method)
        return route.fulfill(status=204)

    page.route("**/profile/", swallow)
    page.evaluate(
        "() => { const b = document.querySelector('main form [type=submit]'); b.click(); b.click(); b.click(); }"
    )
    expect(page.locator("[data-sending]")).to_be_visible()
    assert sent == ["POST"]
    expect(page.locator("main form").first).to_have_attribute("aria-busy", "true")


def test_leaving_with_typed_words_asks_once(sign_in, page):
    sign_in()
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.fill("#id_full_name", "Otro nombre")
    page.locator("a.word").click()
    assert asked == ["beforeunload"]
    expect(page.locator("#id_full_name")).to_have_value("Otro nombre")
