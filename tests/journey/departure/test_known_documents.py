"""A number that was recorded once is typed once: papers of a case and documents of the person know each other."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from programmes.journey.departure import actions
from programmes.models import Identity
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.people import IdentityFactory

pytestmark = pytest.mark.django_db
LONG = date.today() + timedelta(days=3000)


def record(case, by, **typed):
    return actions.record_document(
        case, by=by, **{"kind": "passport", "number": "P-12 34", "expires_on": LONG, **typed}
    )


def test_a_recorded_document_is_known_with_the_person(case, by):
    record(case, by, issuer="IGM")
    row = case.person.identities.get()
    assert (row.kind, row.country, row.number_key) == ("passport", case.person.nationality, "P1234")
    assert (row.issuer, row.expires_on, row.created_by) == ("IGM", LONG, by)


def test_what_says_nothing_about_the_person_is_not(case, by):
    record(case, by, kind="visa")
    assert not Identity.objects.exists()


def test_a_national_number_becomes_the_main_one_when_there_was_none(case, by):
    record(case, by, kind="national_id", number="2345 67899 0101")
    case.person.refresh_from_db()
    assert case.person.national_id == "2345678990101"
    assert case.person.identities.get().checksum_ok


def test_a_number_known_already_is_filled_in_and_not_doubled(case, by):
    row = IdentityFactory(person=case.person, number="P1234", expires_on=None)
    record(case, by)
    row.refresh_from_db()
    assert row.expires_on == LONG
    assert case.person.identities.count() == 1


def test_a_number_that_another_person_holds_is_still_recorded_in_the_case(case, by):
    IdentityFactory(number="P1234")
    document = record(case, by)
    assert document.status == "submitted"
    assert not case.person.identities.exists()


def test_a_corrected_number_is_corrected_with_the_person_too(case, by):
    document = record(case, by)
    actions.edit_document(document, by=by, version=document.version, number="P-12 35", expires_on=LONG)
    assert case.person.identities.get().number_key == "P1235"


def test_the_form_offers_what_is_known(client_for, case, require):
    IdentityFactory(person=case.person, number="P 7654321", issuer="IGM Xela", expires_on=LONG)
    IdentityFactory(person=case.person, number="P 0000001", expires_on=date.today() - timedelta(days=1))
    requirement = require("document", "passport")
    address = reverse("departure:record", args=[case.public_id, requirement.public_id])
    page = client_for("caseworker").get(address).content.decode()
    assert 'value="P 7654321"' in page
    assert "IGM Xela" in page


def test_another_case_of_the_same_person_finds_the_number_again(case, by):
    record(case, by)
    later = EnrolmentFactory(person=case.person)
    record(later, by)
    assert case.person.identities.count() == 1
