"""The check while somebody types: who is found, and what of another office is told."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from programmes.base.common.errors import RuleBroken
from programmes.journey.people import duplicates
from programmes.journey.people.duplicates import candidates, checking, finding, merging
from programmes.journey.people.duplicates.scoring import one_figure_apart
from programmes.models import CaseEvent, DuplicateHint, DuplicatePair, Identity, Person, PersonPhone
from scripts.bench_duplicates import pairs
from tests.factories.people import PersonFactory
from tests.fixtures.accounts import make_office

pytestmark = pytest.mark.django_db
MARTA = {
    "given_names": "Marta Elena", "first_surname": "Vásquez", "second_surname": "Choc", "sex": "female",
    "birth_date": date(1990, 4, 5), "nationality": "GTM",
}  # fmt: skip


@pytest.fixture
def by(user_for):
    return user_for("caseworker", language="en")


def found(by, **typed):
    return [(one.person.pk, one.level) for one in duplicates.check(by, typed).visible]


@pytest.mark.parametrize(
    "typed",
    [
        {"given_names": "Martha", "first_surname": "Basquez", "birth_date": date(1990, 4, 5)},
        {"given_names": "Elena", "first_surname": "Choc Vásquez", "birth_date": date(1990, 5, 4)},
        {"given_names": "marta", "first_surname": "vasquez", "birth_date": date(1990, 4, 6)},
        {"given_names": "Marta Elena", "first_surname": "Vásquez", "second_surname": "Choc",
         "birth_date": date(1990, 1, 1), "birth_precision": "year"},
        {"given_names": "Marta Elena", "first_surname": "Vásquez", "second_surname": "Choc",
         "birth_date": date(1980, 4, 5)},
        {"national_id": "2345 67890 1601", "nationality": "GTM"},
        {"documents": [{"kind": "passport", "country": "GTM", "number": "a-123456"}]},
        {"given_names": "Marta", "phone": "+502 5555 7777", "birth_date": date(1990, 4, 5), "first_surname": "X"},
    ],
)  # fmt: skip
def test_a_person_is_found_by_what_is_typed(by, typed):
    marta = PersonFactory(**MARTA, national_id="2345678901601", phone="")
    Identity.objects.create(person=marta, kind="passport", country="GTM", number="A123456")
    PersonPhone.objects.create(person=marta, kind="mobile", number="+50255557777")
    PersonFactory(given_names="Juan", first_surname="Pop", birth_date=date(1985, 1, 2))
    assert [pk for pk, _level in found(by, **typed)] == [marta.pk]


def test_nothing_typed_finds_nobody(by, django_assert_num_queries):
    PersonFactory()
    with django_assert_num_queries(0):
        assert not duplicates.check(by, {})


def test_the_check_takes_few_statements(by, django_assert_max_num_queries):
    for _n in range(3):
        PersonFactory(**MARTA)
        PersonFactory(**MARTA, office=make_office("CO-BOG"))
    by.reach("person_edit")
    with django_assert_max_num_queries(6):
        possible = duplicates.check(by, MARTA)
    assert (len(possible.visible), len(possible.elsewhere)) == (3, 1)


def test_recall_among_the_first_five_and_false_warnings(by):
    """The first of each pair is registered; the second one is typed."""
    office = make_office("GT-CHM")
    labelled = pairs(400, seed=11)
    rows = [
        Person(office=office, **(pair.one | {"national_id": pair.one["national_id"] if n % 2 else ""}))
        for n, pair in enumerate(labelled)
    ]
    people = Person.objects.bulk_create(rows)
    same = hit = false = different = 0
    for pair, person in zip(labelled, people, strict=True):
        possible = duplicates.check(by, pair.other)
        if pair.same:
            same += 1
            hit += person.pk in [one.person.pk for one in possible.visible]
        else:
            different += 1
            false += any(one.is_strong for one in possible.visible)
    assert hit / same >= 0.95, (hit, same)
    assert false <= 0.01 * different, (false, different)


def test_the_search_for_pairs_finds_and_scores_what_the_single_check_does(user_for):
    """Both of each labelled pair are registered, and a few whose names are written in odd ways."""
    manager = user_for("manager", office="GT-CHM")
    office = make_office("GT-CHM")
    odd = [
        {"given_names": "Łukasz", "first_surname": "Große", "birth_date": date(1990, 5, 6)},
        {"given_names": "Łukasz", "first_surname": "Grosse", "birth_date": date(1990, 6, 5)},
        {"given_names": "Ana", "first_surname": "Cutzal", "second_surname": "Cutzal", "birth_date": date(1990, 5, 6)},
        {"given_names": "Anna", "first_surname": "Cutzal", "birth_date": date(1991, 5, 6), "birth_precision": "year"},
        {"given_names": "Anna", "first_surname": "Cutzal", "birth_date": date(1993, 2, 6), "birth_precision": "estimated"},
    ]  # fmt: skip
    rows = [row for pair in pairs(60, seed=5) for row in (pair.one, pair.other | {"national_id": ""})]
    people = Person.objects.bulk_create(
        [Person(office=office, **row) for row in (*rows, *({"sex": "male", "nationality": "GTM"} | row for row in odd))]
    )
    Identity.objects.create(person=people[0], kind="passport", country="GTM", number="A123456")
    Identity.objects.create(person=people[-1], kind="passport", country="HND", number="A123456")
    PersonPhone.objects.create(person=people[3], kind="mobile", number=people[6].phone or "+50255557777")
    alone = {
        tuple(sorted((person.pk, one.person.pk))): (one.score, one.level, [list(r.as_data()) for r in one.reasons])
        for person in Person.objects.order_by("pk")
        for one in checking.like_person(manager, person)
    }
    finding.look_at([person.pk for person in people])
    together = {
        (pair.first_id, pair.second_id): (pair.score, pair.level, pair.reasons) for pair in DuplicatePair.objects.all()
    }
    assert len(alone) > 36
    assert together == alone


@pytest.mark.parametrize("born", [date(1990, 4, 5), date(1912, 12, 12), date(2000, 2, 29), date(1971, 1, 31)])
def test_the_days_that_one_figure_makes_of_a_day_are_those_that_are_scored_so(born):
    every = [date(1900, 1, 1) + timedelta(days=n) for n in range(47_000)]
    found = set(candidates.one_figure_from(born))
    assert {day for day in every if one_figure_apart(born, day)} == {day for day in found if day <= every[-1]}
    assert len(found) > 20


# --- What of another office is told -----------------------------------------------------------------------------------
def test_of_another_office_only_its_name_is_told_and_that_is_written_down(by):
    bogota = make_office("CO-BOG")
    for _n in range(3):
        PersonFactory(**MARTA, office=bogota)
    possible = duplicates.check(by, MARTA)
    assert (possible.visible, possible.elsewhere) == ([], [bogota])
    assert [(hint.user, hint.office) for hint in DuplicateHint.objects.all()] == [(by, bogota)]
    assert {f.name for f in DuplicateHint._meta.fields} == {"id", "user", "office", "at"}


def test_a_weak_match_in_another_office_says_nothing(by):
    PersonFactory(**MARTA, office=make_office("CO-BOG"))
    possible = duplicates.check(by, MARTA | {"given_names": "Juana"})
    assert not possible
    assert not DuplicateHint.objects.exists()


def test_people_elsewhere_change_nothing_of_what_is_seen_here(by):
    """Not who is shown, not how many, not in which order, not how sure it is."""
    here = [PersonFactory(**MARTA | {"second_surname": name}) for name in ("Choc", "Choj", "", "Pop")]
    before = found(by, **MARTA)
    for n in range(12):
        PersonFactory(**MARTA, office=make_office("CO-BOG" if n % 2 else "ES-LLE"))
    after = duplicates.check(by, MARTA)
    assert [(one.person.pk, one.level) for one in after.visible] == before
    assert {pk for pk, _level in before} <= {person.pk for person in here}
    assert [office.code for office in after.elsewhere] == ["CO-BOG", "ES-LLE"]


def test_hints_are_rationed(by):
    PersonFactory(**MARTA, office=make_office("CO-BOG"))
    told = [len(duplicates.check(by, MARTA).elsewhere) for _n in range(checking.HINTS_AN_HOUR + 3)]
    assert told == [1] * checking.HINTS_AN_HOUR + [0] * 3
    assert DuplicateHint.objects.count() == checking.HINTS_AN_HOUR


def test_administrators_see_who_was_told_of_which_office_and_change_nothing(by, client_for):
    person = PersonFactory(**MARTA, office=make_office("CO-BOG"))
    duplicates.check(by, MARTA)
    address, hint = "/admin/programmes/duplicatehint/", DuplicateHint.objects.get()
    admin = client_for("administrator", language="en")
    page = admin.get(address).content.decode()
    assert by.full_name in page
    assert "CO-BOG" in page or person.office.name in page
    for name in ("Vásquez", str(person.public_id)):
        assert name not in admin.get(f"{address}{hint.pk}/change/").content.decode().partition("<main")[2]
    assert admin.post(f"{address}{hint.pk}/change/", {"at_0": "2020-01-01"}).status_code == 403
    assert admin.post(f"{address}{hint.pk}/delete/", {"post": "yes"}).status_code == 403
    assert admin.get(f"{address}add/").status_code == 403
    assert client_for("manager").get(address, follow=True).status_code == 403


def test_after_an_hour_hints_are_given_again(by, time_machine):
    time_machine.move_to(timezone.now() - timedelta(hours=2), tick=True)
    PersonFactory(**MARTA, office=make_office("CO-BOG"))
    for _n in range(checking.HINTS_AN_HOUR + 1):
        duplicates.check(by, MARTA)
    time_machine.shift(timedelta(hours=1, minutes=1))
    assert duplicates.check(by, MARTA).elsewhere


def test_a_record_that_was_taken_in_is_not_found(by):
    one, other = PersonFactory(**MARTA), PersonFactory(**MARTA)
    merging.merge(one, other, by=by)
    assert [pk for pk, _level in found(by, **MARTA)] == [one.pk]


# --- A different person, because … ------------------------------------------------------------------------------------
def test_saving_over_a_strong_match_needs_a_reason_which_is_kept(by):
    marta = PersonFactory(**MARTA)
    possible = duplicates.check(by, MARTA)
    with pytest.raises(RuleBroken) as refusal:
        duplicates.ask_why_different(possible, "  ")
    assert refusal.value.field == "different_because"
    duplicates.ask_why_different(possible, "Su prima.")
    other = PersonFactory(**MARTA)
    (pair,) = duplicates.tell_apart(other, possible, by=by, reason="Su prima.")
    assert (pair.state, pair.reason, pair.decided_by) == ("different", "Su prima.", by)
    assert [pair.first, pair.second] == [marta, other]
    assert CaseEvent.objects.filter(what="records_different").count() == 2
    # From now on neither is a warning for the other.
    assert not duplicates.check(by, MARTA, but=other)
    assert DuplicatePair.objects.count() == 1


def test_a_weak_match_needs_no_reason(by):
    PersonFactory(**MARTA)
    possible = duplicates.check(by, MARTA | {"given_names": "Juana"})
    assert possible.visible
    duplicates.ask_why_different(possible, "")
    assert duplicates.tell_apart(PersonFactory(), possible, by=by, reason="") == []
