"""Registering, correcting and finding people, through the pages."""

import re
from datetime import date

import pytest
from django.urls import reverse

from programmes.base.rulebook import codes as rulebook_codes
from programmes.models import CaseEvent, Consent, Person
from tests.factories.people import PersonFactory
from tests.factories.rulebook import CodeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def codes():
    """The code lists the form asks for."""
    for name, code in [
        ("consent_purpose", "case_management"), ("language", "es"), ("country", "GTM"), ("country", "COL"),
        ("subdivision", "GT-04"), ("isced", "1"), ("isco", "6111"),
    ]:  # fmt: skip
        CodeFactory(list=name, code=code)


def typed(client, **changes):
    page = client.get(reverse("people:new")).content.decode()
    return {
        "key": re.search(r'name="key" value="([^"]+)"', page)[1],
        "purposes": ["case_management"], "mode": "written", "language": "es", "witness": "",
        "given_on": date.today().isoformat(), "expires_on": "",
        "office": str(client.office.pk),
        "given_names": "María José", "first_surname": "Núñez", "second_surname": "O’Brien-Łukasz", "sex": "female",
        "birth_date_0": "14", "birth_date_1": "3", "birth_date_2": "1992", "birth_precision": "day",
        "nationality": "GTM", "national_id": "2345 67899 0101", "phone": "5555 0142", "email": "",
        "subdivision": "GT-04", "municipality": "Patzún", "community": "", "languages": ["es"], "education": "1",
        "occupation": "6111", "experience_years": "3", "dependants": "2",
        "emergency_name": "", "emergency_relation": "", "emergency_phone": "",
        **changes,
    }  # fmt: skip


def test_register_keeps_the_person_the_consent_and_who_did_it(client_for):
    client = client_for("caseworker")
    response = client.post(reverse("people:new"), typed(client))
    person = Person.objects.get()
    assert response.url == person.get_absolute_url()
    assert (person.full_name, person.birth_date, str(person.phone)) == (
        "María José Núñez O’Brien-Łukasz",
        date(1992, 3, 14),
        "+50255550142",
    )
    assert (person.national_id, person.created_by, person.office) == ("2345678990101", client.user, client.office)
    assert person.consents.get().purposes == ["case_management"]
    assert list(CaseEvent.objects.order_by("id").values_list("what", flat=True)) == [
        "person_registered",
        "consent_given",
    ]


def test_pressing_twice_registers_one_person(client_for):
    client = client_for("caseworker")
    data = typed(client)
    first = client.post(reverse("people:new"), data)
    second = client.post(reverse("people:new"), data)
    assert Person.objects.count() == Consent.objects.count() == 1
    assert first.url == second.url


def test_a_key_used_again_with_other_values_is_refused(client_for):
    client = client_for("caseworker")
    data = typed(client)
    client.post(reverse("people:new"), data)
    response = client.post(reverse("people:new"), data | {"given_names": "Otra"})
    assert response.status_code == 409
    assert Person.objects.count() == 1


def test_a_form_without_its_key_is_asked_again_and_keeps_the_text(client_for):
    client = client_for("caseworker")
    response = client.post(reverse("people:new"), typed(client) | {"key": ""})
    assert response.status_code == 422
    assert "María José" in response.content.decode()
    assert not Person.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"given_names": ""}, "given_names"),
        ({"given_names": "   "}, "given_names"),
        ({"given_names": "\u200b\u00a0\u2060"}, "given_names"),
        ({"given_names": "A" * 151}, "given_names"),
        ({"given_names": "Ana\x0bMaría"}, "given_names"),
        ({"birth_date_2": "2999"}, "birth_date"),
        ({"birth_date_2": "1899"}, "birth_date"),
        ({"birth_date_0": "30", "birth_date_1": "2"}, "birth_date"),
        ({"birth_date_2": ""}, "birth_date"),
        ({"birth_date_0": ""}, "birth_date"),
        ({"birth_precision": "year"}, "birth_precision"),
        ({"aliases": ",".join(map(str, range(11)))}, "aliases"),
        ({"other_nationalities": "GTM"}, "other_nationalities"),
        ({"other_nationalities": "Colombia, Nunca Jamás"}, "other_nationalities"),
        ({"nationality": "", "other_country": "Nunca Jamás"}, "other_country"),
        ({"nationality": "GTM", "other_country": "Colombia"}, "other_country"),
        ({"nationality": ""}, "nationality"),
        ({"nationality": "XX"}, "nationality"),
        ({"nationality": "gtm"}, "nationality"),
        ({"phone": "letters"}, "phone"),
        ({"phone": "1" * 40}, "phone"),
        ({"email": "a@b@c"}, "email"),
        ({"email": "a" * 300 + "@example.org"}, "email"),
        ({"dependants": "1_000"}, "dependants"),
        ({"dependants": "2147483648"}, "dependants"),
        ({"dependants": "1e3"}, "dependants"),
        ({"sex": "other-than-listed"}, "sex"),
        ({"purposes": []}, "purposes"),
        ({"mode": "oral"}, "witness"),
        ({"given_on": "2999-01-01"}, "given_on"),
        ({"given_on": "01/02/2026"}, "given_on"),
        ({"expires_on": "2001-01-01"}, "expires_on"),
    ],
)
def test_bad_input_names_the_field_and_keeps_what_was_typed(client_for, changes, field):
    client = client_for("caseworker")
    response = client.post(reverse("people:new"), typed(client, **changes))
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert "Núñez" in response.content.decode()
    assert not Person.objects.exists()


def test_countries_that_the_page_does_not_list_are_written_by_name(client_for):
    CodeFactory(list="country", code="FRA", labels={"es": "Francia", "en": "France"})
    rulebook_codes.forget()
    client = client_for("caseworker")
    page = client.get(reverse("people:new"))
    assert ">Francia</option>" not in page.text, "a few countries are offered, and every one is valid"
    elsewhere = typed(
        client, nationality="", other_country="francia", other_nationalities="COLOMBIANA; france", phone=""
    )
    refused = client.post(reverse("people:new"), elsewhere)
    assert refused.context["form"].errors.keys() == {"other_nationalities"}, "the main nationality stands there too"
    sent = {**elsewhere, "other_nationalities": "COLOMBIANA; Colombia"}
    person = Person.objects.get(public_id=client.post(reverse("people:new"), sent).url.split("/")[2])
    assert (person.nationality, person.other_nationalities) == ("FRA", ["COL"])
    edit = client.get(reverse("people:edit", args=[person.public_id]))
    assert edit.context["form"]["nationality"].value() == "FRA"
    assert '<option value="FRA" selected>' in edit.text
    assert edit.context["form"]["other_nationalities"].value() == rulebook_codes.label("country", "COL")


@pytest.mark.parametrize(
    "name",
    ["X", "O'Brien-Łukasz", "X Æ", "محمد", "አበበ", "ကျော်", "😀", "<script>alert(1)</script>", "{{7*7}}", "' OR 1=1--"],
)
def test_any_name_people_have_is_stored_as_written_and_shown_literally(client_for, name):
    client = client_for("caseworker")
    response = client.post(reverse("people:new"), typed(client, given_names=name), follow=True)
    assert Person.objects.get().given_names == name
    assert "<script>alert" not in response.content.decode()


def test_names_are_normalised_and_direction_overrides_removed(client_for):
    client = client_for("caseworker")
    client.post(reverse("people:new"), typed(client, given_names="Jose\u0301 \u202emaria"))
    assert Person.objects.get().given_names == "José maria"


def test_arabic_digits_are_digits(client_for):
    client = client_for("caseworker")
    client.post(reverse("people:new"), typed(client, birth_date_2="١٩٩٢", dependants="٢"))
    person = Person.objects.get()
    assert (person.birth_date.year, person.dependants) == (1992, 2)


def test_a_year_is_a_birth_date_and_is_shown_as_a_year_when_it_is_corrected(client_for):
    client = client_for("caseworker")
    client.post(reverse("people:new"), typed(client, birth_date_0="", birth_date_1=""))
    person = Person.objects.get()
    assert (person.birth_date, person.birth_precision) == (date(1992, 1, 1), "year")
    boxes = re.findall(
        r'name="birth_date_\d" (?:value="(\d*)")?',
        client.get(reverse("people:edit", args=[person.public_id])).content.decode(),
    )
    assert boxes == ["", "", "1992"]
    assert "1992</dd>" in client.get(person.get_absolute_url()).content.decode()


def test_other_names_are_kept_as_they_are_written(client_for):
    client = client_for("caseworker")
    names = {"married_name": "vda. de López", "native_name": "محمد", "aliases": "Cata; Catarina Ch’ok, Cata"}
    client.post(reverse("people:new"), typed(client, **names))
    person = Person.objects.get()
    assert (person.married_name, person.native_name, person.aliases) == (
        "vda. de López", "محمد", ["Cata", "Catarina Ch’ok"],
    )  # fmt: skip


def test_a_foreign_office_is_refused(client_for, office_for):
    client = client_for("caseworker")
    foreign = office_for("CO-BOG")
    response = client.post(reverse("people:new"), typed(client, office=str(foreign.pk)))
    assert "office" in response.context["form"].errors
    assert not Person.objects.exists()


def test_fields_that_are_not_on_the_form_change_nothing(client_for):
    client = client_for("caseworker")
    client.post(
        reverse("people:new"), typed(client) | {"version": "77", "public_id": "x", "created_by": "1", "id": "99999"}
    )
    person = Person.objects.get()
    assert (person.version, person.created_by) == (1, client.user)
    assert person.pk != 99999


def test_the_same_identity_number_twice_is_refused_in_words(client_for):
    client = client_for("caseworker")
    PersonFactory(national_id="2345678990101")
    response = client.post(reverse("people:new"), typed(client))
    assert response.status_code == 409
    assert Person.objects.count() == 1


def test_correct_needs_the_version_it_was_opened_on(client_for):
    client = client_for("caseworker")
    person = PersonFactory()
    address = reverse("people:edit", args=[person.public_id])
    fields = typed(client) | {"version": str(person.version), "given_names": "Ana"}
    Person.objects.filter(pk=person.pk).update(municipality="Tecpán")
    stale = client.post(address, fields)
    assert stale.status_code == 409
    assert "Ana" in stale.content.decode()
    person.refresh_from_db()
    assert person.given_names != "Ana"
    missing = client.post(address, fields | {"version": ""})
    assert missing.status_code == 422
    person.refresh_from_db()
    saved = client.post(address, fields | {"version": str(person.version)})
    assert saved.status_code == 302
    person.refresh_from_db()
    assert person.given_names == "Ana"


def test_withdrawn_consent_stops_counting(client_for):
    client = client_for("caseworker")
    person = PersonFactory()
    consent = person.consents.get()
    client.post(reverse("people:withdraw", args=[person.public_id, consent.public_id]))
    consent.refresh_from_db()
    assert consent.withdrawn_by == client.user
    assert not person.consents.in_force(date.today()).exists()


@pytest.mark.parametrize(
    "words",
    [
        "tzoc",
        "TZOC",
        "caal maria",
        "Mariá Caal",
        "2345678990101",
        "2345 67899 0101",
        "1992-03-14",
        "55550142",
        "+502 5555-0142",
    ],
)
def test_search_finds_in_any_order_without_accents(client_for, words):
    client = client_for("caseworker")
    PersonFactory(given_names="María", second_surname="Caal", national_id="2345678990101")
    response = client.post(reverse("people:search"), {"q": words})
    assert "Tzoc" in response.content.decode().replace(f'value="{words}"', "")


@pytest.mark.parametrize("words", ["%", "_", "%%", "", "a", "\\", "x" * 500, "'; drop table"])
def test_search_takes_wildcards_as_letters_and_finds_nobody(client_for, words):
    client = client_for("caseworker")
    PersonFactory()
    response = client.post(reverse("people:search"), {"q": words})
    assert response.status_code == 200
    assert "Tzoc" not in response.content.decode()


def test_search_never_puts_a_name_into_an_address(client_for):
    client = client_for("caseworker")
    assert client.get(reverse("people:search"), {"q": "Tzoc"}).url == "/people/"


def test_another_offices_people_are_missing_everywhere(client_for):
    PersonFactory()
    other = client_for("caseworker", office="CO-BOG")
    person = Person.objects.get()
    assert "Tzoc" not in other.get("/people/").content.decode()
    assert "Tzoc" not in other.post("/people/search/", {"q": "Caal"}).content.decode()
    assert other.get(person.get_absolute_url()).status_code == 404


def test_the_list_asks_as_often_for_three_people_as_for_one(client_for, django_assert_num_queries):
    client = client_for("caseworker")
    PersonFactory()
    client.get("/people/")
    with django_assert_num_queries(8):
        client.get("/people/")
    PersonFactory.create_batch(2)
    with django_assert_num_queries(8):
        client.get("/people/")
