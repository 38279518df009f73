"""Employers, demands and candidates in a real browser: quick where script runs."""

import re
from datetime import date, timedelta

import pytest
from django.conf import settings
from playwright.sync_api import expect

from programmes.models import Selection
from tests.factories.demand import AuthorisationFactory, JobDemandFactory
from tests.factories.employers import EmployerFactory
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.selection import SelectionFactory
from tests.fixtures.matching import make_code_lists

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def liaison(page, live_server, client_for):
    """A page of a signed-in liaison: `liaison("/demands/", width=360, theme="dark")`."""
    make_code_lists()
    client = client_for("liaison", language="en")
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])

    def open_it(address, *, width=1280, theme="light"):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=theme)
        page.goto(live_server.url + address)
        return page

    return open_it


@pytest.fixture
def demand(liaison):
    """A demand in the middle of its life: one seat accepted, one reserved, two vacant, two candidates waiting."""
    demand = JobDemandFactory(status="partly_filled", positions=4)
    demand.authorisation = AuthorisationFactory(employer=demand.employer)
    demand.save()
    SelectionFactory(demand=demand, position_status="accepted", case_status="in_documentation", named=True)
    SelectionFactory(demand=demand)
    for _ in range(2):
        EnrolmentFactory(season=demand.season, status="rostered")
    return demand


def test_a_filter_swaps_only_the_list_and_stands_in_the_address(liaison, demand):
    EmployerFactory(name="Suspended Farm", programmes=[demand.season.programme], status="suspended")
    page = liaison("/employers/")
    page.evaluate("document.querySelector('h1').dataset.kept = 'yes'")
    page.get_by_label("Status").select_option("suspended")
    expect(page.locator("#results")).to_contain_text("1 employer")
    expect(page).to_have_url(re.compile(r"\?q=&status=suspended"))
    assert page.locator("h1").get_attribute("data-kept") == "yes"
    page.go_back()
    expect(page.locator("#results")).to_contain_text("2 employers")


def test_a_worker_is_found_selected_and_offered_on_a_phone(liaison, demand):
    case = EnrolmentFactory(season=demand.season, status="rostered")
    page = liaison(demand.get_absolute_url(), width=390)
    page.get_by_role("link", name="Choose candidates").click()
    page.get_by_label("Name or case number").fill(case.number)
    page.get_by_role("button", name="Find").click()
    expect(page.locator("#results tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Reserve a position").click()
    page.get_by_role("button", name="Reserve a position").click()
    expect(page.locator("#toasts")).to_contain_text("A position is reserved")
    held = Selection.objects.get(enrolment=case)
    assert held.position.status == "reserved"
    page.get_by_role("link", name=re.compile(f"^Offer.*{case.person.full_name}")).click()
    page.get_by_role("button", name="Record the offer").click()
    expect(page.locator("#toasts")).to_contain_text("The offer was recorded")


def test_the_end_of_a_refused_form_is_the_field_that_is_wrong(liaison, demand):
    page = liaison(f"/demands/new/?employer={demand.employer.public_id}")
    page.get_by_label("Positions").fill("8")
    page.get_by_label("First day of work").fill((date.today() + timedelta(30)).isoformat())
    page.get_by_label("Last day of work").fill(date.today().isoformat())
    page.get_by_role("button", name="Save the draft").click()
    page.locator(".errsum a").first.click()
    assert page.evaluate("document.activeElement.id") == "id_season"
    expect(page.get_by_label("Positions")).to_have_value("8")
