"""A sheet proposes whom the intake would propose: the same people, with the same scores, in the same order."""

from datetime import date

import pytest

from programmes.base.batches.states import RowState
from programmes.base.rulebook import codes, shipped
from programmes.journey.people import duplicates
from programmes.journey.people.duplicates import candidates
from programmes.journey.people.duplicates.facts import of_values
from programmes.journey.people.matching import Known, find_many
from programmes.models import Code, Identity, Person, PersonPhone
from scripts.bench_duplicates import pairs
from tests.factories.people import PersonFactory
from tests.fixtures.accounts import make_office
from tests.journey.people.sheets import HEADER, as_csv
from tests.journey.people.test_import import batch_of, check, send

pytestmark = pytest.mark.django_db


def proposed(found):
    return [(key, c.score, c.level, [reason.code for reason in c.reasons]) for key, c in found]


def shown(possible):
    return [(one.person.pk, one.score, one.level, [reason.code for reason in one.reasons]) for one in possible.visible]


@pytest.fixture
def written_twice(user_for):
    """Three hundred people of whom the first record is registered, here and elsewhere, and the second one comes."""
    here, elsewhere = make_office("GT-CHM"), make_office("CO-BOG")
    labelled = pairs(300, seed=23)
    rows = []
    for n, pair in enumerate(labelled):
        facts = pair.one | {"national_id": pair.one["national_id"] if n % 2 else ""}
        if n % 9 == 4:
            facts |= {"birth_precision": "estimated"}
        rows.append(Person(office=elsewhere if n % 7 == 3 else here, **facts))
    people = Person.objects.bulk_create(rows)
    for n, (pair, person) in enumerate(zip(labelled, people, strict=True)):
        # What stands in a further document, or is a further phone, counts as much.
        if n % 4 == 0 and pair.other["national_id"]:
            Identity.objects.create(person=person, kind="passport", country="GTM", number=pair.other["national_id"])
        if n % 4 == 2 and pair.other["phone"]:
            PersonPhone.objects.create(person=person, kind="mobile", number=pair.other["phone"])
    return user_for("data"), [pair.other for pair in labelled]


def test_rows_are_compared_with_whom_the_intake_compares(written_twice):
    _by, typed = written_twice
    facts = [of_values(row) for row in typed]
    together = find_many(facts)
    alone = {place: set(candidates.find(one)) for place, one in enumerate(facts)}
    assert together == {place: found for place, found in alone.items() if found}
    assert len(together) > 250, "or nothing was compared"


def test_rows_are_given_the_scores_and_reasons_of_the_intake(written_twice):
    by, typed = written_twice
    known = Known(typed, by)
    levels = []
    for place, row in enumerate(typed):
        found = proposed(known.compared(place))[: duplicates.checking.MOST_SHOWN]
        assert found == shown(duplicates.check(by, row)), row
        levels += [level for _pk, _score, level, _codes in found]
    assert {"possible", "probable", "certain"} <= set(levels)
    assert len(levels) > 150


@pytest.mark.parametrize("count", [1, 40])
def test_many_rows_take_as_many_statements_as_one(written_twice, django_assert_max_num_queries, count):
    by, typed = written_twice
    Known(typed[:2], by)
    with django_assert_max_num_queries(13):
        Known(typed[-count:], by)


ANA = {"given_names": "Ana Lucía", "first_surname": "Vásquez", "second_surname": "Choc", "sex": "female",
       "birth_date": date(1990, 4, 5), "nationality": "GTM", "national_id": ""}  # fmt: skip


def test_over_http_each_row_offers_what_the_intake_offers(client_for):
    """Only the year, a swapped day and month, a figure more, a slip, an order: as the page of the intake says it."""
    Code.objects.bulk_create(shipped.code_lists(), ignore_conflicts=True)
    codes.forget()
    client = client_for("data", language="en")
    ana = PersonFactory(**ANA)
    rows = [
        ["Ana Lucía", "Vásquez", "Choc", "mujer", "1990", "guatemalteca", ""],
        ["Ana Lucía", "Vásquez", "Choc", "mujer", "04/05/1990", "guatemalteca", ""],
        ["Ana Lucía", "Vásquez", "Choc", "mujer", "05/04/1980", "guatemalteca", ""],
        ["Ana Lusia", "Basques", "Choc", "mujer", "06/04/1990", "guatemalteca", ""],
        ["Juana", "Vásquez", "Choc", "mujer", "05/04/1990", "guatemalteca", ""],
        ["Ana Lucía", "Vásquez", "Choc", "mujer", "27/11/1971", "guatemalteca", ""],
    ]
    batch = check(client, batch_of(send(client, as_csv([HEADER, *rows]))))
    assert batch.counts == {"doubtful": 5, "staged": 1}
    for row in batch.rows.filter(state=RowState.DOUBTFUL):
        facts = row.values["facts"]
        typed = {**facts, "birth_date": date.fromisoformat(facts["birth_date"])}
        intake = duplicates.check(client.user, typed).visible
        assert [(one["person"], one["score"], one["level"]) for one in row.found] == [
            (one.person.pk, one.score, one.level) for one in intake
        ], row.number
        assert [one.person for one in intake] == [ana]
    page = client.get(f"/batches/{batch.public_id}/decide/").content.decode()
    assert "day and month of birth swapped" in page
    assert "Probable" in page
    assert "Possible" in page
    client.post(f"/batches/{batch.public_id}/decide/", {"all": "similar"})
    decided = batch.rows.filter(number__lte=6, decision="new", state=RowState.STAGED)
    assert list(decided.values_list("number", flat=True)) == [2, 4, 6], "only possible: one click for all of them"
