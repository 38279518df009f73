"""The duplicates desk in the browser: who sees which pair, what may be decided, merging and undoing."""

import re
from datetime import date

import pytest
from django.urls import reverse

from programmes.journey.people import actions as people
from programmes.journey.people.duplicates import actions, finding, merging, unmerging
from programmes.models import DuplicateHint, DuplicatePair, Enrolment, Merge, Person
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.pages import hidden, send
from tests.factories.people import PersonFactory
from tests.factories.placement import ship_codes
from tests.factories.rulebook import SeasonFactory
from tests.fixtures.accounts import make_office

pytestmark = pytest.mark.django_db
MARTA = {
    "given_names": "Marta Elena", "first_surname": "Vásquez", "second_surname": "Choc", "sex": "female",
    "birth_date": date(1990, 4, 5), "nationality": "GTM",
}  # fmt: skip


def marta(**fields):
    """One of many records of Marta, with a case."""
    return EnrolmentFactory(person=PersonFactory(**MARTA | fields)).person


def pair_of(user, **second):
    return actions.pair_up(marta(), marta(**{"given_names": "Martha", "phone": "+50255550199"} | second), by=user)


def text(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# --- The list -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_whatever_its_length(client_for, django_assert_num_queries, count):
    client = client_for("manager", language="en")
    for _n in range(count):
        pair_of(client.user)
    client.get("/people/duplicates/")
    with django_assert_num_queries(7):
        page = client.get("/people/duplicates/")
    assert len(page.context["page"].rows) == count


def test_an_empty_desk_says_what_will_fill_it(client_for):
    page = text(client_for("caseworker", language="en").get("/people/duplicates/"))
    assert "No two records look like one person" in page


def test_the_list_shows_the_surest_first_with_reasons(client_for):
    client = client_for("data", language="en")
    weak = pair_of(client.user, given_names="Juana")
    strong = pair_of(client.user)
    page = client.get("/people/duplicates/")
    assert [pair.pk for pair in page.context["page"].rows] == [strong.pk, weak.pk]
    assert "same date of birth" in text(page)


def test_filters_by_level_state_and_office(client_for):
    client = client_for("manager", office="GT", language="en")
    weak, strong = pair_of(client.user, given_names="Juana"), pair_of(client.user, office=make_office("GT-COB"))
    actions.put_off(weak, by=client.user)

    def shown(**asked):
        return [pair.pk for pair in client.get("/people/duplicates/", asked).context["page"].rows]

    assert shown() == [strong.pk]
    assert shown(state="later") == [weak.pk]
    assert shown(level="possible") == []
    assert shown(office="GT-COB") == [strong.pk]
    assert shown(office="nowhere") == []
    actions.tell_different(strong, by=client.user, version=strong.version, reason="Primas.")
    assert shown(state="different") == [strong.pk]
    assert shown() == []


def test_a_pair_with_a_person_of_another_office_is_nowhere_to_be_seen(client_for):
    client = client_for("manager", language="en")
    foreign = actions.pair_up(PersonFactory(**MARTA), PersonFactory(**MARTA, office=make_office("CO-BOG")), by=None)
    page = client.get("/people/duplicates/")
    assert page.context["page"].rows == []
    assert page.context["page"].count == 0
    for name in ("pair", "different", "propose"):
        assert client.get(reverse(f"people:{name}", args=[foreign.public_id])).status_code == 404
    for name in ("later", "merge_pair"):
        assert client.post(reverse(f"people:{name}", args=[foreign.public_id])).status_code == 404


# --- Deciding -----------------------------------------------------------------------------------------------------------
def test_side_by_side_shows_what_differs_and_what_hangs_on_each(client_for):
    client = client_for("manager", language="en")
    pair = pair_of(client.user)
    page = client.get(pair.get_absolute_url())
    said = text(page)
    for words in ("Marta Elena", "Martha", "same date of birth".capitalize(), "1 consent", "This record stays"):
        assert words in said, words
    for case in Enrolment.objects.all():
        assert case.number in said
    lines = {row["line"].name: row["line"] for row in page.context["rows"]}
    assert lines["given_names"].is_choice
    assert not lines["birth_date"].differs


def test_a_caseworker_proposes_and_cannot_merge(client_for):
    client = client_for("caseworker", language="en")
    pair = pair_of(client.user)
    page = client.get(pair.get_absolute_url())
    assert "Propose the merge" in text(page)
    assert "join the records" not in text(page)
    assert client.post(reverse("people:merge_pair", args=[pair.public_id])).status_code == 403
    sent = send(client, reverse("people:propose", args=[pair.public_id]), reason="Lo dijo ella.")
    assert sent.status_code == 302
    pair.refresh_from_db()
    assert (pair.state, pair.reason, pair.decided_by) == ("proposed", "Lo dijo ella.", client.user)


def test_telling_apart_needs_a_reason(client_for):
    client = client_for("protection", language="en")
    pair = pair_of(client.user)
    address = reverse("people:different", args=[pair.public_id])
    assert send(client, address, reason=" ").status_code == 422
    assert send(client, address, reason="Hermanas.").status_code == 302
    pair.refresh_from_db()
    assert (pair.state, pair.reason) == ("different", "Hermanas.")
    assert send(client, address, reason="Otra vez.").status_code == 422


def test_a_manager_merges_field_by_field_and_undoes_it(client_for):
    client = client_for("manager", language="en")
    pair = pair_of(client.user, email="marta@example.org")
    first, second = pair.first, pair.second
    address = reverse("people:merge_pair", args=[pair.public_id])
    page = client.get(pair.get_absolute_url()).content.decode()
    versions = {
        name: re.search(rf'name="{name}" value="(\d+)"', page)[1] for name in ("first_version", "second_version")
    }
    chosen = {"stays": "second", "given_names": "first", "phone": "second"}
    sent = client.post(address, hidden(page) | versions | chosen)
    merge = Merge.objects.get()
    assert sent["Location"] == merge.get_absolute_url()
    second.refresh_from_db()
    assert (merge.survivor, second.given_names, str(second.phone)) == (second, "Marta Elena", "+50255550199")
    # The old address leads to the record that stays; the list and the search no longer know the other.
    assert client.get(first.get_absolute_url())["Location"] == second.get_absolute_url()
    assert "Undo the merge" in text(client.get(merge.get_absolute_url()))
    assert text(client.get("/people/duplicates/merges/")).count("In force") == 1
    assert send(client, reverse("people:unmerge", args=[merge.public_id]), reason="Primas.").status_code == 302
    first.refresh_from_db()
    assert first.merged_into is None
    assert client.get(first.get_absolute_url()).status_code == 200
    assert "Primas." in text(client.get(merge.get_absolute_url()))


def test_the_story_of_the_record_that_stays_tells_both(client_for):
    client = client_for("manager", language="en")
    one, other = marta(), marta()
    people.give_consent(
        other, by=client.user, purposes=["case_management"], mode="written", language="es", given_on=date.today()
    )
    before = text(client.get(one.get_absolute_url()))
    assert "recorded consent for" not in before
    done = merging.merge(one, other, by=client.user)
    said = text(client.get(one.get_absolute_url()))
    assert "recorded consent for" in said
    assert "joined two records of this person into one" in said
    unmerging.undo(done, by=client.user, reason="Primas.")
    assert "recorded consent for" not in text(client.get(one.get_absolute_url()))
    assert "recorded consent for" in text(client.get(other.get_absolute_url()))


def test_what_stands_in_the_way_is_shown_with_its_link_and_refused(client_for):
    client = client_for("manager", language="en")
    season = SeasonFactory(code="2026")
    people = [EnrolmentFactory(person=PersonFactory(**MARTA), season=season).person for _n in range(2)]
    pair = actions.pair_up(*people, by=client.user)
    page = client.get(pair.get_absolute_url())
    assert "/move/void_duplicate/" in page.content.decode()
    body = page.content.decode()
    versions = {
        name: re.search(rf'name="{name}" value="(\d+)"', body)[1] for name in ("first_version", "second_version")
    }
    sent = client.post(
        reverse("people:merge_pair", args=[pair.public_id]), hidden(body) | versions | {"stays": "first"}
    )
    assert sent.status_code == 422
    assert "must be void, withdrawn or closed as a duplicate" in text(sent)
    assert not Merge.objects.exists()


def test_a_record_that_changed_meanwhile_is_shown_again(client_for):
    client = client_for("manager", language="en")
    pair = pair_of(client.user)
    body = client.get(pair.get_absolute_url()).content.decode()
    versions = {
        name: re.search(rf'name="{name}" value="(\d+)"', body)[1] for name in ("first_version", "second_version")
    }
    Person.objects.filter(pk=pair.second_id).update(municipality="Tecpán")
    typed = hidden(body) | versions | {"stays": "first", "given_names": "first", "phone": "first"}
    sent = client.post(reverse("people:merge_pair", args=[pair.public_id]), typed)
    assert sent.status_code == 409
    assert "Tecpán" in text(sent)
    again = sent.content.decode()
    versions = {
        name: re.search(rf'name="{name}" value="(\d+)"', again)[1] for name in ("first_version", "second_version")
    }
    typed |= versions
    assert client.post(reverse("people:merge_pair", args=[pair.public_id]), typed).status_code == 302


def test_undoing_needs_the_right_over_both_records(client_for):
    whole = client_for("manager", office="GT", language="en")
    part = client_for("manager", office="GT-CHM", language="en")
    here, there = marta(), PersonFactory(**MARTA, office=make_office("GT-COB"))
    merge = merging.merge(here, there, by=whole.user)
    assert part.get(merge.get_absolute_url()).status_code == 200
    assert part.get(reverse("people:unmerge", args=[merge.public_id])).status_code == 403
    assert whole.get(reverse("people:unmerge", args=[merge.public_id])).status_code == 200


# --- While somebody types -----------------------------------------------------------------------------------------------
def test_the_part_beside_a_form_shows_who_is_alike(client_for):
    client = client_for("caseworker", language="en")
    known = marta()
    marta(office=make_office("CO-BOG"), given_names="Marta Elena")
    typed = {
        "given_names": "Martha Elena", "first_surname": "Básquez", "birth_date_0": "5", "birth_date_1": "4",
        "birth_date_2": "1990", "email": "not an address",
    }  # fmt: skip
    answer = client.post("/people/possible/", typed)
    said = text(answer)
    assert answer.status_code == 200
    assert "Strong match" in said
    assert known.full_name in said
    assert "given names sound alike" in said
    assert client.get("/people/possible/").status_code == 405
    assert client.post("/people/possible/", typed | {"but": "x"}).status_code == 404
    assert client.post("/people/possible/", typed | {"but": str(known.public_id)}).status_code == 200
    assert text(client.post("/people/possible/", {})).strip() == ""


def test_of_another_office_the_part_tells_its_name_and_nothing_else(client_for):
    client = client_for("caseworker", language="en")
    there = PersonFactory(**MARTA, office=make_office("CO-BOG", name="Bogotá"), municipality="Soacha")
    typed = {
        "given_names": "Marta Elena", "first_surname": "Vásquez", "second_surname": "Choc", "birth_date_0": "5",
        "birth_date_1": "4", "birth_date_2": "1990",
    }  # fmt: skip
    answer = client.post("/people/possible/", typed)
    assert "A possible match is known to the office of Bogotá. Ask there." in text(answer)
    for secret in (there.full_name, str(there.public_id), "Soacha", "same", "date of birth"):
        assert secret not in answer.content.decode(), secret
    assert DuplicateHint.objects.count() == 1


def test_from_a_person_to_whoever_is_alike_and_side_by_side(client_for):
    client = client_for("caseworker", language="en")
    one, other, foreign = marta(), marta(), PersonFactory(**MARTA, office=make_office("CO-BOG"))
    address = reverse("people:alike", args=[one.public_id])
    page = client.get(address)
    assert [found.person for found in page.context["found"]] == [other]
    assert not DuplicateHint.objects.exists()
    sent = client.post(address, {"other": str(other.public_id)})
    assert sent["Location"] == DuplicatePair.objects.get().get_absolute_url()
    assert client.post(address, {"other": str(foreign.public_id)}).status_code == 404
    assert client.post(address, {"other": "x"}).status_code == 404


# --- The search for pairs -----------------------------------------------------------------------------------------------
def settle(monkeypatch):
    monkeypatch.setattr(finding, "SETTLED_SECONDS", -60)


def test_new_and_changed_people_are_compared_once(monkeypatch):
    settle(monkeypatch)
    one, other = marta(), marta()
    stranger = marta(
        given_names="Juan", first_surname="Pop", second_surname="Tut", birth_date=date(1970, 1, 1), sex="male"
    )
    assert finding.look(rounds=0) == 3
    pair = DuplicatePair.objects.get()
    assert {pair.first, pair.second} == {one, other}
    assert (pair.level, pair.state) == ("certain", "open")
    assert finding.look(rounds=0) == 0
    Person.objects.filter(pk=other.pk).update(birth_date=date(1975, 8, 20), phone="", given_names="Rosa")
    assert finding.look(rounds=0) == 1
    assert not DuplicatePair.objects.exists()
    assert stranger.pk


def test_the_slow_round_finds_what_the_history_does_not_tell():
    marta(), marta()
    assert finding.look(rounds=1) == 2
    assert DuplicatePair.objects.count() == 1
    version = DuplicatePair.objects.get().version
    assert finding.look(rounds=3) >= 2
    assert DuplicatePair.objects.get().version == version, "looking twice changes nothing"


def test_what_was_decided_stays_decided(monkeypatch, user_for):
    settle(monkeypatch)
    by = user_for("manager")
    one, other = marta(), marta()
    finding.look()
    pair = DuplicatePair.objects.get()
    actions.tell_different(pair, by=by, version=pair.version, reason="Gemelas.")
    third = marta()
    merging.merge(third, one, by=by)
    Person.objects.filter(pk=other.pk).update(municipality="Tecpán")
    finding.look()
    # The third record has taken in the one that was told apart from the other.
    assert not DuplicatePair.objects.undecided().filter(second=third, first=other).exists()
    assert not DuplicatePair.objects.undecided().between(other, third).exists()


# --- Saving over a strong match ---------------------------------------------------------------------------------------
FACTS = {
    "given_names": "Marta Elena", "first_surname": "Vásquez", "second_surname": "Choc", "sex": "female",
    "birth_date_0": "5", "birth_date_1": "4", "birth_date_2": "1990", "birth_precision": "day", "nationality": "GTM",
}  # fmt: skip


@pytest.fixture
def codes():
    ship_codes("country", "consent_purpose", "language")


def test_a_new_person_like_a_known_one_needs_a_reason(client_for, codes):
    client = client_for("caseworker", language="en")
    known = marta()
    typed = FACTS | {
        "office": str(client.office.pk), "purposes": "case_management", "mode": "written", "language": "es",
        "given_on": date.today().isoformat(),
    }  # fmt: skip
    refused = send(client, "/people/new/", **typed)
    assert refused.status_code == 422
    assert "Say why this is a different person" in text(refused)
    assert known.full_name in text(refused)
    assert Person.objects.count() == 1
    sent = client.post("/people/new/", hidden(refused.content.decode()) | typed | {"different_because": "Su prima."})
    assert sent.status_code == 302, text(sent)
    pair = DuplicatePair.objects.get()
    assert (pair.state, pair.reason, pair.decided_by) == ("different", "Su prima.", client.user)


def test_a_correction_that_makes_two_alike_needs_a_reason(client_for, codes):
    client = client_for("caseworker", language="en")
    known, other = marta(), marta(given_names="Juana", first_surname="Pop", birth_date=date(1970, 1, 1), phone="")
    address = reverse("people:edit", args=[other.public_id])
    refused = send(client, address, **FACTS)
    assert refused.status_code == 422
    assert known.full_name in text(refused)
    typed = FACTS | {"different_because": "Su tía."}
    assert client.post(address, hidden(refused.content.decode()) | typed).status_code == 302
    other.refresh_from_db()
    assert other.given_names == "Marta Elena"
    # What was told apart is not asked again, nor is a correction of something else.
    assert send(client, address, **FACTS | {"given_names": "Martha Elena"}).status_code == 302
    assert DuplicatePair.objects.count() == 1
