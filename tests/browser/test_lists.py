"""The case list in a real browser: ticking, all of a list, a deed on many, the way back."""

import re
from datetime import date, timedelta

import pytest
from django.conf import settings
from playwright.sync_api import expect

from programmes.base.batches import runner
from programmes.models import Batch, Enrolment
from tests.browser.test_every_page import AXE, EVERY_RULE, found_by_axe
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.rulebook import CodeFactory, SeasonFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def manager(page, live_server, client_for):
    """A page of a signed-in manager: `manager("/cases/?view=open", width=360)`."""
    client = client_for("manager", language="en")
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])

    def open_it(address, *, width=1280, height=800):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(live_server.url + address)
        return page

    open_it.user = client.user
    return open_it


@pytest.fixture
def cases(db):
    """Thirty open cases: a page and five more."""
    CodeFactory(list="case_tag", code="urgent")
    season = SeasonFactory()
    return [
        EnrolmentFactory(
            season=season,
            next_step="screening",
            next_due_on=date.today() + timedelta(days=n),
            tags=["urgent"] * (n % 2),
        )
        for n in range(30)
    ]


def test_all_of_a_list_is_assigned_and_put_back(manager, cases, user_for):
    worker = user_for("caseworker")
    page = manager("/cases/?view=open")
    page.get_by_label("Select this page").check()
    expect(page.locator("[data-picked]")).to_contain_text("25 ticked")
    page.get_by_label("All of this list: 30 cases").check()
    page.get_by_role("button", name="Assign", exact=True).click()
    page.get_by_label("Owner").select_option(str(worker.public_id))
    page.get_by_role("button", name="Show who will be changed").click()
    expect(page.locator("#batch")).to_contain_text("Cases that will be changed: 30. Left out: 0.")
    assert not Enrolment.objects.filter(owner=worker).exists()
    page.get_by_role("link", name=re.compile("Change these cases")).first.click()
    page.locator("main form button[type=submit]").last.click()
    batch = Batch.objects.get()
    runner.work(batch.pk)
    expect(page.locator("#batch")).to_contain_text("30 of 30 rows were carried out", timeout=10_000)
    assert Enrolment.objects.filter(owner=worker).count() == 30
    Enrolment.objects.filter(pk=cases[7].pk).update(owner=manager.user)
    page.get_by_role("link", name="Undo").first.click()
    page.locator("main form button[type=submit]").last.click()
    runner.work(batch.pk)
    expect(page.locator("#batch")).to_contain_text("29 rows were put back, 1 could not be", timeout=10_000)
    page.get_by_role("link", name=re.compile("could not be undone")).click()
    expect(page.get_by_role("table", name="Rows by state").locator("tbody tr")).to_have_count(1)
    expect(page.locator("#batch")).to_contain_text(cases[7].person.full_name)
    assert list(Enrolment.objects.exclude(owner=None).values_list("pk", flat=True)) == [cases[7].pk]


def test_x_ticks_the_case_one_stands_on_and_the_bar_covers_nothing(manager, cases):
    page = manager("/cases/?view=open", width=360, height=640)
    page.locator("td.person a").nth(2).focus()
    page.keyboard.press("x")
    expect(page.locator("input[name=pick]").nth(2)).to_be_checked()
    expect(page.locator("[data-picked]")).to_contain_text("1 ticked")
    last = page.locator(".pager a[rel=next]")
    last.focus()
    last.scroll_into_view_if_needed()
    page.keyboard.press("End")
    bar, link = page.locator("#bulk").bounding_box(), last.bounding_box()
    assert link["y"] + link["height"] <= bar["y"] + 1 or link["y"] >= bar["y"] + bar["height"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_list_sorts_filters_and_counts_its_tabs(manager, cases):
    page = manager("/cases/?view=open")
    expect(page.locator("#tabs a", has_text="All open").locator(".n")).to_have_text("30")
    expect(page.locator("#filters")).to_have_count(0)
    page.get_by_role("link", name="Filters", exact=True).click()
    page.locator("#filters summary").nth(1).click()
    page.locator("#filters input[name=tag]").first.check()
    expect(page.locator("#results .strip").first).to_contain_text("15 cases")
    page.get_by_role("columnheader", name="Next step, due").get_by_role("link").click()
    expect(page).to_have_url(re.compile("sort=-due"))
    expect(page.locator("#results tbody tr").first).to_contain_text(cases[29].person.full_name)
    page.get_by_role("link", name="Hide the filters").click()
    expect(page.locator("#filters")).to_have_count(0)
    expect(page.locator("#results .strip").first).to_contain_text("15 cases")


@pytest.mark.parametrize("width", [1280, 360])
def test_workers_are_written_to_and_the_page_says_who_is_left_out(manager, cases, width):
    for case in cases[:2]:
        case.person.email = f"w{case.pk}@example.org"
        case.person.save()
    page = manager("/cases/?view=open", width=width)
    for box in page.locator("input[name=pick]").all()[:3]:
        box.check()
    page.get_by_role("button", name="Message", exact=True).click()
    page.get_by_label("Subject in Spanish").fill("Reunión")
    page.get_by_label("Message in Spanish").fill("Hola {apellido}")
    page.get_by_role("button", name="Show who will be changed").click()
    expect(page.get_by_label("Message in Spanish")).to_have_value("Hola {apellido}")
    expect(page.locator("main")).to_contain_text("{apellido} cannot be filled in")
    page.get_by_label("Message in Spanish").fill("Hola {nombre}: tu expediente es {expediente}.")
    page.get_by_role("button", name="Show who will be changed").click()
    expect(page.locator("#batch")).to_contain_text("Workers who will be written to: 2. Left out: 1.")
    reasons = page.get_by_role("table", name="Reasons")
    expect(reasons).to_contain_text("No e-mail address is recorded.")
    page.evaluate(AXE)
    assert found_by_axe(page, EVERY_RULE) == []
    reasons.get_by_role("link", name=re.compile("^1 ")).click()
    expect(page.locator("#batch")).to_contain_text("Only the rows with this reason")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "nothing sticks out sideways"
