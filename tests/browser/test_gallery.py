"""The gallery holds every component; what is right here is right on the pages made of them."""

from pathlib import Path

import axe_playwright_python
import pytest

pytestmark = pytest.mark.django_db(transaction=True)

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (360, 1280)


@pytest.fixture
def gallery(page, live_server):
    """Open the gallery: `gallery("?refused=1", width=360, theme="dark", language="en")`; returns the page."""

    def open_it(query="", *, width=1280, theme="light", language="es"):
        page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=theme)
        page.goto(f"{live_server.url}/gallery/{query}")
        return page

    return open_it


def violations(page):
    """What axe finds on the page, one line each."""
    page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES)
    return [
        f"{rule['id']}: {node['html'][:120]} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(gallery, width, language):
    page = gallery("?refused=1", width=width, theme="light", language=language)
    assert page.locator("html").get_attribute("lang") == language
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector("html[data-bs-theme=dark]")
    assert violations(page) == []


def test_menus_and_dialogs_are_accessible_too(gallery):
    page = gallery(width=360)
    page.locator(".work details.menu summary").first.click()
    assert violations(page) == []
    page.locator("[data-dialog=sure]").click()
    assert page.locator("dialog#sure").is_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    assert not page.locator("dialog#sure").is_visible()


@pytest.mark.parametrize("width", [320, 360, 768, 992, 1280])
def test_nothing_scrolls_sideways(gallery, width):
    page = gallery("?refused=1", width=width)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_targets_on_phones_are_44_pixels_high(gallery):
    page = gallery(width=360)
    small = page.evaluate(
        """() => [...document.querySelectorAll('.btn, .form-control, .form-select, .chip a, .main-nav a, .subnav a')]
            .filter(e => e.offsetParent && e.getBoundingClientRect().height < 44).map(e => e.outerHTML.slice(0, 90))"""
    )
    assert small == []


def test_refused_form_leads_from_the_summary_to_the_field(gallery):
    page = gallery("?refused=1")
    assert page.title().startswith("Error:")
    summary = page.locator(".errsum")
    assert summary.evaluate("element => element === document.activeElement")
    summary.get_by_role("link").first.click()
    assert page.evaluate("location.hash") == "#id_born_on_2"
    year = page.locator("#id_born_on_2")
    assert year.get_attribute("aria-invalid") == "true"
    group = page.locator("fieldset", has=year)
    for described in group.get_attribute("aria-describedby").split():
        assert page.locator(f"#{described}").inner_text()


def test_toast_goes_after_ten_seconds_unless_somebody_is_on_it(gallery, page):
    page.clock.install()
    gallery("?toast=1")
    toast = page.locator("#toasts [data-toast]")
    assert toast.is_visible()
    toast.hover()
    page.clock.run_for(11_000)
    assert toast.count() == 1
    page.mouse.move(600, 300)
    page.clock.run_for(11_000)
    assert toast.count() == 0


def test_lost_connection_is_said_once_and_taken_back(gallery):
    page = gallery()
    page.context.set_offline(True)
    page.wait_for_selector("#offline")
    page.context.set_offline(False)
    page.wait_for_selector("#offline", state="detached")


def test_part_is_fetched_and_sent_under_the_strict_policy(gallery):
    page = gallery()
    page.locator("#part [hx-get]").click()
    page.wait_for_selector("#part .t-active")
    page.locator("#part [hx-post]").click()
    page.wait_for_selector("#part .t-done")


def test_failed_part_says_so_in_its_place_and_tries_again(gallery, complaints):
    page = gallery()
    page.route("**/gallery/", lambda route: route.abort() if route.request.headers.get("hx-request") else None)
    page.locator("#part [hx-get]").click()
    note = page.locator("[data-failed]")
    note.wait_for()
    assert note.evaluate("element => element.nextElementSibling.id") == "part"
    page.unroute("**/gallery/")
    note.get_by_role("button").click()
    page.wait_for_selector("#part .t-active")
    assert note.count() == 0
    complaints.clear()  # htmx logs the request that failed


def test_gallery_works_without_script(browser, live_server):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800}, locale="en")
    page = context.new_page()
    page.goto(f"{live_server.url}/gallery/")
    page.locator(".filters-open").click()
    assert page.locator("form.filters").is_visible()
    page.locator("summary").first.click()
    assert page.locator("details[open] .drop").first.is_visible()
    context.close()


def test_paper_has_words_and_no_controls(gallery):
    page = gallery()
    page.emulate_media(media="print")
    assert page.locator(".top").is_hidden()
    assert page.locator(".btn").first.is_hidden()
    assert page.locator(".tag").first.is_visible()
    assert page.locator(".idbar b").first.is_visible()


def test_right_to_left_pages_mirror(gallery, settings):
    settings.LANGUAGES = [*settings.LANGUAGES, ("ar", "Arabic")]
    page = gallery(language="ar")
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert page.locator("link[href*='bootstrap.rtl']").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    first, last = page.locator(".journey li").first.bounding_box(), page.locator(".journey li").last.bounding_box()
    assert first["x"] > last["x"]
