"""The case file through its pages: what it offers, what it refuses and says, what others see."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from programmes.models import CaseEvent, Enrolment, Letter
from tests.factories.enrolment import EnrolmentFactory, StepFactory
from tests.factories.rulebook import CodeFactory, RequirementFactory

pytestmark = pytest.mark.django_db
TODAY = date.today().isoformat()


def address(case, name="overview", *more):
    return reverse(f"casefile:{name}", args=[case.public_id, *more])


def opened(client, url):
    """The hidden fields of a form as the page holds them."""
    page = client.get(url).content.decode()
    return dict(re.findall(r'name="(key|version)" value="([^"]*)"', page))


def test_the_case_file_says_who_where_what_next_and_why_not(client_for):
    client = client_for("caseworker")
    case = EnrolmentFactory()
    missing = [RequirementFactory(programme=case.programme) for _ in range(2)]
    page = client.get(address(case)).content.decode()
    assert case.person.full_name in page
    assert case.number in page
    assert 'aria-disabled="true"' in page
    for requirement in missing:
        assert page.count(requirement.label) >= 2
        assert reverse("enrolment:tick", args=[case.public_id, requirement.public_id]) in page


def test_a_move_through_the_page(client_for):
    client = client_for("caseworker")
    case = EnrolmentFactory()
    url = address(case, "move", "waitlisted")
    response = client.post(url, opened(client, url) | {"on": TODAY, "note": "no place yet"})
    assert response.url == address(case)
    case.refresh_from_db()
    assert case.status == "waitlisted"
    page = client.get(address(case)).content.decode()
    assert "no place yet" in page
    assert client.user.full_name in page


def test_the_same_move_sent_twice_is_made_once(client_for):
    client = client_for("caseworker")
    case = EnrolmentFactory()
    url = address(case, "move", "waitlisted")
    data = opened(client, url) | {"on": TODAY}
    assert client.post(url, data).status_code == client.post(url, data).status_code == 302
    assert case.diary.count() == 1


def test_a_stale_form_says_what_changed_and_keeps_what_was_typed(client_for):
    client = client_for("caseworker")
    case = EnrolmentFactory()
    url = address(case, "move", "waitlisted")
    data = opened(client, url) | {"on": TODAY, "note": "Typed by me"}
    Enrolment.objects.filter(pk=case.pk).update(registered_on=date(2026, 1, 2))
    response = client.post(url, data)
    assert response.status_code == 409
    assert "Typed by me" in response.content.decode()
    assert not CaseEvent.objects.filter(kind="move").exists()


@pytest.mark.parametrize("version", ["", "-1", "abc", "99"])
def test_a_version_that_is_missing_or_wrong_is_refused_never_skipped(client_for, version):
    client = client_for("caseworker")
    case = EnrolmentFactory()
    url = address(case, "move", "waitlisted")
    response = client.post(url, opened(client, url) | {"on": TODAY, "version": version})
    assert response.status_code in {409, 422}
    case.refresh_from_db()
    assert case.status == "registered"


def test_a_move_that_became_impossible_is_said_on_its_page(client_for):
    client = client_for("caseworker")
    case = EnrolmentFactory(status="withdrawn")
    response = client.get(address(case, "move", "eligible"))
    assert response.status_code == 200
    posted = client.post(
        address(case, "move", "eligible"), opened(client, address(case, "move", "eligible")) | {"on": TODAY}
    )
    assert posted.status_code == 422
    assert client.get(address(case, "move", "no_such_state")).status_code == 404
    assert client.get(address(case, "move", "reopened")).status_code == 404


def test_a_move_needs_its_reason(client_for):
    client = client_for("caseworker")
    CodeFactory(list="withdrawal", code="family")
    case = EnrolmentFactory()
    url = address(case, "move", "withdrawn")
    assert client.post(url, opened(client, url) | {"on": TODAY, "reason": ""}).status_code == 422
    assert client.post(url, opened(client, url) | {"on": TODAY, "reason": "family"}).status_code == 302
    case.refresh_from_db()
    assert case.status == "withdrawn"


@pytest.mark.parametrize("day", ["2999-01-01", "01/02/2026", "2026-13-01", "", "1850-01-01"])
def test_a_move_on_an_impossible_day_is_refused(client_for, day):
    client = client_for("caseworker")
    case = EnrolmentFactory()
    url = address(case, "move", "waitlisted")
    response = client.post(url, opened(client, url) | {"on": day})
    assert response.status_code == 422
    assert "on" in response.context["form"].errors


def test_close_and_reopen(client_for, signed_in, user_for):
    CodeFactory(list="closure", code="completed_support")
    CodeFactory(list="reopening", code="new_facts")
    worker, manager = client_for("caseworker"), client_for("manager")
    case = EnrolmentFactory(status="returned")
    url = address(case, "move", "closed")
    worker.post(url, opened(worker, url) | {"on": TODAY, "reason": "completed_support", "outcome": "Opened a shop."})
    case.refresh_from_db()
    assert (case.status, case.closed_from, case.outcome) == ("closed", "returned", "Opened a shop.")
    again = address(case, "move", "reopened")
    assert worker.get(again).status_code == 403
    manager.post(again, opened(manager, again) | {"reason": "new_facts"})
    case.refresh_from_db()
    assert (case.status, case.closed_on, case.outcome) == ("returned", None, "")
    assert list(case.diary.filter(kind="move").order_by("id").values_list("to_status", flat=True)) == [
        "closed",
        "reopened",
        "returned",
    ]


def test_assign_through_the_page_sends_one_letter(client_for, user_for):
    manager, colleague = client_for("manager"), user_for("caseworker")
    case = EnrolmentFactory()
    url = address(case, "assign")
    manager.post(url, opened(manager, url) | {"owner": str(colleague.pk), "note": "Speaks Kaqchikel"})
    case.refresh_from_db()
    assert case.owner == colleague
    assert Letter.objects.filter(to=colleague, kind="case_assigned").count() == 1


def test_a_note_of_twenty_thousand_characters_fits_and_one_more_does_not(client_for):
    client = client_for("caseworker")
    case = EnrolmentFactory()
    url = address(case, "note")
    too_long = client.post(url, opened(client, url) | {"kind": "note_call", "on": TODAY, "text": "x" * 20_001})
    assert too_long.status_code == 422
    assert "20001" in too_long.content.decode().replace(",", "").replace(".", "")
    assert (
        client.post(url, opened(client, url) | {"kind": "note_call", "on": TODAY, "text": "x" * 20_000}).status_code
        == 302
    )
    assert case.diary.get().note == "x" * 20_000


def test_the_timeline_tells_the_whole_story_page_by_page(client_for):
    client = client_for("caseworker")
    case = EnrolmentFactory()
    for n in range(60):
        CaseEvent.objects.create(
            enrolment=case,
            kind="note",
            what="note_call",
            on=date.today(),
            subject="enrolment",
            subject_id=case.pk,
            note=f"entry {n}.",
        )
    first = client.get(address(case, "history"))
    assert "entry 59." in first.content.decode()
    assert "entry 5." not in first.content.decode()
    second = client.get(address(case, "history"), {"after": first.context["page"].after})
    assert "entry 5." in second.content.decode()


def test_the_story_is_narrowed_to_one_kind_of_lines_or_to_what_was_known_on_a_day(client_for):
    client = client_for("caseworker")
    case = EnrolmentFactory()
    days = {"moved": ("move", 0), "called": ("note", 3), "visited": ("note", 9)}
    for text, (kind, age) in days.items():
        CaseEvent.objects.create(
            enrolment=case, kind=kind, what="" if kind == "move" else "note_call", to_status="eligible", note=text,
            at=timezone.now() - timedelta(days=age), on=date.today(), subject="enrolment", subject_id=case.pk,
        )  # fmt: skip

    def shown(**asked):
        page = client.get(address(case, "history"), asked).content.decode()
        return {text for text in days if f"{text}" in page.partition('id="results"')[2]}

    assert shown() == {"moved", "called", "visited"}
    assert shown(kind="note") == {"called", "visited"}
    assert shown(kind="move") == {"moved"}
    assert shown(until=str(date.today() - timedelta(days=5))) == {"visited"}
    assert shown(kind="note", until=str(date.today() - timedelta(days=2))) == {"called", "visited"}
    assert shown(kind="secret") == set()
    assert shown(until="yesterday") == set()


def test_colleagues_see_who_else_has_the_case_open(client_for):
    case, other = EnrolmentFactory(), EnrolmentFactory()
    ana, luis = client_for("caseworker", full_name="Ana Xicay"), client_for("caseworker", full_name="Luis Sotz")
    assert ana.get(address(case)).context["here_too"] == ""
    page = luis.get(address(case))
    assert page.context["here_too"] == "Ana Xicay"
    assert "Abierto en los últimos cinco minutos también por Ana Xicay." in page.content.decode()
    assert ana.get(address(case)).context["here_too"] == "Luis Sotz"
    assert luis.get(address(other)).context["here_too"] == ""
    with time_machine.travel(timezone.now() + timedelta(minutes=6), tick=False):
        assert luis.get(address(case)).context["here_too"] == ""


def test_another_offices_case_is_missing(client_for):
    case = EnrolmentFactory()
    other = client_for("caseworker", office="CO-BOG")
    for url in (address(case), address(case, "history"), address(case, "move", "eligible"), address(case, "note")):
        assert other.get(url).status_code == 404


def test_a_partner_sees_where_a_shared_case_stands_and_nobodys_name(client_for, office_for):
    case = EnrolmentFactory()
    partner = client_for("partner", office="GT-MINTRAB")
    assert partner.get(address(case)).status_code == 404
    case.shared_with.add(partner.office)
    page = partner.get(address(case)).content.decode()
    assert case.number in page
    assert case.person.first_surname not in page
    assert case.person.given_names not in page
    assert partner.get(address(case, "history")).status_code == 403


def test_an_administrator_reads_no_case(client_for):
    case = EnrolmentFactory()
    administrator = client_for("administrator")
    assert administrator.get(address(case)).status_code == 403
    assert case.number not in administrator.get("/").content.decode()


def test_a_liaison_sees_a_case_from_the_roster_on(client_for):
    liaison = client_for("liaison")
    assert liaison.get(address(EnrolmentFactory())).status_code == 404
    assert liaison.get(address(EnrolmentFactory(status="rostered"))).status_code == 200


def test_the_case_file_asks_as_often_for_three_things_as_for_one(
    client_for, django_assert_max_num_queries, django_assert_num_queries
):
    client = client_for("caseworker")
    case = EnrolmentFactory()
    RequirementFactory(programme=case.programme)
    StepFactory(enrolment=case)
    client.get(address(case))
    with django_assert_max_num_queries(15) as one:
        client.get(address(case))
    for _ in range(2):
        RequirementFactory(programme=case.programme)
        CaseEvent.objects.create(
            enrolment=case,
            kind="note",
            what="note_call",
            on=date.today(),
            subject="enrolment",
            subject_id=case.pk,
            by=client.user,
        )
    with django_assert_num_queries(len(one.captured_queries)):
        client.get(address(case))
