"""Twelve positions, nine named and three generic, filled by a liaison and a manager at the same time.

One worker refuses, one is temporarily unfit, one gets no visa: each is replaced from the reserve list. There are never more
than twelve, and each position's story can be read.
"""

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from programmes.base.rulebook import codes
from programmes.models import Position, Selection
from tests.factories.demand import AuthorisationFactory, JobDemandFactory
from tests.factories.departure import DocumentFactory
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.rulebook import CodeFactory, RequirementFactory
from tests.factories.selection import CandidacyFactory
from tests.fixtures.accounts import make_user, sign_in
from tests.fixtures.matching import make_code_lists

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
NAMED, GENERIC, RESERVE = 9, 3, 5
SEATS = NAMED + GENERIC


class Officer:
    """Somebody at a screen of their own."""

    def __init__(self, role, browser, args, live_server):
        self.user = make_user(role, language="en")
        self.context = browser.new_context(**args)
        cookie = sign_in(self.user, Client()).cookies["sessionid"]
        self.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
        self.page: Page = self.context.new_page()
        self.base = live_server.url

    def open(self, address: str) -> Page:
        self.page.goto(self.base + address, wait_until="domcontentloaded")
        return self.page

    def press(self, words, **typed) -> None:
        """Fill in what is named and press the button, without waiting for the answer."""
        for name, value in typed.items():
            control = self.page.locator(f"main [name='{name}']")
            if control.evaluate("e => e.tagName") == "SELECT":
                control.select_option(value)
            else:
                control.fill(value)
        self.page.get_by_role("button", name=words).first.click(no_wait_after=True)

    def hears(self, words) -> None:
        expect(self.page.locator("body")).to_contain_text(words)


@pytest.fixture
def officers(browser, browser_context_args, live_server):
    """A liaison and a manager."""
    make_code_lists()
    for name, code in (("visa_refusal", "documents"), ("release", "worker_declined")):
        CodeFactory(list=name, code=code)
    codes.forget()
    both = [Officer(role, browser, browser_context_args, live_server) for role in ("liaison", "manager")]
    yield both
    for officer in both:
        officer.context.close()


def make_demand():
    """The demand, whom it names, three candidates of the roster, and a reserve list whose first lacks a passport."""
    demand = JobDemandFactory(status="open", positions=SEATS)
    demand.authorisation = AuthorisationFactory(employer=demand.employer, positions=SEATS)
    demand.save()
    RequirementFactory(programme=demand.season.programme, kind="document", code="passport", stage="ready_to_travel")
    cases = [EnrolmentFactory(season=demand.season, status="rostered") for _ in range(SEATS + 1)]
    for number, case in enumerate(cases[:NAMED], 1):
        demand.places.filter(number=number).update(named=True, wanted=case.person)
    reserve = [CandidacyFactory(demand=demand, status="reserve", rank=rank) for rank in range(1, RESERVE + 1)]
    for one in reserve[1:]:
        DocumentFactory(
            enrolment=one.enrolment, person=one.enrolment.person, type="passport", status="verified",
            expires_on=date.today() + timedelta(days=1200),
        )  # fmt: skip
    return demand, cases, reserve


def taken(demand) -> int:
    """How many positions are held; each by one worker, and never more than there are."""
    live = Selection.objects.live().filter(position__demand=demand)
    assert live.count() == live.values("enrolment").distinct().count() <= SEATS == demand.places.count()
    return live.count()


def test_twelve_positions_filled_and_filled_again_by_two_officers_at_once(officers):
    ana, bea = officers
    demand, cases, reserve = make_demand()
    base = demand.get_absolute_url()
    roster = [f"{base}candidates/{case.public_id}/" for case in cases]

    # Nine named workers, one after the other; each gets the position that names them.
    for n in range(NAMED):
        officer = officers[n % 2]
        officer.open(roster[n])
        officer.press("Reserve a position")
        officer.hears("A position is reserved for")
    held = {s.enrolment_id: s for s in Selection.objects.select_related("position")}
    assert [(held[c.pk].position.number, held[c.pk].named) for c in cases[:NAMED]] == [
        (n, True) for n in range(1, NAMED + 1)
    ]

    # Both want the same worker at the same moment: one hears who was first.
    for officer in officers:
        officer.open(roster[9])
    for officer in officers:
        officer.press("Reserve a position")
    for officer in officers:
        officer.hears(re.compile("A position is reserved for|selected .+ just now for position 10"))
    assert taken(demand) == 10

    # Both want the same seat for two workers: the second hears who has it, and takes the next free one.
    for officer, address in ((ana, roster[10]), (bea, roster[11])):
        officer.open(address)
    for officer in officers:
        officer.press("Reserve a position", position="11")
    for officer in officers:
        officer.hears(re.compile("A position is reserved for|Position 11 was taken by .+ just now"))
    second = next(o for o in officers if "Position 11 was taken" in o.page.inner_text("main"))
    second.hears("The next vacant one is position 12")
    second.press("Reserve a position")
    second.hears("A position is reserved for")
    assert taken(demand) == SEATS

    # Nobody gets a thirteenth.
    ana.open(roster[12])
    ana.press("Reserve a position")
    ana.hears("no vacant position left")
    assert taken(demand) == SEATS

    # Three are lost: one refuses the offer, one is unfit for now, one gets no visa.
    for n in (3, 6):
        bea.open(f"/cases/{cases[n].public_id}/move/in_documentation/")
        bea.press("Record that the offer was accepted")
        bea.page.wait_for_url(re.compile(rf"/cases/{cases[n].public_id}/$"))
    for n, target, typed in (
        (0, "rostered", {"reason": "worker_declined"}),
        (3, "unfit", {"reason": "temporarily unfit"}),
        (6, "refused", {"reason": "documents"}),
    ):
        bea.open(f"/cases/{cases[n].public_id}/move/{target}/")
        bea.page.locator("main form [name='reason']").wait_for()
        for name, value in typed.items():
            control = bea.page.locator(f"main [name='{name}']")
            select = control.evaluate("e => e.tagName") == "SELECT"
            control.select_option(value) if select else control.fill(value)
        bea.page.locator("main form[method=post] .acts button[type=submit]").first.click()
        bea.page.wait_for_url(re.compile(rf"/cases/{cases[n].public_id}/$"))
    assert taken(demand) == SEATS - 3

    # Each is replaced by the next who is ready; both press the same button, and one of them hears who was first.
    for n, follower in zip((1, 4, 7), reserve[1:4], strict=True):
        for officer in officers:
            officer.open(f"{base}shortlist/")
        name = follower.enrolment.person.full_name
        for officer in officers:
            expect(officer.page.locator("#free")).to_contain_text(name)
            expect(officer.page.locator("#free")).not_to_contain_text(reserve[0].enrolment.person.full_name)
            officer.press(re.compile(rf"^Give the position.*{re.escape(name)}"))
        for officer in officers:
            officer.hears(re.compile(rf"Position {n} is reserved for|decided about position {n} just now: accepted"))
        assert Selection.objects.live().get(position__demand=demand, position__number=n).enrolment == follower.enrolment
    assert taken(demand) == SEATS
    assert not Position.objects.filter(demand=demand, status="vacant").exists()

    # Every seat can be read; those of the three tell both stories.
    reader = sign_in(ana.user, Client())
    for n in range(1, SEATS + 1):
        assert "Who held it" in reader.get(f"{base}positions/{n}/story/").content.decode()
    why = {1: "worker_declined (en)", 4: "temporarily unfit", 7: "documents (en)"}
    for n, reason in why.items():
        story = ana.open(f"{base}positions/{n}/story/").locator("main")
        came = Selection.objects.live().get(position__demand=demand, position__number=n).enrolment.person
        for words in (cases[n - 1].person.full_name, came.full_name, reason, "asked for by name"):
            expect(story).to_contain_text(words)
