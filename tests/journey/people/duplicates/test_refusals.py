"""When two records may not be joined yet, and in which order joined ones come apart."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse

from programmes.base.common.errors import RuleBroken, Stale, in_words
from programmes.journey.people import actions as people
from programmes.journey.people.duplicates import merging, unmerging
from programmes.models import Consent, Document, DuplicatePair, Enrolment, Merge, Person
from tests.factories.departure import DocumentFactory
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.people import ConsentFactory, PersonFactory
from tests.factories.rulebook import SeasonFactory
from tests.journey.people.duplicates.conftest import changed, dump

pytestmark = pytest.mark.django_db
DAY = date.today()


@pytest.fixture
def by(user_for):
    return user_for("manager", language="en")


def refused(*args, **kwargs) -> RuleBroken:
    with pytest.raises(RuleBroken) as refusal, transaction.atomic():
        merging.merge(*args, **kwargs)
    assert not Merge.objects.exists()
    return refusal.value


# --- One case per season --------------------------------------------------------------------------------------------
def test_two_open_cases_in_one_season_stand_in_the_way_until_one_is_void(by):
    season = SeasonFactory(code="2026")
    mine, theirs = EnrolmentFactory(season=season, status="rostered"), EnrolmentFactory(season=season)
    refusal = refused(mine.person, theirs.person, by=by)
    assert refusal.message == (
        f"Not yet: 2026: one of the cases {mine.number} and {theirs.number} must be void, withdrawn or closed as a "
        "duplicate."
    )
    assert [item.href for item in refusal.missing] == [
        reverse("casefile:move", args=[theirs.public_id, "void_duplicate"])
    ]
    Enrolment.objects.filter(pk=theirs.pk).update(status="void_duplicate")
    merging.merge(mine.person, theirs.person, by=by)
    assert Enrolment.objects.filter(person=mine.person).count() == 2


def test_a_case_closed_as_a_duplicate_leaves_room_for_the_other(by):
    season = SeasonFactory()
    mine = EnrolmentFactory(season=season, status="closed")
    theirs = EnrolmentFactory(season=season, status="closed", closure_reason="duplicate")
    merging.merge(mine.person, theirs.person, by=by)
    assert Enrolment.objects.filter(person=mine.person, season=season).count() == 2


def test_stays_that_overlap_stand_in_the_way(by):
    mine, theirs = EnrolmentFactory(status="selected"), EnrolmentFactory(status="in_documentation")
    refusal = refused(mine.person, theirs.person, by=by)
    assert refusal.message == f"Not yet: The stays of the cases {mine.number} and {theirs.number} overlap."


def test_placements_that_overlap_stand_in_the_way(by):
    from tests.factories.placement import PlacementFactory

    mine = PlacementFactory(status="completed", ended_on=DAY, case={"status": "ended"})
    theirs = PlacementFactory(status="completed", ended_on=DAY, case={"status": "ended"})
    assert "The placements of the cases" in refused(mine.person, theirs.person, by=by).message


def test_all_that_stands_in_the_way_is_named_at_once(by):
    seasons = SeasonFactory(code="A"), SeasonFactory(code="B")
    one, other = PersonFactory(), PersonFactory()
    for person in (one, other):
        for season in seasons:
            EnrolmentFactory(person=person, season=season)
    assert len(refused(one, other, by=by).missing) == 2


# --- Which records --------------------------------------------------------------------------------------------------
def test_a_record_is_not_merged_with_itself_nor_twice(by):
    one, other, third = PersonFactory(), PersonFactory(), PersonFactory()
    assert refused(one, one, by=by).message == "A record cannot be merged with itself."
    merging.merge(one, other, by=by)
    for pair in ((one, other), (third, other), (other, third)):
        with pytest.raises(RuleBroken, match="merged meanwhile"):
            merging.merge(*pair, by=by)


def test_a_record_that_changed_since_it_was_shown_is_not_merged(by):
    one, other = PersonFactory(), PersonFactory()
    with pytest.raises(Stale):
        merging.merge(one, other, by=by, versions=(one.version, other.version + 1))


def test_the_database_lets_nobody_else_change_whose_row_it_is(by):
    closed, other = EnrolmentFactory(status="closed"), PersonFactory()
    consent = ConsentFactory(person=closed.person)
    for row in (Enrolment.objects.filter(pk=closed.pk), Consent.objects.filter(pk=consent.pk)):
        with pytest.raises(DatabaseError), transaction.atomic():
            row.update(person=other)
    done = merging.merge(other, closed.person, by=by)
    closed.refresh_from_db()
    consent.refresh_from_db()
    assert (closed.person, consent.person) == (other, other)
    # The door stands open to this merge's rows only, and to nothing but whose they are.
    third = PersonFactory()
    for values in ({"person": third}, {"outcome": "Otra cosa"}):
        merging.through_the_door(done)
        with pytest.raises(DatabaseError), transaction.atomic():
            Enrolment.objects.filter(pk=closed.pk).update(**values)


def test_nothing_more_is_written_about_a_record_that_was_taken_in(by):
    one, other = PersonFactory(), EnrolmentFactory().person
    merging.merge(one, other, by=by)
    with pytest.raises(DatabaseError) as refusal, transaction.atomic():
        people.give_consent(other, by=by, purposes=["case_management"], mode="written", language="es", given_on=DAY)
    assert "was joined with another record" in in_words(refusal.value).message


def test_the_journal_is_written_once(by):
    done = merging.merge(PersonFactory(), PersonFactory(), by=by)
    for values in ({"journal": {}}, {"survivor": PersonFactory()}, {"chosen": {}}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Merge.objects.filter(pk=done.pk).update(**values)
    unmerging.undo(done, by=by, reason="No")
    with pytest.raises(DatabaseError), transaction.atomic():
        Merge.objects.filter(pk=done.pk).update(undone_at=None, undone_by=None)


# --- Taking apart ---------------------------------------------------------------------------------------------------
def test_merges_come_apart_in_the_reverse_order(by):
    one, two, three = (EnrolmentFactory().person for _ in range(3))
    before = dump()
    first = merging.merge(two, three, by=by)
    second = merging.merge(one, two, by=by)
    assert unmerging.ending_of(Person.objects.get(pk=three.pk)) == one
    assert unmerging.everyone_in(one) == [one.pk, two.pk, three.pk]
    with pytest.raises(RuleBroken, match="A later merge stands on this one"), transaction.atomic():
        unmerging.undo(first, by=by, reason="No")
    unmerging.undo(second, by=by, reason="No")
    unmerging.undo(first, by=by, reason="No")
    assert changed(before, dump()) == []
    with pytest.raises(RuleBroken, match="undone already"):
        unmerging.undo(first, by=by, reason="No")


def test_an_undone_merge_needs_its_reason(by):
    done = merging.merge(PersonFactory(), PersonFactory(), by=by)
    with pytest.raises(RuleBroken, match="Say why"):
        unmerging.undo(done, by=by, reason="  ")


def test_two_records_can_be_joined_again_after_they_were_taken_apart(by):
    one, other = PersonFactory(), PersonFactory()
    unmerging.undo(merging.merge(one, other, by=by), by=by, reason="No")
    merging.merge(other, one, by=by)
    assert Merge.objects.count() == 2


def test_what_changed_since_is_named_and_kept(by):
    one, other = PersonFactory(phone="", municipality="Patzún"), PersonFactory(phone="+50255550199", municipality="")
    theirs = EnrolmentFactory(person=other)
    done = merging.merge(one, other, by=by, chosen={"email": "absorbed"})
    one.refresh_from_db()
    people.correct(one, by=by, version=one.version, municipality="Tecpán")
    Enrolment.objects.filter(pk=theirs.pk).update(owner=by)
    unmerging.undo(done, by=by, reason="No")
    one.refresh_from_db()
    theirs.refresh_from_db()
    # What the merge brought goes back, what somebody wrote since stays.
    assert (str(one.phone), one.municipality) == ("", "Tecpán")
    assert (theirs.person, theirs.owner) == (other, by)
    done.refresh_from_db()
    assert {(row["model"], row["what"], tuple(row["fields"])) for row in done.left} == {
        ("programmes.person", "changed", ("municipality",)),
        ("programmes.enrolment", "changed", ("owner_id",)),
    }


def test_a_value_of_the_merge_that_was_corrected_since_is_not_overwritten(by):
    one, other = PersonFactory(phone=""), PersonFactory(phone="+50255550199")
    done = merging.merge(one, other, by=by)
    one.refresh_from_db()
    people.correct(one, by=by, version=one.version, phone="+50255550111")
    unmerging.undo(done, by=by, reason="No")
    one.refresh_from_db()
    assert str(one.phone) == "+50255550111"


def test_rows_added_since_stay_except_with_a_case_that_goes_back(by):
    one, other = EnrolmentFactory().person, PersonFactory()
    theirs = EnrolmentFactory(person=other)
    done = merging.merge(one, other, by=by)
    consent = ConsentFactory(person=one)
    paper = DocumentFactory(enrolment=Enrolment.objects.get(pk=theirs.pk), person=one)
    new = EnrolmentFactory(person=one)
    unmerging.undo(done, by=by, reason="No")
    assert Consent.objects.get(pk=consent.pk).person == one
    assert Enrolment.objects.get(pk=new.pk).person == one
    assert Document.objects.get(pk=paper.pk).person == other
    done.refresh_from_db()
    assert sorted((row["model"], row["what"]) for row in done.left) == [
        ("programmes.consent", "added"), ("programmes.document", "went_along"), ("programmes.enrolment", "added"),
    ]  # fmt: skip


def test_the_pair_is_decided_and_open_again_afterwards(by):
    one, other = sorted((PersonFactory(), PersonFactory()), key=lambda p: p.pk)
    pair = DuplicatePair.objects.create(first=one, second=other, score=77, later_until=DAY + timedelta(days=3))
    before = dump()
    done = merging.merge(other, one, by=by)
    pair.refresh_from_db()
    assert (pair.state, pair.decided_by) == ("merged", by)
    unmerging.undo(done, by=by, reason="No")
    assert changed(before, dump()) == []


def test_one_number_is_still_one_person_among_records_that_stay(by):
    one, other = PersonFactory(), PersonFactory(national_id="2345678901601")
    merging.merge(one, other, by=by)
    with pytest.raises(IntegrityError), transaction.atomic():
        PersonFactory(national_id="2345678901601")
