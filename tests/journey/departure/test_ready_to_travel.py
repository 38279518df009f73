"""Nobody is sent off before everything is there: all that is missing is named at once, with the page that mends it."""

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse

from programmes.models import CaseEvent, Contract, Document, Medical, Permit

TODAY = date.today()


def _hidden(response):
    """The key and the version a page was opened with."""
    found = re.findall(r'<input type="hidden" name="(key|version|stage)" value="([^"]*)"', response.content.decode())
    return dict(found)


@pytest.fixture
def worker(client_for):
    """A caseworker's browser that reads English."""
    return client_for("caseworker", language="en")


@pytest.fixture
def send(worker):
    """Open a page and send its form; answer what comes back."""

    def send(address, **typed):
        page = worker.get(address)
        assert page.status_code == 200, address
        return worker.post(address, {**_hidden(page), **typed})

    return send


def _missing(worker, case):
    """What the page of the move names: words → address."""
    page = worker.get(reverse("casefile:move", args=[case.public_id, "ready_to_travel"]))
    listed = page.context["not_yet"]
    for item in listed:
        assert f'href="{item.href}"' in page.content.decode()
    return {item.label: item.href for item in listed}


def test_five_missing_things_are_named_with_links_and_then_the_move_works_once(worker, send, case, five, selection):
    move = reverse("casefile:move", args=[case.public_id, "ready_to_travel"])
    names = [requirement.label for requirement in five]
    assert list(_missing(worker, case)) == names

    # Trying all the same: refused, all five named, each with the page that mends it.
    refused = send(move, on=TODAY.isoformat())
    assert refused.status_code == 422
    words = refused.content.decode()
    for label, href in _missing(worker, case).items():
        assert label in words
        assert f'href="{href}"' in words
        assert worker.get(href).status_code == 200
    case.refresh_from_db()
    assert case.status == "in_documentation"

    # Passport: recorded, then verified.
    sent = send(_missing(worker, case)["Passport"], number="P123", issued_on="2024-01-14", expires_on="2034-01-14")
    assert sent.status_code == 302
    assert list(_missing(worker, case)) == names  # not before it is verified
    assert send(_missing(worker, case)["Passport"]).status_code == 302
    assert Document.objects.get().status == "verified"
    assert list(_missing(worker, case)) == names[1:]

    # Medical: appointment, then the result.
    yesterday = (TODAY - timedelta(days=1)).isoformat()
    assert (
        send(_missing(worker, case)["Medical clearance"], clinic="Clínica", scheduled_on=yesterday).status_code == 302
    )
    until = (TODAY + timedelta(days=364)).isoformat()
    sent = send(_missing(worker, case)["Medical clearance"], result="fit", result_on=yesterday, valid_until=until)
    assert sent.status_code == 302
    assert Medical.objects.get().status == "fit"
    assert list(_missing(worker, case)) == names[2:]

    # Permit: begun, lodged, biometrics, in process, approved; each time the same link leads to the next page.
    for typed in (
        {"application_number": "W1"},
        {"on": yesterday},
        {"on": yesterday, "biometrics_on": yesterday},
        {"on": yesterday},
        {"on": TODAY.isoformat(), "approved": "yes", "valid_until": until},
    ):
        assert send(_missing(worker, case)["Work permit"], **typed).status_code == 302
    assert Permit.objects.get().status == "approved"
    assert list(_missing(worker, case)) == names[3:]

    # Contract: drafted with the demand's terms, explained, signed by both.
    terms = {"starts_on": case.planned_start, "ends_on": case.planned_end, "wage": "17.20", "hours_per_week": "45"}
    for typed in (
        {name: str(value) for name, value in terms.items()},
        {"on": yesterday, "language": "kek", "explained_by": "Rosa Xoc", "given_on": yesterday},
        {"on": yesterday},
        {"on": TODAY.isoformat()},
    ):
        assert send(_missing(worker, case)["Contract signed by both"], **typed).status_code == 302
    assert Contract.objects.get().status == "signed_all"
    assert list(_missing(worker, case)) == names[4:]

    # Orientation.
    attended = {"attended_on": yesterday, "place": "Cobán", "hours": "6", "language": "es"}
    assert send(_missing(worker, case)["Pre-departure orientation"], **attended).status_code == 302
    assert _missing(worker, case) == {}

    # Now it works; sent twice, it works once.
    page = worker.get(move)
    typed = {**_hidden(page), "on": TODAY.isoformat()}
    for _again in range(2):
        assert worker.post(move, typed).status_code == 302
    case.refresh_from_db()
    assert case.status == "ready_to_travel"
    assert CaseEvent.objects.filter(enrolment=case, subject="enrolment", to_status="ready_to_travel").count() == 1
