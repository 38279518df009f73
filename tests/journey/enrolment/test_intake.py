"""Quick intake: search first, one short page, warned before anything is created, then the next person."""

import gzip
import re
from datetime import date

import pytest
from django.urls import reverse

from programmes.base.rulebook import shipped
from programmes.models import CaseEvent, Consent, Draft, DuplicatePair, Enrolment, Identity, Person
from tests.factories.people import PersonFactory
from tests.factories.rulebook import CodeFactory, SeasonFactory

pytestmark = pytest.mark.django_db
SEARCH, PAGE, POSSIBLE = "/people/intake/", "/people/intake/person/", "/people/intake/possible/"


@pytest.fixture(autouse=True)
def codes():
    """The code lists the page asks for."""
    for name, code in [
        ("consent_purpose", "case_management"), ("language", "es"), ("language", "cak"), ("country", "GTM"),
        ("subdivision", "GT-04"), ("document", "national_id"), ("document", "passport"),
        ("different_person", "twins"),
    ]:  # fmt: skip
        CodeFactory(list=name, code=code)


@pytest.fixture
def season(office_for):
    """A season that takes cases."""
    season = SeasonFactory()
    season.programme.offices.add(office_for("GT-CHM"))
    return season


def typed(client, **changes):
    page = client.get(PAGE).content.decode()
    return {
        "key": re.search(r'name="key" value="([^"]+)"', page)[1],
        "purposes": ["case_management"], "mode": "oral", "language": "cak", "witness": "Doña Petrona",
        "given_names": "Catarina", "other_given_names": "Ixchel", "first_surname": "Choc", "second_surname": "Ba",
        "sex": "female", "birth_date_0": "", "birth_date_1": "", "birth_date_2": "1994", "nationality": "GTM",
        "document_kind": "national_id", "document_number": "2345 67899 0101", "phone": "5555 0163",
        "subdivision": "GT-04", "municipality": "Patzún", "community": "El Sitio", "office": str(client.office.pk),
        "season": "", "different_because": "",
        **changes,
    }  # fmt: skip


def test_search_comes_first_and_carries_what_was_typed_on(client_for):
    client = client_for("caseworker")
    PersonFactory(given_names="Catarina", first_surname="Choc")
    page = client.post(SEARCH, {"q": "Catarina Choc"}).content.decode()
    assert Person.objects.get().get_absolute_url() in page
    form = client.post(PAGE, {"searched": "Catarina Ixchel de la Cruz López"})
    assert form.status_code == 200
    assert 'value="de la Cruz"' in form.content.decode()
    assert not form.context["form"].is_bound


def test_nobody_of_another_office_is_found(client_for, office_for):
    PersonFactory(office=office_for("CO-BOG"), given_names="Catarina", first_surname="Choc")
    page = client_for("caseworker").post(SEARCH, {"q": "Catarina Choc"}).content.decode()
    assert "/people/" + str(Person.objects.get().public_id) not in page


def test_intake_keeps_person_consent_document_phone_and_case_at_once(client_for, season):
    client = client_for("caseworker")
    response = client.post(PAGE, typed(client, season=str(season.pk)))
    case = Enrolment.objects.get()
    assert response.url == case.get_absolute_url()
    person = case.person
    assert (person.full_name, person.birth_precision, person.birth_date) == (
        "Catarina Ixchel Choc Ba", "year", date(1994, 1, 1),
    )  # fmt: skip
    assert (str(person.phone), person.national_id) == ("+50255550163", "2345678990101")
    assert (person.municipality, person.community, person.office) == ("Patzún", "El Sitio", client.office)
    consent = person.consents.get()
    assert (consent.mode, consent.language, consent.witness) == ("oral", "cak", "Doña Petrona")
    assert consent.given_on < consent.expires_on
    assert person.identities.get().checksum_ok
    assert list(CaseEvent.objects.order_by("id").values_list("what", flat=True)) == [
        "person_registered", "consent_given", "registered",
    ]  # fmt: skip


def test_without_a_season_the_person_is_registered_alone(client_for):
    client = client_for("caseworker")
    response = client.post(PAGE, typed(client, document_kind="", document_number="", phone=""))
    person = Person.objects.get()
    assert response.url == person.get_absolute_url()
    assert not Identity.objects.exists()


def test_a_passport_is_known_and_is_no_national_number(client_for):
    client = client_for("caseworker")
    client.post(PAGE, typed(client, document_kind="passport", document_number="p-123 456"))
    person = Person.objects.get()
    assert (person.national_id, person.identities.get().number_key) == ("", "P123456")


def test_all_or_nothing(client_for, season):
    client = client_for("caseworker")
    season.programme.offices.clear()
    other = client.post(PAGE, typed(client, season=str(season.pk)))
    assert other.status_code == 422
    assert (Person.objects.count(), Consent.objects.count(), Identity.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"given_names": ""}, "given_names"),
        ({"given_names": "\u200b\u00a0"}, "given_names"),
        ({"first_surname": "A" * 151}, "first_surname"),
        ({"birth_date_2": "94"}, "birth_date"),
        ({"birth_date_2": ""}, "birth_date"),
        ({"birth_date_0": "3"}, "birth_date"),
        ({"birth_date_0": "31", "birth_date_1": "2"}, "birth_date"),
        ({"birth_date_2": "2999"}, "birth_date"),
        ({"birth_date_2": "1899"}, "birth_date"),
        ({"sex": "x"}, "sex"),
        ({"nationality": "XX"}, "nationality"),
        ({"document_kind": ""}, "document_kind"),
        ({"document_number": "АB1"}, "document_number"),
        ({"document_number": "---"}, "document_number"),
        ({"phone": "call me"}, "phone"),
        ({"purposes": []}, "purposes"),
        ({"witness": ""}, "witness"),
        ({"season": "999999"}, "season"),
        ({"office": "999999"}, "office"),
        ({"different_because": "x"}, "different_because"),
        ({"key": ""}, "__all__"),
    ],
)
def test_bad_input_names_its_field_and_keeps_what_was_typed(client_for, changes, field):
    client = client_for("caseworker")
    response = client.post(PAGE, typed(client, **changes))
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert "Doña Petrona" in response.content.decode() or "witness" in changes
    assert not Person.objects.exists()


def test_a_wrong_check_digit_warns_and_registers(client_for):
    client = client_for("caseworker")
    fields = typed(client, document_number="2345 67898 0101")
    beside = client.post(POSSIBLE, fields)
    assert "CUI" in beside.content.decode()
    assert client.post(PAGE, fields).status_code == 302
    assert Identity.objects.get().checksum_ok is False


def test_sending_again_leads_to_the_same_person(client_for, season):
    client = client_for("caseworker")
    fields = typed(client, season=str(season.pk))
    first, second = client.post(PAGE, fields), client.post(PAGE, fields)
    assert first.url == second.url
    assert (Person.objects.count(), Enrolment.objects.count()) == (1, 1)
    assert client.post(PAGE, fields | {"given_names": "Otra"}).status_code == 409


def test_sent_by_script_it_answers_where_to_go(client_for):
    client = client_for("caseworker")
    response = client.post(PAGE, typed(client), headers={"HX-Request": "true"})
    assert response.status_code == 204
    assert response["HX-Redirect"] == Person.objects.get().get_absolute_url()


def test_the_next_person_has_the_same_place_programme_and_language_and_no_fact_of_the_last(client_for, season):
    client = client_for("caseworker")
    response = client.post(PAGE, typed(client, season=str(season.pk), next="1", birth_date_2="1993"))
    assert response.url == SEARCH
    page = client.get(PAGE).content.decode()
    for kept in ("Patzún", "El Sitio", "Doña Petrona", f'<option value="{season.pk}" selected>'):
        assert kept in page
    for gone in ("Catarina", "Ixchel", "Choc", "1993", "2345", "0163"):
        assert gone not in page


def twin(**changes):
    return PersonFactory(
        **{
            "given_names": "Catarina Ixchel", "first_surname": "Choc", "second_surname": "Ba",
            "birth_date": date(1994, 7, 3), "phone": "+50255550163", "national_id": "",
        } | changes
    )  # fmt: skip


EXACT = {"birth_date_0": "3", "birth_date_1": "7"}


def test_a_strong_match_is_shown_before_anything_is_created_and_needs_a_reason(client_for):
    client = client_for("caseworker")
    known = twin()
    fields = typed(client, **EXACT)
    beside = client.post(POSSIBLE, fields).content.decode()
    assert known.get_absolute_url() in beside
    assert 'name="different_because"' in beside
    seen = re.findall(r'name="seen" value="([^"]+)"', beside)
    refused = client.post(PAGE, fields | {"seen": seen})
    assert refused.status_code == 422
    assert "different_because" in refused.context["form"].errors
    assert known.get_absolute_url() in refused.content.decode()
    assert Person.objects.count() == 1
    saved = client.post(PAGE, fields | {"seen": seen, "different_because": "twins"})
    assert saved.status_code == 302
    pair = DuplicatePair.objects.get()
    assert (pair.state, pair.decided_by) == ("different", client.user)
    assert pair.reason


def test_a_weaker_match_is_shown_once_before_saving_and_needs_no_reason(client_for):
    client = client_for("caseworker")
    sister = twin(given_names="Rosa", phone="")
    fields = typed(client, **EXACT, phone="")
    first = client.post(PAGE, fields)
    assert first.status_code == 422
    assert sister.get_absolute_url() in first.content.decode()
    assert 'name="different_because"' not in first.content.decode()
    seen = re.findall(r'name="seen" value="([^"]+)"', first.content.decode())
    assert client.post(PAGE, fields | {"seen": seen}).status_code == 302
    assert not DuplicatePair.objects.exists()


def test_of_another_office_only_its_name_is_told(client_for, office_for):
    office = office_for("CO-BOG")
    known = twin(office=office, municipality="Secreta")
    client = client_for("caseworker")
    fields = typed(client, **EXACT)
    for response in (client.post(POSSIBLE, fields), client.post(PAGE, fields)):
        page = response.content.decode()
        assert office.name in page
        assert str(known.public_id) not in page
        assert "Secreta" not in page


def test_a_number_that_another_person_holds_is_refused_at_its_field(client_for, office_for):
    client = client_for("caseworker")
    stranger = PersonFactory(office=office_for("CO-BOG"), first_surname="Zzz", birth_date=date(1960, 1, 1))
    stranger.identities.create(kind="passport", country="GTM", number="P 778899")
    fields = typed(client, document_kind="passport", document_number="p778899")
    first = client.post(PAGE, fields)
    seen = re.findall(r'name="seen" value="([^"]+)"', first.content.decode())
    refused = client.post(PAGE, fields | {"seen": seen})
    assert refused.status_code == 422
    assert "document_number" in refused.context["form"].errors
    assert Person.objects.count() == 1


def test_what_is_typed_is_a_draft_that_is_offered_on_the_first_page_and_ends_with_success(client_for):
    client = client_for("caseworker")
    fields = typed(client)
    page = client.get(PAGE).content.decode()
    token = re.search(r'data-draft="([^"]+)"', page)[1]
    client.post(reverse("drafts:save"), fields | {"draft": token})
    address = f"{PAGE}?draft={fields['key']}"
    assert address in client.get(SEARCH).content.decode()
    assert 'value="Catarina"' in client.get(address).content.decode()
    client.post(PAGE, fields)
    assert not Draft.objects.exists()


def test_a_protection_officer_registers_people_and_opens_no_case(client_for, season):
    client = client_for("protection")
    response = client.post(PAGE, typed(client, season=str(season.pk)))
    assert response.status_code == 302
    assert not Enrolment.objects.exists()


def test_the_page_is_small_and_asks_little(client_for, season, django_assert_max_num_queries):
    shipped.load()
    client = client_for("caseworker")
    client.get(PAGE)
    with django_assert_max_num_queries(16):
        page = client.get(PAGE)
    assert len(gzip.compress(page.content)) <= 15_000, len(gzip.compress(page.content))
