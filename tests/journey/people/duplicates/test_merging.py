"""Merging two records and taking them apart again: nothing is lost, and everything comes back as it was."""

import pytest
from django.db import connection

from programmes.journey.people.duplicates import merging, relations, unmerging
from programmes.models import CaseEvent, Consent, Document, Enrolment, Identity, Merge, Person, PersonPhone, Step
from tests.factories.people import ConsentFactory
from tests.journey.people.duplicates.conftest import changed, dump

pytestmark = pytest.mark.django_db


def test_merging_moves_every_row_to_the_record_that_stays(two_files):
    user, survivor, absorbed = two_files
    done = merging.merge(survivor, absorbed, by=user)
    for relation in relations.moved():
        assert not relation.model._base_manager.filter(**{relation.field.name: absorbed}).exists(), relation.name
    assert Enrolment.objects.filter(person=survivor).count() == 8
    assert Consent.objects.filter(person=survivor).count() == 4
    assert Document.objects.filter(person=survivor).count() == 4
    absorbed.refresh_from_db()
    assert absorbed.merged_into == survivor
    assert not Person.objects.visible_to(user).filter(pk=absorbed.pk).exists()
    assert done.chosen["national_id"] == "absorbed"


def test_values_are_the_survivors_or_the_only_ones_and_lists_are_united(two_files):
    user, survivor, absorbed = two_files
    merging.merge(survivor, absorbed, by=user, chosen={"birth_date": "absorbed"})
    survivor.refresh_from_db()
    assert (survivor.given_names, survivor.email) == ("Marta", "marta@example.org")
    assert (survivor.national_id, str(survivor.birth_date)) == ("2345678901601", "1990-05-04")
    assert survivor.languages == ["es", "kek", "en"]
    assert survivor.aliases == ["Martha Choc Cucul"]


def test_a_second_identity_number_is_kept_as_a_document(two_files):
    user, survivor, absorbed = two_files
    Person.objects.filter(pk=survivor.pk).update(national_id="1111111110101")
    merging.merge(survivor, absorbed, by=user)
    assert Identity.objects.filter(person=survivor, kind="national_id", number="2345678901601").exists()


def test_undoing_a_merge_restores_every_row_of_every_table(two_files):
    user, survivor, absorbed = two_files
    Person.objects.filter(pk=survivor.pk).update(national_id="1111111110101")
    before = dump()
    done = merging.merge(survivor, absorbed, by=user, chosen={"birth_date": "absorbed", "given_names": "absorbed"})
    during = dump()
    assert len(changed(before, during)) > 8, "a merge that moves nothing proves nothing"
    unmerging.undo(done, by=user, reason="Dos hermanas.")
    after = dump()
    assert {name: (before[name], after[name]) for name in changed(before, after)} == {}
    done.refresh_from_db()
    assert done.left == []


def open_steps(person):
    """The open steps of the person's cases that wait for papers, and what lists say of these cases."""
    waiting = Enrolment.objects.filter(person=person, status="eligible")
    kinds = Step.objects.filter(enrolment__in=waiting, done_at__isnull=True).values_list("kind", flat=True)
    return sorted(kinds), [case.next_step.split(":")[0] for case in waiting]


def test_what_one_record_has_brought_counts_for_the_open_cases_of_both(two_files):
    """Both cases wait for a consent to a photo; the absorbed record has one, so after the merge neither waits."""
    user, survivor, absorbed = two_files
    ConsentFactory(person=absorbed, purposes=["photo"])
    before = dump()
    assert open_steps(survivor) == (["requirement", "testing"], ["requirement"])
    done = merging.merge(survivor, absorbed, by=user)
    assert open_steps(survivor) == (["testing", "testing"], ["testing", "testing"])
    unmerging.undo(done, by=user, reason="Dos hermanas.")
    after = dump()
    assert {name: (before[name], after[name]) for name in changed(before, after)} == {}


def test_where_somebody_worked_on_in_between_the_steps_fit_what_is_there(two_files):
    user, survivor, absorbed = two_files
    done = merging.merge(survivor, absorbed, by=user)
    ConsentFactory(person=survivor, purposes=["photo"])
    unmerging.undo(done, by=user, reason="Dos hermanas.")
    assert open_steps(survivor) == (["testing"], ["testing"])
    assert open_steps(absorbed) == (["requirement", "testing"], ["requirement"])


def test_what_both_records_hold_stays_with_the_one_that_was_taken_in(two_files):
    user, survivor, absorbed = two_files
    for person in (survivor, absorbed):
        PersonPhone.objects.create(person=person, kind="mobile", number="+50255559999")
    before = dump()
    done = merging.merge(survivor, absorbed, by=user)
    left = PersonPhone.objects.get(person=absorbed)
    assert done.journal["stayed"] == [{"model": "programmes.personphone", "pk": left.pk}]
    unmerging.undo(done, by=user, reason="Dos hermanas.")
    assert changed(before, dump()) == []


def test_the_other_way_round_is_restored_too(two_files):
    user, survivor, absorbed = two_files
    before = dump()
    done = merging.merge(absorbed, survivor, by=user)
    unmerging.undo(done, by=user, reason="Dos hermanas.")
    assert changed(before, dump()) == []


def test_the_diary_of_both_is_kept_and_read_as_one(two_files):
    user, survivor, absorbed = two_files
    lines = CaseEvent.objects.count()
    merging.merge(survivor, absorbed, by=user)
    assert CaseEvent.objects.count() == lines + 2
    assert unmerging.everyone_in(survivor) == [survivor.pk, absorbed.pk]


def test_every_foreign_key_to_a_person_is_moved_or_named_as_kept():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.conrelid::regclass::text || '.' || a.attname FROM pg_constraint c "
            "JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey) "
            "WHERE c.contype = 'f' AND c.confrelid = 'programmes_person'::regclass"
        )
        known = {name for (name,) in cursor.fetchall()}
    found = list(relations.referring())
    assert {f"{r.table}.{r.column}" for r in found} == known
    assert relations.KEPT.keys() <= {r.name for r in found}, "kept, but not there"
    assert "programmes.enrolment.person" in {r.name for r in relations.moved()}


def test_no_other_column_is_called_a_person():
    """A number that means a person without saying so to the database would be left behind by a merge."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name || '.' || column_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND column_name ~ '(^|_)person(_|$)' AND data_type ~ 'int|uuid'"
        )
        named = {name for (name,) in cursor.fetchall() if not name.split(".")[0].endswith("event")}
    assert named - {f"{r.table}.{r.column}" for r in relations.referring()} == set()


def test_a_merge_is_one_row_with_its_journal():
    assert {f.name for f in Merge._meta.local_fields} >= {"survivor", "absorbed", "chosen", "journal", "undone_at"}
