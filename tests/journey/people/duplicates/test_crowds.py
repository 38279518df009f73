"""Several people merge, undo and write at the same moment: one is first, and nothing is half done."""

import pytest
from django.db import DatabaseError, transaction

from programmes.base.common.errors import RuleBroken, in_words, is_worth_a_retry
from programmes.journey.people.duplicates import merging, unmerging
from programmes.models import Consent, Enrolment, Merge, Person
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.people import ConsentFactory, PersonFactory
from tests.fixtures.threads import at_once
from tests.journey.people.duplicates.conftest import changed, dump

pytestmark = pytest.mark.django_db(transaction=True)


def with_one_retry(deed):
    """As the pages do it: a deadlock is tried once more, then said in words."""
    for last in (False, True):
        try:
            with transaction.atomic():
                return deed()
        except DatabaseError as error:
            if last or not is_worth_a_retry(error):
                refusal = in_words(error)
                if refusal is None:
                    raise
                raise refusal from error
    return None


def test_of_overlapping_pairs_each_record_is_taken_in_once(user_for):
    by = user_for("manager", language="en")
    people = [EnrolmentFactory().person for _ in range(4)]
    before = dump()
    a, b, c, d = people
    wanted = [(a, b), (b, a), (b, c), (c, b), (c, d), (a, d), (d, a), (d, b)]
    done, refused = at_once(len(wanted), lambda n: with_one_retry(lambda: merging.merge(*wanted[n], by=by)))
    assert done
    assert all(isinstance(error, RuleBroken) for error in refused), refused
    absorbed = Person.objects.filter(merged_into__isnull=False)
    assert absorbed.count() == len(done) == Merge.objects.count()
    for person in people:
        kept = unmerging.ending_of(Person.objects.get(pk=person.pk))
        assert kept.merged_into_id is None
    assert not Enrolment.objects.filter(person__in=absorbed).exists()
    for merge in Merge.objects.order_by("-pk"):
        unmerging.undo(merge, by=by, reason="No")
    assert changed(before, dump()) == []


def test_a_merge_is_undone_once(user_for):
    by = user_for("manager", language="en")
    done = merging.merge(EnrolmentFactory().person, EnrolmentFactory().person, by=by)
    undone, refused = at_once(6, lambda n: with_one_retry(lambda: unmerging.undo(done, by=by, reason="No")))
    assert (len(undone), len(refused)) == (1, 5)
    assert {error.message for error in refused} == {"This merge was undone already."}


def test_no_row_slips_in_behind_a_merge(user_for):
    """Consents written while two records are joined are with the one that stays, or were refused in words."""
    by = user_for("manager", language="en")
    for _round in range(3):
        one, other = PersonFactory(), PersonFactory()

        def work(n, one=one, other=other):
            if n == 3:
                return with_one_retry(lambda: merging.merge(one, other, by=by))
            return with_one_retry(lambda: ConsentFactory(person=other))

        _done, refused = at_once(8, work)
        assert not Consent.objects.filter(person=other).exists()
        assert all("joined with another record" in error.message for error in refused), refused
