"""Quick intake on a phone of 390 px: the line drops and comes back, and a draft goes on in another session."""

import re

import pytest
from playwright.sync_api import expect

from programmes.models import Draft, Person
from tests.factories.people import PersonFactory
from tests.factories.rulebook import CodeFactory
from tests.fixtures.accounts import PASSWORD, make_user

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def worker(db):
    """A caseworker, and the code lists the page asks for."""
    for name, code in [
        ("consent_purpose", "case_management"), ("language", "es"), ("country", "GTM"), ("subdivision", "GT-04"),
        ("subdivision", "GT-05"), ("document", "national_id"), ("document", "passport"), ("different_person", "twins"),
    ]:  # fmt: skip
        CodeFactory(list=name, code=code)
    return make_user("caseworker", email="carla@example.org", full_name="Carla Méndez", password=PASSWORD)


def sign_in(page, live_server, worker, path):
    page.set_viewport_size(PHONE)
    page.goto(f"{live_server.url}/accounts/login/?next={path}")
    page.fill("#id_login", worker.email)
    page.fill("#id_password", PASSWORD)
    page.locator("form button.btn-primary").click()
    page.wait_for_url(f"**{path}")


def begin(page, words="Catarina Choc Ba"):
    page.fill("#intake-q", words)
    page.keyboard.press("Enter")
    page.locator("form[action$='/intake/person/'] button").click()
    page.wait_for_url("**/people/intake/person/")


def fill(page):
    page.check("input[name=purposes][value=case_management]")
    page.select_option("#id_language", "es")
    page.check("input[name=mode][value=written]")
    page.fill("#id_birth_date_2", "1994")
    page.check("input[name=sex][value=female]")
    page.fill("#id_document_number", "2345 67899 0101")
    page.fill("#id_phone", "5555 0163")
    page.select_option("#id_subdivision", "GT-04")
    page.fill("#id_municipality", "Patzún")


def test_a_line_that_drops_loses_nothing_and_the_next_person_follows(page, context, live_server, worker, complaints):
    PersonFactory(subdivision="GT-05", municipality="Siquinalá", given_names="Rosa", first_surname="Tax", phone="")
    sign_in(page, live_server, worker, "/people/intake/")
    begin(page)
    expect(page.locator("#id_first_surname")).to_have_value("Choc")
    with page.expect_response("**/people/municipalities/**"):
        page.select_option("#id_subdivision", "GT-05")
    expect(page.locator("#municipalities option")).to_have_attribute("value", "Siquinalá")
    expect(page.locator("#id_document_number_helptext")).to_contain_text("13")
    page.select_option("#id_document_kind", "passport")
    expect(page.locator("#id_document_number_helptext")).not_to_contain_text("13")
    page.select_option("#id_document_kind", "national_id")
    fill(page)
    context.set_offline(True)
    page.locator("button[name=next]").click()
    expect(page.locator("[data-failed]")).to_be_visible()
    expect(page.locator("#id_given_names")).to_have_value("Catarina")
    assert not Person.objects.filter(given_names="Catarina").exists()
    complaints.clear()  # htmx logs the request that failed
    context.set_offline(False)
    page.locator("[data-failed] button").click()
    page.wait_for_url(re.compile(r"/people/(intake/|[0-9a-f-]{36}/)$"))
    assert Person.objects.filter(given_names="Catarina").count() == 1
    page.goto(f"{live_server.url}/people/intake/person/")
    expect(page.locator("#id_municipality")).to_have_value("Patzún")
    expect(page.locator("#id_given_names")).to_have_value("")


def test_a_similar_person_is_shown_beside_the_form_while_typing(page, live_server, worker):
    PersonFactory(given_names="Catarina", first_surname="Choc", second_surname="Ba", phone="+50255550163")
    sign_in(page, live_server, worker, "/people/intake/")
    begin(page)
    page.fill("#id_phone", "5555 0163")
    page.fill("#id_birth_date_0", "14")
    page.fill("#id_birth_date_1", "3")
    page.fill("#id_birth_date_2", "1992")
    page.keyboard.press("Tab")
    expect(page.locator("#possible .dup")).to_be_visible()
    expect(page.locator("#possible #id_different_because")).to_be_visible()


def test_a_draft_goes_on_in_another_session(page, browser, live_server, worker, browser_context_args):
    page.clock.install()
    sign_in(page, live_server, worker, "/people/intake/")
    begin(page)
    page.fill("#id_community", "El Sitio")
    page.context.set_offline(True)
    page.clock.run_for(11_000)
    expect(page.locator("#draft-said")).not_to_be_empty()
    assert not Draft.objects.exists()
    with page.expect_response("**/drafts/") as answer:
        page.context.set_offline(False)
        page.clock.run_for(11_000)
    assert answer.value.status == 200
    page.fill("#id_given_names", "Catarina Ixchel")
    with page.expect_response("**/drafts/"):
        page.clock.run_for(11_000)
    expect(page.locator("#draft-said")).to_contain_text(re.compile(r"\d:\d\d"))
    other = browser.new_context(**browser_context_args)
    again = other.new_page()
    sign_in(again, live_server, worker, "/people/intake/")
    again.locator("a[href*='?draft=']").click()
    expect(again.locator("#id_given_names")).to_have_value("Catarina Ixchel")
    expect(again.locator("#id_community")).to_have_value("El Sitio")
    expect(again.locator(".errsum")).to_have_count(0)
    other.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_fits_its_width(page, live_server, worker, width):
    sign_in(page, live_server, worker, "/people/intake/person/")
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
