"""Identity documents, phones, addresses, languages and household of a person, through the pages."""

import re
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from programmes.journey.people import actions, known, places, rules
from programmes.models import CaseEvent, HouseholdMember, Identity, Person, PersonAddress, PersonPhone
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.people import (
    HouseholdMemberFactory,
    IdentityFactory,
    PersonAddressFactory,
    PersonFactory,
    PersonPhoneFactory,
)
from tests.factories.rulebook import CodeFactory

pytestmark = pytest.mark.django_db
MRZ = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"  # the sample of ICAO 9303


@pytest.fixture(autouse=True)
def codes():
    """The code lists these forms ask for."""
    for name, code in [
        ("document", "national_id"), ("document", "passport"), ("document", "residence_permit"), ("country", "GTM"),
        ("country", "ESP"), ("country", "COL"), ("subdivision", "GT-04"), ("phone_kind", "mobile"),
        ("phone_kind", "neighbour"), ("address_kind", "home"), ("address_kind", "birth"), ("relation", "child"),
        ("relation", "sibling"), ("language", "es"), ("language", "cak"), ("language_level", "A2"),
        ("language_level", "oral"),
    ]:  # fmt: skip
        CodeFactory(list=name, code=code)


def send(client, route, /, *args, token="key", **fields):
    address = reverse(f"people:{route}", args=args)
    page = client.get(address).content.decode()
    sent = {token: re.search(rf'name="{token}" value="([^"]+)"', page)[1]}
    return client.post(address, sent | fields)


def document(**changes):
    return {"kind": "national_id", "country": "GTM", "number": "2345 67899 0101"} | changes


def test_a_document_is_kept_as_printed_and_found_as_searched(client_for):
    client = client_for("caseworker")
    person = PersonFactory()
    response = send(client, "add_document", person.public_id, **document(number=" 2345\u201167899\u00a00101 "))
    assert response.url == f"{person.get_absolute_url()}#documents"
    row = Identity.objects.get()
    assert (row.number, row.number_key, row.checksum_ok) == ("2345-67899 0101", "2345678990101", True)
    assert row.created_by == client.user
    event = CaseEvent.objects.get(what="identity_added")
    assert event.data == {"document": "national_id"}


@given(number=st.text(max_size=60).filter(lambda value: "\x00" not in value and rules.printed_number(value)))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_database_searches_numbers_as_the_rules_do(number):
    try:
        kept = rules.printed_number(number)
        kept.encode()
    except UnicodeEncodeError:
        return
    with transaction.atomic():
        row = IdentityFactory(kind="other", number=kept[:60])
        row.refresh_from_db()
        assert row.number_key == rules.plain_number("".join(c for c in kept[:60] if c.upper() == c or c.isascii()))
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("fields", "ok", "words"),
    [
        ({"number": "2345 67898 0101"}, False, "check digit"),
        ({"number": "2345 67899 0199"}, True, "municipality"),
        ({"number": "77"}, False, "13 digits"),
        ({"kind": "residence_permit", "country": "ESP", "number": "X1234567L"}, True, None),
        ({"kind": "residence_permit", "country": "ESP", "number": "X1234567A"}, False, "letter of this NIE"),
        ({"kind": "passport", "number": "P123"}, None, None),
        ({"country": "COL", "number": "1005000000"}, None, None),
    ],
)
def test_a_failed_check_warns_and_is_stored_and_refuses_nobody(client_for, fields, ok, words):
    client = client_for("caseworker")
    person = PersonFactory()
    response = send(client, "add_document", person.public_id, **document(**fields))
    assert response.status_code == 302
    row = Identity.objects.get()
    assert row.checksum_ok is ok
    with translation.override("en"):
        assert (words or "") in (row.warning or "")
        assert bool(row.warning) is bool(words)
    page = client.get(person.get_absolute_url()).content.decode()
    assert ('class="sub late"' in page) is bool(words)


def test_the_machine_readable_line_is_read_checked_and_not_kept(client_for):
    client = client_for("caseworker")
    person = PersonFactory()
    send(client, "add_document", person.public_id, **document(kind="passport", number="", line=MRZ.lower()))
    row = Identity.objects.get()
    assert (row.number, row.checksum_ok, row.expires_on) == ("L898902C3", True, date(2012, 4, 15))
    bad = MRZ.replace("L898902C36", "L898902C37")
    send(client, "edit_document", person.public_id, row.public_id, token="version",
         **document(kind="passport", number="L898902C3", line=bad))  # fmt: skip
    row.refresh_from_db()
    assert row.checksum_ok is False
    with translation.override("en"):
        assert "machine-readable" in row.warning


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": ""}, "number"),
        ({"number": "---"}, "number"),
        ({"number": "АB123"}, "number"),
        ({"number": "1" * 61}, "number"),
        ({"line": "P<UTO"}, "line"),
        ({"line": MRZ, "number": "OTHER1"}, "number"),
        ({"country": "XX"}, "country"),
        ({"kind": "air_ticket"}, "kind"),
        ({"issued_on": "2999-01-01"}, "issued_on"),
        ({"issued_on": "1980-01-01"}, "issued_on"),
        ({"issued_on": "2020-01-01", "expires_on": "2019-01-01"}, "expires_on"),
    ],
)
def test_a_bad_document_names_its_field_and_keeps_the_text(client_for, changes, field):
    client = client_for("caseworker")
    person = PersonFactory()
    response = send(client, "add_document", person.public_id, **document(issuer="RENAP Patzún", **changes))
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert "RENAP Patzún" in response.content.decode()
    assert not Identity.objects.exists()


def test_the_main_number_follows_its_document(client_for):
    client = client_for("caseworker")
    person = PersonFactory()
    send(client, "add_document", person.public_id, **document())
    person.refresh_from_db()
    assert person.national_id == "2345678990101"
    row = person.identities.get()
    send(client, "edit_document", person.public_id, row.public_id, token="version", **document(number="1987654361404"))
    person.refresh_from_db()
    assert person.national_id == "1987654361404"
    row.refresh_from_db()
    client.post(reverse("people:remove_document", args=[person.public_id, row.public_id]), {"version": row.version})
    person.refresh_from_db()
    assert (person.national_id, person.identities.count()) == ("", 0)


def test_a_foreign_national_document_is_not_the_main_number(client_for):
    client = client_for("caseworker")
    person = PersonFactory(national_id="2345678990101")
    send(client, "add_document", person.public_id, **document(country="COL", number="1005000000"))
    person.refresh_from_db()
    assert person.national_id == "2345678990101"


def test_registering_and_correcting_with_a_number_make_the_document_known(user_for):
    user = user_for("caseworker")
    consent = {"purposes": ["case_management"], "mode": "written", "language": "es", "given_on": date.today()}
    facts = {"given_names": "Ana", "first_surname": "Tzoc", "sex": "female", "birth_date": date(1990, 1, 1)}
    person = actions.register(
        by=user, office=user.memberships.get().office, consent=consent, nationality="GTM",
        national_id="2345 67899 0101", **facts,
    )  # fmt: skip
    row = person.identities.get()
    assert (row.kind, row.number, row.checksum_ok) == ("national_id", "2345 67899 0101", True)
    actions.correct(person, by=user, version=person.version, national_id="1987 65436 1404")
    assert set(person.identities.values_list("number_key", flat=True)) == {"2345678990101", "1987654361404"}


def test_two_people_never_hold_the_same_passport(client_for):
    client = client_for("caseworker")
    IdentityFactory(number="P-77 11 22")
    person = PersonFactory()
    response = send(client, "add_document", person.public_id, **document(kind="passport", number="p771122"))
    assert response.status_code == 409
    assert "P771122" in response.content.decode().upper()
    assert person.identities.count() == 0
    with pytest.raises(IntegrityError), transaction.atomic():
        IdentityFactory(number="P771122")


def test_learning_a_number_that_somebody_else_holds_refuses_nothing(user_for):
    IdentityFactory(number="P771122")
    person = PersonFactory()
    assert known.learn(person, by=user_for("caseworker"), kind="passport", country="GTM", number="P 771122") is None
    assert person.identities.count() == 0


def test_learning_again_fills_in_what_was_missing(user_for):
    row = IdentityFactory(number="P771122", expires_on=None, issuer="Migración")
    user = user_for("caseworker")
    again = known.learn(
        row.person, by=user, kind="passport", country="GTM", number="p-771122", issuer="Other",
        expires_on=date(2031, 1, 1),
    )  # fmt: skip
    assert (again.pk, again.issuer, again.expires_on) == (row.pk, "Migración", date(2031, 1, 1))
    assert Identity.objects.count() == 1


def test_stale_and_missing_versions_change_nothing(client_for):
    client = client_for("caseworker")
    row = IdentityFactory()
    address = reverse("people:edit_document", args=[row.person.public_id, row.public_id])
    Identity.objects.filter(pk=row.pk).update(issuer="Somebody was first")
    fields = document(kind="passport", number="P9")
    assert client.post(address, fields | {"version": row.version}).status_code == 409
    assert client.post(address, fields).status_code == 422
    client.post(reverse("people:remove_document", args=[row.person.public_id, row.public_id]), {"version": row.version})
    client.post(reverse("people:remove_document", args=[row.person.public_id, row.public_id]))
    row.refresh_from_db()
    assert (row.number[:1], row.issuer) == ("P", "Somebody was first")


def test_a_phone_is_added_corrected_and_removed(client_for):
    client = client_for("caseworker")
    person = PersonFactory()
    fields = {"kind": "neighbour", "number": "5555 0199", "whose": "Doña Petrona", "by_message": ""}
    assert send(client, "add_phone", person.public_id, **fields).status_code == 302
    row = PersonPhone.objects.get()
    assert (str(row.number), row.whose, row.by_message) == ("+50255550199", "Doña Petrona", False)
    page = client.get(person.get_absolute_url()).content.decode()
    assert 'href="tel:+50255550199"' in page
    assert 'href="tel:+50255550142"' in page
    again = send(client, "add_phone", person.public_id, **fields)
    assert again.status_code == 409
    main = send(client, "add_phone", person.public_id, **fields | {"number": "+502 5555 0142"})
    assert "number" in main.context["form"].errors
    send(client, "edit_phone", person.public_id, row.public_id, token="version", **fields | {"by_message": "on"})
    row.refresh_from_db()
    assert row.by_message
    client.post(reverse("people:remove_phone", args=[person.public_id, row.public_id]), {"version": row.version})
    assert not PersonPhone.objects.exists()
    assert list(CaseEvent.objects.order_by("id").values_list("what", flat=True)) == [
        "phone_added", "phone_corrected", "phone_removed",
    ]  # fmt: skip


@pytest.mark.parametrize("number", ["letters", "1" * 40, "", "00 20-10 x"])
def test_a_bad_phone_is_refused(client_for, number):
    client = client_for("caseworker")
    response = send(client, "add_phone", PersonFactory().public_id, kind="mobile", number=number)
    assert "number" in response.context["form"].errors


def test_an_address_says_where_and_ends_after_it_begins(client_for):
    client = client_for("caseworker")
    person = PersonFactory()
    fields = {"kind": "home", "country": "GTM"}
    assert "municipality" in send(client, "add_address", person.public_id, **fields).context["form"].errors
    backwards = fields | {"municipality": "Patzún", "since": "2024-02-01", "until": "2023-02-01"}
    errors = send(client, "add_address", person.public_id, **backwards).context["form"].errors
    assert {"since", "until"} <= set(errors)
    assert send(client, "add_address", person.public_id, **fields | {"municipality": "Patzún"}).status_code == 302
    assert PersonAddress.objects.get().municipality == "Patzún"


def member(**changes):
    return {"relation": "child", "name": "Ixchel", "birth_year": "2015", "lives_together": "on"} | changes


def test_the_household_links_two_records_and_shows_on_both(client_for):
    client = client_for("caseworker")
    person, child = PersonFactory(), PersonFactory(given_names="Ixchel", national_id="2345678990101")
    response = send(client, "add_member", person.public_id, **member(link="2345 67899 0101"))
    assert response.status_code == 302
    assert HouseholdMember.objects.get().other == child
    assert child.get_absolute_url() in client.get(person.get_absolute_url()).content.decode()
    assert person.get_absolute_url() in client.get(child.get_absolute_url()).content.decode()


def test_the_household_links_nobody_whom_one_may_not_see(client_for, office_for):
    client = client_for("caseworker")
    foreign = PersonFactory(office=office_for("CO-BOG"), given_names="Secreta", national_id="2345678990101")
    person = PersonFactory()
    response = send(client, "add_member", person.public_id, **member(link="2345678990101"))
    nobody = send(client, "add_member", person.public_id, **member(link="9999999990101"))
    assert response.context["form"].errors == nobody.context["form"].errors
    row = HouseholdMemberFactory(person=person, other=foreign, name="Hija")
    page = client.get(person.get_absolute_url()).content.decode()
    assert "Hija" in page
    assert "Secreta" not in page
    assert foreign.get_absolute_url() not in page
    HouseholdMemberFactory(person=foreign, other=person, name="x")
    assert "Secreta" not in client.get(person.get_absolute_url()).content.decode()
    # Correcting the row does not silently cut a link that its writer cannot see.
    send(client, "edit_member", person.public_id, row.public_id, token="version", **member(name="Hija mayor"))
    row.refresh_from_db()
    assert (row.name, row.other) == ("Hija mayor", foreign)


def test_nobody_is_their_own_household_nor_linked_twice(client_for):
    client = client_for("caseworker")
    person = PersonFactory(national_id="2345678990101")
    other = PersonFactory(national_id="1987654361404")
    assert "link" in send(client, "add_member", person.public_id, **member(link="2345678990101")).context["form"].errors
    HouseholdMemberFactory(person=person, other=other)
    assert "link" in send(client, "add_member", person.public_id, **member(link="1987654361404")).context["form"].errors
    with pytest.raises(IntegrityError), transaction.atomic():
        HouseholdMemberFactory(person=person, other=person)


def test_languages_have_levels_and_one_is_the_mother_tongue(client_for):
    client = client_for("caseworker")
    person = PersonFactory(languages=["es"])
    fields = {"language_0": "es", "level_0": "A2", "language_1": "cak", "level_1": "oral", "mother_tongue": "cak"}
    assert send(client, "languages", person.public_id, token="version", **fields).status_code == 302
    person.refresh_from_db()
    assert person.languages == ["es", "cak"]
    assert (person.language_levels, person.mother_tongue) == ({"es": "A2", "cak": "oral"}, "cak")
    twice = send(client, "languages", person.public_id, token="version", language_0="es", language_1="es")
    assert {"language_0", "language_1"} <= set(twice.context["form"].errors)


def test_a_language_that_is_no_longer_spoken_has_no_level(user_for):
    person = PersonFactory(languages=["es", "cak"], language_levels={"cak": "oral"}, mother_tongue="cak")
    actions.correct(person, by=user_for("caseworker"), version=person.version, languages=["es"])
    person.refresh_from_db()
    assert (person.language_levels, person.mother_tongue) == ({}, "")


def test_the_main_nationality_is_not_another_one():
    with pytest.raises(IntegrityError), transaction.atomic():
        PersonFactory(nationality="GTM", other_nationalities=["MEX", "GTM"])


@given(
    born=st.dates(date(1930, 1, 1), date(2008, 1, 1)), precision=st.sampled_from(sorted(Person.BirthPrecision.values))
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_birth_is_never_shown_more_exactly_than_it_is_known(born, precision, user_for):
    with transaction.atomic():
        person = PersonFactory()
        user = user_for("caseworker")
        actions.correct(person, by=user, version=person.version, birth_date=born, birth_precision=precision)
        person.refresh_from_db()
        assert person.birth_date.year == born.year
        assert (person.birth_date == born) or precision == "year"
        if precision == "year":
            assert (person.birth_date.month, person.birth_date.day) == (1, 1)
        transaction.set_rollback(True)


def test_numbers_are_masked_for_whoever_only_reads(client_for):
    row = IdentityFactory(number="P1234567")
    EnrolmentFactory(person=row.person)
    assert "P1234567" in client_for("caseworker").get(row.person.get_absolute_url()).content.decode()
    page = client_for("auditor").get(row.person.get_absolute_url()).content.decode()
    assert "P1234567" not in page
    assert "•••567" in page


def test_municipalities_are_offered_by_department_without_names(client_for):
    client = client_for("caseworker")
    PersonFactory(subdivision="GT-04", municipality="Patzún", given_names="Secreta")
    PersonFactory(subdivision="GT-04", municipality="Tecpán")
    PersonFactory(subdivision="GT-04", municipality="Tecpán")
    PersonFactory(subdivision="GT-05", municipality="Escuintla")
    assert places.municipalities("GT-04") == ["Patzún", "Tecpán"]
    page = client.get(reverse("people:municipalities"), {"subdivision": "GT-04"}).content.decode()
    assert re.findall('value="([^"]+)"', page) == ["Patzún", "Tecpán"]
    assert client.get(reverse("people:municipalities"), {"subdivision": "%"}).status_code == 200


def test_the_page_asks_as_often_for_three_of_each_as_for_one(client_for, django_assert_max_num_queries):
    client = client_for("caseworker")
    person = PersonFactory()

    def more():
        IdentityFactory(person=person)
        PersonPhoneFactory(person=person)
        PersonAddressFactory(person=person)
        HouseholdMemberFactory(person=person, other=PersonFactory())
        HouseholdMemberFactory(person=PersonFactory(), other=person)

    more()
    client.get(person.get_absolute_url())
    with django_assert_max_num_queries(40) as first:
        client.get(person.get_absolute_url())
    more()
    more()
    with django_assert_max_num_queries(len(first.captured_queries)):
        client.get(person.get_absolute_url())
    assert len(first.captured_queries) <= 14


def test_a_day_of_validity_counts_as_valid():
    row = IdentityFactory(expires_on=date.today())
    assert row.is_valid_on(date.today())
    assert not row.is_valid_on(date.today() + timedelta(days=1))
