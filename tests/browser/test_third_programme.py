"""A third programme, New Zealand's RSE, made in the configuration site alone, and a case refused by a rule of its own.

The rules are those published for the scheme: 18 years or older, a return ticket, health, and at most 7 months in any 11.
"""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from programmes.base.rulebook.rules import longest_end
from programmes.models import Enrolment, Programme
from tests.browser.test_story import browser_of, fill
from tests.end_to_end.story import World
from tests.factories.demand import JobDemandFactory
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.people import PersonFactory
from tests.fixtures.accounts import PASSWORD, make_office, make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
TODAY = date.today()
YEAR = TODAY.year
REQUIREMENTS = [
    # stage, kind, code, Spanish, English, who acts, days before
    ("eligible", "consent", "case_management", "Consentimiento para la gestión del expediente", "Consent to case management", "worker", 60),
    ("eligible", "check", "good_character", "Buena conducta comprobada", "Good character checked", "us", 60),
    ("ready_to_travel", "document", "passport", "Pasaporte", "Passport", "worker", 45),
    ("ready_to_travel", "medical", "medical_clearance", "Certificado de aptitud médica", "Medical clearance", "clinic", 30),
    ("ready_to_travel", "permit", "visa", "Visa limitada RSE", "RSE limited visa", "consulate", 21),
    ("ready_to_travel", "ticket", "return_ticket", "Boleto de ida y vuelta", "Return ticket", "employer", 7),
]  # fmt: skip
RULES = {"max_stay_months": "7", "stay_window_months": "11", "minimum_age": "18"}


def add_row(page: Page, table: str) -> str:
    """Press “add another” of a table; return the prefix of the new row's fields."""
    number = int(page.locator(f"#id_{table}-TOTAL_FORMS").input_value())
    page.locator(f"#{table}-group .add-row a").click()
    return f"{table}-{number}"


def pick(page: Page, field: str, words: str) -> None:
    """Search in an autocomplete and take the first thing found."""
    page.locator(f".field-{field} .select2-selection").click()
    page.locator(".select2-container--open .select2-search__field").fill(words)
    page.locator(".select2-results__option", has_text=words).first.click()


def make_programme(page: Page, address: str) -> None:
    """Sign in as an administrator and write down the whole programme on one page."""
    page.goto(f"{address}/accounts/login/?next=/admin/")
    page.fill("#id_login", "admin@example.org")
    page.fill("#id_password", PASSWORD)
    page.locator("form button.btn-primary").click()
    page.wait_for_url("**/admin/")
    page.locator(".model-programme .addlink").click()
    page.fill("[name=names_es]", "Nueva Zelandia RSE")
    page.fill("[name=names_en]", "New Zealand RSE")
    page.fill("#id_code", "gt-nz-rse")
    page.select_option("#id_origin", "GTM")
    page.select_option("#id_destination", "NZL")
    pick(page, "offices", "Chimaltenango")
    pick(page, "destination_office", "Auckland")
    page.select_option("#id_currency", "NZD")
    page.select_option("#id_authorisation_kind", "agreement_to_recruit")
    for year in (YEAR - 1, YEAR):
        row = add_row(page, "seasons")
        page.fill(f"#id_{row}-code", str(year))
        page.fill(f"#id_{row}-starts_on", f"{year}-01-01")
        page.fill(f"#id_{row}-ends_on", f"{year + 1}-12-31")
    for stage, kind, code, spanish, english, who, days in REQUIREMENTS:
        row = add_row(page, "requirements")
        page.select_option(f"#id_{row}-stage", stage)
        page.select_option(f"#id_{row}-kind", kind)
        page.fill(f"#id_{row}-code", code)
        page.fill(f"[name={row}-labels_es]", spanish)
        page.fill(f"[name={row}-labels_en]", english)
        page.select_option(f"#id_{row}-waits_for", who)
        page.fill(f"#id_{row}-lead_days", str(days))
    for key, value in RULES.items():
        page.locator(f"tr:has(input[value='{key}']) .field-value input").fill(value)
    page.locator("input[name=_save]").click()
    expect(page.locator(".messagelist .success")).to_contain_text("Nueva Zelandia RSE")
    expect(page.locator("html")).to_have_attribute("lang", "es")


def plan_stay(page: Page, address: str, first: date, last: date) -> None:
    """Follow the case file's link to the planned stay and send these days."""
    page.goto(address)
    page.locator("a[href$='/dates/']").first.click()
    page.wait_for_url(re.compile("/dates/"))
    for name, day in {"planned_start": first, "planned_end": last}.items():
        fill(page, name, day.isoformat())
    page.locator("main form[method=post] button.btn-primary").last.click()


def test_a_programme_made_on_the_configuration_site_refuses_by_its_own_rules(
    page, browser, browser_context_args, live_server
):
    world = World()
    make_office("NZ-AKL", name="Auckland")
    make_user("administrator", email="admin@example.org", full_name="Iván Solís", password=PASSWORD, language="es")
    make_programme(page, live_server.url)
    programme = Programme.objects.get(code="gt-nz-rse")
    assert programme.requirements.count() == len(REQUIREMENTS)

    # A caseworker opens a case in it for somebody new: eight months are refused, seven are not.
    person = PersonFactory()
    context = browser.new_context(**browser_context_args, viewport={"width": 1366, "height": 900})
    desk = browser_of(context, live_server, world.users["caseworker"])
    desk.goto(live_server.url + person.get_absolute_url())
    desk.locator("main a[href$='/cases/new/']").first.click()
    fill(desk, "season", programme.seasons.get(code=str(YEAR)).pk)
    fill(desk, "office", make_office("GT-CHM").pk)
    desk.locator("main form[method=post] button.btn-primary").last.click()
    desk.wait_for_url(re.compile("/cases/[0-9a-f-]{36}/"))
    case = Enrolment.objects.get(programme=programme)
    address = live_server.url + case.get_absolute_url()
    start = TODAY + timedelta(days=40)
    plan_stay(desk, address, start, longest_end(start, 8))
    refusal = desk.locator(".errsum")
    expect(refusal).to_contain_text("7 meses")
    assert Enrolment.objects.get(pk=case.pk).planned_end is None
    plan_stay(desk, address, start, longest_end(start, 7))
    expect(desk.locator(".errsum")).to_have_count(0)
    expect(desk).not_to_have_url(re.compile("/dates/"))
    case.refresh_from_db()
    assert (case.planned_start, case.planned_end) == (start, longest_end(start, 7))

    # Somebody who came back two months ago has used five of the seven months in eleven.
    earlier, present = programme.seasons.order_by("code")
    home = PersonFactory()
    EnrolmentFactory(
        person=home, season=earlier, status="closed", departed_on=TODAY - timedelta(days=210),
        returned_on=TODAY - timedelta(days=60),
    )  # fmt: skip
    again = EnrolmentFactory(person=home, season=present, status="rostered", registered_on=TODAY)
    address = live_server.url + again.get_absolute_url()
    plan_stay(desk, address, start, longest_end(start, 7))
    expect(desk.locator(".errsum")).to_contain_text("más de 7 meses en 11")
    # An employer's demand over these months takes no such worker either.
    JobDemandFactory(status="open", season=present, starts_on=start, ends_on=longest_end(start, 7))
    desk.goto(f"{address}move/selected/")
    fill(desk, "demand", "@first")
    desk.locator("main form[method=post] button.btn-primary").last.click()
    expect(desk.locator("main")).to_contain_text("más de 7 meses en 11")
    again.refresh_from_db()
    assert again.status == "rostered"
    context.close()
