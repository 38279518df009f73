"""What the main pages weigh on the wire, in the browser and in queries, with ten thousand people in the database.

The web server is the real one: packed answers, static files that may be kept for ever. The ceilings are measured, not
argued about: kB are thousands of bytes, headers included, as Chromium counts them.
"""

from dataclasses import dataclass, field

import pytest
from django.db import connection
from django.db.models import Count, Q
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from programmes.models import Enrolment, JobDemand
from tests.fixtures.accounts import sign_in

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("ten_thousand_people")]
FIRST_VISIT_KB, FIRST_VISIT_REQUESTS = 90, 10
HEAVIEST_KB = 25
PART_KB = 6
MOST_NODES, MOST_NODES_OF_CASE = 1500, 2500


@dataclass(frozen=True)
class Page:
    """A page with the role that opens it and its ceilings: queries, and kB when everything else is cached."""

    role: str
    path: str
    queries: int
    kilobytes: float = 12
    nodes: int = MOST_NODES


# {case} is the case with the longest story, {worker} its person, {demand} a demand with many candidates.
PAGES = [
    Page("caseworker", "/", 12),
    Page("manager", "/", 12),
    Page("caseworker", "/cases/", 8),
    Page("caseworker", "/cases/?view=open", 8),
    Page("caseworker", "/cases/?view=all&sort=name", 8),
    Page("manager", "/cases/?view=open", 8),
    Page("manager", "/cases/?view=all&sort=-since", 8),
    Page("caseworker", "/cases/{case}/", 15, 15, MOST_NODES_OF_CASE),
    Page("manager", "/cases/{case}/", 15, 15, MOST_NODES_OF_CASE),
    Page("caseworker", "/cases/{case}/documents/", 15, 12, MOST_NODES_OF_CASE),
    Page("caseworker", "/cases/{case}/placement/", 12, 12, MOST_NODES_OF_CASE),
    Page("caseworker", "/cases/{case}/return/", 12, 12, MOST_NODES_OF_CASE),
    Page("caseworker", "/cases/{case}/history/", 12, 12, MOST_NODES_OF_CASE),
    Page("caseworker", "/people/", 8),
    Page("caseworker", "/people/{worker}/", 15),
    Page("caseworker", "/people/new/", 12),
    Page("caseworker", "/people/intake/", 10),
    Page("caseworker", "/people/intake/person/", 12),
    Page("liaison", "/employers/", 10),
    Page("liaison", "/demands/", 10),
    Page("liaison", "/demands/{demand}/", 12),
    Page("liaison", "/demands/{demand}/candidates/", 10),
    Page("manager", "/readiness/", 10, 12, MOST_NODES_OF_CASE),
    Page("caseworker", "/returns/", 8),
    Page("caseworker", "/reintegration/", 8),
    Page("manager", "/reports/", 10),
    Page("caseworker", "/notifications/", 8),
    Page("administrator", "/admin/", 15, HEAVIEST_KB),
]
# Lists whose next page and whose filters are fetched as a part: the page, and what is swapped.
PARTS = [("caseworker", "/cases/?view=open"), ("liaison", "/employers/"), ("liaison", "/demands/")]


@dataclass
class Weight:
    """What one visit cost."""

    kilobytes: float = 0
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def people(ten_thousand_people):
    """One user for each role: of caseworkers the one with most open cases."""
    busiest = User.objects.filter(memberships__role="caseworker").annotate(
        n=Count("cases", filter=Q(cases__is_open=True), distinct=True)
    )
    found = {user.email.partition("@")[0]: user for user in User.objects.filter(email__endswith="@example.org")}
    return found | {"caseworker": busiest.order_by("-n")[0]}


@pytest.fixture(scope="module")
def addresses(people):
    """The records that stand for the placeholders of PAGES: those with most to show."""
    longest = (
        Enrolment.objects.filter(owner=people["caseworker"], returned_on__isnull=False)
        .annotate(n=Count("events"))
        .order_by("-n")
        .select_related("person")[0]
    )
    demand = JobDemand.objects.visible_to(people["liaison"]).filter(status="open").order_by("-positions")[0]
    return {"case": longest.public_id, "worker": longest.person.public_id, "demand": demand.public_id}


class Meter:
    """A browser page whose traffic is counted."""

    def __init__(self, context, address, user):
        cookie = sign_in(user).cookies["sessionid"]
        context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": address}])
        self.address = address
        self.page = context.new_page()
        self.weight = Weight()
        wire = context.new_cdp_session(self.page)
        wire.send("Network.enable")
        wire.on("Network.requestWillBeSent", self._asked)
        wire.on("Network.loadingFinished", self._answered)

    def _asked(self, event):
        if not event["request"]["url"].startswith("data:"):
            self.weight.requests.append(event["request"]["url"])

    def _answered(self, event):
        self.weight.kilobytes += event["encodedDataLength"] / 1000

    def visit(self, path):
        """Open a page, wait until the wire is silent, return what it cost."""
        self.weight = Weight()
        answer = self.page.goto(self.address + path, wait_until="networkidle")
        assert answer.status == 200, (path, answer.status)
        return self.weight

    def nodes(self):
        """How many elements the page has."""
        return self.page.evaluate("document.querySelectorAll('*').length")


@pytest.fixture
def meter(browser, browser_context_args, web, people):
    """`meter("manager")`: a browser with an empty cache in which that user is signed in."""
    contexts = []

    def meter(role):
        contexts.append(browser.new_context(**browser_context_args))
        return Meter(contexts[-1], web, people[role])

    yield meter
    for context in contexts:
        context.close()


def test_first_visit_ever(meter, record_testsuite_property):
    weight = meter("caseworker").visit("/")
    record_testsuite_property("first visit", f"{weight.kilobytes:.1f} kB, {len(weight.requests)} requests")
    assert len(weight.requests) <= FIRST_VISIT_REQUESTS, weight.requests
    assert weight.kilobytes <= FIRST_VISIT_KB


def test_later_pages_bring_little(meter, addresses, record_testsuite_property):
    too_much, meters = [], {}
    for page in PAGES:
        if page.role not in meters:
            meters[page.role] = meter(page.role)
            meters[page.role].visit("/admin/" if page.role == "administrator" else "/")
        path = page.path.format(**addresses)
        weight, nodes = meters[page.role].visit(path), meters[page.role].nodes()
        line = f"{page.role} {page.path}: {weight.kilobytes:.1f} kB, {nodes} nodes"
        record_testsuite_property(f"weight of {page.path} for a {page.role}", line)
        if weight.kilobytes > page.kilobytes or weight.kilobytes > HEAVIEST_KB or nodes > page.nodes:
            too_much.append(line)
    assert too_much == []


@pytest.mark.parametrize(("role", "path"), PARTS)
def test_next_rows_come_as_a_small_part(meter, role, path):
    measured = meter(role)
    measured.visit(path)
    measured.weight = Weight()
    before = measured.page.url
    measured.page.locator("#results a[rel=next]").click()
    measured.page.wait_for_url(lambda address: address != before)
    measured.page.wait_for_load_state("networkidle")
    assert len(measured.weight.requests) == 1, measured.weight.requests
    assert measured.weight.kilobytes <= PART_KB


def test_queries_at_scale(people, addresses):
    clients = {role: sign_in(user) for role, user in people.items()}
    too_many = []
    for page in PAGES:
        path = page.path.format(**addresses)
        clients[page.role].get(path)
        with CaptureQueriesContext(connection) as queries:
            answer = clients[page.role].get(path)
        assert answer.status_code == 200, (page, answer.status_code)
        if len(queries) > page.queries:
            too_many.append(f"{page.role} {page.path}: {len(queries)} queries")
    assert too_many == []
